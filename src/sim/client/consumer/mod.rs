//! The consumer: what the Java `KafkaConsumer` does between `poll()` and the brokers.
//!
//! - [`assignment`] the partitions it has, and the position in each
//! - `positions` where to begin, and whether the position is still valid after a change of leader
//! - `fetcher` fetch sessions and the buffer that polls are served from
//! - [`group`] membership: join, sync, revoke; `coordinator` finding it and the heartbeat thread
//! - `offsets` commits and committed offsets
//!
//! The program's thread is in `poll()` whenever it is not busy: [`Consumer::poll`]. Heartbeats and commits go on while it
//! is busy: [`Consumer::background`].
//!
//! Simplification: no transactions (aborted records are not filtered), no KIP-848 protocol, no fetching from followers.
pub mod assignment;
mod coordinator;
mod fetcher;
pub mod group;
mod offsets;
mod positions;
#[cfg(test)]
pub(super) mod tests;

use std::collections::VecDeque;
use std::sync::Arc;

use self::assignment::{Assigned, Assignment, FetchState, Subscription};
use self::fetcher::Fetcher;
use self::group::Membership;
use super::backoff::Backoff;
use super::connections::Connections;
use super::io::{Io, MachineEvent, earlier};
use super::metadata::{Metadata, RefreshConfig};
use super::producer::Progress;
use super::program::SeekTo;
use crate::sim::config::ConsumerConfig;
use crate::sim::effects::Line;
use crate::sim::ids::*;
use crate::sim::protocol::data::OffsetSpec;
use crate::sim::protocol::group::NamedPartition;
use crate::sim::protocol::{ErrorCode, Request, Response};
use crate::sim::rng::Rng;
use crate::sim::time::Micros;

/// How long `close()` waits for the last commit and the leave (`CloseOptions` default).
const CLOSE_TIMEOUT: Micros = Micros(30_000_000);

/// A consumer.
#[derive(Clone, Debug, Hash)]
pub struct Consumer {
    number: u16,
    client_id: Arc<str>,
    config: ConsumerConfig,
    metadata: Metadata,
    connections: Connections,
    subscription: Subscription,
    assignment: Assignment,
    fetcher: Fetcher,
    group: Option<Membership>,
    /// What the next polls throw.
    errors: VecDeque<ErrorCode>,
    closing: Option<Closing>,
    rng: Rng,
}

/// How far closing has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Closing {
    deadline: Micros,
    is_leaving: bool,
    has_left: bool,
}

/// What a consumer needs to begin.
#[derive(Clone, Debug)]
pub struct ConsumerSetup<'a> {
    /// The consumer's number in its process.
    pub number: u16,
    pub client_id: Arc<str>,
    pub bootstrap: Arc<[NodeId]>,
    pub group: Option<Arc<str>>,
    pub config: &'a ConsumerConfig,
}

impl Consumer {
    /// A consumer without partitions.
    pub fn new(setup: ConsumerSetup<'_>, rng: Rng) -> Consumer {
        let config = setup.config.clone();
        let refresh = RefreshConfig {
            backoff: Backoff::new(config.retry_backoff_ms, config.retry_backoff_max_ms),
            max_age_ms: config.metadata_max_age_ms,
            request_timeout_ms: config.request_timeout_ms,
            allow_auto_topic_creation: config.allow_auto_create_topics,
        };
        let instance_id = &config.group_instance_id;
        let strategies = &config.partition_assignment_strategy;
        Consumer {
            number: setup.number,
            client_id: setup.client_id,
            metadata: Metadata::new(setup.bootstrap, refresh),
            connections: Connections::new(
                config.reconnect_backoff_ms,
                config.reconnect_backoff_max_ms,
            ),
            subscription: Subscription::None,
            assignment: Assignment::default(),
            fetcher: Fetcher::default(),
            group: setup.group.map(|group| Membership::new(group, instance_id, strategies)),
            errors: VecDeque::new(),
            closing: None,
            config,
            rng,
        }
    }

    /// The partitions and positions.
    pub fn assignment(&self) -> &Assignment {
        &self.assignment
    }

    /// The membership, if it has a group.
    pub fn membership(&self) -> Option<&Membership> {
        self.group.as_ref()
    }

    /// Lets the group deal out the partitions of these topics.
    pub fn subscribe(&mut self, topics: Vec<Arc<str>>) {
        for topic in &topics {
            self.metadata.want(topic);
        }
        if self.group.is_none() {
            // "To use the group management or offset commit APIs, you must provide a valid group.id"
            return self.errors.push_back(ErrorCode::InvalidGroupId);
        }
        self.subscription = Subscription::Topics(topics);
    }

    /// Reads these partitions, without group management.
    pub fn assign(&mut self, partitions: &[NamedPartition]) {
        for partition in partitions {
            self.metadata.want(&partition.topic);
        }
        self.subscription = Subscription::Partitions;
        self.assignment.replace(partitions, &self.metadata);
    }

    /// Reads on from another place.
    pub fn seek(&mut self, partition: &NamedPartition, to: SeekTo) {
        self.discard(partition);
        match to {
            SeekTo::Offset(offset) => self.assignment.set_position(partition, offset, -1),
            SeekTo::Beginning => {
                self.assignment.set_state(partition, FetchState::AwaitReset(OffsetSpec::Earliest));
            }
            SeekTo::End => {
                self.assignment.set_state(partition, FetchState::AwaitReset(OffsetSpec::Latest));
            }
        }
    }

    /// Stops or resumes fetching; records already fetched are kept.
    pub fn set_paused(&mut self, partitions: &[NamedPartition], is_paused: bool) {
        for partition in partitions {
            if let Some(assigned) = self.assignment.touch(partition) {
                assigned.is_paused = is_paused;
            }
        }
    }

    /// One round of the poll loop. What it returns to the program goes to the events. Returns when to look again.
    pub fn poll(&mut self, io: &mut Io<'_>) -> Option<Micros> {
        self.assignment.follow(&self.metadata);
        if let Some(error) = self.errors.pop_front() {
            io.events.push_back(MachineEvent::ConsumerError { consumer: self.number, error });
            return None;
        }
        let group = self.poll_group(io);
        if !io.events.is_empty() {
            return None;
        }
        let auto_commit = self.auto_commit_if_due(io);
        let positions = self.settle_positions(io);
        self.collect(io);
        let fetches = self.send_fetches(io);
        earlier(earlier(group, auto_commit), earlier(positions, fetches))
    }

    /// Commits if it is automatic, leaves the group if `leave`; Done when that is over.
    pub fn close(&mut self, io: &mut Io<'_>, leave: bool) -> Progress {
        let now = io.monotonic();
        let Some(closing) = self.closing else {
            let deadline = now + CLOSE_TIMEOUT;
            self.closing = Some(Closing { deadline, is_leaving: false, has_left: !leave });
            if leave && self.config.enable_auto_commit && self.group.is_some() {
                self.auto_commit(io);
            }
            self.revoke_at_close(io);
            return self.close(io, leave);
        };
        let Some(membership) = &self.group else { return Progress::Done };
        if closing.has_left || now >= closing.deadline {
            return Progress::Done;
        }
        if closing.is_leaving || !membership.offsets.is_idle() {
            return Progress::Blocked;
        }
        if !self.send_leave(io) {
            return Progress::Done;
        }
        self.closing = Some(Closing { is_leaving: true, ..closing });
        Progress::Blocked
    }

    /// When closing is given up.
    pub fn close_deadline(&self) -> Option<Micros> {
        self.closing.map(|closing| closing.deadline)
    }

    /// Gives everything up and closes the connections.
    pub fn disconnect(&mut self, io: &mut Io<'_>) {
        for node in self.connections.peers() {
            io.out.disconnect(node, Line::Consumer(self.number));
        }
        self.lose_coordinator(io);
    }

    /// Handles the answer to one of its requests.
    pub fn on_response(
        &mut self,
        io: &mut Io<'_>,
        from: NodeId,
        line: Line,
        id: RequestId,
        answer: &Response,
    ) {
        if let Line::Consumer(_) = line {
            self.connections.answered(from);
        }
        match answer {
            Response::Metadata(answer) => {
                self.metadata.on_response(io.monotonic(), answer, &mut self.rng);
            }
            Response::Fetch(answer) => self.on_fetch_response(from, id, answer),
            Response::ListOffsets(answer) => self.on_list_offsets(io, answer),
            Response::OffsetForLeaderEpoch(answer) => self.on_epoch_ends(io, answer),
            Response::FindCoordinator(answer) => self.on_find_coordinator(io, answer),
            Response::JoinGroup(answer) => self.on_join_response(io, id, answer),
            Response::SyncGroup(answer) => self.on_sync_response(io, id, answer),
            Response::Heartbeat(answer) => self.on_heartbeat(io, id, *answer),
            Response::OffsetCommit(answer) => self.on_commit_response(io, id, answer),
            Response::OffsetFetch(answer) => self.on_offset_fetch(io, id, answer),
            Response::LeaveGroup(_) => self.note_left(),
            _ => debug_assert!(false, "a consumer got {:?}", answer.api()),
        }
    }

    /// Handles the end of one of its requests without an answer.
    pub fn on_failed(
        &mut self,
        io: &mut Io<'_>,
        to: NodeId,
        line: Line,
        id: RequestId,
        request: &Request,
    ) {
        let now = io.monotonic();
        self.metadata.request_update();
        if let Line::Coordinator(_) = line {
            return self.on_coordinator_failed(io, to);
        }
        let was_connected = self.connections.failed(now, to, &mut self.rng);
        match request {
            Request::Metadata(_) => self.metadata.on_failed(now, was_connected, &mut self.rng),
            Request::Fetch(_) => self.on_fetch_failed(to, id),
            Request::FindCoordinator(_) => self.find_later(io),
            Request::ListOffsets(request) => {
                self.on_positions_failed(io, request.partitions.iter().map(|p| p.partition));
            }
            Request::OffsetForLeaderEpoch(request) => {
                self.on_positions_failed(io, request.partitions.iter().map(|p| p.partition));
            }
            _ => debug_assert!(false, "a consumer sent {:?}", request.api()),
        }
    }

    /// A connection was lost that nothing waited on.
    pub fn on_disconnected(&mut self, io: &mut Io<'_>, to: NodeId, line: Line) {
        self.metadata.request_update();
        if let Line::Coordinator(_) = line {
            return self.on_coordinator_failed(io, to);
        }
        self.connections.failed(io.monotonic(), to, &mut self.rng);
    }

    /// The leave is answered, or its connection lost; then the session timeout will do.
    fn note_left(&mut self) {
        if let Some(closing) = self.closing.as_mut().filter(|closing| closing.is_leaving) {
            closing.has_left = true;
        }
    }

    /// Records of all partitions that the group has and this consumer has not read, as far as it knows.
    pub fn lag(&self) -> i64 {
        let lag = |assigned: &Assigned| (assigned.high_watermark - assigned.position).max(0);
        self.assignment.iter().map(|(_, assigned)| lag(assigned)).sum()
    }
}
