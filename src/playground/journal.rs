//! What happened: milestones kept long, finer facts kept briefly, and the chain of causes.

use crate::limits::{FINE_FACTS_KEPT, MILESTONES_KEPT};
use crate::playground::ring::Ring;
use crate::sim::fact::FactRecord;
use crate::sim::ids::FactId;

/// The event log of a run. Clones share their content.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Journal {
    milestones: Ring<FactRecord>,
    fine: Ring<FactRecord>,
    seen: u64,
}

impl Journal {
    /// Takes in the facts of a step.
    pub fn observe(&mut self, facts: &[FactRecord]) {
        for fact in facts {
            self.seen += 1;
            let (ring, kept) = match fact.fact.is_milestone() {
                true => (&mut self.milestones, MILESTONES_KEPT),
                false => (&mut self.fine, FINE_FACTS_KEPT),
            };
            ring.push(fact.clone(), kept);
        }
    }

    /// The milestones kept, oldest first.
    pub fn milestones(&self) -> impl DoubleEndedIterator<Item = &FactRecord> + ExactSizeIterator {
        self.milestones.iter()
    }

    /// The finer facts kept, oldest first.
    pub fn fine(&self) -> impl DoubleEndedIterator<Item = &FactRecord> + ExactSizeIterator {
        self.fine.iter()
    }

    /// How many facts there have been.
    pub fn seen(&self) -> u64 {
        self.seen
    }

    /// The fact with that id, if it is still kept.
    pub fn find(&self, id: FactId) -> Option<&FactRecord> {
        find(&self.milestones, id).or_else(|| find(&self.fine, id))
    }

    /// The milestones before a fact, the newest first.
    pub fn before(&self, id: FactId) -> impl Iterator<Item = &FactRecord> {
        let end = self.milestones.partition_point(|record| record.id < id);
        (0..end).rev().filter_map(|at| self.milestones.get(at))
    }

    /// Why something happened: the fact, its cause, the cause of that, down to what a person did or to the start.
    /// Ends early where a cause is no longer kept.
    pub fn why(&self, id: FactId) -> Vec<&FactRecord> {
        let mut chain: Vec<&FactRecord> = Vec::new();
        let mut next = self.find(id);
        while let Some(record) = next {
            debug_assert!(record.cause < record.id, "a cause lies before its effect");
            chain.push(record);
            next = self.find(record.cause);
        }
        chain
    }
}

fn find(ring: &Ring<FactRecord>, id: FactId) -> Option<&FactRecord> {
    let at = ring.partition_point(|record| record.id < id);
    ring.get(at).filter(|record| record.id == id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::fact::Fact;
    use crate::sim::ids::NodeId;
    use crate::sim::time::SimTime;

    fn record(id: u64, cause: u64) -> FactRecord {
        let fact = Fact::BrokerFenced { broker: NodeId(1) };
        FactRecord {
            id: FactId(id),
            time: SimTime(id),
            node: NodeId(1),
            cause: FactId(cause),
            fact,
        }
    }

    #[test]
    fn why_follows_causes_to_the_start() {
        let mut journal = Journal::default();
        journal.observe(&[record(1, 0), record(2, 1), record(3, 0), record(4, 2)]);
        let chain: Vec<u64> = journal.why(FactId(4)).iter().map(|r| r.id.0).collect();
        assert_eq!(chain, [4, 2, 1]);
    }

    #[test]
    fn the_oldest_milestone_makes_room() {
        let mut journal = Journal::default();
        for id in 1..=MILESTONES_KEPT as u64 + 5 {
            journal.observe(&[record(id, 0)]);
        }
        assert_eq!(journal.milestones().len(), MILESTONES_KEPT);
        assert!(journal.find(FactId(5)).is_none() && journal.find(FactId(6)).is_some());
    }
}
