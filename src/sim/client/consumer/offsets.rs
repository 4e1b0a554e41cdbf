//! Committed offsets: committing them, automatically or as asked, and looking them up.

use std::collections::VecDeque;
use std::sync::Arc;

use super::Consumer;
use super::assignment::{FetchState, Subscription};
use super::group::MemberState;
use crate::sim::client::io::{Io, MachineEvent};
use crate::sim::ids::*;
use crate::sim::protocol::ErrorCode;
use crate::sim::protocol::group::*;
use crate::sim::sorted::SortedMap;
use crate::sim::time::Micros;

/// A commit that is not done.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Commit {
    offsets: Vec<(NamedPartition, CommittedOffset)>,
    /// 0 = nobody wants to know.
    token: u64,
    /// When to give up (`default.api.timeout.ms`).
    deadline: Micros,
    attempts: u32,
    retry_at: Micros,
}

/// Commits and look-ups of a consumer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Offsets {
    waiting: VecDeque<Commit>,
    in_flight: SortedMap<RequestId, Commit>,
    fetch: Option<(RequestId, Vec<NamedPartition>)>,
    /// When the positions are committed automatically.
    pub next_auto_commit: Micros,
}

impl Offsets {
    /// Whether no commit is pending.
    pub fn is_idle(&self) -> bool {
        self.waiting.is_empty() && self.in_flight.is_empty()
    }
}

impl Consumer {
    /// Commits offsets, None = the positions; an event tells the outcome if there is a token.
    pub fn commit(
        &mut self,
        io: &mut Io<'_>,
        offsets: Option<Vec<(NamedPartition, CommittedOffset)>>,
        token: u64,
    ) {
        let offsets = offsets.unwrap_or_else(|| self.positions());
        if self.group.is_none() {
            return self.tell_committed(io, token, ErrorCode::InvalidGroupId);
        }
        if offsets.is_empty() {
            return self.tell_committed(io, token, ErrorCode::None);
        }
        let deadline = io.monotonic() + Micros::from_ms(self.config.default_api_timeout_ms);
        let retry_at = Micros::ZERO;
        let commit = Commit { offsets, token, deadline, attempts: 0, retry_at };
        if let Some(membership) = self.group.as_mut() {
            membership.offsets.waiting.push_back(commit);
        }
    }

    /// Commits the positions if it is time; part of every poll.
    pub(super) fn auto_commit_if_due(&mut self, io: &mut Io<'_>) -> Option<Micros> {
        let now = io.monotonic();
        let membership = self.group.as_mut().filter(|_| self.config.enable_auto_commit)?;
        let is_owner = match self.subscription {
            Subscription::Topics(_) => membership.state == MemberState::Stable,
            Subscription::Partitions => true,
            Subscription::None => false,
        };
        if !is_owner || self.assignment.is_empty() {
            return None;
        }
        if now >= membership.offsets.next_auto_commit {
            let interval = Micros::from_ms(self.config.auto_commit_interval_ms);
            membership.offsets.next_auto_commit = now + interval;
            self.auto_commit(io);
        }
        self.group.as_ref().map(|membership| membership.offsets.next_auto_commit)
    }

    /// Commits the positions.
    pub(super) fn auto_commit(&mut self, io: &mut Io<'_>) {
        self.commit(io, None, 0);
    }

    /// What a commit without offsets commits: everything returned from polls.
    fn positions(&self) -> Vec<(NamedPartition, CommittedOffset)> {
        let position = |(name, assigned): (&NamedPartition, &super::assignment::Assigned)| {
            let (offset, leader_epoch) = Self::position(assigned)?;
            let metadata = Arc::from("");
            Some((name.clone(), CommittedOffset { offset, leader_epoch, metadata }))
        };
        self.assignment.iter().filter_map(position).collect()
    }

    /// Sends the commits that wait, in order. Returns when to look again.
    pub(super) fn send_commits(&mut self, io: &mut Io<'_>) -> Option<Micros> {
        let now = io.monotonic();
        loop {
            let membership = self.group.as_mut()?;
            let first = membership.offsets.waiting.front()?;
            if now >= first.deadline {
                let commit = membership.offsets.waiting.pop_front()?;
                self.tell_committed(io, commit.token, ErrorCode::RequestTimedOut);
                continue;
            }
            if first.retry_at > now {
                return Some(first.retry_at);
            }
            let (generation, member_id) = match &self.subscription {
                Subscription::Topics(_) if membership.state == MemberState::Stable => {
                    (membership.generation, membership.member_id.clone())
                }
                Subscription::Topics(_) => {
                    // Who is not in the generation may not commit: CommitFailedException, or RebalanceInProgressException.
                    let error = match membership.state {
                        MemberState::Unjoined => ErrorCode::UnknownMemberId,
                        _ => ErrorCode::RebalanceInProgress,
                    };
                    let commit = membership.offsets.waiting.pop_front()?;
                    self.tell_committed(io, commit.token, error);
                    continue;
                }
                Subscription::Partitions | Subscription::None => (-1, Arc::from("")),
            };
            let Some(node) = membership.coordinator.ready(now) else {
                return Some(first.deadline);
            };
            let commit = membership.offsets.waiting.pop_front()?;
            let request = OffsetCommitRequest {
                group: membership.group.clone(),
                generation,
                member_id,
                group_instance_id: membership.instance_id.clone().filter(|_| generation >= 0),
                offsets: commit.offsets.clone(),
            };
            let timeout = self.config.request_timeout_ms;
            let id = membership.coordinator.send(io, self.number, node, request, timeout);
            membership.offsets.in_flight.insert(id, commit);
        }
    }

    pub(super) fn on_commit_response(
        &mut self,
        io: &mut Io<'_>,
        id: RequestId,
        answer: &OffsetCommitResponse,
    ) {
        let Some(membership) = self.group.as_mut() else { return };
        let Some(commit) = membership.offsets.in_flight.remove(&id) else { return };
        let errors = answer.partitions.iter().map(|(_, error)| *error);
        let error = errors.max_by_key(|error| !error.is_none()).unwrap_or(ErrorCode::None);
        match error {
            ErrorCode::None => {}
            ErrorCode::RebalanceInProgress => membership.request_rejoin(),
            ErrorCode::IllegalGeneration => membership.reset(false),
            ErrorCode::UnknownMemberId => membership.reset(true),
            ErrorCode::CoordinatorNotAvailable
            | ErrorCode::NotCoordinator
            | ErrorCode::RequestTimedOut => {
                self.retry_commit(io, commit);
                return self.lose_coordinator(io);
            }
            error if error.is_retriable() => return self.retry_commit(io, commit),
            ErrorCode::FencedInstanceId => self.fail_membership(error),
            _ => {}
        }
        self.tell_committed(io, commit.token, error);
    }

    fn retry_commit(&mut self, io: &Io<'_>, mut commit: Commit) {
        commit.retry_at = io.monotonic() + self.backoff().after(commit.attempts, &mut self.rng);
        commit.attempts = commit.attempts.saturating_add(1);
        if let Some(membership) = self.group.as_mut() {
            membership.offsets.waiting.push_front(commit);
        }
    }

    fn tell_committed(&self, io: &mut Io<'_>, token: u64, error: ErrorCode) {
        if token != 0 {
            let consumer = self.number;
            io.events.push_back(MachineEvent::Committed { consumer, token, error });
        }
    }

    /// Looks up the committed offsets of partitions, one request at a time.
    pub(super) fn fetch_committed(&mut self, io: &mut Io<'_>, names: Vec<NamedPartition>) {
        let Some(membership) = self.group.as_mut() else { return };
        if membership.offsets.fetch.is_some() {
            return;
        }
        let Some(node) = membership.coordinator.ready(io.monotonic()) else { return };
        let request = OffsetFetchRequest {
            group: membership.group.clone(),
            partitions: Some(names.clone()),
            require_stable: true,
        };
        let timeout = self.config.request_timeout_ms;
        let id = membership.coordinator.send(io, self.number, node, request, timeout);
        membership.offsets.fetch = Some((id, names));
    }

    pub(super) fn on_offset_fetch(
        &mut self,
        io: &mut Io<'_>,
        id: RequestId,
        answer: &OffsetFetchResponse,
    ) {
        let Some(membership) = self.group.as_mut() else { return };
        let Some((_, names)) = membership.offsets.fetch.take_if(|(mine, _)| *mine == id) else {
            return;
        };
        if !answer.error.is_none() {
            for name in &names {
                self.ask_later(io, name, answer.error);
            }
            if matches!(
                answer.error,
                ErrorCode::NotCoordinator | ErrorCode::CoordinatorNotAvailable
            ) {
                self.lose_coordinator(io);
            }
            return;
        }
        for (name, committed) in &answer.offsets {
            let is_waiting =
                self.assignment.get(name).is_some_and(|a| a.state == FetchState::Initializing);
            match committed {
                _ if !is_waiting => {}
                Some(committed) => {
                    self.assignment.set_position(name, committed.offset, committed.leader_epoch);
                }
                None => self.lose_position(name, ErrorCode::OffsetOutOfRange),
            }
        }
    }

    /// What was in flight to a coordinator that is lost is sent to the next one.
    pub(super) fn retry_offset_requests(&mut self, io: &Io<'_>) {
        let Some(membership) = self.group.as_mut() else { return };
        membership.offsets.fetch = None;
        let in_flight = std::mem::take(&mut membership.offsets.in_flight);
        for commit in in_flight.into_values().rev() {
            self.retry_commit(io, commit);
        }
    }
}
