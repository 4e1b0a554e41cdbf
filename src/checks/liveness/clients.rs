//! Invariants 30 and 31: what was sent is settled and copied, groups are stable and have read it.

use std::sync::Arc;

use crate::checks::Findings;
use crate::checks::group::remembers;
use crate::checks::partition::{Partitions, Shadow};
use crate::checks::promise::Promise;
use crate::sim::broker::Broker;
use crate::sim::client::program::Program;
use crate::sim::group::classic_group::{ClassicGroup, GroupState};
use crate::sim::ids::*;
use crate::sim::node::Node;
use crate::sim::sorted::SortedMap;
use crate::sim::world::World;

pub(super) fn check<P: Program>(
    world: &World<P>,
    partitions: &Partitions,
    found: &mut Findings<'_>,
) {
    settled(world, found);
    let brokers: Vec<&Broker> =
        world.nodes().filter_map(Node::server).filter_map(|server| server.broker()).collect();
    for shadow in partitions.all() {
        copied(shadow, &brokers, found);
    }
    for (group, members) in subscribed(world) {
        match coordinator(world, partitions, &group) {
            Some(state) => stable(state, members, partitions, found),
            None => found.violation(31, NodeId::NONE, None, format!("{group} has no coordinator")),
        }
    }
}

/// Invariant 30, first half: every record was acknowledged or given up.
fn settled<P: Program>(world: &World<P>, found: &mut Findings<'_>) {
    for node in world.nodes() {
        for (_, producer) in node.client().into_iter().flat_map(|client| client.producers()) {
            let (memory, requests) = (producer.memory_used(), producer.requests_in_flight());
            if memory > 0 || requests > 0 {
                let detail = format!("{memory} bytes and {requests} requests are not settled");
                found.violation(30, node.id, None, detail);
            }
        }
    }
}

/// Invariant 30, second half: what was acknowledged is on every replica, and replicas agree on what they hold.
fn copied(shadow: &Shadow, brokers: &[&Broker], found: &mut Findings<'_>) {
    let replicas: Vec<_> =
        brokers.iter().filter_map(|b| Some((b.node(), b.replica(shadow.id)?))).collect();
    let leader = replicas.iter().find(|(_, replica)| replica.leader().is_some());
    for (broker, replica) in &replicas {
        let end = replica.log_end_offset();
        if end < shadow.acknowledged_end {
            let detail = format!("ends at {end}, acknowledged up to {}", shadow.acknowledged_end);
            found.violation(30, *broker, Some(shadow.id), detail);
        }
        let Some((_, leader)) = leader else {
            continue;
        };
        let own = replica.log.entries().map(|entry| &entry.batch);
        let same = own.zip(leader.log.entries()).find(|(own, other)| **own != other.batch);
        if let Some((own, _)) = same {
            let detail = format!("differs from the leader's log at {}", own.header.base_offset);
            found.violation(4, *broker, Some(shadow.id), detail);
        }
    }
}

/// Groups of running clients with how many of their consumers are to be members.
fn subscribed<P: Program>(world: &World<P>) -> SortedMap<Arc<str>, i64> {
    let mut groups = SortedMap::new();
    let clients = world.nodes().filter(|node| node.is_running()).filter_map(Node::client);
    for (_, consumer) in clients.flat_map(|client| client.consumers()) {
        if let Some(membership) = consumer.membership() {
            *groups.entry(membership.group.clone()).or_default() += 1;
        }
    }
    groups
}

fn coordinator<'a, P: Program>(
    world: &'a World<P>,
    partitions: &Partitions,
    group: &str,
) -> Option<&'a ClassicGroup> {
    let partition = partitions.of_group(group)?.id;
    let leader = NodeId(world.metadata()?.partition(partition)?.leader);
    world.node(leader)?.server()?.broker()?.coordinator().group(group)
}

/// Invariant 31.
fn stable(group: &ClassicGroup, members: i64, partitions: &Partitions, found: &mut Findings<'_>) {
    if group.state != GroupState::Stable || group.members.len() as i64 != members {
        let (state, has) = (group.state.name(), group.members.len());
        let detail = format!("{} is {state} with {has} of {members} members", group.id);
        found.violation(31, NodeId::NONE, None, detail);
    }
    for (partition, stored) in &group.offsets {
        let Some(shadow) = partitions.named(&partition.topic, partition.partition) else {
            continue;
        };
        let (committed, end) = (stored.committed.offset, shadow.truth_end);
        if committed != end {
            // A group commits again only when it reads again, whether the records are lost or its commits.
            let promise = match committed < end {
                true => remembers(&group.id, partitions),
                false => (Promise::ConsistentReads, shadow.durability.promises_stable_log()),
            };
            let detail = format!("{} has committed {committed} of {end}", group.id);
            found.judge(31, promise, NodeId::NONE, Some(shadow.id), detail);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::tests::{Court, found};
    use crate::sim::group::offsets::StoredOffset;
    use crate::sim::protocol::group::{CommittedOffset, NamedPartition};

    /// A group without members that has committed an offset of a partition with two committed records.
    fn judge(mut court: Court, members: i64, committed: Offset) -> (Vec<u8>, Vec<u8>) {
        court.shadow().truth_end = 2;
        let mut group = ClassicGroup::new("g".into());
        group.state = GroupState::Stable;
        let partition = NamedPartition { topic: "t".into(), partition: 0 };
        let committed = CommittedOffset { offset: committed, leader_epoch: 0, metadata: "".into() };
        group.offsets.insert(partition, StoredOffset { committed, commit_timestamp_ms: 0 });
        found(|found| stable(&group, members, &court.partitions, found))
    }

    #[test]
    fn a_group_has_its_members_and_has_read_everything() {
        assert_eq!(judge(Court::new(), 0, 2), (vec![], vec![]));
        assert_eq!(judge(Court::new(), 1, 2), (vec![31], vec![]), "a member is missing");
        assert_eq!(judge(Court::new(), 0, 1), (vec![31], vec![]), "it lags");
        assert_eq!(judge(Court::new(), 0, 3), (vec![31], vec![]), "it has read what is not there");
    }

    #[test]
    fn after_a_loss_a_group_need_not_have_committed_the_end() {
        for committed in [1, 3] {
            assert_eq!(judge(Court::without_stable_log(), 0, committed), (vec![], vec![31]));
        }
    }
}
