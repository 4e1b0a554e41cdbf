//! Between brokers and the active controller.

use std::sync::Arc;

use super::ErrorCode;
use crate::sim::controller::partition_registration::{BrokerIds, LeaderRecoveryState};
use crate::sim::ids::*;

/// A broker process announces itself (KIP-631).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct BrokerRegistrationRequest {
    pub broker: NodeId,
    /// Random for each start of the process.
    pub incarnation: u64,
    pub rack: Option<Arc<str>>,
    /// Broker epoch of the last run if it ended with a clean shutdown, else -1 (KIP-966).
    pub previous_broker_epoch: BrokerEpoch,
}

impl BrokerRegistrationRequest {
    pub fn size_bytes(&self) -> u32 {
        150
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BrokerRegistrationResponse {
    pub error: ErrorCode,
    pub broker_epoch: BrokerEpoch,
}

impl BrokerRegistrationResponse {
    pub fn size_bytes(&self) -> u32 {
        16
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BrokerHeartbeatRequest {
    pub broker: NodeId,
    pub broker_epoch: BrokerEpoch,
    /// Highest metadata offset that the broker has applied.
    pub current_metadata_offset: Offset,
    pub want_fence: bool,
    pub want_shut_down: bool,
}

impl BrokerHeartbeatRequest {
    pub fn size_bytes(&self) -> u32 {
        24
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BrokerHeartbeatResponse {
    pub error: ErrorCode,
    pub is_caught_up: bool,
    pub is_fenced: bool,
    pub should_shut_down: bool,
}

impl BrokerHeartbeatResponse {
    pub fn size_bytes(&self) -> u32 {
        10
    }
}

/// A leader asks for a new ISR (KIP-497).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct AlterPartitionRequest {
    pub broker: NodeId,
    pub broker_epoch: BrokerEpoch,
    pub partitions: Vec<AlterPartitionData>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct AlterPartitionData {
    pub partition: TopicPartition,
    pub leader_epoch: LeaderEpoch,
    pub partition_epoch: PartitionEpoch,
    /// Members with the broker epoch the leader knows for them; -1 = not checked.
    pub new_isr: Vec<(NodeId, BrokerEpoch)>,
    pub leader_recovery_state: LeaderRecoveryState,
}

impl AlterPartitionRequest {
    pub fn size_bytes(&self) -> u32 {
        16 + self.partitions.iter().map(|p| 34 + 12 * p.new_isr.len() as u32).sum::<u32>()
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct AlterPartitionResponse {
    pub error: ErrorCode,
    pub partitions: Vec<AlterPartitionResult>,
}

/// The partition's state after the change, or why there is none.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct AlterPartitionResult {
    pub partition: TopicPartition,
    pub error: ErrorCode,
    pub leader: NodeId,
    pub leader_epoch: LeaderEpoch,
    pub isr: BrokerIds,
    pub leader_recovery_state: LeaderRecoveryState,
    pub partition_epoch: PartitionEpoch,
}

impl AlterPartitionResponse {
    pub fn size_bytes(&self) -> u32 {
        10 + self.partitions.iter().map(|p| 36 + 4 * p.isr.len() as u32).sum::<u32>()
    }
}

/// A broker asks for a block of 1000 producer ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AllocateProducerIdsRequest {
    pub broker: NodeId,
    pub broker_epoch: BrokerEpoch,
}

impl AllocateProducerIdsRequest {
    pub fn size_bytes(&self) -> u32 {
        12
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AllocateProducerIdsResponse {
    pub error: ErrorCode,
    pub first_producer_id: ProducerId,
    pub count: i32,
}

impl AllocateProducerIdsResponse {
    pub fn size_bytes(&self) -> u32 {
        20
    }
}
