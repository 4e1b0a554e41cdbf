//! Classic consumer groups and committed offsets.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::ErrorCode;
use crate::sim::ids::*;

/// A partition by its topic's name, as group metadata and assignments name it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct NamedPartition {
    pub topic: Arc<str>,
    pub partition: PartitionIndex,
}

/// Which topics a member subscribes to and what it owns (ConsumerProtocolSubscription).
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Subscription {
    pub topics: Vec<Arc<str>>,
    pub owned: Vec<NamedPartition>,
    pub generation: i32,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FindCoordinatorRequest {
    /// The group id.
    pub key: Arc<str>,
}

impl FindCoordinatorRequest {
    pub fn size_bytes(&self) -> u32 {
        6 + self.key.len() as u32
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FindCoordinatorResponse {
    pub error: ErrorCode,
    pub coordinator: NodeId,
}

impl FindCoordinatorResponse {
    pub fn size_bytes(&self) -> u32 {
        30
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct JoinGroupRequest {
    pub group: Arc<str>,
    pub session_timeout_ms: i32,
    pub rebalance_timeout_ms: i32,
    /// Empty = not known yet; the coordinator answers MEMBER_ID_REQUIRED with one (KIP-394).
    pub member_id: Arc<str>,
    pub group_instance_id: Option<Arc<str>>,
    pub client_id: Arc<str>,
    /// Assignors by name in the member's order of preference, each with the subscription.
    pub protocols: Vec<(Arc<str>, Arc<Subscription>)>,
}

impl JoinGroupRequest {
    pub fn size_bytes(&self) -> u32 {
        let metadata = |s: &Subscription| {
            s.topics.iter().map(|t| 2 + t.len() as u32).sum::<u32>() + 8 * s.owned.len() as u32
        };
        let protocols = self.protocols.iter().map(|(name, s)| name.len() as u32 + 12 + metadata(s));
        30 + self.group.len() as u32 + self.member_id.len() as u32 + protocols.sum::<u32>()
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct JoinGroupResponse {
    pub error: ErrorCode,
    pub generation: i32,
    /// Name of the chosen assignor.
    pub protocol: Arc<str>,
    pub leader: Arc<str>,
    pub member_id: Arc<str>,
    /// For the leader: everybody's subscription, in the order the members are kept.
    pub members: Vec<JoinGroupMember>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct JoinGroupMember {
    pub member_id: Arc<str>,
    pub group_instance_id: Option<Arc<str>>,
    pub subscription: Arc<Subscription>,
}

impl JoinGroupResponse {
    pub fn size_bytes(&self) -> u32 {
        60 + 90 * self.members.len() as u32
    }
}

/// Assignment of one member.
pub type Assignment = Vec<NamedPartition>;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SyncGroupRequest {
    pub group: Arc<str>,
    pub generation: i32,
    pub member_id: Arc<str>,
    pub group_instance_id: Option<Arc<str>>,
    /// From the leader only.
    pub assignments: Vec<(Arc<str>, Arc<Assignment>)>,
}

impl SyncGroupRequest {
    pub fn size_bytes(&self) -> u32 {
        let assigned = self.assignments.iter().map(|(id, a)| id.len() as u32 + 8 * a.len() as u32);
        50 + assigned.sum::<u32>()
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SyncGroupResponse {
    pub error: ErrorCode,
    pub assignment: Arc<Assignment>,
}

impl SyncGroupResponse {
    pub fn size_bytes(&self) -> u32 {
        14 + 8 * self.assignment.len() as u32
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct HeartbeatRequest {
    pub group: Arc<str>,
    pub generation: i32,
    pub member_id: Arc<str>,
    pub group_instance_id: Option<Arc<str>>,
}

impl HeartbeatRequest {
    pub fn size_bytes(&self) -> u32 {
        12 + self.group.len() as u32 + self.member_id.len() as u32
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct HeartbeatResponse {
    pub error: ErrorCode,
}

impl HeartbeatResponse {
    pub fn size_bytes(&self) -> u32 {
        6
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct LeaveGroupRequest {
    pub group: Arc<str>,
    pub member_id: Arc<str>,
}

impl LeaveGroupRequest {
    pub fn size_bytes(&self) -> u32 {
        8 + self.group.len() as u32 + self.member_id.len() as u32
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LeaveGroupResponse {
    pub error: ErrorCode,
}

impl LeaveGroupResponse {
    pub fn size_bytes(&self) -> u32 {
        6
    }
}

/// An offset to commit: the next one to read.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CommittedOffset {
    pub offset: Offset,
    /// Epoch of the last record read, -1 = unknown.
    pub leader_epoch: LeaderEpoch,
    /// Free text kept with the offset.
    pub metadata: Arc<str>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct OffsetCommitRequest {
    pub group: Arc<str>,
    /// -1 = a simple commit without membership.
    pub generation: i32,
    pub member_id: Arc<str>,
    pub group_instance_id: Option<Arc<str>>,
    pub offsets: Vec<(NamedPartition, CommittedOffset)>,
}

impl OffsetCommitRequest {
    pub fn size_bytes(&self) -> u32 {
        let offsets = self.offsets.iter().map(|(_, o)| 22 + o.metadata.len() as u32);
        30 + self.group.len() as u32 + self.member_id.len() as u32 + offsets.sum::<u32>()
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct OffsetCommitResponse {
    pub partitions: Vec<(NamedPartition, ErrorCode)>,
}

impl OffsetCommitResponse {
    pub fn size_bytes(&self) -> u32 {
        6 + 10 * self.partitions.len() as u32
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct OffsetFetchRequest {
    pub group: Arc<str>,
    /// None = every partition with a committed offset.
    pub partitions: Option<Vec<NamedPartition>>,
    pub require_stable: bool,
}

impl OffsetFetchRequest {
    pub fn size_bytes(&self) -> u32 {
        10 + self.group.len() as u32 + 8 * self.partitions.as_ref().map_or(0, Vec::len) as u32
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct OffsetFetchResponse {
    pub error: ErrorCode,
    /// None = nothing committed.
    pub offsets: Vec<(NamedPartition, Option<CommittedOffset>)>,
}

impl OffsetFetchResponse {
    pub fn size_bytes(&self) -> u32 {
        12 + 30 * self.offsets.len() as u32
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct DescribeGroupsRequest {
    pub groups: Vec<Arc<str>>,
}

impl DescribeGroupsRequest {
    pub fn size_bytes(&self) -> u32 {
        6 + self.groups.iter().map(|g| 2 + g.len() as u32).sum::<u32>()
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct DescribeGroupsResponse {
    pub groups: Vec<DescribedGroup>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct DescribedGroup {
    pub error: ErrorCode,
    pub group: Arc<str>,
    /// `Empty`, `PreparingRebalance`, `CompletingRebalance`, `Stable`, `Dead`.
    pub state: &'static str,
    pub generation: i32,
    /// Name of the chosen assignor, empty = none.
    pub protocol: Arc<str>,
    pub members: Vec<DescribedMember>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct DescribedMember {
    pub member_id: Arc<str>,
    pub group_instance_id: Option<Arc<str>>,
    pub client_id: Arc<str>,
    pub assignment: Arc<Assignment>,
}

impl DescribeGroupsResponse {
    pub fn size_bytes(&self) -> u32 {
        6 + self.groups.iter().map(|g| 40 + 80 * g.members.len() as u32).sum::<u32>()
    }
}
