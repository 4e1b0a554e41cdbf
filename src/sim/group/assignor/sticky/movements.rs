//! Which partitions have moved between which members, so that no two partitions of a topic swap places.
use std::sync::Arc;

use super::super::TopicPartition;
use crate::sim::java::hash::JavaHash;
use crate::sim::java::hash_map::{JavaHashMap, JavaHashSet};

/// A move from one member to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct MemberPair {
    pub(super) from: Arc<str>,
    pub(super) to: Arc<str>,
}

impl JavaHash for MemberPair {
    fn hash_code(&self) -> i32 {
        let hash = self.from.hash_code().wrapping_add(31);
        hash.wrapping_mul(31).wrapping_add(self.to.hash_code())
    }
}

/// The moves of one rebalance.
#[derive(Default)]
pub(super) struct Movements {
    by_topic: JavaHashMap<Arc<str>, JavaHashMap<MemberPair, JavaHashSet<TopicPartition>>>,
    by_partition: JavaHashMap<TopicPartition, MemberPair>,
}

impl Movements {
    /// Notes a move; one that undoes an earlier move removes that.
    pub(super) fn add(&mut self, partition: &TopicPartition, pair: MemberPair) {
        let Some(earlier) = self.remove(partition) else {
            return self.record(partition, pair);
        };
        if earlier.from != pair.to {
            self.record(partition, MemberPair { from: earlier.from, to: pair.to });
        }
    }

    /// Returns the partition to move instead: one of the topic that came the other way, if there is one.
    pub(super) fn actual(&self, partition: &TopicPartition, pair: MemberPair) -> TopicPartition {
        let from = match self.by_partition.get(partition) {
            Some(earlier) => earlier.from.clone(),
            None => pair.from,
        };
        let reverse = MemberPair { from: pair.to, to: from };
        let topic = self.by_topic.get(&partition.topic);
        let moved_back = topic.and_then(|pairs| pairs.get(&reverse)?.iter().next());
        moved_back.unwrap_or(partition).clone()
    }

    fn record(&mut self, partition: &TopicPartition, pair: MemberPair) {
        let pairs = self.by_topic.get_or_insert_with(partition.topic.clone(), JavaHashMap::new);
        pairs.get_or_insert_with(pair.clone(), JavaHashSet::new).insert(partition.clone());
        self.by_partition.insert(partition.clone(), pair);
    }

    fn remove(&mut self, partition: &TopicPartition) -> Option<MemberPair> {
        let pair = self.by_partition.remove(partition)?;
        let pairs = self.by_topic.get_mut(&partition.topic)?;
        let partitions = pairs.get_mut(&pair)?;
        partitions.remove(partition);
        if partitions.is_empty() {
            pairs.remove(&pair);
        }
        if pairs.is_empty() {
            self.by_topic.remove(&partition.topic);
        }
        Some(pair)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(from: &str, to: &str) -> MemberPair {
        MemberPair { from: from.into(), to: to.into() }
    }

    fn t(partition: i32) -> TopicPartition {
        TopicPartition { topic: "t".into(), partition }
    }

    #[test]
    fn a_swap_is_avoided() {
        let mut movements = Movements::default();
        movements.add(&t(0), pair("A", "B"));
        assert_eq!(movements.actual(&t(1), pair("B", "A")), t(0), "0 goes back instead");
        assert_eq!(movements.actual(&t(1), pair("A", "B")), t(1));
    }

    #[test]
    fn a_move_back_leaves_no_trace() {
        let mut movements = Movements::default();
        movements.add(&t(0), pair("A", "B"));
        movements.add(&t(0), pair("B", "A"));
        assert_eq!(movements.actual(&t(1), pair("B", "A")), t(1));
        assert!(movements.by_topic.is_empty());
    }
}
