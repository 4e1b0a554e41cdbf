//! Fetching: one request in flight per broker, incremental sessions, and the buffer that polls are served from.

use std::collections::VecDeque;

use super::Consumer;
use super::assignment::{Assigned, FetchState};
use crate::sim::client::io::{Io, MachineEvent, earlier};
use crate::sim::client::program::PolledRecords;
use crate::sim::config::AutoOffsetReset;
use crate::sim::effects::Line;
use crate::sim::fact::Fact;
use crate::sim::hash::StableHasher;
use crate::sim::ids::*;
use crate::sim::protocol::ErrorCode;
use crate::sim::protocol::data::{
    FetchPartition, FetchPartitionResponse, FetchRequest, FetchResponse, Fetcher as FetcherKind,
    OffsetSpec,
};
use crate::sim::protocol::group::NamedPartition;
use crate::sim::sorted::{SortedMap, SortedSet};
use crate::sim::storage::batch::Batch;
use crate::sim::time::Micros;

/// Sessions and the buffer.
#[derive(Clone, Debug, Default, Hash)]
pub struct Fetcher {
    sessions: SortedMap<NodeId, Session>,
    buffer: VecDeque<Fetched>,
}

/// A fetch session with one broker (KIP-227).
#[derive(Clone, Debug, Default, Hash)]
struct Session {
    /// 0 = none.
    id: i32,
    /// 0 = the next request names everything.
    epoch: i32,
    request: Option<RequestId>,
    /// What the broker has been told of each partition: fetch offset and leader epoch.
    told: SortedMap<TopicPartition, (Offset, LeaderEpoch)>,
    touched: SortedSet<NamedPartition>,
    dropped: Vec<TopicPartition>,
}

/// Records of one partition that no poll has returned yet.
#[derive(Clone, Debug, Hash)]
struct Fetched {
    name: NamedPartition,
    id: TopicPartition,
    /// The next record to return.
    position: Offset,
    epoch: LeaderEpoch,
    batches: VecDeque<Batch>,
}

impl Fetched {
    /// Takes up to `left` records out; whole batches are shared, a divided one is shared by both polls.
    fn take(&mut self, left: &mut i64) -> Vec<Batch> {
        let mut taken = Vec::with_capacity(self.batches.len());
        while *left > 0
            && let Some(batch) = self.batches.front()
        {
            let start = self.position.max(batch.header.base_offset);
            let count = batch.next_offset() - start;
            // Control records are not for the program.
            if batch.header.control || count <= 0 {
                self.position = self.position.max(batch.next_offset());
                self.batches.pop_front();
                continue;
            }
            self.epoch = batch.header.leader_epoch;
            if count <= *left {
                *left -= count;
                self.position = batch.next_offset();
                taken.extend(self.batches.pop_front());
            } else {
                self.position = start + *left;
                *left = 0;
                taken.push(batch.clone());
            }
        }
        taken
    }
}

impl Assigned {
    /// Whether the buffered records are still wanted: not after a seek or a change of owner.
    fn expects(&self, fetched: &Fetched) -> bool {
        self.is_buffered && self.id == Some(fetched.id) && self.position == fetched.position
    }
}

impl Consumer {
    /// Gives up to `max.poll.records` records to the program.
    pub(super) fn collect(&mut self, io: &mut Io<'_>) {
        if self.fetcher.buffer.is_empty() {
            return;
        }
        let mut left = i64::from(self.config.max_poll_records);
        let (mut records, mut paused) = (Vec::new(), VecDeque::new());
        while left > 0
            && let Some(mut fetched) = self.fetcher.buffer.pop_front()
        {
            let Some(assigned) = self.assignment.get_mut(&fetched.name) else { continue };
            if !assigned.expects(&fetched) {
                continue;
            }
            if assigned.is_paused {
                paused.push_back(fetched);
                continue;
            }
            let from = fetched.position;
            let batches = fetched.take(&mut left);
            (assigned.position, assigned.epoch) = (fetched.position, fetched.epoch);
            assigned.is_buffered = !fetched.batches.is_empty();
            records.extend(self.deliver(io, &fetched, from, batches));
            if !fetched.batches.is_empty() {
                self.fetcher.buffer.push_front(fetched);
            } else {
                self.assignment.touched.insert(fetched.name);
            }
        }
        paused.append(&mut self.fetcher.buffer);
        self.fetcher.buffer = paused;
        if !records.is_empty() {
            io.events.push_back(MachineEvent::Records { consumer: self.number, records });
        }
    }

    /// What the poll returns of one partition, if there is anything.
    fn deliver(
        &self,
        io: &mut Io<'_>,
        fetched: &Fetched,
        from: Offset,
        batches: Vec<Batch>,
    ) -> Option<PolledRecords> {
        if batches.is_empty() {
            return None;
        }
        let next = fetched.position;
        let mut digest = StableHasher::default();
        batches.iter().for_each(|batch| digest.mix(batch.body.digest()));
        io.out.fact(Fact::Delivered {
            client: io.node,
            consumer: u32::from(self.number),
            partition: fetched.id,
            from,
            next,
            digest: digest.value(),
        });
        let (partition, id) = (fetched.name.clone(), fetched.id);
        Some(PolledRecords { partition, id, from, next, batches })
    }

    /// Throws away what is buffered for a partition.
    pub(super) fn discard(&mut self, name: &NamedPartition) {
        if let Some(assigned) = self.assignment.touch(name) {
            assigned.is_buffered = false;
        }
        self.fetcher.buffer.retain(|fetched| fetched.name != *name);
    }

    /// Sends a fetch request to every broker that has none and whose records have been polled. Returns when to look again.
    ///
    /// A broker with buffered records is left alone, so that its session keeps all its partitions (KAFKA-17182).
    pub(super) fn send_fetches(&mut self, io: &mut Io<'_>) -> Option<Micros> {
        self.tell_sessions();
        let buffered: SortedSet<NodeId> = self
            .fetcher
            .buffer
            .iter()
            .filter_map(|fetched| self.assignment.get(&fetched.name))
            .filter(|assigned| !assigned.is_paused)
            .map(|assigned| assigned.current.leader)
            .collect();
        let mut wake = None;
        let nodes: Vec<NodeId> = self.fetcher.sessions.keys().copied().collect();
        for node in nodes {
            let session = &self.fetcher.sessions[&node];
            let is_idle = session.told.is_empty() && session.touched.is_empty();
            if session.request.is_some() || buffered.contains(&node) || is_idle {
                continue;
            }
            if !self.connections.is_ready(io.monotonic(), node) {
                wake = earlier(wake, Some(self.connections.ready_at(node)));
            } else {
                self.send_fetch(io, node);
            }
        }
        wake
    }

    /// Tells sessions which partitions to look at again.
    fn tell_sessions(&mut self) {
        for (node, id) in std::mem::take(&mut self.assignment.dropped) {
            self.fetcher.sessions.entry(node).or_default().dropped.push(id);
        }
        for name in std::mem::take(&mut self.assignment.touched) {
            let Some(assigned) = self.assignment.get_mut(&name) else { continue };
            let leader = assigned.current.leader;
            if let Some((node, id)) = assigned.session
                && (node != leader || assigned.id != Some(id))
            {
                self.fetcher.sessions.entry(node).or_default().dropped.push(id);
                assigned.session = None;
            }
            if leader != NodeId::NONE {
                self.fetcher.sessions.entry(leader).or_default().touched.insert(name);
            } else {
                self.metadata.request_update();
            }
        }
    }

    /// Brings what the session knows up to date; returns what is new to it and what it is to forget.
    fn update_session(&mut self, node: NodeId) -> (Vec<TopicPartition>, Vec<TopicPartition>) {
        let (mut changed, mut forgotten) = (Vec::new(), Vec::new());
        let Some(session) = self.fetcher.sessions.get_mut(&node) else {
            return (changed, forgotten);
        };
        for id in std::mem::take(&mut session.dropped) {
            forgotten.extend(session.told.remove(&id).map(|_| id));
        }
        for name in std::mem::take(&mut session.touched) {
            let Some(assigned) = self.assignment.get_mut(&name) else { continue };
            let is_led = assigned.current.leader == node;
            let Some(id) = assigned.id.filter(|_| is_led) else { continue };
            if !assigned.is_fetchable() {
                forgotten.extend(session.told.remove(&id).map(|_| id));
                assigned.session = None;
                continue;
            }
            assigned.session = Some((node, id));
            let news = (assigned.position, assigned.current.epoch);
            if session.told.insert(id, news) != Some(news) {
                changed.push(id);
            }
        }
        forgotten.retain(|id| !session.told.contains_key(id));
        if session.epoch == 0 {
            // A full request names everything and forgets nothing.
            return (session.told.keys().copied().collect(), Vec::new());
        }
        (changed, forgotten)
    }

    fn send_fetch(&mut self, io: &mut Io<'_>, node: NodeId) {
        let (changed, forgotten) = self.update_session(node);
        let Some(session) = self.fetcher.sessions.get_mut(&node) else { return };
        if session.told.is_empty() && forgotten.is_empty() {
            return;
        }
        let partition = |id: TopicPartition| {
            let (fetch_offset, current_leader_epoch) = session.told[&id];
            FetchPartition {
                partition: id,
                current_leader_epoch,
                fetch_offset,
                last_fetched_epoch: -1,
                log_start_offset: -1,
                max_bytes: self.config.max_partition_fetch_bytes,
            }
        };
        let request = FetchRequest {
            fetcher: FetcherKind::Consumer,
            max_wait_ms: self.config.fetch_max_wait_ms,
            min_bytes: self.config.fetch_min_bytes,
            max_bytes: self.config.fetch_max_bytes,
            isolation: self.config.isolation_level,
            session_id: session.id,
            session_epoch: session.epoch,
            partitions: changed.into_iter().map(partition).collect(),
            forgotten,
        };
        let line = Line::Consumer(self.number);
        let id = io.out.send(node, line, request, self.config.request_timeout_ms);
        session.request = Some(id);
        self.connections.sent(node);
    }

    pub(super) fn on_fetch_response(
        &mut self,
        from: NodeId,
        id: RequestId,
        answer: &FetchResponse,
    ) {
        let Some(session) = self.fetcher.sessions.get_mut(&from) else { return };
        if session.request != Some(id) {
            return;
        }
        session.request = None;
        if !answer.error.is_none() {
            // The broker lost the session: begin another one.
            if answer.error == ErrorCode::FetchSessionIdNotFound {
                session.id = 0;
            }
            session.epoch = 0;
            return;
        }
        session.id = answer.session_id;
        session.epoch = match (session.id, session.epoch) {
            (0, _) => 0,
            (_, i32::MAX) => 1,
            (_, epoch) => epoch + 1,
        };
        for partition in &answer.partitions {
            self.on_fetched(from, partition);
        }
    }

    /// A lost connection ends the session as far as the consumer knows.
    pub(super) fn on_fetch_failed(&mut self, to: NodeId, id: RequestId) {
        if let Some(session) = self.fetcher.sessions.get_mut(&to)
            && session.request == Some(id)
        {
            session.request = None;
            session.epoch = 0;
        }
    }

    fn on_fetched(&mut self, from: NodeId, answer: &FetchPartitionResponse) {
        let id = answer.partition;
        let asked = self.fetcher.sessions.get(&from).and_then(|s| s.told.get(&id)).copied();
        let Some(topic) = self.metadata.name_of(id.topic) else { return };
        let name = NamedPartition { topic: topic.clone(), partition: id.partition };
        let Some(assigned) = self.assignment.get_mut(&name) else { return };
        // What was asked for before a seek, or by an owner before this one, is of no use.
        let is_current = assigned.state == FetchState::Fetching
            && assigned.id == Some(id)
            && asked.is_some_and(|(offset, _)| offset == assigned.position);
        if !is_current || assigned.is_buffered {
            return;
        }
        if !answer.error.is_none() {
            return self.on_fetch_error(&name, answer);
        }
        assigned.high_watermark = answer.high_watermark;
        if answer.batches.is_empty() {
            return;
        }
        assigned.is_buffered = true;
        let (position, epoch) = (assigned.position, assigned.epoch);
        let batches = answer.batches.iter().cloned().collect();
        self.fetcher.buffer.push_back(Fetched { name, id, position, epoch, batches });
    }

    fn on_fetch_error(&mut self, name: &NamedPartition, answer: &FetchPartitionResponse) {
        match answer.error {
            ErrorCode::OffsetOutOfRange => self.lose_position(name, ErrorCode::OffsetOutOfRange),
            // The consumer is ahead of the broker: it asks again.
            ErrorCode::UnknownLeaderEpoch => {}
            error if error.is_retriable() || error == ErrorCode::UnknownServerError => {
                self.metadata.request_update();
                if let Some(current) = answer.current_leader {
                    self.metadata.learn(answer.partition, current);
                }
            }
            error => {
                self.assignment.set_state(name, FetchState::NoPosition);
                self.errors.push_back(error);
            }
        }
    }

    /// Finds another position by `auto.offset.reset`, or throws.
    pub(super) fn lose_position(&mut self, name: &NamedPartition, error: ErrorCode) {
        match self.reset_policy() {
            Some(spec) => self.assignment.set_state(name, FetchState::AwaitReset(spec)),
            None => {
                self.assignment.set_state(name, FetchState::NoPosition);
                self.errors.push_back(error);
            }
        }
    }

    fn reset_policy(&self) -> Option<OffsetSpec> {
        match self.config.auto_offset_reset {
            AutoOffsetReset::Earliest => Some(OffsetSpec::Earliest),
            AutoOffsetReset::Latest => Some(OffsetSpec::Latest),
            AutoOffsetReset::None => None,
        }
    }

    /// The position and its epoch, if there is one.
    pub(super) fn position(assigned: &Assigned) -> Option<(Offset, LeaderEpoch)> {
        matches!(assigned.state, FetchState::Fetching | FetchState::AwaitValidation)
            .then_some((assigned.position, assigned.epoch))
    }
}
