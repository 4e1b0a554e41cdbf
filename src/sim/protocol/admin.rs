//! Requests of the admin client; brokers forward them to the active controller (KIP-590).

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::ErrorCode;
use crate::sim::ids::*;

/// An error with the text Kafka gives for it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct ApiError {
    pub error: ErrorCode,
    /// Empty = the error's own text.
    pub message: Arc<str>,
}

impl ApiError {
    pub const fn size_bytes(&self) -> u32 {
        40
    }
}

impl From<ErrorCode> for ApiError {
    fn from(error: ErrorCode) -> ApiError {
        ApiError { error, message: Arc::from("") }
    }
}

/// How a new topic's replicas are chosen.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Placement {
    /// -1 = the broker's default for either number.
    Count { partitions: i32, replication_factor: i16 },
    /// Partition numbers with their replicas, the preferred leader first.
    Manual(Vec<(PartitionIndex, Vec<NodeId>)>),
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct NewTopic {
    pub name: Arc<str>,
    pub placement: Placement,
    pub configs: Vec<(Arc<str>, Arc<str>)>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CreateTopicsRequest {
    pub topics: Vec<NewTopic>,
    pub timeout_ms: i32,
}

impl CreateTopicsRequest {
    pub fn size_bytes(&self) -> u32 {
        8 + self
            .topics
            .iter()
            .map(|t| 20 + t.name.len() as u32 + 40 * t.configs.len() as u32)
            .sum::<u32>()
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CreateTopicsResponse {
    pub topics: Vec<(Arc<str>, ApiError)>,
}

impl CreateTopicsResponse {
    pub fn size_bytes(&self) -> u32 {
        8 + 60 * self.topics.len() as u32
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct DeleteTopicsRequest {
    pub topics: Vec<Arc<str>>,
    pub timeout_ms: i32,
}

impl DeleteTopicsRequest {
    pub fn size_bytes(&self) -> u32 {
        8 + self.topics.iter().map(|t| 18 + t.len() as u32).sum::<u32>()
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct DeleteTopicsResponse {
    pub topics: Vec<(Arc<str>, ApiError)>,
}

impl DeleteTopicsResponse {
    pub fn size_bytes(&self) -> u32 {
        8 + 60 * self.topics.len() as u32
    }
}

/// Adds partitions to a topic; the new ones are placed by the controller.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CreatePartitionsRequest {
    /// The topic and how many partitions it is to have in all.
    pub topics: Vec<(Arc<str>, i32)>,
    pub timeout_ms: i32,
}

impl CreatePartitionsRequest {
    pub fn size_bytes(&self) -> u32 {
        10 + self.topics.iter().map(|(name, _)| 9 + name.len() as u32).sum::<u32>()
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CreatePartitionsResponse {
    pub topics: Vec<(Arc<str>, ApiError)>,
}

impl CreatePartitionsResponse {
    pub fn size_bytes(&self) -> u32 {
        8 + 60 * self.topics.len() as u32
    }
}

/// Which election an ElectLeaders request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ElectionType {
    Preferred,
    Unclean,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ElectLeadersRequest {
    pub election: ElectionType,
    /// None = every partition.
    pub partitions: Option<Vec<(Arc<str>, PartitionIndex)>>,
    pub timeout_ms: i32,
}

impl ElectLeadersRequest {
    pub fn size_bytes(&self) -> u32 {
        10 + 24 * self.partitions.as_ref().map_or(0, Vec::len) as u32
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ElectLeadersResponse {
    pub error: ErrorCode,
    pub partitions: Vec<(Arc<str>, PartitionIndex, ApiError)>,
}

impl ElectLeadersResponse {
    pub fn size_bytes(&self) -> u32 {
        12 + 50 * self.partitions.len() as u32
    }
}

/// What a config belongs to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum ConfigResource {
    Topic(Arc<str>),
    Broker(NodeId),
    /// The cluster-wide default of all brokers.
    Cluster,
}

/// Sets (Some) or deletes (None) configs.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct IncrementalAlterConfigsRequest {
    pub resource: ConfigResource,
    pub changes: Vec<(Arc<str>, Option<Arc<str>>)>,
}

impl IncrementalAlterConfigsRequest {
    pub fn size_bytes(&self) -> u32 {
        20 + 40 * self.changes.len() as u32
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct IncrementalAlterConfigsResponse {
    pub result: ApiError,
}

impl IncrementalAlterConfigsResponse {
    pub fn size_bytes(&self) -> u32 {
        20 + self.result.size_bytes()
    }
}
