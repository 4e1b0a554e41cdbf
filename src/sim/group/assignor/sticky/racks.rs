//! Which member is near which partition.
use std::sync::Arc;

use crate::sim::sorted::{SortedSet, sort_by_key};

use super::super::{Group, ReplicaRacks, Subscription, TopicPartition};
use super::MemberIndex;

/// The racks of members and partitions.
pub(super) struct Racks<'a> {
    group: &'a Group<'a>,
    /// The rack of each member.
    members: Vec<Option<Arc<str>>>,
    /// Whether racks decide: some are on both sides, and not every partition is in all of them.
    in_use: bool,
}

impl<'a> Racks<'a> {
    pub(super) fn new(group: &'a Group<'a>, members: &[&Subscription]) -> Racks<'a> {
        let rack = |member: &&Subscription| member.rack.clone().filter(|rack| !rack.is_empty());
        let members: Vec<Option<Arc<str>>> = members.iter().map(rack).collect();
        let partitions = || group.topics.values().flat_map(|partitions| partitions.iter());
        let all: SortedSet<Arc<str>> = partitions().flatten().cloned().collect();
        let shared = members.iter().flatten().any(|rack| all.contains(rack));
        let in_use = shared && partitions().any(|racks| *racks != all);
        Racks { group, members, in_use }
    }

    pub(super) fn in_use(&self) -> bool {
        self.in_use
    }

    /// Returns the rack of a member if racks decide.
    pub(super) fn of_member(&self, member: MemberIndex) -> Option<&Arc<str>> {
        self.members[member].as_ref().filter(|_| self.in_use)
    }

    /// Returns the racks of a partition if racks decide and it exists.
    pub(super) fn of_partition(&self, partition: &TopicPartition) -> Option<&'a ReplicaRacks> {
        self.replica_racks(partition).filter(|_| self.in_use)
    }

    /// Tells whether a member has a rack and the partition is not in it.
    pub(super) fn mismatch(&self, member: MemberIndex, partition: &TopicPartition) -> bool {
        self.of_member(member).is_some_and(|rack| {
            !self.of_partition(partition).is_some_and(|racks| racks.contains(rack))
        })
    }

    /// Puts the partitions first that few members are near; so it is also when racks do not decide in the end.
    pub(super) fn sort(&self, partitions: &mut [TopicPartition]) {
        if self.members.iter().any(Option::is_some) {
            sort_by_key(partitions, |partition| self.members_near(partition));
        }
    }

    /// Returns the place in `candidates`, from `first` on and round, of a member in a rack of the partition.
    pub(super) fn next_member(
        &self,
        partition: &TopicPartition,
        candidates: &[MemberIndex],
        first: usize,
    ) -> Option<usize> {
        let racks = self.of_partition(partition)?;
        let is_near = |&place: &usize| {
            self.of_member(candidates[place]).is_some_and(|rack| racks.contains(rack))
        };
        (0..candidates.len()).map(|step| (first + step) % candidates.len()).find(is_near)
    }

    /// Counts a member once for each replica rack it is in.
    fn members_near(&self, partition: &TopicPartition) -> usize {
        let Some(racks) = self.replica_racks(partition) else { return 0 };
        self.members.iter().flatten().filter(|rack| racks.contains(*rack)).count()
    }

    fn replica_racks(&self, partition: &TopicPartition) -> Option<&'a ReplicaRacks> {
        self.group.topics.get(&partition.topic)?.get(partition.partition as usize)
    }
}
