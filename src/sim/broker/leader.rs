//! What a leader knows beyond its log: the ISR, and how far every follower has got.

use crate::sim::controller::partition_registration::{BrokerIds, PartitionRegistration};
use crate::sim::ids::*;
use crate::sim::time::Micros;

/// The state of a replica that leads.
#[derive(Clone, Debug, Hash)]
pub struct LeaderState {
    /// Where the leader's own epoch begins.
    pub epoch_start_offset: Offset,
    /// The committed ISR.
    pub isr: BrokerIds,
    /// The ISR that the controller has been asked for.
    pub pending: Option<PendingIsr>,
    /// The other replicas, in the order of the assignment.
    pub followers: Vec<FollowerProgress>,
}

/// An ISR change that is not answered yet (KIP-497).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PendingIsr {
    /// Tells proposals apart.
    pub number: u64,
    /// The proposed ISR.
    pub isr: BrokerIds,
    /// The replica to be added; None = the ISR is to shrink.
    pub added: Option<NodeId>,
}

/// How far a follower has got (Kafka's `ReplicaState`).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FollowerProgress {
    pub broker: NodeId,
    /// The offset it fetched last, which acknowledges all before; -1 = has not fetched yet.
    pub log_end_offset: Offset,
    /// When it was at the leader's end last; None = not in this epoch.
    pub last_caught_up: Option<Micros>,
    /// When it fetched last.
    pub last_fetch: Option<Micros>,
    /// The leader's end at that fetch.
    pub last_fetch_leader_end: Offset,
    /// The broker epoch it fetched with.
    pub broker_epoch: Option<BrokerEpoch>,
    /// Slot of the fetch session that it fetched with.
    pub session: Option<u32>,
}

impl FollowerProgress {
    /// A follower that has not fetched yet.
    pub fn new(broker: NodeId, last_caught_up: Option<Micros>) -> FollowerProgress {
        FollowerProgress {
            broker,
            log_end_offset: -1,
            last_caught_up,
            last_fetch: None,
            last_fetch_leader_end: -1,
            broker_epoch: None,
            session: None,
        }
    }

    /// Notes a fetch at `now` of `offset`, while the leader's log ends at `leader_end`.
    pub fn note_fetch(&mut self, now: Micros, offset: Offset, leader_end: Offset) {
        if offset >= leader_end {
            self.last_caught_up = self.last_caught_up.max(Some(now));
        } else if offset >= self.last_fetch_leader_end {
            self.last_caught_up = self.last_caught_up.max(self.last_fetch);
        }
        self.log_end_offset = offset;
        self.last_fetch = Some(now);
        self.last_fetch_leader_end = leader_end;
    }

    /// Whether the follower is at the leader's end, or was within the last `max_lag`.
    pub fn is_caught_up(&self, leader_end: Offset, now: Micros, max_lag: Micros) -> bool {
        let recently = |at: Micros| now.saturating_sub(at) <= max_lag;
        self.log_end_offset == leader_end || self.last_caught_up.is_some_and(recently)
    }

    /// Prepares for a new leader epoch: who is in the ISR counts as caught up now, for the others nobody shall wait.
    fn reset(&mut self, now: Micros, leader_end: Offset, in_isr: bool) {
        self.last_caught_up = in_isr.then_some(now);
        self.last_fetch = in_isr.then_some(now);
        self.last_fetch_leader_end = leader_end;
    }
}

impl LeaderState {
    /// The state at the start of a leader epoch; `before` is that of the epoch before, if this replica led in it.
    pub fn elected(
        node: NodeId,
        registration: &PartitionRegistration,
        before: Option<LeaderState>,
        log_end_offset: Offset,
        now: Micros,
    ) -> LeaderState {
        let mut state = LeaderState {
            epoch_start_offset: log_end_offset,
            isr: registration.isr.clone(),
            pending: None,
            followers: Vec::new(),
        };
        let was_leader = before.is_some();
        state.followers = before.map(|before| before.followers).unwrap_or_default();
        state.assign(node, registration);
        for follower in &mut state.followers {
            let in_isr = registration.is_in_isr(follower.broker.0);
            if was_leader {
                follower.reset(now, log_end_offset, in_isr);
            } else {
                follower.last_caught_up = in_isr.then_some(now);
            }
        }
        state
    }

    /// Keeps what is known of the followers that stay assigned.
    pub fn assign(&mut self, node: NodeId, registration: &PartitionRegistration) {
        let mut known = std::mem::take(&mut self.followers);
        for &id in registration.replicas.iter().filter(|id| NodeId(**id) != node) {
            let broker = NodeId(id);
            let at = known.iter().position(|follower| follower.broker == broker);
            let follower = at.map(|at| known.swap_remove(at));
            self.followers.push(follower.unwrap_or_else(|| FollowerProgress::new(broker, None)));
        }
    }

    /// Whether the broker is in the committed ISR.
    pub fn is_in_isr(&self, broker: NodeId) -> bool {
        self.isr.contains(&broker.0)
    }

    /// Whether the broker is in the ISR or asked to be added to it: the high watermark waits for it either way.
    pub fn is_in_maximal_isr(&self, broker: NodeId) -> bool {
        let added = self.pending.as_ref().and_then(|pending| pending.added);
        self.is_in_isr(broker) || added == Some(broker)
    }

    /// Size of the ISR with the replica that is asked to be added.
    pub fn maximal_isr_len(&self) -> usize {
        let added = self.pending.as_ref().and_then(|pending| pending.added);
        self.isr.len() + usize::from(added.is_some())
    }

    /// What is known of a follower.
    pub fn follower(&self, broker: NodeId) -> Option<&FollowerProgress> {
        self.followers.iter().find(|follower| follower.broker == broker)
    }

    /// What is known of a follower, to change.
    pub fn follower_mut(&mut self, broker: NodeId) -> Option<&mut FollowerProgress> {
        self.followers.iter_mut().find(|follower| follower.broker == broker)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000;

    /// The three rules of facts/kafka.md §3.3.
    #[test]
    fn caught_up_is_when_the_fetch_reaches_the_end_now_or_the_end_of_the_fetch_before() {
        let mut follower = FollowerProgress::new(NodeId(2), None);
        follower.note_fetch(Micros(SECOND), 5, 5);
        assert_eq!(follower.last_caught_up, Some(Micros(SECOND)));
        follower.note_fetch(Micros(2 * SECOND), 5, 9);
        assert_eq!(follower.last_caught_up, Some(Micros(SECOND)), "5 was the end a second ago");
        follower.note_fetch(Micros(3 * SECOND), 9, 12);
        assert_eq!(follower.last_caught_up, Some(Micros(2 * SECOND)), "9 was the end at 2 s");
        follower.note_fetch(Micros(4 * SECOND), 10, 15);
        assert_eq!(follower.last_caught_up, Some(Micros(2 * SECOND)), "10 is behind 12");
    }

    #[test]
    fn an_idle_follower_at_the_end_is_in_sync_whatever_the_time() {
        let mut follower = FollowerProgress::new(NodeId(2), None);
        follower.note_fetch(Micros(0), 5, 5);
        assert!(follower.is_caught_up(5, Micros(100 * SECOND), Micros(30 * SECOND)));
        assert!(!follower.is_caught_up(6, Micros(100 * SECOND), Micros(30 * SECOND)));
    }

    #[test]
    fn a_new_leader_forgets_where_followers_were() {
        let registration = PartitionRegistration::new(&[1, 2, 3], &[1, 2]);
        let mut leader = LeaderState::elected(NodeId(1), &registration, None, 7, Micros(5));
        assert_eq!(leader.follower(NodeId(2)).map(|f| f.last_caught_up), Some(Some(Micros(5))));
        assert_eq!(leader.follower(NodeId(3)).map(|f| f.last_caught_up), Some(None));
        leader.follower_mut(NodeId(2)).unwrap().log_end_offset = 7;
        let again =
            LeaderState::elected(NodeId(1), &registration, Some(leader.clone()), 9, Micros(6));
        assert_eq!(again.follower(NodeId(2)).map(|f| f.log_end_offset), Some(7));
    }
}
