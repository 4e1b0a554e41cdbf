//! Facts of the journal as events: what a person would tell of them, with names instead of ids.
//!
//! - [`tell`] one fact in names

mod tell;

use std::sync::Arc;

use crate::sim::controller::metadata::MetadataImage;
use crate::sim::fact::{Fact, FactRecord};
use crate::sim::ids::{LeaderEpoch, NodeId, Offset, TopicId, TopicPartition, is_internal};
use crate::sim::sorted::{SortedMap, sort};
use crate::view::scene::{Event, Mark, NodeName, What};

/// Events that a frame carries at most: more than anybody scrolls through.
pub const EVENTS_MAX: usize = 80;
/// Events that are remembered, for the marks of the timeline; past it the older half goes.
const EVENTS_KEPT: usize = 4_096;
/// A member id is the client id, a dash and a UUID.
const UUID_CHARS: usize = 36;

/// Turns milestones into events, in their order. It remembers who led, to say from whom leadership moved.
#[derive(Clone, Debug, Default)]
pub struct Teller {
    topics: SortedMap<TopicId, Arc<str>>,
    /// Who led in each leader epoch. The first leader of a partition comes with its topic and is no fact of its own: it is
    /// learned from the metadata, and kept when time goes back.
    led: SortedMap<(TopicPartition, LeaderEpoch), NodeId>,
    clients: Vec<Arc<str>>,
    /// Changes of topics' configs that a person asked for, in their order.
    orders: Vec<ConfigOrder>,
    events: Vec<Event>,
    /// When each process came into its state.
    since: SortedMap<NodeId, u64>,
    /// The last fact that was told.
    seen: u64,
    /// The metadata that was learned last, by its offset.
    learned: Offset,
}

/// A change of a config that a person asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigOrder {
    pub time_us: u64,
    pub topic: String,
    pub name: String,
    pub value: String,
}

impl Teller {
    /// A teller that knows the client processes by their order.
    pub fn new(clients: Vec<Arc<str>>) -> Teller {
        Teller { clients, ..Teller::default() }
    }

    /// Learns the names of the client processes that there are now.
    pub fn know_clients(&mut self, names: impl ExactSizeIterator<Item = Arc<str>>) {
        if names.len() != self.clients.len() {
            self.clients = names.collect();
        }
    }

    /// Learns what a person asked to be changed, up to now.
    pub fn know_orders(&mut self, orders: Vec<ConfigOrder>) {
        self.orders = orders;
    }

    /// Takes in the milestones that are new since the last call; starts over if time went back.
    pub fn follow<'a>(&mut self, milestones: impl DoubleEndedIterator<Item = &'a FactRecord>) {
        let mut all: Vec<&FactRecord> = Vec::new();
        for record in milestones.rev() {
            if record.id.0 == self.seen {
                all.reverse();
                return self.tell_all(&all);
            }
            all.push(record);
        }
        let led = std::mem::take(&mut self.led);
        let orders = std::mem::take(&mut self.orders);
        *self = Teller { led, orders, ..Teller::new(std::mem::take(&mut self.clients)) };
        all.reverse();
        self.tell_all(&all);
    }

    fn tell_all(&mut self, records: &[&FactRecord]) {
        for record in records {
            self.tell(record);
            self.seen = record.id.0;
        }
    }

    /// The latest events, oldest first.
    pub fn latest(&self) -> &[Event] {
        &self.events[self.events.len().saturating_sub(EVENTS_MAX)..]
    }

    /// What happened, unless it is the cluster's own housekeeping.
    pub fn visible(&self, record: &FactRecord) -> Option<What> {
        let internal = |partition| self.is_internal(partition);
        match tell::partition_of(&record.fact) {
            Some(partition) if internal(partition) => None,
            _ => self.what(record),
        }
    }

    /// All events as marks of the timeline.
    pub fn marks(&self) -> impl Iterator<Item = Mark> {
        self.events.iter().map(|event| Mark {
            time_us: event.time_us,
            glyph: event.what.glyph(),
            count: 1,
        })
    }

    /// Learns who leads now.
    pub fn learn(&mut self, image: &MetadataImage) {
        if std::mem::replace(&mut self.learned, image.next_offset) == image.next_offset {
            return;
        }
        for topic in image.topics.values().filter(|topic| !is_internal(&topic.name)) {
            for (partition, now) in topic.partitions.iter().enumerate() {
                let key = (TopicPartition::new(topic.id, partition as i32), now.leader_epoch);
                if now.has_leader() {
                    self.led.insert(key, NodeId(now.leader));
                }
            }
        }
    }

    /// Whether a node led a partition in an epoch.
    pub fn has_led(&self, node: NodeId, partition: TopicPartition, epoch: LeaderEpoch) -> bool {
        self.led.get(&(partition, epoch)) == Some(&node)
    }

    /// When a process came into its state.
    pub fn since(&self, node: NodeId) -> Option<u64> {
        self.since.get(&node).copied()
    }

    fn tell(&mut self, record: &FactRecord) {
        if let Some(node) = changed_node(&record.fact) {
            self.since.insert(node, record.time.0);
        }
        match &record.fact {
            Fact::TopicCreated { topic, name, .. } => {
                self.topics.insert(*topic, name.clone());
            }
            Fact::LeaderElected { partition, leader, leader_epoch, .. } => {
                self.led.insert((*partition, *leader_epoch), *leader);
            }
            _ => {}
        }
        if !self.is_news(record) {
            return;
        }
        if let Some(what) = self.what(record)
            && !self.joins_last(record.time.0, &what)
        {
            self.events.push(Event { id: record.id.0, time_us: record.time.0, what });
        }
        if self.events.len() > EVENTS_KEPT {
            self.events.drain(..EVENTS_KEPT / 2);
        }
    }

    /// Whether a milestone belongs on the timeline. What comes with a topic, such as its first leaders, does not; and nobody
    /// wants to read of fifty offsets partitions.
    fn is_news(&self, record: &FactRecord) -> bool {
        let begins = |event: &Event| {
            event.time_us == record.time.0
                && matches!(event.what, What::TopicCreated { .. } | What::TopicsCreated { .. })
        };
        match &record.fact {
            Fact::LeaderElected { leader_epoch: 0, .. }
            | Fact::ProcessStarted { .. }
            | Fact::BrokerRegistered { .. }
            | Fact::MemberJoined { .. }
            | Fact::GroupLoaded { .. } => false,
            Fact::ConfigChanged { .. } => {
                !self.topics.is_empty() && !self.events.last().is_some_and(begins)
            }
            fact => tell::partition_of(fact).is_none_or(|partition| !self.is_internal(partition)),
        }
    }

    fn is_internal(&self, partition: TopicPartition) -> bool {
        self.topics.get(&partition.topic).is_none_or(|name| is_internal(name))
    }

    /// What is done to both directions of a link is told once, and changes of the same kind, topic and moment are one event
    /// over several partitions.
    fn joins_last(&mut self, time_us: u64, what: &What) -> bool {
        if let Some(back) = tell::other_way(what) {
            return self.events.last().is_some_and(|event| event.what == back);
        }
        if let What::TopicCreated { partitions, .. } = what {
            let last = self.events.last_mut().filter(|event| event.time_us == time_us);
            return last.is_some_and(|event| joins_topics(&mut event.what, *partitions));
        }
        let (What::IsrShrunk { topic, partitions, brokers }
        | What::IsrExpanded { topic, partitions, brokers }) = what
        else {
            return false;
        };
        let kind = std::mem::discriminant(what);
        let same = |event: &&mut Event| event.time_us == time_us;
        for event in self.events.iter_mut().rev().take_while(same) {
            if std::mem::discriminant(&event.what) == kind
                && let What::IsrShrunk { topic: known, partitions: all, brokers: changed }
                | What::IsrExpanded { topic: known, partitions: all, brokers: changed } =
                    &mut event.what
                && known == topic
                && changed == brokers
            {
                all.extend(partitions);
                sort(all);
                return true;
            }
        }
        false
    }
}

/// Counts one more topic in the event of another that was created at the same moment.
fn joins_topics(last: &mut What, more: i32) -> bool {
    let (count, partitions) = match last {
        What::TopicCreated { partitions, .. } => (1, *partitions),
        What::TopicsCreated { count, partitions } => (*count, *partitions),
        _ => return false,
    };
    *last = What::TopicsCreated { count: count + 1, partitions: partitions + more };
    true
}

/// The process whose state a fact changes.
fn changed_node(fact: &Fact) -> Option<NodeId> {
    match fact {
        Fact::Fault(fault) => fault.process(),
        Fact::ProcessStarted { node } | Fact::ProcessExited { node } => Some(*node),
        Fact::BrokerUnfenced { broker } => Some(*broker),
        _ => None,
    }
}

/// The name of a process: controllers are numbered from 101 in every built-in setup.
pub fn node_name(node: NodeId, clients: &[Arc<str>]) -> NodeName {
    const FIRST_CONTROLLER: i32 = 101;
    match clients.get((node.0 - crate::sim::ids::FIRST_CLIENT).max(0) as usize) {
        Some(name) if node.is_client() => NodeName::Client(name.to_string()),
        _ if node.0 >= FIRST_CONTROLLER => NodeName::Controller(node.0),
        _ => NodeName::Broker(node.0),
    }
}

/// The client id that a member id begins with.
pub fn client_of_member(member: &str) -> &str {
    match member.len().checked_sub(UUID_CHARS + 1) {
        Some(end) if member.as_bytes()[end] == b'-' && end > 0 => &member[..end],
        _ => member,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::ids::FactId;
    use crate::sim::time::SimTime;

    fn record(id: u64, time: u64, fact: Fact) -> FactRecord {
        FactRecord {
            id: FactId(id),
            time: SimTime(time),
            node: NodeId::NONE,
            cause: FactId(0),
            fact,
        }
    }

    fn elected(id: u64, leader: i32, leader_epoch: i32) -> FactRecord {
        let partition = TopicPartition::new(TopicId(1), 1);
        let fact =
            Fact::LeaderElected { partition, leader: NodeId(leader), leader_epoch, unclean: false };
        record(id, id, fact)
    }

    fn created() -> FactRecord {
        record(1, 0, Fact::TopicCreated { topic: TopicId(1), name: "orders".into(), partitions: 4 })
    }

    fn shrunk(id: u64, partition: i32) -> FactRecord {
        let partition = TopicPartition::new(TopicId(1), partition);
        let isr = Arc::from([1, 3]);
        record(id, 50, Fact::IsrShrunk { partition, isr, removed: Arc::from([2]) })
    }

    #[test]
    fn a_moved_leader_is_told_with_the_one_before() {
        let mut teller = Teller::default();
        teller.follow([created(), elected(2, 2, 0), elected(3, 3, 1)].iter());
        assert_eq!(teller.latest().len(), 2, "the first leader is no news");
        let What::LeaderElected { from, to, .. } = &teller.latest()[1].what else { panic!() };
        assert_eq!((*from, *to), (Some(2), 3));
    }

    #[test]
    fn isr_changes_of_one_moment_are_one_event() {
        let mut teller = Teller::default();
        teller.follow([created(), shrunk(2, 3), shrunk(3, 0)].iter());
        let What::IsrShrunk { partitions, .. } = &teller.latest()[1].what else { panic!() };
        assert_eq!(partitions, &[0, 3]);
    }

    #[test]
    fn topics_of_one_moment_are_one_event() {
        let mut teller = Teller::default();
        let topic = |id: u64, time| {
            let name = format!("topic-{id}").into();
            record(id, time, Fact::TopicCreated { topic: TopicId(id as _), name, partitions: 4 })
        };
        teller.follow([topic(1, 0), topic(2, 0), topic(3, 0), topic(4, 9)].iter());
        let told: Vec<&What> = teller.latest().iter().map(|event| &event.what).collect();
        assert_eq!(told[0], &What::TopicsCreated { count: 3, partitions: 12 });
        assert!(matches!(told[1..], [What::TopicCreated { .. }]));
    }

    #[test]
    fn going_back_in_time_tells_again_from_the_start() {
        let mut teller = Teller::default();
        let all = [created(), elected(2, 2, 0), elected(3, 3, 1)];
        teller.follow(all.iter());
        teller.follow(all[..1].iter());
        assert_eq!(teller.latest().len(), 1);
        teller.follow(all.iter());
        assert_eq!(teller.latest().len(), 2);
    }

    #[test]
    fn a_long_run_is_remembered_by_its_latest_events() {
        let mut teller = Teller::default();
        let all: Vec<FactRecord> =
            (1..10_000).map(|id| elected(id, 1 + (id % 3) as i32, id as i32)).collect();
        teller.follow([created()].iter().chain(&all));
        assert!(teller.marks().count() <= EVENTS_KEPT);
        assert_eq!(teller.latest().last().map(|event| event.id), Some(9_999));
    }

    #[test]
    fn a_member_is_called_by_its_client() {
        assert_eq!(client_of_member("c1-0b2f7c1e-5d7a-4a9f-8a53-6f0a1de7a001"), "c1");
        assert_eq!(client_of_member("c1"), "c1");
    }
}
