//! Consumer groups: one owner a partition, commits from members of the current generation, within what is committed.

use std::sync::Arc;

use super::Findings;
use super::partition::Partitions;
use super::promise::Promise;
use crate::sim::fact::{Fact, FactRecord};
use crate::sim::ids::*;
use crate::sim::protocol::group::NamedPartition;
use crate::sim::sorted::SortedMap;

/// Generations of a group kept for comparison.
const GENERATIONS_KEPT: i32 = 8;

/// What is known of one group.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Group {
    /// The last generation whose assignment was committed.
    committed: i32,
    /// The generation as each coordinator last told it, and the last one it had committed: a coordinator that was cut off may
    /// still speak of an earlier one.
    told: SortedMap<NodeId, (i32, i32)>,
    /// Who owns a partition in a generation.
    owners: SortedMap<(i32, NamedPartition), (NodeId, u32)>,
}

/// What is known of all groups.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct GroupJudge {
    groups: SortedMap<Arc<str>, Arc<Group>>,
}

impl GroupJudge {
    pub(super) fn observe(
        &mut self,
        record: &FactRecord,
        partitions: &Partitions,
        found: &mut Findings<'_>,
    ) {
        let node = record.node;
        match &record.fact {
            Fact::PartitionsAssigned { client, consumer, group, generation, partitions: owned } => {
                let promise = remembers(group, partitions);
                let owner = (*client, *consumer);
                self.group(group).assigned(owner, *generation, owned, promise, found);
            }
            Fact::GroupLoaded { coordinator, group, generation } => {
                let promise = remembers(group, partitions);
                let newest = is_newest(*coordinator, group, partitions);
                self.group(group).loaded((*coordinator, newest), *generation, promise, found);
            }
            Fact::BecameLeader { broker, partition, .. } => {
                self.coordinator_changes(*broker, *partition, partitions);
            }
            Fact::GenerationStable { group, generation, .. } => {
                self.group(group).stable(node, *generation, found);
            }
            Fact::GroupEmpty { group, generation } => {
                self.group(group).reached(node, *generation, found);
            }
            Fact::OffsetCommitted { group, partition, offset, generation } => {
                self.group(group).commits(node, *generation, found);
                within_committed(node, partition, *offset, *generation, partitions, found);
            }
            _ => {}
        }
    }

    /// A broker that takes over a partition of `__consumer_offsets` knows of its groups what the log says.
    fn coordinator_changes(
        &mut self,
        broker: NodeId,
        partition: TopicPartition,
        partitions: &Partitions,
    ) {
        for (name, group) in &mut self.groups {
            let holds_it = partitions.of_group(name).is_some_and(|s| s.id == partition);
            if holds_it && group.told.contains_key(&broker) {
                Arc::make_mut(group).told.remove(&broker);
            }
        }
    }

    fn group(&mut self, name: &Arc<str>) -> &mut Group {
        Arc::make_mut(self.groups.entry(name.clone()).or_default())
    }
}

/// Whether a group's coordinators cannot forget what was committed: its partition of `__consumer_offsets` is stable.
pub(super) fn remembers(group: &str, partitions: &Partitions) -> (Promise, bool) {
    let stable = partitions.of_group(group).is_some_and(|s| s.durability.promises_stable_log());
    (Promise::GroupsRemembered, stable)
}

/// Whether a coordinator leads the group's partition in its newest epoch. One that has not heard of a later election knows
/// what was committed up to its own.
fn is_newest(coordinator: NodeId, group: &str, partitions: &Partitions) -> bool {
    let shadow = partitions.of_group(group);
    shadow.is_some_and(|s| s.leaders.get(&s.leader_epoch) == Some(&coordinator))
}

impl Group {
    /// Invariant 18.
    fn assigned(
        &mut self,
        owner: (NodeId, u32),
        generation: i32,
        partitions: &[NamedPartition],
        promise: (Promise, bool),
        found: &mut Findings<'_>,
    ) {
        for partition in partitions {
            let other = *self.owners.entry((generation, partition.clone())).or_insert(owner);
            if other != owner {
                let detail = format!(
                    "{}-{} is owned by {} and {} in generation {generation}",
                    partition.topic, partition.partition, other.0, owner.0
                );
                found.judge(18, promise, owner.0, None, detail);
            }
        }
        let oldest = generation - GENERATIONS_KEPT;
        self.owners.retain(|(generation, _), _| *generation >= oldest);
    }

    /// Invariant 22: the newest coordinator knows every generation whose assignment was committed.
    fn loaded(
        &mut self,
        (coordinator, newest): (NodeId, bool),
        generation: i32,
        promise: (Promise, bool),
        found: &mut Findings<'_>,
    ) {
        if newest && generation < self.committed {
            let detail = format!("loaded with generation {generation} after {}", self.committed);
            found.judge(22, promise, coordinator, None, detail);
            *self = Group { committed: generation, ..Group::default() };
        }
        self.told.insert(coordinator, (generation, generation));
    }

    fn stable(&mut self, node: NodeId, generation: i32, found: &mut Findings<'_>) {
        self.reached(node, generation, found);
        self.told.insert(node, (generation, generation));
        self.committed = self.committed.max(generation);
    }

    /// Invariant 22: generations rise at a coordinator.
    fn reached(&mut self, node: NodeId, generation: i32, found: &mut Findings<'_>) {
        let (told, _) = self.told.entry(node).or_insert((generation, 0));
        if generation < *told {
            let detail = format!("generation falls from {told} to {generation}");
            found.violation(22, node, None, detail);
        }
        *told = generation.max(*told);
    }

    /// Invariant 22: nobody commits for an earlier generation than the one whose assignment the log holds before. That the
    /// group is empty is told before it is in the log, so a commit may still be under way then.
    /// -1 = a simple commit, which the group's emptiness allows.
    fn commits(&mut self, node: NodeId, generation: i32, found: &mut Findings<'_>) {
        let stable = self.told.get(&node).map_or(0, |(_, stable)| *stable);
        if generation >= 0 && generation < stable {
            let detail = format!("commit for generation {generation} accepted in {stable}");
            found.violation(22, node, None, detail);
        }
    }
}

/// Invariant 21: a member commits what it can have read.
fn within_committed(
    node: NodeId,
    partition: &NamedPartition,
    offset: Offset,
    generation: i32,
    partitions: &Partitions,
    found: &mut Findings<'_>,
) {
    let Some(shadow) = partitions.named(&partition.topic, partition.partition) else {
        return;
    };
    if generation >= 0 && offset > shadow.truth_end {
        let promise = (Promise::CommittedReadsOnly, shadow.durability.promises_stable_log());
        let detail = format!("committed {offset}, but only {} is", shadow.truth_end);
        found.judge(21, promise, node, Some(shadow.id), detail);
    }
}
