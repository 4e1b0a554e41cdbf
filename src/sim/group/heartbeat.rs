//! Heartbeat, LeaveGroup, and what silence does.

use std::sync::Arc;

use super::classic_group::{ClassicGroup, GroupState, join_error};
use super::member::Session;
use super::timer::GroupTimer;
use super::turn::{Then, Turn};
use crate::sim::effects::RequestRef;
use crate::sim::fact::Fact;
use crate::sim::protocol::ErrorCode;
use crate::sim::protocol::group::*;
use crate::sim::time::Micros;

impl ClassicGroup {
    pub(super) fn on_heartbeat(
        &mut self,
        turn: &mut Turn<'_>,
        at: RequestRef,
        request: &HeartbeatRequest,
    ) {
        let error = self.heartbeat(turn, request).err().unwrap_or(ErrorCode::None);
        turn.reply(at, HeartbeatResponse { error });
    }

    /// A member may send heartbeats as soon as it has joined: CompletingRebalance answers NONE.
    fn heartbeat(
        &mut self,
        turn: &mut Turn<'_>,
        request: &HeartbeatRequest,
    ) -> Result<(), ErrorCode> {
        self.validate_member(&request.member_id, request.group_instance_id.as_ref())?;
        if request.generation != self.generation {
            return Err(ErrorCode::IllegalGeneration);
        }
        self.renew_session(turn, &request.member_id);
        match self.state {
            GroupState::Empty => Err(ErrorCode::UnknownMemberId),
            GroupState::PreparingRebalance => Err(ErrorCode::RebalanceInProgress),
            GroupState::CompletingRebalance | GroupState::Stable => Ok(()),
            GroupState::Dead => Err(ErrorCode::CoordinatorNotAvailable),
        }
    }

    pub(super) fn on_leave(
        &mut self,
        turn: &mut Turn<'_>,
        at: RequestRef,
        request: &LeaveGroupRequest,
    ) {
        let member = &request.member_id;
        if self.pending_members.remove(member).is_none() {
            if let Err(error) = self.validate_member(member, None) {
                return turn.reply(at, LeaveGroupResponse { error });
            }
            self.dismiss(turn, member);
            turn.fact(Fact::MemberRemoved {
                group: self.id.clone(),
                member: member.clone(),
                expired: false,
            });
        }
        let appended_before = turn.io.appends.len();
        self.rebalance_without(turn);
        // The last one's answer waits until it is committed that the group is empty.
        match turn.io.appends.get(appended_before).map(|append| append.ticket) {
            Some(ticket) => {
                let awaited = turn.tickets.awaited.get_mut(&ticket).expect("it was just appended");
                awaited.then = Then::Left { at };
            }
            None => turn.reply(at, LeaveGroupResponse { error: ErrorCode::None }),
        }
    }

    /// Removes a member; if its JoinGroup waits, it is told so.
    fn dismiss(&mut self, turn: &mut Turn<'_>, member: &Arc<str>) {
        if let Some(at) = self.remove(member).and_then(|m| m.awaiting_join) {
            turn.reply(at, join_error(ErrorCode::UnknownMemberId, "".into()));
        }
    }

    /// A member is gone: the others need a new generation.
    fn rebalance_without(&mut self, turn: &mut Turn<'_>) {
        match self.state {
            GroupState::Stable | GroupState::CompletingRebalance => {
                self.rebalance_or_complete_join(turn);
            }
            GroupState::PreparingRebalance => self.complete_join_if_all_joined(turn),
            GroupState::Empty | GroupState::Dead => {}
        }
    }

    /// Starts the member's session timeout again.
    pub(super) fn renew_session(&mut self, turn: &mut Turn<'_>, member: &Arc<str>) {
        if let Some(timeout_ms) = self.members.get(member).map(|m| m.session_timeout_ms) {
            self.extend_session(turn, member, i64::from(timeout_ms));
        }
    }

    pub(super) fn extend_all_sessions(&mut self, turn: &mut Turn<'_>) {
        let ids: Vec<_> = self.members.keys().cloned().collect();
        for id in ids {
            self.renew_session(turn, &id);
        }
    }

    /// Lets a member, or a member id that was handed out, be silent for so long from now on.
    pub(super) fn extend_session(
        &mut self,
        turn: &mut Turn<'_>,
        member: &Arc<str>,
        timeout_ms: i64,
    ) {
        let due = turn.now.monotonic + Micros::from_ms(timeout_ms);
        let Some(session) = self.session_mut(member) else {
            return;
        };
        session.deadline = due;
        // A timer that comes earlier will look at the deadline.
        if session.timer.is_none_or(|pending| pending > due) {
            session.timer = Some(due);
            let (group, member) = (self.id.clone(), member.clone());
            turn.timer_ms(timeout_ms, GroupTimer::Session { group, member, due });
        }
    }

    fn session_mut(&mut self, member: &Arc<str>) -> Option<&mut Session> {
        match self.members.get_mut(member) {
            Some(member) => Some(&mut member.session),
            None => self.pending_members.get_mut(member).map(|pending| &mut pending.session),
        }
    }

    pub(super) fn on_session_timer(&mut self, turn: &mut Turn<'_>, member: &Arc<str>, due: Micros) {
        let now = turn.now.monotonic;
        let Some(session) = self.session_mut(member) else {
            return;
        };
        if session.timer != Some(due) {
            return;
        }
        session.timer = None;
        if session.deadline > now {
            let (left, due) = (session.deadline - now, session.deadline);
            session.timer = Some(due);
            let (group, member) = (self.id.clone(), member.clone());
            return turn.out.timer(left, GroupTimer::Session { group, member, due });
        }
        self.expire(turn, member);
    }

    fn expire(&mut self, turn: &mut Turn<'_>, member: &Arc<str>) {
        let Some((client, excused)) = self.members.get(member).map(|m| (m.client, m.is_excused()))
        else {
            self.pending_members.remove(member);
            return self.complete_join_if_all_joined(turn);
        };
        if !excused {
            self.dismiss(turn, member);
            self.tell_removed(turn, member.clone(), client);
            self.rebalance_without(turn);
        }
    }
}
