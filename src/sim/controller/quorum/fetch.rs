//! Replication of the metadata log: followers and observers fetch from the leader.

use super::QuorumTimer;
use super::log::Position;
use super::member::{Quorum, Role, epoch_error};
use crate::sim::effects::{Effects, Line, RequestRef};
use crate::sim::fact::Fact;
use crate::sim::ids::*;
use crate::sim::protocol::quorum::*;
use crate::sim::protocol::{ErrorCode, Request, Response};
use crate::sim::time::{Micros, NodeNow};

/// How long a leader may keep a fetch that has nothing to tell.
const MAX_WAIT_MS: i32 = 500;
/// Delay before a new connection after a failed one: doubles from this on.
const RECONNECT_BACKOFF_MS: i64 = 50;
/// Longest delay before a new connection.
const RECONNECT_BACKOFF_MAX_MS: i64 = 500;

/// The fetching side.
#[derive(Clone, Copy, Debug, Default, Hash)]
pub(super) struct Fetcher {
    /// The fetch under way.
    in_flight: Option<RequestId>,
    /// Whether a timer will fetch again.
    pub backing_off: bool,
    /// Failures in a row.
    failures: u32,
    /// Whether the leader did not answer, so that the next to ask is another voter.
    leader_failed: bool,
    /// Which voter to ask next for the leader.
    next_voter: u32,
}

impl Fetcher {
    /// Forgets what belonged to another role.
    pub fn begin_anew(&mut self) {
        *self = Fetcher { next_voter: self.next_voter, ..Fetcher::default() };
    }
}

/// A fetch that waits at the leader for news.
#[derive(Clone, Copy, Debug, Hash)]
pub(super) struct WaitingFetch {
    at: RequestRef,
    request: FetchMetadataRequest,
    deadline: Micros,
}

impl Quorum {
    /// Fetches if a fetch can be of use and none is under way.
    pub(super) fn poll_fetch(&mut self, out: &mut Effects) {
        if self.fetcher.in_flight.is_some() || self.fetcher.backing_off {
            return;
        }
        let to = match &self.role {
            Role::Follower { leader, .. } if !self.fetcher.leader_failed => Some(*leader),
            Role::Follower { .. } | Role::Unattached => self.next_voter(),
            Role::Prospective(_) | Role::Candidate(_) | Role::Leader(_) | Role::Resigned { .. } => {
                None
            }
        };
        let Some(to) = to else {
            return;
        };
        let request = FetchMetadataRequest {
            replica: self.node,
            current_leader_epoch: self.epoch(),
            fetch_offset: self.disk.log.end_offset(),
            last_fetched_epoch: self.disk.log.last_epoch(),
            max_wait_ms: MAX_WAIT_MS,
            high_watermark: self.high_watermark.unwrap_or(-1),
        };
        let id = out.send(to, Line::Quorum, request, self.config.request_timeout_ms);
        self.fetcher.in_flight = Some(id);
        self.fetcher.leader_failed = false;
    }

    fn next_voter(&mut self) -> Option<NodeId> {
        let others: Vec<NodeId> = self.other_voters().collect();
        let turn = self.fetcher.next_voter as usize;
        self.fetcher.next_voter = self.fetcher.next_voter.wrapping_add(1);
        others.get(turn % others.len().max(1)).copied()
    }

    fn fetch_later(&mut self, after: Micros, out: &mut Effects) {
        if !self.fetcher.backing_off {
            self.fetcher.backing_off = true;
            out.timer(after, QuorumTimer::Fetch { turn: self.turn });
        }
    }

    fn on_fetch_failed(&mut self, to: NodeId, out: &mut Effects) {
        self.fetcher.in_flight = None;
        self.fetcher.leader_failed =
            matches!(self.role, Role::Follower { leader, .. } if leader == to);
        let backoff = RECONNECT_BACKOFF_MS << self.fetcher.failures.min(10);
        self.fetcher.failures += 1;
        self.fetch_later(Micros::from_ms(backoff.min(RECONNECT_BACKOFF_MAX_MS)), out);
    }

    fn on_fetch_response(
        &mut self,
        now: NodeNow,
        response: &FetchMetadataResponse,
        out: &mut Effects,
    ) {
        self.fetcher.in_flight = None;
        let turn = self.turn;
        let FetchMetadataResponse { error, epoch, leader, .. } = response;
        if self.is_answered(now, *error, *epoch, *leader, out) || turn != self.turn {
            if turn == self.turn {
                self.fetch_later(self.config.retry_backoff, out);
            }
            return;
        }
        let Role::Follower { has_fetched, .. } = &mut self.role else {
            return;
        };
        *has_fetched = true;
        self.awaited = None;
        self.fetcher.failures = 0;
        self.take_over(response, out);
        self.set_deadline(now, now.monotonic + self.config.fetch_timeout, out);
        self.poll_fetch(out);
    }

    /// Makes the log what the leader says.
    fn take_over(&mut self, response: &FetchMetadataResponse, out: &mut Effects) {
        let log = &mut self.disk.log;
        if let Some(end) = response.diverging_epoch {
            let cut = log.truncate_to(end);
            let offset = log.end_offset();
            debug_assert!(self.high_watermark.is_none_or(|hw| hw <= offset), "committed is kept");
            if cut {
                out.charge(self.config.fsync);
                out.fact(Fact::QuorumTruncated { node: self.node, offset });
            }
            return;
        }
        if let Some(snapshot) = &response.snapshot {
            log.install(snapshot.clone());
            out.charge(self.config.fsync);
            return self.set_high_watermark(snapshot.next_offset, out);
        }
        for batch in &response.batches {
            log.append(batch.clone());
        }
        if !response.batches.is_empty() {
            out.charge(self.config.fsync);
        }
        let known = response.high_watermark.min(self.disk.log.end_offset());
        if known >= 0 {
            self.set_high_watermark(known, out);
        }
    }

    /// Answers a fetch, or lets it wait for news.
    pub fn on_fetch(
        &mut self,
        now: NodeNow,
        at: RequestRef,
        request: &FetchMetadataRequest,
        out: &mut Effects,
    ) {
        let leads = matches!(self.role, Role::Leader(_));
        let not_leader = (!leads).then_some(ErrorCode::NotLeaderOrFollower);
        let error = epoch_error(self.epoch(), request.current_leader_epoch).or(not_leader);
        if let Some(error) = error {
            let response = FetchMetadataResponse { error, ..self.empty_response() };
            return out.respond(at, response);
        }
        let position = self.disk.log.position(request.fetch_offset, request.last_fetched_epoch);
        if position == Position::Valid {
            self.note_fetch(now, request.replica, request.fetch_offset, out);
        }
        if self.has_news()(request) || request.max_wait_ms == 0 {
            return out.respond(at, self.read_for(request));
        }
        let deadline = now.monotonic + Micros::from_ms(i64::from(request.max_wait_ms));
        self.waiting.push(WaitingFetch { at, request: *request, deadline });
        self.await_deadline(now, out);
    }

    /// Whether there is something to tell that a request does not know.
    fn has_news(&self) -> impl Fn(&FetchMetadataRequest) -> bool + use<> {
        let (end_offset, last_epoch) = (self.disk.log.end_offset(), self.disk.log.last_epoch());
        let high_watermark = self.high_watermark;
        move |request| {
            let up_to_date = request.fetch_offset == end_offset
                && request.last_fetched_epoch == last_epoch
                && high_watermark.is_none_or(|hw| hw <= request.high_watermark);
            !up_to_date
        }
    }

    fn empty_response(&self) -> FetchMetadataResponse {
        FetchMetadataResponse {
            error: ErrorCode::None,
            leader: self.leader().unwrap_or(NodeId::NONE),
            epoch: self.epoch(),
            high_watermark: self.high_watermark.unwrap_or(-1),
            diverging_epoch: None,
            snapshot: None,
            batches: Vec::new(),
        }
    }

    fn read_for(&self, request: &FetchMetadataRequest) -> FetchMetadataResponse {
        let mut response = self.empty_response();
        let log = &self.disk.log;
        match log.position(request.fetch_offset, request.last_fetched_epoch) {
            Position::Valid => response.batches = log.read(request.fetch_offset),
            Position::Diverging(end) => response.diverging_epoch = Some(end),
            Position::BeforeStart => response.snapshot = Some(log.snapshot().clone()),
        }
        response
    }

    /// Answers the waiting fetches that there is news for. To be called after every input, when the controller and the
    /// broker of this process have been told of what was committed, so that the news carries their facts as its cause.
    pub fn answer_waiting_fetches(&mut self, out: &mut Effects) {
        if self.waiting.is_empty() {
            return;
        }
        let has_news = self.has_news();
        if self.waiting.iter().any(|fetch| has_news(&fetch.request)) {
            for fetch in std::mem::take(&mut self.waiting) {
                match has_news(&fetch.request) {
                    true => out.respond(fetch.at, self.read_for(&fetch.request)),
                    false => self.waiting.push(fetch),
                }
            }
        }
    }

    pub(super) fn expire_waiting_fetches(&mut self, now: NodeNow, out: &mut Effects) {
        for fetch in std::mem::take(&mut self.waiting) {
            match fetch.deadline <= now.monotonic {
                true => out.respond(fetch.at, self.read_for(&fetch.request)),
                false => self.waiting.push(fetch),
            }
        }
        self.await_deadline(now, out);
    }

    fn await_deadline(&mut self, now: NodeNow, out: &mut Effects) {
        let Some(deadline) = self.waiting.iter().map(|fetch| fetch.deadline).min() else {
            return;
        };
        if self.wait_armed.is_none() {
            self.wait_armed = Some(deadline);
            let timer = QuorumTimer::FetchWait { at: deadline };
            out.timer(deadline.saturating_sub(now.monotonic), timer);
        }
    }

    pub(super) fn refuse_waiting_fetches(&mut self, out: &mut Effects) {
        for fetch in std::mem::take(&mut self.waiting) {
            let error = ErrorCode::NotLeaderOrFollower;
            let response = FetchMetadataResponse { error, ..self.empty_response() };
            out.respond(fetch.at, response);
        }
    }

    /// Handles the answer to one of the quorum's requests.
    pub fn on_response(
        &mut self,
        now: NodeNow,
        from: NodeId,
        id: RequestId,
        response: &Response,
        out: &mut Effects,
    ) {
        if let Response::FetchMetadata(response) = response {
            if self.fetcher.in_flight == Some(id) {
                self.on_fetch_response(now, response, out);
            }
            return;
        }
        if self.asked.get(&from) != Some(&id) {
            return;
        }
        self.asked.remove(&from);
        match response {
            Response::Vote(response) => self.on_vote_response(now, from, response, out),
            Response::BeginQuorumEpoch(BeginQuorumEpochResponse { error, epoch, leader })
            | Response::EndQuorumEpoch(EndQuorumEpochResponse { error, epoch, leader }) => {
                self.is_answered(now, *error, *epoch, *leader, out);
            }
            _ => {}
        }
    }

    /// Handles that one of the quorum's requests got no answer.
    pub fn on_failed(&mut self, to: NodeId, id: RequestId, request: &Request, out: &mut Effects) {
        match request {
            Request::FetchMetadata(_) if self.fetcher.in_flight == Some(id) => {
                self.on_fetch_failed(to, out);
            }
            Request::FetchMetadata(_) => {}
            _ => self.on_voter_failed(to, id, out),
        }
    }
}
