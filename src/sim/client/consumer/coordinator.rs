//! The way to the group coordinator, and the heartbeat thread: what goes on whether or not the program polls.

use super::Consumer;
use super::assignment::Subscription;
use super::group::MemberState;
use crate::sim::client::io::{Io, earlier};
use crate::sim::effects::Line;
use crate::sim::ids::*;
use crate::sim::protocol::group::*;
use crate::sim::protocol::{ErrorCode, Request};
use crate::sim::time::Micros;

/// Where the coordinator is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Coordinator {
    node: Option<NodeId>,
    find: Option<RequestId>,
    retry_at: Micros,
    attempts: u32,
    /// After a lost connection nothing is sent to the node that was coordinator before that.
    avoid: Option<(NodeId, Micros)>,
}

impl Coordinator {
    /// The coordinator, if it is known and its connection does not rest.
    pub fn ready(&self, now: Micros) -> Option<NodeId> {
        let rests = |node: &NodeId| self.avoid.is_some_and(|(n, until)| n == *node && now < until);
        self.node.filter(|node| !rests(node))
    }

    /// Sends a request on the connection that is kept for the coordinator.
    pub fn send(
        &mut self,
        io: &mut Io<'_>,
        consumer: u16,
        node: NodeId,
        request: impl Into<Request>,
        timeout_ms: i64,
    ) -> RequestId {
        io.out.send(node, Line::Coordinator(consumer), request, timeout_ms)
    }
}

impl Consumer {
    /// The heartbeat thread's round. `away_since` = when the program left its poll loop. Returns when to look again.
    pub fn background(&mut self, io: &mut Io<'_>, away_since: Option<Micros>) -> Option<Micros> {
        let line = Line::Consumer(self.number);
        let metadata = self.metadata.poll(io, line, &mut self.connections, &mut self.rng);
        self.watch_membership(io, away_since);
        let find = self.find_coordinator(io);
        let commits = self.send_commits(io);
        let membership = self.membership_wake(away_since);
        earlier(earlier(metadata, find), earlier(commits, membership))
    }

    fn needs_coordinator(&self) -> bool {
        let Some(membership) = &self.group else { return false };
        match self.subscription {
            Subscription::Topics(_) => true,
            Subscription::Partitions => !self.assignment.unsettled.is_empty(),
            Subscription::None => false,
        }
        .max(!membership.offsets.is_idle())
    }

    fn find_coordinator(&mut self, io: &mut Io<'_>) -> Option<Micros> {
        if !self.needs_coordinator() {
            return None;
        }
        let now = io.monotonic();
        let membership = self.group.as_mut()?;
        let coordinator = &mut membership.coordinator;
        if coordinator.find.is_some() {
            return None;
        }
        if let Some(node) = coordinator.node {
            let rest = coordinator.avoid.filter(|(n, until)| *n == node && *until > now);
            return rest.map(|(_, until)| until);
        }
        if coordinator.retry_at > now {
            return Some(coordinator.retry_at);
        }
        let Some(node) = self.metadata.any_broker(now, &self.connections, &mut self.rng) else {
            return self.metadata.any_broker_at(&self.connections);
        };
        let request = FindCoordinatorRequest { key: membership.group.clone() };
        let timeout = self.config.request_timeout_ms;
        coordinator.find = Some(io.out.send(node, Line::Consumer(self.number), request, timeout));
        self.connections.sent(node);
        None
    }

    pub(super) fn on_find_coordinator(
        &mut self,
        io: &mut Io<'_>,
        answer: &FindCoordinatorResponse,
    ) {
        let session_timeout = Micros::from_ms(self.config.session_timeout_ms);
        let Some(membership) = self.group.as_mut() else { return };
        match answer.error {
            ErrorCode::None => {
                membership.coordinator.find = None;
                membership.coordinator.attempts = 0;
                membership.coordinator.node = Some(answer.coordinator);
                membership.session_end = io.monotonic() + session_timeout;
            }
            error if error.is_retriable() => self.find_later(io),
            error => {
                membership.coordinator.find = None;
                self.fail_membership(error);
            }
        }
    }

    /// Looks for the coordinator again after the backoff.
    pub(super) fn find_later(&mut self, io: &Io<'_>) {
        let backoff = self.backoff();
        let Some(membership) = self.group.as_mut() else { return };
        let coordinator = &mut membership.coordinator;
        coordinator.find = None;
        coordinator.retry_at = io.monotonic() + backoff.after(coordinator.attempts, &mut self.rng);
        coordinator.attempts = coordinator.attempts.saturating_add(1);
    }

    /// Kafka's `markCoordinatorUnknown`: closes the connection; what was in flight on it failed.
    pub(super) fn lose_coordinator(&mut self, io: &mut Io<'_>) {
        let Some(node) = self.group.as_mut().and_then(|m| m.coordinator.node.take()) else {
            return;
        };
        io.out.disconnect(node, Line::Coordinator(self.number));
        self.drop_coordinator_requests(io);
    }

    /// The connection to the coordinator was lost.
    pub(super) fn on_coordinator_failed(&mut self, io: &mut Io<'_>, node: NodeId) {
        let rest = Micros::from_ms(self.config.reconnect_backoff_ms);
        let Some(membership) = self.group.as_mut() else { return };
        membership.coordinator.avoid = Some((node, io.monotonic() + rest));
        if membership.coordinator.node == Some(node) {
            membership.coordinator.node = None;
        }
        self.drop_coordinator_requests(io);
    }

    fn drop_coordinator_requests(&mut self, io: &mut Io<'_>) {
        let now = io.monotonic();
        let retry = self.backoff().after(0, &mut self.rng);
        let Some(membership) = self.group.as_mut() else { return };
        if membership.heartbeat.take().is_some() {
            membership.heartbeat_due = now + retry;
        }
        match membership.state {
            MemberState::PreparingRebalance(_)
            | MemberState::Assigning
            | MemberState::CompletingRebalance(_) => membership.join_failed(Some(now + retry)),
            MemberState::Unjoined | MemberState::Stable => {}
        }
        self.note_left();
        self.retry_offset_requests(io);
    }

    /// Heartbeats, the session timeout and `max.poll.interval.ms`.
    fn watch_membership(&mut self, io: &mut Io<'_>, away_since: Option<Micros>) {
        let now = io.monotonic();
        let max_poll = Micros::from_ms(self.config.max_poll_interval_ms);
        let interval = Micros::from_ms(self.config.heartbeat_interval_ms);
        let session_timeout = Micros::from_ms(self.config.session_timeout_ms);
        let Some(membership) = self.group.as_mut().filter(|m| m.has_joined()) else { return };
        if now >= membership.session_end {
            membership.session_end = now + session_timeout;
            return self.lose_coordinator(io);
        }
        if away_since.is_some_and(|since| now >= since + max_poll) {
            return self.leave_for_silence(io);
        }
        if membership.heartbeat.is_some() || now < membership.heartbeat_due {
            return;
        }
        let Some(node) = membership.coordinator.ready(now) else {
            membership.heartbeat_due = now + Micros::from_ms(self.config.retry_backoff_ms);
            return;
        };
        let request = HeartbeatRequest {
            group: membership.group.clone(),
            generation: membership.generation,
            member_id: membership.member_id.clone(),
            group_instance_id: membership.instance_id.clone(),
        };
        let timeout = self.config.request_timeout_ms;
        let id = membership.coordinator.send(io, self.number, node, request, timeout);
        membership.heartbeat = Some(id);
        membership.heartbeat_due = now + interval;
    }

    /// The program has not polled for `max.poll.interval.ms`: the member leaves before the coordinator notices.
    fn leave_for_silence(&mut self, io: &mut Io<'_>) {
        self.send_leave(io);
        if let Some(membership) = self.group.as_mut() {
            membership.reset(true);
        }
    }

    /// Tells the coordinator that the member leaves; a static member keeps its place until the session times out.
    pub(super) fn send_leave(&mut self, io: &mut Io<'_>) -> bool {
        let Some(membership) = self.group.as_mut() else { return false };
        let is_member = !membership.member_id.is_empty() && membership.instance_id.is_none();
        let Some(node) = membership.coordinator.ready(io.monotonic()).filter(|_| is_member) else {
            return false;
        };
        let request = LeaveGroupRequest {
            group: membership.group.clone(),
            member_id: membership.member_id.clone(),
        };
        let timeout = self.config.request_timeout_ms;
        membership.coordinator.send(io, self.number, node, request, timeout);
        true
    }

    pub(super) fn on_heartbeat(
        &mut self,
        io: &mut Io<'_>,
        id: RequestId,
        answer: HeartbeatResponse,
    ) {
        let session_end = io.monotonic() + Micros::from_ms(self.config.session_timeout_ms);
        let Some(membership) = self.group.as_mut().filter(|m| m.heartbeat == Some(id)) else {
            return;
        };
        membership.heartbeat = None;
        if !membership.has_joined() {
            return;
        }
        match answer.error {
            ErrorCode::None => membership.session_end = session_end,
            ErrorCode::RebalanceInProgress => {
                membership.session_end = session_end;
                if membership.state == MemberState::Stable {
                    membership.request_rejoin();
                }
            }
            ErrorCode::CoordinatorNotAvailable | ErrorCode::NotCoordinator => {
                self.lose_coordinator(io);
            }
            ErrorCode::IllegalGeneration => membership.reset(false),
            ErrorCode::UnknownMemberId => membership.reset(true),
            ErrorCode::CoordinatorLoadInProgress => {}
            error => self.fail_membership(error),
        }
    }
}
