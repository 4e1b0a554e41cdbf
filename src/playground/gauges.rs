//! What a sample reads off the world: gauges under Kafka's names, and the lag of every group.

use std::sync::Arc;

use imbl::OrdMap;

use crate::playground::metrics::TopicTotals;
use crate::sim::client::program::Program;
use crate::sim::controller::metadata::{MetadataImage, TopicImage};
use crate::sim::controller::partition_registration::PartitionRegistration;
use crate::sim::group::classic_group::ClassicGroup;
use crate::sim::ids::{NodeId, Offset, TopicId, TopicPartition};
use crate::sim::protocol::group::NamedPartition;
use crate::sim::sorted::SortedMap;
use crate::sim::world::World;

/// Numbers of a moment, over the whole cluster.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Gauges {
    /// `ReplicaManager UnderReplicatedPartitions`.
    pub under_replicated: u32,
    /// `KafkaController OfflinePartitionsCount`.
    pub offline: u32,
    /// Produce requests, from append to answer, in microseconds: the middle of the latest ones.
    pub produce_p50: u32,
    /// The same, 99 of 100 were faster.
    pub produce_p99: u32,
}

/// How far a group is behind in a partition.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Lag {
    pub group: Arc<str>,
    pub partition: NamedPartition,
    /// High watermark minus committed offset.
    pub records: u64,
    /// The next offset that its reader takes; the committed one while nobody reads.
    pub read: Offset,
}

/// The numbers of one topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TopicSample {
    pub topic: TopicId,
    pub totals: TopicTotals,
    /// Partitions whose ISR is smaller than their replicas.
    pub under_replicated: u32,
    /// Partitions without a leader.
    pub offline: u32,
}

/// The numbers of every topic, in the order of their ids.
pub fn topics(image: &MetadataImage, totals: &OrdMap<TopicId, TopicTotals>) -> Arc<[TopicSample]> {
    let sample = |(id, topic): (&TopicId, &TopicImage)| {
        let (under_replicated, offline) = trouble(topic.partitions.iter().map(|part| &**part));
        let totals = totals.get(id).copied().unwrap_or_default();
        TopicSample { topic: *id, totals, under_replicated, offline }
    };
    image.topics.iter().map(sample).collect()
}

/// Partitions without enough replicas, and without any leader, as the metadata has them.
pub fn partitions(image: &MetadataImage) -> (u32, u32) {
    let all = image.topics.values().flat_map(|topic| topic.partitions.iter());
    trouble(all.map(|part| &**part))
}

fn trouble<'a>(parts: impl Iterator<Item = &'a PartitionRegistration>) -> (u32, u32) {
    parts.fold((0, 0), |(under_replicated, offline), part| {
        let short = part.isr.len() < part.replicas.len();
        (under_replicated + u32::from(short), offline + u32::from(!part.has_leader()))
    })
}

/// The lag of every group in every partition that it has committed, by group and partition.
pub fn lags<P: Program>(world: &World<P>, image: &MetadataImage) -> Arc<[Lag]> {
    let brokers = world.nodes().filter_map(|node| node.server()?.broker());
    let groups = brokers.flat_map(|broker| broker.coordinator().groups());
    let mut lags: Vec<Lag> = groups.flat_map(|(_, group)| lags_of(world, image, group)).collect();
    lags.sort_by(|a, b| (&a.group, &a.partition).cmp(&(&b.group, &b.partition)));
    // While a coordinator moves, two brokers may know the group; the later commit counts.
    lags.dedup_by(|b, a| {
        let same = a.group == b.group && a.partition == b.partition;
        if same {
            a.records = a.records.min(b.records);
        }
        same
    });
    lags.into()
}

fn lags_of<'a, P: Program>(
    world: &'a World<P>,
    image: &'a MetadataImage,
    group: &'a ClassicGroup,
) -> impl Iterator<Item = Lag> + 'a {
    let positions = positions(world, group);
    group.offsets.iter().filter_map(move |(partition, stored)| {
        let end = high_watermark(world, image, partition)?;
        let committed = stored.committed.offset;
        let records = (end - committed).max(0) as u64;
        let read = positions.get(partition).copied().unwrap_or(committed);
        Some(Lag { group: group.id.clone(), partition: partition.clone(), records, read })
    })
}

/// Where the members of a group read.
fn positions<'a, P: Program>(
    world: &'a World<P>,
    group: &'a ClassicGroup,
) -> SortedMap<&'a NamedPartition, Offset> {
    let mut found = SortedMap::new();
    for member in group.members.values() {
        let Some(client) = world.node(member.client).and_then(|node| node.client()) else {
            continue;
        };
        for partition in member.assignment.iter() {
            let positions = client.consumers().filter_map(|(_, consumer)| {
                Some(consumer.assignment().get(partition)?.position).filter(|place| *place >= 0)
            });
            found.extend(positions.max().map(|position| (partition, position)));
        }
    }
    found
}

fn high_watermark<P: Program>(
    world: &World<P>,
    image: &MetadataImage,
    partition: &NamedPartition,
) -> Option<Offset> {
    let topic = image.topic(&partition.topic)?;
    let registration = topic.partitions.get(partition.partition as usize)?;
    let at = TopicPartition::new(topic.id, partition.partition);
    let broker = world.node(NodeId(registration.leader))?.server()?.broker()?;
    Some(broker.replica(at)?.high_watermark)
}
