//! The join phase: how it begins, how long it waits and how it ends in a new generation.

use super::classic_group::{ClassicGroup, GroupState, JoinTimer, sync_error};
use super::member::Member;
use super::timer::GroupTimer;
use super::turn::{Then, Turn};
use crate::sim::fact::Fact;
use crate::sim::ids::NodeId;
use crate::sim::protocol::ErrorCode;

impl ClassicGroup {
    /// Begins a join phase, or ends the one that goes on.
    pub(super) fn rebalance_or_complete_join(&mut self, turn: &mut Turn<'_>) {
        match self.can_rebalance() {
            true => self.prepare_rebalance(turn),
            false => self.complete_join_if_all_joined(turn),
        }
    }

    pub(super) fn prepare_rebalance(&mut self, turn: &mut Turn<'_>) {
        if self.state == GroupState::CompletingRebalance {
            self.refuse_syncs(turn, ErrorCode::RebalanceInProgress);
        }
        let initial = self.state == GroupState::Empty;
        self.transition_to(GroupState::PreparingRebalance, turn.now.wall_ms);
        turn.fact(Fact::RebalanceStarted { group: self.id.clone(), generation: self.generation });
        if initial {
            // The group is new: more members are probably on their way.
            let delay_ms = turn.config.group_initial_rebalance_delay_ms;
            let remaining_ms = (self.rebalance_timeout_ms() - delay_ms).max(0);
            self.arm_join_timer(turn, delay_ms, Some((delay_ms, remaining_ms)));
        } else if self.has_all_members_joined() {
            self.complete_join(turn);
        } else {
            self.arm_join_timer(turn, self.rebalance_timeout_ms(), None);
        }
    }

    /// Answers every SyncGroup that waits, and forgets the assignments.
    pub(super) fn refuse_syncs(&mut self, turn: &mut Turn<'_>, error: ErrorCode) {
        for member in self.members.values_mut() {
            member.assignment = Default::default();
            if let Some(at) = member.awaiting_sync.take() {
                turn.reply(at, sync_error(error));
            }
        }
    }

    /// Ends the join phase early when nobody is awaited; the initial delay is always waited for.
    pub(super) fn complete_join_if_all_joined(&mut self, turn: &mut Turn<'_>) {
        if self.state == GroupState::PreparingRebalance
            && self.previous_state != GroupState::Empty
            && self.has_all_members_joined()
        {
            self.complete_join(turn);
        }
    }

    fn arm_join_timer(&mut self, turn: &mut Turn<'_>, after_ms: i64, initial: Option<(i64, i64)>) {
        self.timers_set += 1;
        let serial = self.timers_set;
        self.join_timer = Some(JoinTimer { serial, initial });
        turn.timer_ms(after_ms, GroupTimer::Join { group: self.id.clone(), serial });
    }

    pub(super) fn on_join_timer(&mut self, turn: &mut Turn<'_>, serial: u64) {
        let Some(JoinTimer { initial, .. }) = self.join_timer.take_if(|t| t.serial == serial)
        else {
            return;
        };
        match initial {
            Some((delay_ms, remaining_ms)) if self.new_member_added && remaining_ms != 0 => {
                self.new_member_added = false;
                let next_ms = turn.config.group_initial_rebalance_delay_ms.min(remaining_ms);
                let then_ms = (remaining_ms - delay_ms).max(0);
                self.arm_join_timer(turn, next_ms, Some((next_ms, then_ms)));
            }
            Some(_) | None => self.complete_join(turn),
        }
    }

    /// Ends the join phase: dynamic members that have not come are out, the rest is the next generation.
    fn complete_join(&mut self, turn: &mut Turn<'_>) {
        self.join_timer = None;
        self.new_member_added = false;
        self.remove_absent(turn);
        if !self.elect_joined_leader() && !self.members.is_empty() {
            // Only static members are left and none of them has come: their sessions decide.
            return self.arm_join_timer(turn, self.rebalance_timeout_ms(), None);
        }
        self.generation += 1;
        self.pending_syncs.clear();
        if self.members.is_empty() {
            self.become_empty(turn);
        } else {
            self.begin_generation(turn);
        }
    }

    fn remove_absent(&mut self, turn: &mut Turn<'_>) {
        let absent = |m: &&Member| m.awaiting_join.is_none() && m.group_instance_id.is_none();
        let absent: Vec<_> =
            self.members.values().filter(absent).map(|m| (m.member_id.clone(), m.client)).collect();
        for (member, client) in absent {
            self.remove(&member);
            self.tell_removed(turn, member, client);
        }
    }

    /// Records that a silent member was removed.
    pub(super) fn tell_removed(
        &self,
        turn: &mut Turn<'_>,
        member: std::sync::Arc<str>,
        client: NodeId,
    ) {
        let fact = Fact::MemberRemoved { group: self.id.clone(), member, expired: true };
        turn.out.fact_for_silence_of(client, fact);
    }

    fn become_empty(&mut self, turn: &mut Turn<'_>) {
        self.protocol = None;
        self.transition_to(GroupState::Empty, turn.now.wall_ms);
        turn.fact(Fact::GroupEmpty { group: self.id.clone(), generation: self.generation });
        let record = self.record(|m| m.assignment.clone(), turn.now.wall_ms);
        turn.append(&self.id.clone(), &[record], Then::Nothing);
    }

    fn begin_generation(&mut self, turn: &mut Turn<'_>) {
        self.protocol = self.select_protocol();
        self.transition_to(GroupState::CompletingRebalance, turn.now.wall_ms);
        let (group, generation) = (self.id.clone(), self.generation);
        turn.timer_ms(self.rebalance_timeout_ms(), GroupTimer::PendingSync { group, generation });
        let ids: Vec<_> = self.members.keys().cloned().collect();
        for id in ids {
            let response = self.join_response(&id);
            let member = self.members.get_mut(&id).expect("its id was just listed");
            member.is_new = false;
            let timeout_ms = i64::from(member.session_timeout_ms);
            if let Some(at) = member.awaiting_join.take() {
                turn.reply(at, response);
            }
            self.extend_session(turn, &id, timeout_ms);
            self.pending_syncs.insert(id);
        }
    }
}
