//! The metadata quorum (KIP-595): votes, and the pull replication of `__cluster_metadata`.

use std::sync::Arc;

use super::ErrorCode;
use crate::sim::controller::metadata::{MetadataBatch, MetadataImage};
use crate::sim::ids::*;
use crate::sim::storage::epoch_cache::EpochEndOffset;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct VoteRequest {
    pub candidate: NodeId,
    /// The candidate's epoch; of a pre-vote the current one (KIP-996).
    pub epoch: QuorumEpoch,
    pub last_epoch: QuorumEpoch,
    pub last_epoch_end_offset: Offset,
    pub pre_vote: bool,
}

impl VoteRequest {
    pub fn size_bytes(&self) -> u32 {
        80
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct VoteResponse {
    pub error: ErrorCode,
    pub epoch: QuorumEpoch,
    pub leader: NodeId,
    pub granted: bool,
}

impl VoteResponse {
    pub fn size_bytes(&self) -> u32 {
        40
    }
}

/// The new leader makes itself known to the other voters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BeginQuorumEpochRequest {
    pub leader: NodeId,
    pub epoch: QuorumEpoch,
}

impl BeginQuorumEpochRequest {
    pub fn size_bytes(&self) -> u32 {
        70
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BeginQuorumEpochResponse {
    pub error: ErrorCode,
    pub epoch: QuorumEpoch,
    pub leader: NodeId,
}

impl BeginQuorumEpochResponse {
    pub fn size_bytes(&self) -> u32 {
        30
    }
}

/// A leader resigns; the first preferred successor starts its election at once.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct EndQuorumEpochRequest {
    pub leader: NodeId,
    pub epoch: QuorumEpoch,
    pub preferred_successors: Vec<NodeId>,
}

impl EndQuorumEpochRequest {
    pub fn size_bytes(&self) -> u32 {
        70 + 4 * self.preferred_successors.len() as u32
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct EndQuorumEpochResponse {
    pub error: ErrorCode,
    pub epoch: QuorumEpoch,
    pub leader: NodeId,
}

impl EndQuorumEpochResponse {
    pub fn size_bytes(&self) -> u32 {
        30
    }
}

/// Fetch of `__cluster_metadata`: in Kafka the Fetch API, here its own message because the records are typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FetchMetadataRequest {
    /// The fetching node: a voter or an observer.
    pub replica: NodeId,
    /// The epoch in which the fetcher knows the leader.
    pub current_leader_epoch: QuorumEpoch,
    pub fetch_offset: Offset,
    pub last_fetched_epoch: QuorumEpoch,
    pub max_wait_ms: i32,
    /// The high watermark that the fetcher knows: a leader answers at once when its own is higher (KIP-1166).
    pub high_watermark: Offset,
}

impl FetchMetadataRequest {
    pub fn size_bytes(&self) -> u32 {
        100
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FetchMetadataResponse {
    pub error: ErrorCode,
    pub leader: NodeId,
    pub epoch: QuorumEpoch,
    pub high_watermark: Offset,
    pub diverging_epoch: Option<EpochEndOffset>,
    /// The fetcher is behind the log's start: it must begin with this snapshot.
    pub snapshot: Option<Arc<MetadataImage>>,
    pub batches: Vec<Arc<MetadataBatch>>,
}

impl FetchMetadataResponse {
    pub fn size_bytes(&self) -> u32 {
        let snapshot = self.snapshot.as_ref().map_or(0, |image| image.size_bytes());
        90 + snapshot + self.batches.iter().map(|b| b.size_bytes()).sum::<u32>()
    }
}
