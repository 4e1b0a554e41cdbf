//! The admin client: each call finds the right broker, retries what can be retried, and ends within `default.api.timeout.ms`.

use std::sync::Arc;

use super::backoff::Backoff;
use super::connections::Connections;
use super::io::{Io, MachineEvent, earlier};
use super::metadata::{Metadata, RefreshConfig};
use super::program::{AdminCall, AdminResult};
use crate::sim::effects::Line;
use crate::sim::ids::*;
use crate::sim::protocol::admin::*;
use crate::sim::protocol::data::*;
use crate::sim::protocol::group::*;
use crate::sim::protocol::{ErrorCode, Request, Response};
use crate::sim::rng::Rng;
use crate::sim::sorted::SortedMap;
use crate::sim::time::Micros;

/// `request.timeout.ms`
const REQUEST_TIMEOUT_MS: i64 = 30_000;
/// `default.api.timeout.ms`
const API_TIMEOUT: Micros = Micros(60_000_000);
/// `retry.backoff.ms` and `retry.backoff.max.ms`
const RETRY: (i64, i64) = (100, 1000);
/// `reconnect.backoff.ms` and `reconnect.backoff.max.ms`
const RECONNECT: (i64, i64) = (50, 1000);
/// `metadata.max.age.ms`
const METADATA_MAX_AGE_MS: i64 = 300_000;

/// The admin client of a process, with Kafka's default configs.
#[derive(Clone, Debug, Hash)]
pub struct Admin {
    metadata: Metadata,
    connections: Connections,
    backoff: Backoff,
    calls: SortedMap<u64, Pending>,
    requests: SortedMap<RequestId, u64>,
    next_call: u64,
    rng: Rng,
}

/// A call that is not answered.
#[derive(Clone, Debug, Hash)]
struct Pending {
    token: u64,
    call: AdminCall,
    deadline: Micros,
    attempts: u32,
    retry_at: Micros,
    in_flight: u32,
    coordinator: Option<NodeId>,
    /// Offsets found so far, in the order asked.
    offsets: Vec<Option<Result<Offset, ErrorCode>>>,
}

impl Pending {
    /// The group whose coordinator the call is for.
    fn group(&self) -> Option<&Arc<str>> {
        match &self.call {
            AdminCall::DescribeGroup(group)
            | AdminCall::ListGroupOffsets { group }
            | AdminCall::AlterGroupOffsets { group, .. } => Some(group),
            AdminCall::CreateTopics(_)
            | AdminCall::DeleteTopics(_)
            | AdminCall::CreatePartitions { .. }
            | AdminCall::ElectLeaders { .. }
            | AdminCall::AlterConfigs { .. }
            | AdminCall::DescribeTopics(_)
            | AdminCall::ListOffsets(_) => None,
        }
    }
}

/// What an answer means for its call.
enum Verdict {
    Done(AdminResult),
    /// Ask again after the backoff.
    Retry,
    /// The next step can be taken at once.
    Proceed,
}

impl Admin {
    /// An admin client that turns to `bootstrap` first.
    pub fn new(bootstrap: Arc<[NodeId]>, rng: Rng) -> Admin {
        let backoff = Backoff::new(RETRY.0, RETRY.1);
        let refresh = RefreshConfig {
            backoff,
            max_age_ms: METADATA_MAX_AGE_MS,
            request_timeout_ms: REQUEST_TIMEOUT_MS,
            allow_auto_topic_creation: false,
        };
        Admin {
            metadata: Metadata::new(bootstrap, refresh),
            connections: Connections::new(RECONNECT.0, RECONNECT.1),
            backoff,
            calls: SortedMap::new(),
            requests: SortedMap::new(),
            next_call: 0,
            rng,
        }
    }

    /// Begins a call.
    pub fn call(&mut self, now: Micros, call: AdminCall, token: u64) {
        let offsets = match &call {
            AdminCall::ListOffsets(partitions) => {
                partitions.iter().for_each(|(partition, _)| self.metadata.want(&partition.topic));
                vec![None; partitions.len()]
            }
            _ => Vec::new(),
        };
        let pending = Pending {
            token,
            call,
            deadline: now + API_TIMEOUT,
            attempts: 0,
            retry_at: Micros::ZERO,
            in_flight: 0,
            coordinator: None,
            offsets,
        };
        self.calls.insert(self.next_call, pending);
        self.next_call += 1;
    }

    /// Does what is due, and returns when to look again.
    pub fn poll(&mut self, io: &mut Io<'_>) -> Option<Micros> {
        let now = io.monotonic();
        let mut wake = None;
        let numbers: Vec<u64> = self.calls.keys().copied().collect();
        for number in numbers {
            let pending = &self.calls[&number];
            if now >= pending.deadline {
                self.finish(io, number, AdminResult::Failed(ErrorCode::RequestTimedOut));
                continue;
            }
            wake = earlier(wake, Some(pending.deadline));
            if pending.in_flight > 0 {
                continue;
            }
            if pending.retry_at > now {
                wake = earlier(wake, Some(pending.retry_at));
            } else {
                wake = earlier(wake, self.step(io, number));
            }
        }
        let line = Line::Admin;
        earlier(wake, self.metadata.poll(io, line, &mut self.connections, &mut self.rng))
    }

    /// Takes the next step of a call.
    fn step(&mut self, io: &mut Io<'_>, number: u64) -> Option<Micros> {
        let pending = &self.calls[&number];
        if let AdminCall::ListOffsets(_) = pending.call {
            return self.list_offsets(io, number);
        }
        let now = io.monotonic();
        let group = pending.group().filter(|_| pending.coordinator.is_none());
        let request = match group {
            Some(group) => FindCoordinatorRequest { key: group.clone() }.into(),
            None => request_of(&pending.call),
        };
        let node = match pending.coordinator {
            Some(node) if self.connections.is_ready(now, node) => Some(node),
            Some(node) => return Some(self.connections.ready_at(node)),
            None => self.metadata.any_broker(now, &self.connections, &mut self.rng),
        };
        let Some(node) = node else { return self.metadata.any_broker_at(&self.connections) };
        self.send(io, number, node, request);
        None
    }

    fn send(&mut self, io: &mut Io<'_>, number: u64, node: NodeId, request: Request) {
        let id = io.out.send(node, Line::Admin, request, REQUEST_TIMEOUT_MS);
        self.connections.sent(node);
        self.requests.insert(id, number);
        if let Some(pending) = self.calls.get_mut(&number) {
            pending.in_flight += 1;
        }
    }

    /// Asks the leaders of the partitions whose offset is not known yet.
    fn list_offsets(&mut self, io: &mut Io<'_>, number: u64) -> Option<Micros> {
        let pending = &self.calls[&number];
        let AdminCall::ListOffsets(partitions) = &pending.call else { return None };
        let mut by_leader: SortedMap<NodeId, Vec<ListOffsetsPartition>> = SortedMap::new();
        for ((name, spec), _) in
            partitions.iter().zip(&pending.offsets).filter(|(_, found)| found.is_none())
        {
            let known = self.metadata.partition(&name.topic, name.partition);
            let Some((partition, current)) = known.filter(|(_, c)| c.leader != NodeId::NONE) else {
                self.metadata.request_update();
                continue;
            };
            let ask = ListOffsetsPartition {
                partition,
                current_leader_epoch: current.epoch,
                spec: *spec,
            };
            by_leader.entry(current.leader).or_default().push(ask);
        }
        if by_leader.is_empty() {
            return self.retry(io.monotonic(), number);
        }
        let now = io.monotonic();
        let mut wake = None;
        for (node, partitions) in by_leader {
            if !self.connections.is_ready(now, node) {
                wake = earlier(wake, Some(self.connections.ready_at(node)));
                continue;
            }
            let request =
                ListOffsetsRequest { isolation: IsolationLevel::ReadUncommitted, partitions };
            self.send(io, number, node, request.into());
        }
        wake
    }

    /// Handles the answer to one of its requests.
    pub fn on_response(&mut self, io: &mut Io<'_>, from: NodeId, id: RequestId, answer: &Response) {
        let now = io.monotonic();
        self.connections.answered(from);
        if let Response::Metadata(metadata) = answer
            && self.metadata.is_mine(id)
        {
            return self.metadata.on_response(now, metadata, &mut self.rng);
        }
        let Some(number) = self.requests.remove(&id) else { return };
        let Some(pending) = self.calls.get_mut(&number) else { return };
        pending.in_flight -= 1;
        match verdict(pending, &mut self.metadata, answer) {
            Verdict::Done(result) => self.finish(io, number, result),
            Verdict::Proceed => pending.retry_at = Micros::ZERO,
            Verdict::Retry => {
                pending.coordinator = None;
                self.retry(now, number);
            }
        }
    }

    /// Handles the end of one of its requests without an answer.
    pub fn on_failed(&mut self, io: &mut Io<'_>, to: NodeId, id: RequestId) {
        let now = io.monotonic();
        let was_connected = self.connections.failed(now, to, &mut self.rng);
        if self.metadata.is_mine(id) {
            return self.metadata.on_failed(now, was_connected, &mut self.rng);
        }
        self.metadata.request_update();
        let Some(number) = self.requests.remove(&id) else { return };
        if let Some(pending) = self.calls.get_mut(&number) {
            pending.in_flight -= 1;
            pending.coordinator = None;
        }
        self.retry(now, number);
    }

    /// A connection was lost that nothing waited on.
    pub fn on_disconnected(&mut self, io: &mut Io<'_>, to: NodeId) {
        self.connections.failed(io.monotonic(), to, &mut self.rng);
    }

    fn retry(&mut self, now: Micros, number: u64) -> Option<Micros> {
        let pending = self.calls.get_mut(&number)?;
        pending.retry_at = now + self.backoff.after(pending.attempts, &mut self.rng);
        pending.attempts = pending.attempts.saturating_add(1);
        Some(pending.retry_at)
    }

    fn finish(&mut self, io: &mut Io<'_>, number: u64, result: AdminResult) {
        let Some(pending) = self.calls.remove(&number) else { return };
        io.events.push_back(MachineEvent::Admin { token: pending.token, result });
    }
}

/// The request of a call that needs one only.
fn request_of(call: &AdminCall) -> Request {
    let timeout_ms = REQUEST_TIMEOUT_MS as i32;
    match call.clone() {
        AdminCall::CreateTopics(topics) => CreateTopicsRequest { topics, timeout_ms }.into(),
        AdminCall::DeleteTopics(topics) => DeleteTopicsRequest { topics, timeout_ms }.into(),
        AdminCall::CreatePartitions { topic, total } => {
            CreatePartitionsRequest { topics: vec![(topic, total)], timeout_ms }.into()
        }
        AdminCall::ElectLeaders { election, partitions } => {
            ElectLeadersRequest { election, partitions, timeout_ms }.into()
        }
        AdminCall::AlterConfigs { resource, changes } => {
            IncrementalAlterConfigsRequest { resource, changes }.into()
        }
        AdminCall::DescribeTopics(topics) => {
            MetadataRequest { topics, allow_auto_topic_creation: false }.into()
        }
        AdminCall::DescribeGroup(group) => DescribeGroupsRequest { groups: vec![group] }.into(),
        AdminCall::ListGroupOffsets { group } => {
            OffsetFetchRequest { group, partitions: None, require_stable: false }.into()
        }
        AdminCall::AlterGroupOffsets { group, offsets } => {
            let committed =
                |offset| CommittedOffset { offset, leader_epoch: -1, metadata: Arc::from("") };
            OffsetCommitRequest {
                group,
                generation: -1,
                member_id: Arc::from(""),
                group_instance_id: None,
                offsets: offsets.into_iter().map(|(name, o)| (name, committed(o))).collect(),
            }
            .into()
        }
        AdminCall::ListOffsets(_) => unreachable!("goes to the leaders, in several requests"),
    }
}

/// What an answer means. Errors that say "not here" or "not now" are tried again.
fn verdict(pending: &mut Pending, metadata: &mut Metadata, answer: &Response) -> Verdict {
    let is_elsewhere = |error: ErrorCode| error == ErrorCode::NotController;
    match answer {
        Response::CreateTopics(CreateTopicsResponse { topics })
        | Response::DeleteTopics(DeleteTopicsResponse { topics })
        | Response::CreatePartitions(CreatePartitionsResponse { topics }) => {
            match topics.iter().any(|(_, error)| is_elsewhere(error.error)) {
                true => Verdict::Retry,
                false => Verdict::Done(AdminResult::Topics(topics.clone())),
            }
        }
        Response::ElectLeaders(answer) if is_elsewhere(answer.error) => Verdict::Retry,
        Response::ElectLeaders(answer) if !answer.error.is_none() => {
            Verdict::Done(AdminResult::Failed(answer.error))
        }
        Response::ElectLeaders(answer) => {
            Verdict::Done(AdminResult::Elected(answer.partitions.clone()))
        }
        Response::IncrementalAlterConfigs(answer) if is_elsewhere(answer.result.error) => {
            Verdict::Retry
        }
        Response::IncrementalAlterConfigs(answer) => {
            Verdict::Done(AdminResult::ConfigsAltered(answer.result.clone()))
        }
        Response::Metadata(answer) => Verdict::Done(AdminResult::Described(answer.topics.clone())),
        Response::FindCoordinator(answer) => match answer.error {
            ErrorCode::None => {
                pending.coordinator = Some(answer.coordinator);
                Verdict::Proceed
            }
            error => retry_or_fail(error),
        },
        Response::DescribeGroups(answer) => match answer.groups.first() {
            Some(group) if group.error.is_none() => {
                Verdict::Done(AdminResult::Group(group.clone()))
            }
            Some(group) => retry_or_fail(group.error),
            None => Verdict::Done(AdminResult::Failed(ErrorCode::GroupIdNotFound)),
        },
        Response::OffsetFetch(answer) if !answer.error.is_none() => retry_or_fail(answer.error),
        Response::OffsetFetch(answer) => {
            let found = answer.offsets.iter();
            let found = found.filter_map(|(name, offset)| Some((name.clone(), offset.clone()?)));
            Verdict::Done(AdminResult::GroupOffsets(found.collect()))
        }
        Response::OffsetCommit(answer) => {
            match answer.partitions.iter().any(|(_, error)| error.is_retriable()) {
                true => Verdict::Retry,
                false => Verdict::Done(AdminResult::GroupOffsetsAltered(answer.partitions.clone())),
            }
        }
        Response::ListOffsets(answer) => note_offsets(pending, metadata, answer),
        _ => Verdict::Done(AdminResult::Failed(ErrorCode::UnknownServerError)),
    }
}

fn retry_or_fail(error: ErrorCode) -> Verdict {
    match error.is_retriable() {
        true => Verdict::Retry,
        false => Verdict::Done(AdminResult::Failed(error)),
    }
}

/// Notes the offsets that came; done when none is missing and nobody is asked.
fn note_offsets(
    pending: &mut Pending,
    metadata: &mut Metadata,
    answer: &ListOffsetsResponse,
) -> Verdict {
    let AdminCall::ListOffsets(asked) = &pending.call else { return Verdict::Retry };
    let mut is_refused = false;
    for found in &answer.partitions {
        let Some(topic) = metadata.name_of(found.partition.topic) else { continue };
        let place = asked.iter().position(|(name, _)| {
            name.topic == *topic && name.partition == found.partition.partition
        });
        let Some(place) = place else { continue };
        if found.error.is_retriable() {
            is_refused = true;
            continue;
        }
        pending.offsets[place] =
            Some(if found.error.is_none() { Ok(found.offset) } else { Err(found.error) });
    }
    if is_refused {
        metadata.request_update();
        return Verdict::Retry;
    }
    if pending.offsets.iter().any(Option::is_none) {
        return Verdict::Proceed;
    }
    let names = asked.iter().map(|(name, _)| name.clone());
    let results = names.zip(
        pending.offsets.iter().map(|found| found.unwrap_or(Err(ErrorCode::UnknownServerError))),
    );
    Verdict::Done(AdminResult::Offsets(results.collect()))
}
