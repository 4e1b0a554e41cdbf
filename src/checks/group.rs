//! Consumer groups: one owner a partition, commits from members of the current generation, within what is committed.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Findings;
use super::partition::Partitions;
use super::promise::Promise;
use crate::sim::fact::{Fact, FactRecord};
use crate::sim::ids::*;
use crate::sim::protocol::group::NamedPartition;

/// Generations of a group kept for comparison.
const GENERATIONS_KEPT: usize = 8;

/// What is known of one group.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Group {
    generation: i32,
    /// Who owns a partition in a generation.
    owners: BTreeMap<(i32, NamedPartition), (NodeId, u32)>,
}

/// What is known of all groups.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct GroupJudge {
    groups: BTreeMap<Arc<str>, Arc<Group>>,
}

impl GroupJudge {
    pub(super) fn observe(
        &mut self,
        record: &FactRecord,
        partitions: &Partitions,
        found: &mut Findings<'_>,
    ) {
        match &record.fact {
            Fact::PartitionsAssigned { client, consumer, group, generation, partitions } => {
                self.group(group).assigned((*client, *consumer), *generation, partitions, found);
            }
            Fact::GenerationStable { group, generation, .. }
            | Fact::GroupEmpty { group, generation } => {
                self.group(group).reached(record.node, *generation, found);
            }
            Fact::OffsetCommitted { group, partition, offset, generation } => {
                let known = self.group(group);
                known.committed(record.node, *generation, found);
                within_committed(record.node, partition, *offset, *generation, partitions, found);
            }
            _ => {}
        }
    }

    fn group(&mut self, name: &Arc<str>) -> &mut Group {
        Arc::make_mut(self.groups.entry(name.clone()).or_default())
    }
}

impl Group {
    /// Invariant 18.
    fn assigned(
        &mut self,
        owner: (NodeId, u32),
        generation: i32,
        partitions: &[NamedPartition],
        found: &mut Findings<'_>,
    ) {
        for partition in partitions {
            let other = *self.owners.entry((generation, partition.clone())).or_insert(owner);
            if other != owner {
                let detail = format!(
                    "{}-{} is owned by {} and {} in generation {generation}",
                    partition.topic, partition.partition, other.0, owner.0
                );
                found.violation(18, owner.0, None, detail);
            }
        }
        let oldest = self.generation - GENERATIONS_KEPT as i32;
        self.owners.retain(|(generation, _), _| *generation >= oldest);
    }

    /// Invariant 22: generations rise.
    fn reached(&mut self, node: NodeId, generation: i32, found: &mut Findings<'_>) {
        if generation < self.generation {
            let detail = format!("generation falls from {} to {generation}", self.generation);
            found.violation(22, node, None, detail);
        }
        self.generation = self.generation.max(generation);
    }

    /// Invariant 22: nobody commits for an earlier generation. -1 = a simple commit, which the group's emptiness allows.
    fn committed(&mut self, node: NodeId, generation: i32, found: &mut Findings<'_>) {
        if generation >= 0 && generation < self.generation {
            let detail =
                format!("commit for generation {generation} accepted in {}", self.generation);
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
