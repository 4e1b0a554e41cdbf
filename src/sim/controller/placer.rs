//! Where the replicas of a new topic go: the rule of Kafka's `StripedReplicaPlacer`.
//!
//! Replicas go round robin over racks, and within a rack round robin over its brokers, unfenced ones first. The start
//! in every list is random and moves on by one from partition to partition, which gives the striped pattern. The order
//! of the draws is Kafka's, so with `java.util.Random` as the source the result is Kafka's too.
use std::cmp::Ordering;

use crate::sim::java::hash_map::JavaHashMap;
use crate::sim::java::random::shuffle;
use crate::sim::java::string;
use crate::sim::sorted::{sort, sort_by};

/// A registered broker, in the order in which the controller lists them.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct UsableBroker {
    /// The broker id.
    pub id: i32,
    /// The value of `broker.rack`.
    pub rack: Option<String>,
    /// Whether the broker is fenced, so that it may follow but not lead.
    pub fenced: bool,
}

/// Why a topic cannot be placed: the cases of `InvalidReplicationFactorException`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PlacementError {
    /// The replication factor is 0 or less.
    NonPositive {
        /// The replication factor asked for.
        replication_factor: i32,
    },
    /// No broker can lead.
    AllFenced,
    /// There are fewer brokers, fenced or not, than replicas.
    TooFewBrokers {
        /// The replication factor asked for.
        replication_factor: i32,
        /// How many brokers are registered.
        registered: i32,
    },
}

/// Whether log directories can be cordoned, which changes the wording of errors from Kafka 4.4 on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cordoning {
    /// Kafka up to 4.3.
    Unknown,
    /// Kafka 4.4 and later.
    Known,
}

impl PlacementError {
    /// Returns the message of Kafka's exception.
    pub fn message(&self, cordoning: Cordoning) -> String {
        let known = cordoning == Cordoning::Known;
        match self {
            PlacementError::NonPositive { replication_factor } => format!(
                "Invalid replication factor {replication_factor}: the replication factor must be positive."
            ),
            PlacementError::AllFenced => {
                let cordoned =
                    if known { ", or have all their log directories cordoned" } else { "" };
                format!("All brokers are currently fenced{cordoned}.")
            }
            PlacementError::TooFewBrokers { replication_factor, registered } => {
                let cordoned = if known {
                    " or some brokers have all their log directories cordoned"
                } else {
                    ""
                };
                format!(
                    "The target replication factor of {replication_factor} cannot be reached because only \
                     {registered} broker(s) are registered{cordoned}."
                )
            }
        }
    }
}

/// Places the partitions of a new topic; `draw(bound)` returns a random number from `0..bound`.
///
/// A replica list begins with the preferred leader. A call that fails has drawn, too.
///
/// # Errors
/// If the replication factor cannot be reached or no broker can lead.
pub fn place(
    brokers: &[UsableBroker],
    partitions: i32,
    replication_factor: i32,
    draw: &mut dyn FnMut(i32) -> i32,
) -> Result<Vec<Vec<i32>>, PlacementError> {
    let mut racks = RackList::new(brokers, draw);
    let registered = brokers.len() as i32;
    if replication_factor <= 0 {
        return Err(PlacementError::NonPositive { replication_factor });
    }
    if racks.unfenced == 0 {
        return Err(PlacementError::AllFenced);
    }
    if replication_factor > registered {
        return Err(PlacementError::TooFewBrokers { replication_factor, registered });
    }
    Ok((0..partitions).map(|_| racks.place(replication_factor as usize, draw)).collect())
}

/// All racks, and where the next partition starts.
struct RackList {
    racks: JavaHashMap<Option<String>, Rack>,
    names: Vec<Option<String>>,
    unfenced: usize,
    /// Counts the partitions since the last shuffle.
    epoch: usize,
    offset: usize,
}

impl RackList {
    fn new(brokers: &[UsableBroker], draw: &mut dyn FnMut(i32) -> i32) -> RackList {
        let mut racks = JavaHashMap::<Option<String>, Rack>::new();
        for broker in brokers {
            let rack = racks.get_or_insert_with(broker.rack.clone(), Rack::default);
            let list = if broker.fenced { &mut rack.fenced } else { &mut rack.unfenced };
            list.brokers.push(broker.id);
        }
        racks.values_mut().flat_map(Rack::lists).for_each(|list| list.initialize(draw));
        let mut names: Vec<_> = racks.keys().cloned().collect();
        sort_by(&mut names, |left, right| compare_racks(left.as_deref(), right.as_deref()));
        let offset = if names.is_empty() { 0 } else { draw(names.len() as i32) as usize };
        let unfenced = brokers.iter().filter(|broker| !broker.fenced).count();
        RackList { racks, names, unfenced, epoch: 0, offset }
    }

    fn place(&mut self, replication_factor: usize, draw: &mut dyn FnMut(i32) -> i32) -> Vec<i32> {
        // Every leader has had its turn: mix, so that the same assignments do not come again.
        if self.epoch == self.unfenced && self.unfenced > 1 {
            self.shuffle(draw);
            self.epoch = 0;
        }
        self.offset %= self.names.len();
        let (leader, leader_rack) = self.leader();
        let mut replicas = vec![leader];
        let mut skip = Some(leader_rack);
        let mut cursor = self.offset;
        while replicas.len() < replication_factor {
            if skip == Some(cursor) {
                // The rack of the leader has served this partition once already.
                skip = None;
            } else {
                let epoch = self.epoch;
                replicas.extend(self.rack(cursor).next(epoch));
            }
            cursor = (cursor + 1) % self.names.len();
        }
        self.epoch += 1;
        self.offset += 1;
        replicas
    }

    /// Takes an unfenced broker of the first rack that still has one, with the index of that rack.
    fn leader(&mut self) -> (i32, usize) {
        let mut cursor = self.offset;
        loop {
            let epoch = self.epoch;
            if let Some(broker) = self.rack(cursor).unfenced.next(epoch) {
                return (broker, cursor);
            }
            cursor = (cursor + 1) % self.names.len();
        }
    }

    fn rack(&mut self, index: usize) -> &mut Rack {
        self.racks.get_mut(&self.names[index]).expect("every name came from the map of racks")
    }

    fn shuffle(&mut self, draw: &mut dyn FnMut(i32) -> i32) {
        shuffle(&mut self.names, draw);
        for list in self.racks.values_mut().flat_map(Rack::lists) {
            shuffle(&mut list.brokers, draw);
        }
    }
}

/// The brokers of one rack.
#[derive(Default)]
struct Rack {
    fenced: BrokerList,
    unfenced: BrokerList,
}

impl Rack {
    /// Both lists in the order in which they draw.
    fn lists(&mut self) -> [&mut BrokerList; 2] {
        [&mut self.fenced, &mut self.unfenced]
    }

    fn next(&mut self, epoch: usize) -> Option<i32> {
        self.unfenced.next(epoch).or_else(|| self.fenced.next(epoch))
    }
}

/// A list to take brokers from, each at most once an epoch.
#[derive(Default)]
struct BrokerList {
    brokers: Vec<i32>,
    index: usize,
    offset: usize,
    epoch: usize,
}

impl BrokerList {
    fn initialize(&mut self, draw: &mut dyn FnMut(i32) -> i32) {
        if !self.brokers.is_empty() {
            sort(&mut self.brokers);
            self.offset = draw(self.brokers.len() as i32) as usize;
        }
    }

    fn next(&mut self, epoch: usize) -> Option<i32> {
        if self.brokers.is_empty() {
            return None;
        }
        if self.epoch != epoch {
            self.epoch = epoch;
            self.index = 0;
            self.offset = (self.offset + 1) % self.brokers.len();
        }
        if self.index >= self.brokers.len() {
            return None;
        }
        let broker = self.brokers[(self.index + self.offset) % self.brokers.len()];
        self.index += 1;
        Some(broker)
    }
}

/// Brokers without a rack sort first.
fn compare_racks(left: Option<&str>, right: Option<&str>) -> Ordering {
    match (left, right) {
        (Some(left), Some(right)) => string::compare(left, right),
        _ => left.is_some().cmp(&right.is_some()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn brokers(racks: &[(i32, Option<&str>, bool)]) -> Vec<UsableBroker> {
        let broker = |&(id, rack, fenced): &(i32, Option<&str>, bool)| UsableBroker {
            id,
            rack: rack.map(str::to_string),
            fenced,
        };
        racks.iter().map(broker).collect()
    }

    fn place_without_luck(
        racks: &[(i32, Option<&str>, bool)],
        partitions: i32,
        replication_factor: i32,
    ) -> Result<Vec<Vec<i32>>, PlacementError> {
        place(&brokers(racks), partitions, replication_factor, &mut |_| 0)
    }

    #[test]
    fn partitions_stripe_over_brokers() {
        let placed =
            place_without_luck(&[(0, None, false), (1, None, false), (2, None, false)], 3, 2);
        assert_eq!(placed, Ok(vec![vec![0, 1], vec![1, 2], vec![2, 0]]));
    }

    #[test]
    fn a_fenced_broker_never_leads_and_comes_last() {
        let cluster = [(0, None, false), (1, None, true), (2, None, false), (3, None, false)];
        let placed = place_without_luck(&cluster, 3, 4);
        assert_eq!(placed, Ok(vec![vec![0, 2, 3, 1], vec![2, 3, 0, 1], vec![3, 0, 2, 1]]));
    }

    #[test]
    fn replicas_spread_over_racks() {
        let rack = |id| (id, Some(["a", "b", "c"][id as usize / 2]), false);
        let cluster: Vec<_> = (0..6).map(rack).collect();
        let placed = place_without_luck(&cluster, 4, 3);
        let expected = vec![vec![0, 2, 4], vec![3, 5, 1], vec![4, 0, 2], vec![1, 3, 5]];
        assert_eq!(placed, Ok(expected));
    }

    #[test]
    fn racks_draw_in_hash_map_order_fenced_lists_first() {
        let cluster = brokers(&[
            (1, Some("b"), false),
            (2, Some("a"), true),
            (3, Some("a"), false),
            (4, None, false),
            (5, None, false),
        ]);
        let mut bounds = Vec::new();
        let placed = place(&cluster, 1, 9, &mut |bound| {
            bounds.push(bound);
            0
        });
        assert_eq!(bounds, [2, 1, 1, 1, 3], "no rack, fenced and unfenced a, b, and the racks");
        let few = PlacementError::TooFewBrokers { replication_factor: 9, registered: 5 };
        assert_eq!(placed, Err(few));
    }

    #[test]
    fn errors_read_as_kafkas() {
        assert_eq!(place_without_luck(&[], 1, 1), Err(PlacementError::AllFenced));
        let few = place_without_luck(&[(0, None, false)], 1, 3).expect_err("one broker");
        assert_eq!(
            few.message(Cordoning::Unknown),
            "The target replication factor of 3 cannot be reached because only 1 broker(s) are registered."
        );
        assert_eq!(
            PlacementError::AllFenced.message(Cordoning::Known),
            "All brokers are currently fenced, or have all their log directories cordoned."
        );
    }
}
