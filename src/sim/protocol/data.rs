//! Produce, Fetch, ListOffsets, Metadata, OffsetForLeaderEpoch, InitProducerId.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::ErrorCode;
use crate::sim::controller::partition_registration::BrokerIds;
use crate::sim::ids::*;
use crate::sim::storage::batch::Batch;
use crate::sim::storage::epoch_cache::EpochEndOffset;

/// How many acknowledgements a produce request wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Acks {
    /// 0: no answer at all.
    None,
    /// 1: the leader's append.
    Leader,
    /// -1 or `all`: every in-sync replica.
    All,
}

/// Appends batches, at most one a partition.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ProduceRequest {
    pub acks: Acks,
    pub timeout_ms: i32,
    pub batches: Vec<(TopicPartition, Batch)>,
}

impl ProduceRequest {
    pub fn size_bytes(&self) -> u32 {
        12 + self.batches.iter().map(|(_, batch)| 24 + batch.size_bytes()).sum::<u32>()
    }

    pub fn record_count(&self) -> u32 {
        self.batches.iter().map(|(_, batch)| batch.count()).sum()
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ProduceResponse {
    pub partitions: Vec<ProducePartitionResponse>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ProducePartitionResponse {
    pub partition: TopicPartition,
    pub error: ErrorCode,
    /// -1 when unknown.
    pub base_offset: Offset,
    pub log_start_offset: Offset,
    /// With NOT_LEADER_OR_FOLLOWER: who leads now, if the broker knows (KIP-951).
    pub current_leader: Option<LeaderAndEpoch>,
}

impl ProduceResponse {
    pub fn size_bytes(&self) -> u32 {
        8 + 46 * self.partitions.len() as u32
    }
}

/// A partition's leader as the sender knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LeaderAndEpoch {
    /// [`NodeId::NONE`] = no leader.
    pub leader: NodeId,
    pub epoch: LeaderEpoch,
}

/// Who fetches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fetcher {
    Consumer,
    Follower { replica: NodeId, broker_epoch: BrokerEpoch },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum IsolationLevel {
    ReadUncommitted,
    ReadCommitted,
}

/// Reads records. With a session (KIP-227) only what changed since the last request is named.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FetchRequest {
    pub fetcher: Fetcher,
    pub max_wait_ms: i32,
    pub min_bytes: i32,
    pub max_bytes: i32,
    pub isolation: IsolationLevel,
    /// 0 = none yet.
    pub session_id: i32,
    /// 0 = full request that opens a session, -1 = full request without, else incremental.
    pub session_epoch: i32,
    /// Added or changed partitions, in the order to be served.
    pub partitions: Vec<FetchPartition>,
    /// Partitions that leave the session.
    pub forgotten: Vec<TopicPartition>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FetchPartition {
    pub partition: TopicPartition,
    pub current_leader_epoch: LeaderEpoch,
    pub fetch_offset: Offset,
    /// Epoch of the fetcher's last record, -1 = none or not sent (KIP-595).
    pub last_fetched_epoch: LeaderEpoch,
    pub log_start_offset: Offset,
    pub max_bytes: i32,
}

impl FetchRequest {
    pub fn size_bytes(&self) -> u32 {
        40 + 52 * self.partitions.len() as u32 + 20 * self.forgotten.len() as u32
    }
}

/// In a session, only partitions with records, an error or a changed offset are listed.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FetchResponse {
    /// Of the session; FETCH_SESSION_ID_NOT_FOUND makes the fetcher start a new one.
    pub error: ErrorCode,
    pub session_id: i32,
    pub partitions: Vec<FetchPartitionResponse>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FetchPartitionResponse {
    pub partition: TopicPartition,
    pub error: ErrorCode,
    pub high_watermark: Offset,
    pub last_stable_offset: Offset,
    pub log_start_offset: Offset,
    /// The fetcher's log diverges: truncate to the end of this epoch.
    pub diverging_epoch: Option<EpochEndOffset>,
    pub current_leader: Option<LeaderAndEpoch>,
    pub batches: Vec<Batch>,
}

impl FetchResponse {
    pub fn size_bytes(&self) -> u32 {
        let batches = self.partitions.iter().flat_map(|p| &p.batches).map(Batch::size_bytes);
        14 + 66 * self.partitions.len() as u32 + batches.sum::<u32>()
    }

    pub fn record_count(&self) -> u32 {
        self.partitions.iter().flat_map(|p| &p.batches).map(Batch::count).sum()
    }
}

/// What a ListOffsets request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum OffsetSpec {
    /// -2
    Earliest,
    /// -1: the high watermark, or the last stable offset for read_committed.
    Latest,
    /// The first offset with this timestamp or a later one.
    Timestamp(i64),
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ListOffsetsRequest {
    pub isolation: IsolationLevel,
    pub partitions: Vec<ListOffsetsPartition>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ListOffsetsPartition {
    pub partition: TopicPartition,
    /// -1 = not checked.
    pub current_leader_epoch: LeaderEpoch,
    pub spec: OffsetSpec,
}

impl ListOffsetsRequest {
    pub fn size_bytes(&self) -> u32 {
        8 + 32 * self.partitions.len() as u32
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ListOffsetsResponse {
    pub partitions: Vec<ListOffsetsPartitionResponse>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ListOffsetsPartitionResponse {
    pub partition: TopicPartition,
    pub error: ErrorCode,
    /// -1 = no such record.
    pub offset: Offset,
    pub timestamp: i64,
    pub leader_epoch: LeaderEpoch,
}

impl ListOffsetsResponse {
    pub fn size_bytes(&self) -> u32 {
        4 + 30 * self.partitions.len() as u32
    }
}

/// Asks for brokers and topics. Internal topics and unknown ones may be created by it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct MetadataRequest {
    /// None = all topics.
    pub topics: Option<Vec<Arc<str>>>,
    pub allow_auto_topic_creation: bool,
}

impl MetadataRequest {
    pub fn size_bytes(&self) -> u32 {
        6 + self.topics.iter().flatten().map(|name| 20 + name.len() as u32).sum::<u32>()
    }
}

/// The answering broker's view of the cluster.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct MetadataResponse {
    /// Unfenced brokers.
    pub brokers: Vec<NodeId>,
    /// The active controller, or a random broker that forwards to it.
    pub controller: NodeId,
    pub topics: Vec<MetadataTopic>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct MetadataTopic {
    pub error: ErrorCode,
    pub name: Arc<str>,
    pub id: TopicId,
    pub partitions: Vec<MetadataPartition>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct MetadataPartition {
    /// LEADER_NOT_AVAILABLE when leaderless.
    pub error: ErrorCode,
    pub partition: PartitionIndex,
    pub leader: NodeId,
    pub leader_epoch: LeaderEpoch,
    pub replicas: BrokerIds,
    pub isr: BrokerIds,
    pub offline: Vec<i32>,
}

impl MetadataResponse {
    pub fn size_bytes(&self) -> u32 {
        let topics = self.topics.iter().map(|t| 40 + 50 * t.partitions.len() as u32);
        20 + 24 * self.brokers.len() as u32 + topics.sum::<u32>()
    }
}

/// Asks where an epoch ends (KIP-101); followers since 2.7 learn it from Fetch instead.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct OffsetForLeaderEpochRequest {
    pub partitions: Vec<OffsetForLeaderEpochPartition>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct OffsetForLeaderEpochPartition {
    pub partition: TopicPartition,
    pub current_leader_epoch: LeaderEpoch,
    pub leader_epoch: LeaderEpoch,
}

impl OffsetForLeaderEpochRequest {
    pub fn size_bytes(&self) -> u32 {
        8 + 28 * self.partitions.len() as u32
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct OffsetForLeaderEpochResponse {
    pub partitions: Vec<(TopicPartition, ErrorCode, EpochEndOffset)>,
}

impl OffsetForLeaderEpochResponse {
    pub fn size_bytes(&self) -> u32 {
        8 + 34 * self.partitions.len() as u32
    }
}

/// Asks any broker for a producer id (idempotence without transactions).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct InitProducerIdRequest {}

impl InitProducerIdRequest {
    pub fn size_bytes(&self) -> u32 {
        20
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct InitProducerIdResponse {
    pub error: ErrorCode,
    pub producer_id: ProducerId,
    pub producer_epoch: ProducerEpoch,
}

impl InitProducerIdResponse {
    pub fn size_bytes(&self) -> u32 {
        16
    }
}
