//! What an outsider can ask a running world: metadata, replicas, files, groups. Reads state, changes nothing.

use std::collections::BTreeSet;

use super::program::Recorder;
use crate::sim::broker::BrokerState;
use crate::sim::client::program::Program;
use crate::sim::controller::metadata::MetadataImage;
use crate::sim::controller::partition_registration::PartitionRegistration;
use crate::sim::group::classic_group::ClassicGroup;
use crate::sim::group::coordinator_key::partition_for;
use crate::sim::ids::*;
use crate::sim::node::Power;
use crate::sim::protocol::group::NamedPartition;
use crate::sim::storage::batch::Batch;
use crate::sim::storage::epoch_cache::EpochCache;
use crate::sim::storage::log::Log;
use crate::sim::world::World;

/// A replica as its own broker tells about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReplicaView {
    pub log_start: Offset,
    pub log_end: Offset,
    pub high_watermark: Offset,
}

/// The files of a replica.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiskView {
    pub batches: Vec<Batch>,
    /// Leader epochs with their first offset.
    pub epochs: Vec<(LeaderEpoch, Offset)>,
}

/// Brokers that answer, in ascending order. A broker begins to when it has been unfenced.
pub fn answering<P: Program>(world: &World<P>) -> BTreeSet<NodeId> {
    let servers = world.setup().servers.iter().filter(|s| s.roles.is_broker());
    servers.map(|s| s.id).filter(|id| answers(world, *id)).collect()
}

fn answers<P: Program>(world: &World<P>, broker: NodeId) -> bool {
    let Some(node) = world.node(broker).filter(|node| node.is_running()) else {
        return false;
    };
    let state = node.server().and_then(|server| server.broker()).map(|b| b.lifecycle().state);
    match state {
        Some(BrokerState::Running | BrokerState::PendingControlledShutdown) => true,
        Some(BrokerState::Starting | BrokerState::Recovery | BrokerState::ShuttingDown) => false,
        None => false,
    }
}

/// Whether the process of a node runs.
pub fn has_ended<P: Program>(world: &World<P>, node: NodeId) -> bool {
    world.node(node).is_none_or(|node| matches!(node.power, Power::Stopped | Power::Off))
}

/// The metadata that the lowest numbered broker that answers has.
pub fn metadata<P: Program>(world: &World<P>) -> Option<&MetadataImage> {
    metadata_of(world, *answering(world).first()?)
}

/// The metadata that a broker has.
pub fn metadata_of<P: Program>(world: &World<P>, broker: NodeId) -> Option<&MetadataImage> {
    world.node(broker)?.server().map(|server| server.image())
}

/// The leader that brokers tell of: one that is not among the live brokers is none.
pub fn leader(image: &MetadataImage, registration: &PartitionRegistration) -> i32 {
    let known = Some(registration.leader).filter(|leader| image.is_unfenced(*leader));
    known.unwrap_or(NodeId::NONE.0)
}

/// The identity of a partition.
pub fn identify<P: Program>(
    world: &World<P>,
    partition: &NamedPartition,
) -> Option<TopicPartition> {
    let topic = world.metadata()?.topic(&partition.topic)?;
    Some(TopicPartition::new(topic.id, partition.partition))
}

/// A replica on a broker that answers.
pub fn replica<P: Program>(
    world: &World<P>,
    broker: NodeId,
    partition: &NamedPartition,
) -> Option<ReplicaView> {
    if !answers(world, broker) {
        return None;
    }
    let id = identify(world, partition)?;
    let replica = world.node(broker)?.server()?.broker()?.replica(id)?;
    Some(ReplicaView {
        log_start: replica.log.log_start_offset(),
        log_end: replica.log.log_end_offset(),
        high_watermark: replica.high_watermark,
    })
}

/// The files of a replica, also of one whose process is dead.
pub fn disk<P: Program>(
    world: &World<P>,
    broker: NodeId,
    partition: &NamedPartition,
) -> Option<DiskView> {
    let id = identify(world, partition)?;
    let node = world.node(broker)?;
    let running = node.server().and_then(|server| server.broker()).and_then(|b| b.replica(id));
    if let Some(replica) = running {
        return Some(DiskView { batches: batches(&replica.log), epochs: epochs(&replica.epochs) });
    }
    let log = node.disk.as_ref()?.logs.get(&id)?;
    let mut cache = EpochCache::default();
    for batch in batches(log) {
        // A batch of an epoch that is known already adds nothing.
        let _ = cache.assign(batch.header.leader_epoch, batch.header.base_offset);
    }
    Some(DiskView { batches: batches(log), epochs: epochs(&cache) })
}

fn batches(log: &Log) -> Vec<Batch> {
    log.entries().map(|entry| entry.batch.clone()).collect()
}

fn epochs(cache: &EpochCache) -> Vec<(LeaderEpoch, Offset)> {
    cache.entries().iter().map(|entry| (entry.epoch, entry.start_offset)).collect()
}

/// A group at its coordinator: None = there is no coordinator at the moment.
pub fn group<P: Program>(world: &World<P>, id: &str) -> Option<Result<ClassicGroup, ()>> {
    let topic = world.metadata()?.topic(OFFSETS_TOPIC)?;
    let index = partition_for(id, topic.partitions.len() as i32);
    let leader = topic.partitions.get(index as usize)?.leader;
    let broker = world.node(NodeId(leader)).filter(|node| node.is_running())?.server()?.broker()?;
    let coordinator = broker.coordinator();
    coordinator.loaded().find(|(partition, _)| *partition == index)?;
    Some(coordinator.group(id).cloned().ok_or(()))
}

/// Position of a client's consumer.
pub fn position(
    world: &World<Recorder>,
    client: NodeId,
    partition: &NamedPartition,
) -> Option<Offset> {
    let (_, consumer) = world.node(client)?.client()?.consumers().next()?;
    let assigned = consumer.assignment().get(partition)?;
    Some(assigned.position).filter(|position| *position >= 0)
}

/// Whether a client's consumer is closed and its last requests are answered.
pub fn is_closed(world: &World<Recorder>, client: NodeId) -> bool {
    let client = world.node(client).and_then(|node| node.client());
    client.is_none_or(|client| client.consumers().next().is_none())
}
