//! A classic group: its state, its members and what they have in common.
//!
//! What happens to it is told in `join`, `rebalance`, `sync`, `heartbeat` and `offsets`.

use std::sync::Arc;

use super::member::{Member, Protocols, Session};
use super::offsets::StoredOffset;
use super::record::{GroupMetadata, GroupRecord};
use crate::sim::ids::NodeId;
use crate::sim::java::hash_map::JavaHashMap;
use crate::sim::protocol::group::*;
use crate::sim::protocol::{ErrorCode, Response};
use crate::sim::sorted::{SortedMap, SortedSet};

/// ClassicGroupState.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum GroupState {
    /// No members; offsets may be there.
    Empty,
    /// Members are asked to join again.
    PreparingRebalance,
    /// Everybody has joined; the leader's assignment is awaited.
    CompletingRebalance,
    /// Everybody can have its assignment.
    Stable,
    /// Gone.
    Dead,
}

impl GroupState {
    /// The name in DescribeGroups.
    pub fn name(self) -> &'static str {
        match self {
            GroupState::Empty => "Empty",
            GroupState::PreparingRebalance => "PreparingRebalance",
            GroupState::CompletingRebalance => "CompletingRebalance",
            GroupState::Stable => "Stable",
            GroupState::Dead => "Dead",
        }
    }

    fn may_follow(self, previous: GroupState) -> bool {
        use GroupState::*;
        match self {
            Empty => previous == PreparingRebalance,
            PreparingRebalance => matches!(previous, Stable | CompletingRebalance | Empty),
            CompletingRebalance => previous == PreparingRebalance,
            Stable => previous == CompletingRebalance,
            Dead => true,
        }
    }
}

/// A member id that was handed out and has not come back yet (KIP-394).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PendingMember {
    /// The client process.
    pub client: NodeId,
    pub session: Session,
}

/// The timer of the join phase.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct JoinTimer {
    /// Tells it from earlier ones.
    pub serial: u64,
    /// In the initial rebalance: this delay and what may still be added to it. Else it is the rebalance timeout.
    pub initial: Option<(i64, i64)>,
}

/// A group of the classic protocol, or one that only holds offsets.
#[derive(Clone, Debug, Hash)]
pub struct ClassicGroup {
    pub id: Arc<str>,
    pub state: GroupState,
    pub previous_state: GroupState,
    pub state_timestamp_ms: Option<i64>,
    pub generation: i32,
    /// Whether members have ever joined; else the group only holds offsets.
    pub has_protocol_type: bool,
    /// Name of the chosen assignor.
    pub protocol: Option<Arc<str>>,
    pub leader: Option<Arc<str>>,
    /// In the order of Kafka's HashMap, which shows in JoinGroup and DescribeGroups.
    pub members: JavaHashMap<Arc<str>, Member>,
    /// Member ids by `group.instance.id`.
    pub static_members: SortedMap<Arc<str>, Arc<str>>,
    pub pending_members: SortedMap<Arc<str>, PendingMember>,
    /// Members of this generation that have not sent SyncGroup.
    pub pending_syncs: SortedSet<Arc<str>>,
    /// Whether a member came during the initial rebalance delay, which is then extended.
    pub new_member_added: bool,
    pub join_timer: Option<JoinTimer>,
    pub timers_set: u64,
    /// Committed offsets.
    pub offsets: SortedMap<NamedPartition, StoredOffset>,
}

impl ClassicGroup {
    /// An empty group.
    pub fn new(id: Arc<str>) -> ClassicGroup {
        ClassicGroup {
            id,
            state: GroupState::Empty,
            previous_state: GroupState::Dead,
            state_timestamp_ms: None,
            generation: 0,
            has_protocol_type: false,
            protocol: None,
            leader: None,
            members: JavaHashMap::new(),
            static_members: SortedMap::new(),
            pending_members: SortedMap::new(),
            pending_syncs: SortedSet::new(),
            new_member_added: false,
            join_timer: None,
            timers_set: 0,
            offsets: SortedMap::new(),
        }
    }

    /// Takes over what a GroupMetadata record says; offsets stay.
    pub fn load(&mut self, metadata: GroupMetadata) {
        let offsets = std::mem::take(&mut self.offsets);
        *self = ClassicGroup::new(self.id.clone());
        self.offsets = offsets;
        self.has_protocol_type = !metadata.protocol_type.is_empty();
        self.generation = metadata.generation;
        self.state_timestamp_ms = Some(metadata.state_timestamp_ms);
        for member in metadata.members {
            self.add(Member::from_metadata(member, metadata.protocol.as_ref()));
        }
        if !self.members.is_empty() {
            self.state = GroupState::Stable;
        }
        self.protocol = metadata.protocol;
        self.leader = metadata.leader;
    }

    /// What `__consumer_offsets` keeps of the group, with these assignments.
    pub fn record(
        &self,
        mut assignment: impl FnMut(&Member) -> Arc<Assignment>,
        now_ms: i64,
    ) -> GroupRecord {
        let protocol = self.protocol.clone().unwrap_or_default();
        let members = self.members.values().map(|m| m.metadata(&protocol, assignment(m)));
        let value = GroupMetadata {
            protocol_type: if self.has_protocol_type { "consumer".into() } else { "".into() },
            generation: self.generation,
            protocol: self.protocol.clone(),
            leader: self.leader.clone(),
            state_timestamp_ms: self.state_timestamp_ms.unwrap_or(now_ms),
            members: members.collect(),
        };
        GroupRecord::Group { group: self.id.clone(), value: Some(value) }
    }

    /// Changes the state.
    ///
    /// # Panics
    /// If Kafka knows no such transition.
    pub fn transition_to(&mut self, state: GroupState, now_ms: i64) {
        assert!(
            state.may_follow(self.state),
            "group {} went from {:?} to {state:?}",
            self.id,
            self.state
        );
        self.previous_state = self.state;
        self.state = state;
        self.state_timestamp_ms = Some(now_ms);
    }

    /// Adds a member; the first one leads.
    pub fn add(&mut self, member: Member) {
        self.has_protocol_type = true;
        self.pending_members.remove(&member.member_id);
        self.leader.get_or_insert_with(|| member.member_id.clone());
        if let Some(instance) = &member.group_instance_id {
            self.static_members.insert(instance.clone(), member.member_id.clone());
        }
        self.members.insert(member.member_id.clone(), member);
    }

    /// Removes a member, or a member id that was handed out. If it led, the next one leads.
    pub fn remove(&mut self, member_id: &Arc<str>) -> Option<Member> {
        let removed = self.members.remove(member_id);
        if let Some(instance) = removed.as_ref().and_then(|m| m.group_instance_id.as_ref()) {
            self.static_members.remove(instance);
        }
        if self.is_leader(member_id) {
            self.leader = self.members.keys().next().cloned();
        }
        self.pending_members.remove(member_id);
        self.pending_syncs.remove(member_id);
        removed
    }

    /// Whether the member leads.
    pub fn is_leader(&self, member_id: &str) -> bool {
        self.leader.as_deref() == Some(member_id)
    }

    /// Whether a join phase may begin now.
    pub fn can_rebalance(&self) -> bool {
        GroupState::PreparingRebalance.may_follow(self.state)
    }

    /// Whether nobody is awaited in the join phase.
    pub fn has_all_members_joined(&self) -> bool {
        self.pending_members.is_empty() && self.members.values().all(|m| m.awaiting_join.is_some())
    }

    /// The longest rebalance timeout of a member.
    pub fn rebalance_timeout_ms(&self) -> i64 {
        self.members.values().map(|m| i64::from(m.rebalance_timeout_ms)).max().unwrap_or(0)
    }

    /// Whether a member with these protocols fits to the others.
    pub fn supports(&self, protocols: &Protocols) -> bool {
        match self.state {
            GroupState::Empty => !protocols.is_empty(),
            GroupState::PreparingRebalance
            | GroupState::CompletingRebalance
            | GroupState::Stable
            | GroupState::Dead => protocols.iter().any(|(name, _)| self.is_candidate(name)),
        }
    }

    fn is_candidate(&self, protocol: &str) -> bool {
        self.members.values().all(|m| m.protocols.iter().any(|(name, _)| **name == *protocol))
    }

    /// The protocol that most members vote for among those that all support; each votes for its first one.
    pub fn select_protocol(&self) -> Option<Arc<str>> {
        let mut votes: JavaHashMap<Arc<str>, u32> = JavaHashMap::new();
        for member in self.members.values() {
            let vote = member.protocols.iter().find(|(name, _)| self.is_candidate(name));
            if let Some((name, _)) = vote {
                *votes.get_or_insert_with(name.clone(), || 0) += 1;
            }
        }
        let most = votes.values().copied().max()?;
        votes.iter().find(|(_, count)| **count == most).map(|(name, _)| name.clone())
    }

    /// Makes the first member that has joined the leader, unless the leader has joined itself.
    pub fn elect_joined_leader(&mut self) -> bool {
        let joined =
            |id: &Arc<str>| self.members.get(id).is_some_and(|m| m.awaiting_join.is_some());
        match &self.leader {
            None => false,
            Some(leader) if joined(leader) => true,
            Some(_) => {
                let first = self.members.values().find(|m| m.awaiting_join.is_some());
                let Some(first) = first.map(|m| m.member_id.clone()) else {
                    return false;
                };
                self.leader = Some(first);
                true
            }
        }
    }

    /// Checks who speaks: the member must be known, and of a static instance the latest.
    ///
    /// # Errors
    /// UNKNOWN_MEMBER_ID or FENCED_INSTANCE_ID.
    pub fn validate_member(
        &self,
        member_id: &Arc<str>,
        instance: Option<&Arc<str>>,
    ) -> Result<(), ErrorCode> {
        if let Some(instance) = instance {
            match self.static_members.get(instance) {
                None => return Err(ErrorCode::UnknownMemberId),
                Some(known) if known != member_id => return Err(ErrorCode::FencedInstanceId),
                Some(_) => {}
            }
        }
        match self.members.contains_key(member_id) {
            true => Ok(()),
            false => Err(ErrorCode::UnknownMemberId),
        }
    }

    /// The answer to a member's JoinGroup in the current generation.
    pub fn join_response(&self, member_id: &Arc<str>) -> Response {
        let members = match self.is_leader(member_id) {
            true => self.join_members(),
            false => Vec::new(),
        };
        let response = JoinGroupResponse {
            error: ErrorCode::None,
            generation: self.generation,
            protocol: self.protocol.clone().unwrap_or_default(),
            leader: self.leader.clone().unwrap_or_default(),
            member_id: member_id.clone(),
            members,
        };
        response.into()
    }

    fn join_members(&self) -> Vec<JoinGroupMember> {
        let protocol = self.protocol.clone().unwrap_or_default();
        let member = |m: &Member| JoinGroupMember {
            member_id: m.member_id.clone(),
            group_instance_id: m.group_instance_id.clone(),
            subscription: m.subscription(&protocol),
        };
        self.members.values().map(member).collect()
    }

    /// The group in DescribeGroups. Assignor and assignments are shown while it is stable.
    pub fn describe(&self) -> DescribedGroup {
        let stable = self.state == GroupState::Stable;
        let member = |m: &Member| DescribedMember {
            member_id: m.member_id.clone(),
            group_instance_id: m.group_instance_id.clone(),
            client_id: m.client_id.clone(),
            assignment: if stable { m.assignment.clone() } else { Arc::default() },
        };
        DescribedGroup {
            error: ErrorCode::None,
            group: self.id.clone(),
            state: self.state.name(),
            generation: self.generation,
            protocol: self.protocol.clone().filter(|_| stable).unwrap_or_default(),
            members: self.members.values().map(member).collect(),
        }
    }
}

/// The answer to a JoinGroup that is refused.
pub fn join_error(error: ErrorCode, member_id: Arc<str>) -> Response {
    let response = JoinGroupResponse {
        error,
        generation: -1,
        protocol: Arc::from(""),
        leader: Arc::from(""),
        member_id,
        members: Vec::new(),
    };
    response.into()
}

/// The answer to a SyncGroup that is refused.
pub fn sync_error(error: ErrorCode) -> Response {
    SyncGroupResponse { error, assignment: Arc::default() }.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group_of(members: &[(&str, &[&str])]) -> ClassicGroup {
        let mut group = ClassicGroup::new("g".into());
        for (id, protocols) in members {
            let request = JoinGroupRequest {
                group: "g".into(),
                session_timeout_ms: 10_000,
                rebalance_timeout_ms: 60_000,
                member_id: "".into(),
                group_instance_id: None,
                client_id: (*id).into(),
                protocols: protocols.iter().map(|name| ((*name).into(), Arc::default())).collect(),
            };
            group.add(Member::new((*id).into(), NodeId(100_000), &request));
        }
        group
    }

    #[test]
    fn the_protocol_is_the_one_most_members_prefer_among_the_common_ones() {
        let group = group_of(&[
            ("a", &["sticky", "range"]),
            ("b", &["roundrobin", "range", "sticky"]),
            ("c", &["range", "sticky"]),
        ]);
        assert_eq!(group.select_protocol().as_deref(), Some("range"));
    }

    #[test]
    fn the_next_member_leads_when_the_leader_goes() {
        let mut group = group_of(&[("a", &["range"]), ("b", &["range"])]);
        assert_eq!(group.leader.as_deref(), Some("a"));
        group.remove(&"a".into());
        assert_eq!(group.leader.as_deref(), Some("b"));
    }

    #[test]
    fn a_stranger_to_the_common_protocols_does_not_fit() {
        let mut group = group_of(&[("a", &["range"])]);
        group.transition_to(GroupState::PreparingRebalance, 0);
        assert!(!group.supports(&vec![("sticky".into(), Arc::default())]));
        assert!(group.supports(&vec![("range".into(), Arc::default())]));
    }

    #[test]
    #[should_panic(expected = "went from Empty to Stable")]
    fn an_empty_group_does_not_become_stable() {
        group_of(&[]).transition_to(GroupState::Stable, 0);
    }
}
