//! JoinGroup: who may come in, and what it sets in motion.

use std::sync::Arc;

use super::classic_group::{ClassicGroup, GroupState, PendingMember, join_error};
use super::member::{Member, Session};
use super::turn::{Then, Turn, append_error};
use crate::sim::effects::RequestRef;
use crate::sim::fact::Fact;
use crate::sim::protocol::ErrorCode;
use crate::sim::protocol::group::{Assignment, JoinGroupRequest};

/// How long a new member may wait in the join phase before its client must have asked again.
const NEW_MEMBER_JOIN_TIMEOUT_MS: i64 = 300_000;

impl ClassicGroup {
    pub(super) fn on_join(
        &mut self,
        turn: &mut Turn<'_>,
        at: RequestRef,
        request: &JoinGroupRequest,
    ) {
        let member_id = &request.member_id;
        if !self.has_room_for(turn.config.group_max_size, member_id) {
            self.remove(member_id);
            turn.reply(at, join_error(ErrorCode::GroupMaxSizeReached, "".into()));
        } else if !self.supports(&request.protocols) {
            turn.reply(at, join_error(ErrorCode::InconsistentGroupProtocol, member_id.clone()));
        } else if member_id.is_empty() {
            self.join_new(turn, at, request);
        } else if self.pending_members.contains_key(member_id) {
            self.add_then_rebalance(turn, at, request, member_id.clone());
        } else if let Err(error) =
            self.validate_member(member_id, request.group_instance_id.as_ref())
        {
            turn.reply(at, join_error(error, member_id.clone()));
        } else {
            self.rejoin(turn, at, request);
        }
    }

    /// While members join, those count that have come; else all.
    fn has_room_for(&self, max_size: i32, member_id: &Arc<str>) -> bool {
        let max_size = usize::try_from(max_size).unwrap_or(0);
        match self.state {
            GroupState::Empty | GroupState::Dead => true,
            GroupState::PreparingRebalance => {
                let waits = |m: &Member| m.awaiting_join.is_some();
                self.members.get(member_id).is_some_and(waits)
                    || self.members.values().filter(|m| waits(m)).count() < max_size
            }
            GroupState::CompletingRebalance | GroupState::Stable => {
                self.members.contains_key(member_id) || self.members.len() < max_size
            }
        }
    }

    fn join_new(&mut self, turn: &mut Turn<'_>, at: RequestRef, request: &JoinGroupRequest) {
        let Some(instance) = &request.group_instance_id else {
            let member_id = turn.new_member_id(&request.client_id);
            return self.require_member_id(turn, at, request, member_id);
        };
        let member_id = turn.new_member_id(instance);
        match self.static_members.get(instance).cloned() {
            Some(old) => self.replace_static(turn, at, request, (old, member_id)),
            None => self.add_then_rebalance(turn, at, request, member_id),
        }
    }

    /// A dynamic member must come again with the id it is given, so that a lost answer leaves no ghost (KIP-394).
    fn require_member_id(
        &mut self,
        turn: &mut Turn<'_>,
        at: RequestRef,
        request: &JoinGroupRequest,
        member_id: Arc<str>,
    ) {
        let pending = PendingMember { client: turn.from, session: Session::default() };
        self.pending_members.insert(member_id.clone(), pending);
        self.extend_session(turn, &member_id, i64::from(request.session_timeout_ms));
        turn.reply(at, join_error(ErrorCode::MemberIdRequired, member_id));
    }

    fn add_then_rebalance(
        &mut self,
        turn: &mut Turn<'_>,
        at: RequestRef,
        request: &JoinGroupRequest,
        member_id: Arc<str>,
    ) {
        if self.state == GroupState::PreparingRebalance && self.previous_state == GroupState::Empty
        {
            self.new_member_added = true;
        }
        let session = self.pending_members.remove(&member_id).map(|pending| pending.session);
        let mut member = Member::new(member_id.clone(), turn.from, request);
        member.session = session.unwrap_or_default();
        member.awaiting_join = Some(at);
        self.add(member);
        turn.fact(Fact::MemberJoined {
            group: self.id.clone(),
            member: member_id.clone(),
            client: turn.from,
        });
        // A connection whose JoinGroup waits cannot carry heartbeats.
        self.extend_session(turn, &member_id, NEW_MEMBER_JOIN_TIMEOUT_MS);
        self.rebalance_or_complete_join(turn);
    }

    fn rejoin(&mut self, turn: &mut Turn<'_>, at: RequestRef, request: &JoinGroupRequest) {
        let member_id = &request.member_id;
        let same = self.members.get(member_id).is_some_and(|m| m.protocols == request.protocols);
        match self.state {
            GroupState::PreparingRebalance => self.update_then_rebalance(turn, at, request),
            // The first answer may have been lost.
            GroupState::CompletingRebalance if same => {
                turn.reply(at, self.join_response(member_id))
            }
            GroupState::CompletingRebalance => self.update_then_rebalance(turn, at, request),
            // The leader joins again when something outside the members' metadata has changed, such as a partition count.
            GroupState::Stable if same && !self.is_leader(member_id) => {
                turn.reply(at, self.join_response(member_id));
            }
            GroupState::Stable => self.update_then_rebalance(turn, at, request),
            GroupState::Empty | GroupState::Dead => {
                turn.reply(at, join_error(ErrorCode::UnknownMemberId, member_id.clone()));
            }
        }
    }

    fn update_then_rebalance(
        &mut self,
        turn: &mut Turn<'_>,
        at: RequestRef,
        request: &JoinGroupRequest,
    ) {
        self.update(&request.member_id, Some(at), request);
        self.rebalance_or_complete_join(turn);
    }

    fn update(&mut self, member_id: &Arc<str>, at: Option<RequestRef>, request: &JoinGroupRequest) {
        if let Some(member) = self.members.get_mut(member_id) {
            member.protocols = request.protocols.clone();
            member.rebalance_timeout_ms = request.rebalance_timeout_ms;
            member.session_timeout_ms = request.session_timeout_ms;
            member.awaiting_join = at;
        }
    }

    /// A static member that came back gets a new member id; what it had stays its own (KIP-345).
    fn replace_static(
        &mut self,
        turn: &mut Turn<'_>,
        at: RequestRef,
        request: &JoinGroupRequest,
        (old, new): (Arc<str>, Arc<str>),
    ) {
        let old_protocols = self.swap_member_id(turn, &old, &new);
        self.update(&new, Some(at), request);
        match self.state {
            GroupState::Stable if self.select_protocol() == self.protocol => {
                let record = self.record(|m| m.assignment.clone(), turn.now.wall_ms);
                let then = Then::Replaced { at, old, new, old_protocols };
                turn.append(&self.id.clone(), &[record], then);
            }
            GroupState::Stable => self.rebalance_or_complete_join(turn),
            // The leader may have been told the old id already and would assign nothing to the new one.
            GroupState::CompletingRebalance => self.prepare_rebalance(turn),
            GroupState::PreparingRebalance => self.complete_join_if_all_joined(turn),
            GroupState::Empty | GroupState::Dead => {
                unreachable!("a group with a static member is neither empty nor dead")
            }
        }
    }

    /// Gives a member another id; whoever waits under the old one is fenced.
    fn swap_member_id(
        &mut self,
        turn: &mut Turn<'_>,
        old: &Arc<str>,
        new: &Arc<str>,
    ) -> super::member::Protocols {
        let led = self.is_leader(old);
        let mut member = self.remove(old).expect("static members are members");
        let protocols = member.protocols.clone();
        self.fence(turn, &mut member);
        member.member_id = new.clone();
        member.session = Session::default();
        let timeout = i64::from(member.session_timeout_ms);
        self.add(member);
        if led {
            self.leader = Some(new.clone());
        }
        self.extend_session(turn, new, timeout);
        protocols
    }

    fn fence(&self, turn: &mut Turn<'_>, member: &mut Member) {
        let fenced = ErrorCode::FencedInstanceId;
        if let Some(at) = member.awaiting_join.take() {
            turn.reply(at, join_error(fenced, member.member_id.clone()));
        }
        if let Some(at) = member.awaiting_sync.take() {
            turn.reply(at, super::classic_group::sync_error(fenced));
        }
    }

    /// The record with a static member's new id is written, or could not be: then the old id is back.
    pub(super) fn on_replaced(
        &mut self,
        turn: &mut Turn<'_>,
        outcome: Result<(), ErrorCode>,
        replaced: Then,
    ) {
        let Then::Replaced { at, old, new, old_protocols } = replaced else {
            return;
        };
        // A rebalance may have answered it meanwhile.
        let waiting = self.members.get_mut(&new);
        let Some(member) = waiting.filter(|m| m.awaiting_join == Some(at)) else {
            return;
        };
        member.awaiting_join = None;
        match outcome {
            Ok(()) => turn.reply(at, self.join_response(&new)),
            Err(error) => {
                member.protocols = old_protocols;
                self.swap_member_id(turn, &new, &old);
                turn.reply(at, join_error(append_error(error), new));
            }
        }
    }

    /// Gives every member what it was assigned; a member that is not named gets nothing.
    pub(super) fn assign(&mut self, assignments: &[(Arc<str>, Arc<Assignment>)]) {
        for member in self.members.values_mut() {
            let own = assignments.iter().find(|(id, _)| *id == member.member_id);
            member.assignment = own.map_or_else(Arc::default, |(_, a)| a.clone());
        }
    }
}
