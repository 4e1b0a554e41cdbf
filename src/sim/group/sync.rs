//! SyncGroup: the leader brings the assignment, everybody takes its part.

use std::sync::Arc;

use super::classic_group::{ClassicGroup, GroupState, sync_error};
use super::turn::{Then, Turn, append_error};
use crate::sim::effects::RequestRef;
use crate::sim::fact::Fact;
use crate::sim::protocol::ErrorCode;
use crate::sim::protocol::group::{Assignment, SyncGroupRequest, SyncGroupResponse};

impl ClassicGroup {
    pub(super) fn on_sync(
        &mut self,
        turn: &mut Turn<'_>,
        at: RequestRef,
        request: &SyncGroupRequest,
    ) {
        if let Err(error) = self.validate_sync(request) {
            return turn.reply(at, sync_error(error));
        }
        let member_id = &request.member_id;
        self.pending_syncs.remove(member_id);
        let member = self.members.get_mut(member_id).expect("the member was validated");
        if self.state == GroupState::Stable {
            let assignment = member.assignment.clone();
            return turn.reply(at, SyncGroupResponse { error: ErrorCode::None, assignment });
        }
        member.awaiting_sync = Some(at);
        if self.is_leader(member_id) {
            self.store_assignment(turn, request);
        }
    }

    fn validate_sync(&self, request: &SyncGroupRequest) -> Result<(), ErrorCode> {
        self.validate_member(&request.member_id, request.group_instance_id.as_ref())?;
        if request.generation != self.generation {
            return Err(ErrorCode::IllegalGeneration);
        }
        match self.state {
            GroupState::Empty => Err(ErrorCode::UnknownMemberId),
            GroupState::PreparingRebalance => Err(ErrorCode::RebalanceInProgress),
            GroupState::CompletingRebalance | GroupState::Stable => Ok(()),
            GroupState::Dead => Err(ErrorCode::CoordinatorNotAvailable),
        }
    }

    /// Everybody is answered when the group's record with the assignments is committed.
    fn store_assignment(&mut self, turn: &mut Turn<'_>, request: &SyncGroupRequest) {
        let assignments = request.assignments.clone();
        let of_member = |id: &Arc<str>| {
            let own = assignments.iter().find(|(other, _)| other == id);
            own.map_or_else(Arc::<Assignment>::default, |(_, a)| a.clone())
        };
        let record = self.record(|m| of_member(&m.member_id), turn.now.wall_ms);
        let then = Then::Assigned { generation: self.generation, assignments };
        turn.append(&self.id.clone(), &[record], then);
    }

    /// The record with the assignments is written, or could not be. A group that has moved on does not care.
    pub(super) fn on_assigned(
        &mut self,
        turn: &mut Turn<'_>,
        outcome: Result<(), ErrorCode>,
        generation: i32,
        assignments: &[(Arc<str>, Arc<Assignment>)],
    ) {
        if self.state != GroupState::CompletingRebalance || self.generation != generation {
            return;
        }
        if let Err(error) = outcome {
            self.refuse_syncs(turn, append_error(error));
            return self.rebalance_or_complete_join(turn);
        }
        self.assign(assignments);
        for member in self.members.values_mut() {
            if let Some(at) = member.awaiting_sync.take() {
                let assignment = member.assignment.clone();
                turn.reply(at, SyncGroupResponse { error: ErrorCode::None, assignment });
            }
        }
        // Their SyncGroup may have waited for a while, without heartbeats.
        self.extend_all_sessions(turn);
        self.transition_to(GroupState::Stable, turn.now.wall_ms);
        let members = self.members.len() as i32;
        turn.fact(Fact::GenerationStable { group: self.id.clone(), generation, members });
    }

    /// Members that have not sent SyncGroup within the rebalance timeout are removed.
    pub(super) fn on_pending_sync_timer(&mut self, turn: &mut Turn<'_>, generation: i32) {
        let syncing = matches!(self.state, GroupState::CompletingRebalance | GroupState::Stable);
        if !syncing || self.generation != generation || self.pending_syncs.is_empty() {
            return;
        }
        for member in std::mem::take(&mut self.pending_syncs) {
            if let Some(removed) = self.remove(&member) {
                self.tell_removed(turn, member, removed.client);
            }
        }
        self.prepare_rebalance(turn);
    }
}
