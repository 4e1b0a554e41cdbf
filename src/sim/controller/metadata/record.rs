//! Records of `__cluster_metadata` (facts/kafka.md §4.3).

use std::sync::Arc;

use crate::sim::controller::partition_registration::{PartitionChange, PartitionRegistration};
use crate::sim::ids::*;
use crate::sim::protocol::admin::ConfigResource;

/// One record of the metadata log.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum MetadataRecord {
    /// First record of every quorum epoch (a control record).
    LeaderChange { leader: NodeId },
    /// Keeps the log moving while nothing happens.
    NoOp,
    /// A broker process registered; it starts fenced. Its epoch is the offset of the first record of its batch.
    RegisterBroker {
        broker: NodeId,
        broker_epoch: BrokerEpoch,
        incarnation: u64,
        rack: Option<Arc<str>>,
    },
    /// A broker was fenced, unfenced, or began its controlled shutdown; None = unchanged.
    BrokerRegistrationChange {
        broker: NodeId,
        broker_epoch: BrokerEpoch,
        fenced: Option<bool>,
        in_controlled_shutdown: Option<bool>,
    },
    /// A broker was removed for good.
    UnregisterBroker { broker: NodeId },
    /// A topic was created; its partitions follow.
    Topic { name: Arc<str>, topic: TopicId },
    /// A partition was created.
    Partition { partition: TopicPartition, registration: Arc<PartitionRegistration> },
    /// A partition changed.
    PartitionChange { partition: TopicPartition, change: PartitionChange },
    /// A topic and its partitions were deleted.
    RemoveTopic { topic: TopicId },
    /// A config was set (Some) or deleted (None).
    Config { resource: ConfigResource, name: Arc<str>, value: Option<Arc<str>> },
    /// Partitions of the topic (None = of all) lose their eligible leader replicas, because another min ISR makes unknown
    /// who held all committed records (KIP-966). The partition epoch rises where there were any.
    ClearElr { topic: Option<Arc<str>> },
    /// A feature was finalized at a level.
    FeatureLevel { name: Arc<str>, level: i16 },
    /// Producer ids below this one are given out.
    ProducerIds { next_producer_id: ProducerId },
}

impl MetadataRecord {
    /// Bytes in the log, roughly those of the real record.
    pub fn size_bytes(&self) -> u32 {
        let payload = match self {
            MetadataRecord::LeaderChange { .. } => 20,
            MetadataRecord::NoOp => 4,
            MetadataRecord::RegisterBroker { .. } => 150,
            MetadataRecord::BrokerRegistrationChange { .. } => 20,
            MetadataRecord::UnregisterBroker { .. } => 15,
            MetadataRecord::Topic { name, .. } => 22 + name.len(),
            MetadataRecord::Partition { registration, .. } => 60 + 24 * registration.replicas.len(),
            MetadataRecord::PartitionChange { .. } => 45,
            MetadataRecord::RemoveTopic { .. } => 20,
            MetadataRecord::Config { name, value, .. } => {
                12 + name.len() + value.as_ref().map_or(0, |v| v.len())
            }
            MetadataRecord::ClearElr { topic } => 4 + topic.as_ref().map_or(0, |name| name.len()),
            MetadataRecord::FeatureLevel { name, .. } => 8 + name.len(),
            MetadataRecord::ProducerIds { .. } => 24,
        };
        8 + payload as u32
    }
}
