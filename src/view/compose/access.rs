//! Where things lie in a world: replicas in brokers or on disks, groups at their coordinator, positions in clients.

use crate::apps::AnyProgram;
use crate::sim::client::Client;
use crate::sim::client::producer::Producer;
use crate::sim::config::ProducerConfig;
use crate::sim::group::classic_group::{ClassicGroup, GroupState as SimGroupState};
use crate::sim::ids::{FIRST_CLIENT, NodeId, Offset, TopicPartition};
use crate::sim::node::Node;
use crate::sim::protocol::group::NamedPartition;
use crate::sim::storage::epoch_cache::EpochCache;
use crate::sim::storage::log::Log;
use crate::sim::world::World;
use crate::view::scene::{GroupState, Replica, ReplicaRole};

/// Epoch starts that a frame carries a replica: more than a window of offsets can show.
const EPOCHS_MAX: usize = 16;

/// The log of a replica on a machine, whether its broker runs or not; whether it leads is what it believes itself.
pub fn replica(node: &Node<AnyProgram>, partition: TopicPartition) -> Option<Replica> {
    match node.server() {
        Some(server) => {
            let broker = server.broker()?;
            let Some(replica) = broker.replica(partition) else {
                let (log, high_watermark) = broker.closed_log(partition)?;
                return Some(with_epochs(log, &epochs_of(log), high_watermark));
            };
            let known = with_epochs(&replica.log, &replica.epochs, replica.high_watermark);
            let role = match replica.leader() {
                Some(_) => ReplicaRole::Leader,
                None => ReplicaRole::Follower,
            };
            Some(Replica { role, leader_epoch: replica.leader_epoch, ..known })
        }
        None => {
            let disk = node.disk.as_ref()?;
            let log = disk.logs.get(&partition)?;
            let high_watermark = disk.high_watermarks.get(&partition).copied().unwrap_or(0);
            Some(with_epochs(log, &epochs_of(log), high_watermark))
        }
    }
}

/// The log of a replica on a machine itself, with its records.
pub fn log(node: &Node<AnyProgram>, partition: TopicPartition) -> Option<&Log> {
    let Some(server) = node.server() else {
        return node.disk.as_ref()?.logs.get(&partition).map(|log| &**log);
    };
    let broker = server.broker()?;
    let open = broker.replica(partition).map(|replica| &replica.log);
    open.or_else(|| broker.closed_log(partition).map(|(log, _)| log))
}

/// The epochs of a log that no broker has opened.
fn epochs_of(log: &Log) -> EpochCache {
    let mut epochs = EpochCache::default();
    for entry in log.entries() {
        let header = entry.batch.header;
        if epochs.latest_epoch() != Some(header.leader_epoch) {
            // Epochs never fall in a log; one that did would only be missing from the picture.
            let _ = epochs.assign(header.leader_epoch, header.base_offset);
        }
    }
    epochs
}

fn with_epochs(log: &Log, epochs: &EpochCache, high_watermark: Offset) -> Replica {
    let starts = epochs.entries().iter().rev().take(EPOCHS_MAX).rev();
    Replica {
        log_start: log.log_start_offset(),
        log_end: log.log_end_offset(),
        high_watermark,
        leader_epoch: epochs.latest_epoch().unwrap_or(0),
        epoch_starts: starts.map(|entry| (entry.epoch, entry.start_offset)).collect(),
        ..Replica::default()
    }
}

/// The configs in force of the running producers that have sent to a topic.
pub fn producers_of<'a>(world: &'a World<AnyProgram>, topic: &str) -> Vec<&'a ProducerConfig> {
    let clients = world.nodes().filter_map(|node| node.client());
    let producers = clients.flat_map(|client| client.producers()).map(|(_, producer)| producer);
    producers.filter(|producer| producer.sends_to(topic)).map(Producer::config).collect()
}

/// The values that producers have for a config, as Kafka writes them.
pub fn values_of(producers: &[&ProducerConfig], name: &str) -> String {
    let mut values: Vec<String> = producers.iter().filter_map(|config| config.get(name)).collect();
    values.sort_unstable();
    values.dedup();
    if values.is_empty() { "–".to_owned() } else { values.join(", ") }
}

/// A group as its coordinator knows it; while the coordinator moves, as the last one knew it.
pub fn group<'a>(world: &'a World<AnyProgram>, name: &str) -> Option<&'a ClassicGroup> {
    let brokers = world.nodes().filter_map(|node| node.server()?.broker());
    brokers
        .filter_map(|broker| broker.coordinator().group(name))
        .max_by_key(|group| (group.state != SimGroupState::Dead, group.generation))
}

/// The state of a group.
pub fn group_state(group: &ClassicGroup) -> GroupState {
    match group.state {
        SimGroupState::Empty => GroupState::Empty,
        SimGroupState::PreparingRebalance => GroupState::PreparingRebalance,
        SimGroupState::CompletingRebalance => GroupState::CompletingRebalance,
        SimGroupState::Stable => GroupState::Stable,
        SimGroupState::Dead => GroupState::Dead,
    }
}

/// The committed offset of a group.
pub fn committed(group: &ClassicGroup, partition: &NamedPartition) -> Option<Offset> {
    group.offsets.get(partition).map(|stored| stored.committed.offset)
}

/// The client process that owns a partition, as the coordinator has it.
pub fn owner(group: &ClassicGroup, partition: &NamedPartition) -> Option<NodeId> {
    let owns = |member: &&crate::sim::group::member::Member| member.assignment.contains(partition);
    group.members.values().find(owns).map(|member| member.client)
}

/// The partitions that a client process owns, as the coordinator has it.
pub fn owned(group: &ClassicGroup, client: NodeId) -> impl Iterator<Item = &NamedPartition> {
    let members = group.members.values().filter(move |member| member.client == client);
    members.flat_map(|member| member.assignment.iter())
}

/// The next offset that a client's consumers will read of a partition.
pub fn position(node: &Node<AnyProgram>, partition: &NamedPartition) -> Option<Offset> {
    let client: &Client<AnyProgram> = node.client()?;
    let positions = client.consumers().filter_map(|(_, consumer)| {
        consumer.assignment().get(partition).map(|assigned| assigned.position)
    });
    positions.filter(|position| *position >= 0).max()
}

/// Whether a client's consumers have been given a partition.
pub fn is_assigned(node: &Node<AnyProgram>, partition: &NamedPartition) -> bool {
    let Some(client) = node.client() else { return false };
    client.consumers().any(|(_, consumer)| consumer.assignment().get(partition).is_some())
}

/// Records that a client's producers hold for a partition.
pub fn waiting(node: &Node<AnyProgram>, partition: &NamedPartition) -> u32 {
    let Some(client) = node.client() else { return 0 };
    client.producers().map(|(_, producer)| producer.waiting(partition)).sum()
}

/// The node of the client process at this place of the setup.
pub fn client(world: &World<AnyProgram>, index: usize) -> Option<&Node<AnyProgram>> {
    world.node(NodeId(FIRST_CLIENT + index as i32))
}
