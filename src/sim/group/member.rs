//! A member of a classic group.

use std::sync::Arc;

use super::record::MemberMetadata;
use crate::sim::effects::RequestRef;
use crate::sim::ids::NodeId;
use crate::sim::protocol::group::{Assignment, JoinGroupRequest, Subscription};
use crate::sim::time::Micros;

/// Assignors by name in the member's order of preference, each with the subscription.
pub type Protocols = Vec<(Arc<str>, Arc<Subscription>)>;

/// How long a member (or a member id that was handed out) may still be silent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Session {
    /// On the coordinator's monotonic clock.
    pub deadline: Micros,
    /// The pending timer, if there is one; it may be set for an earlier instant.
    pub timer: Option<Micros>,
}

/// A member of a classic group.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Member {
    pub member_id: Arc<str>,
    pub group_instance_id: Option<Arc<str>>,
    pub client_id: Arc<str>,
    /// The client process.
    pub client: NodeId,
    pub rebalance_timeout_ms: i32,
    pub session_timeout_ms: i32,
    pub protocols: Protocols,
    pub assignment: Arc<Assignment>,
    /// Whether it waits in the join phase for its first generation.
    pub is_new: bool,
    pub awaiting_join: Option<RequestRef>,
    pub awaiting_sync: Option<RequestRef>,
    pub session: Session,
}

impl Member {
    /// A member that joins with this request.
    pub fn new(member_id: Arc<str>, client: NodeId, request: &JoinGroupRequest) -> Member {
        Member {
            member_id,
            group_instance_id: request.group_instance_id.clone(),
            client_id: request.client_id.clone(),
            client,
            rebalance_timeout_ms: request.rebalance_timeout_ms,
            session_timeout_ms: request.session_timeout_ms,
            protocols: request.protocols.clone(),
            assignment: Arc::default(),
            is_new: true,
            awaiting_join: None,
            awaiting_sync: None,
            session: Session::default(),
        }
    }

    /// A member as `__consumer_offsets` knows it.
    pub fn from_metadata(metadata: MemberMetadata, protocol: Option<&Arc<str>>) -> Member {
        let protocol = protocol.cloned().unwrap_or_default();
        Member {
            client: client_of(&metadata.client_host),
            member_id: metadata.member_id,
            group_instance_id: metadata.group_instance_id,
            client_id: metadata.client_id,
            rebalance_timeout_ms: metadata.rebalance_timeout_ms,
            session_timeout_ms: metadata.session_timeout_ms,
            protocols: vec![(protocol, metadata.subscription)],
            assignment: metadata.assignment,
            is_new: false,
            awaiting_join: None,
            awaiting_sync: None,
            session: Session::default(),
        }
    }

    /// What `__consumer_offsets` keeps of the member.
    pub fn metadata(&self, protocol: &str, assignment: Arc<Assignment>) -> MemberMetadata {
        MemberMetadata {
            member_id: self.member_id.clone(),
            group_instance_id: self.group_instance_id.clone(),
            client_id: self.client_id.clone(),
            client_host: format!("/{}", self.client).into(),
            rebalance_timeout_ms: self.rebalance_timeout_ms,
            session_timeout_ms: self.session_timeout_ms,
            subscription: self.subscription(protocol),
            assignment,
        }
    }

    /// The subscription that goes with an assignor.
    pub fn subscription(&self, protocol: &str) -> Arc<Subscription> {
        let found = self.protocols.iter().find(|(name, _)| **name == *protocol);
        found.map_or_else(Arc::default, |(_, subscription)| subscription.clone())
    }

    /// Whether the member waits for an answer that the group will give, so that it owes no heartbeat.
    pub fn is_excused(&self) -> bool {
        !self.is_new && (self.awaiting_join.is_some() || self.awaiting_sync.is_some())
    }
}

/// The client process behind a client host.
fn client_of(client_host: &str) -> NodeId {
    let id = client_host.strip_prefix('/').and_then(|id| id.parse().ok());
    id.map_or(NodeId::NONE, NodeId)
}
