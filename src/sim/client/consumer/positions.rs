//! Finding and checking positions: the offset to begin at, and whether it is still on the leader's log.

use super::Consumer;
use super::assignment::FetchState;
use crate::sim::client::backoff::Backoff;
use crate::sim::client::io::{Io, earlier};
use crate::sim::effects::Line;
use crate::sim::fact::Fact;
use crate::sim::ids::*;
use crate::sim::protocol::ErrorCode;
use crate::sim::protocol::data::*;
use crate::sim::protocol::group::NamedPartition;
use crate::sim::sorted::SortedMap;
use crate::sim::storage::epoch_cache::EpochEndOffset;
use crate::sim::time::Micros;

/// What is to be asked of whom.
#[derive(Default)]
struct Asks {
    initializing: Vec<NamedPartition>,
    resets: SortedMap<NodeId, Vec<ListOffsetsPartition>>,
    checks: SortedMap<NodeId, Vec<OffsetForLeaderEpochPartition>>,
    wake: Option<Micros>,
}

impl Consumer {
    /// Asks for what is missing about the positions, and returns when to look again.
    pub(super) fn settle_positions(&mut self, io: &mut Io<'_>) -> Option<Micros> {
        if self.assignment.unsettled.is_empty() {
            return None;
        }
        let mut asks = Asks::default();
        for name in self.assignment.unsettled.clone() {
            self.plan(io.monotonic(), name, &mut asks);
        }
        for (node, partitions) in asks.resets {
            let request = ListOffsetsRequest { isolation: self.config.isolation_level, partitions };
            self.ask(io, node, request.into());
        }
        for (node, partitions) in asks.checks {
            self.ask(io, node, OffsetForLeaderEpochRequest { partitions }.into());
        }
        self.initialize(io, asks.initializing);
        asks.wake
    }

    /// Adds what must be asked about a partition, if it can be asked now.
    fn plan(&mut self, now: Micros, name: NamedPartition, asks: &mut Asks) {
        let Some(assigned) = self.assignment.get_mut(&name).filter(|a| !a.is_asked) else {
            return;
        };
        if assigned.retry_at > now {
            asks.wake = earlier(asks.wake, Some(assigned.retry_at));
            return;
        }
        if assigned.state == FetchState::Initializing {
            return asks.initializing.push(name);
        }
        let LeaderAndEpoch { leader, epoch: current_leader_epoch } = assigned.current;
        let Some(partition) = assigned.id.filter(|_| leader != NodeId::NONE) else {
            return self.metadata.request_update();
        };
        if !self.connections.is_ready(now, leader) {
            asks.wake = earlier(asks.wake, Some(self.connections.ready_at(leader)));
            return;
        }
        match assigned.state {
            FetchState::AwaitReset(spec) => {
                let ask = ListOffsetsPartition { partition, current_leader_epoch, spec };
                asks.resets.entry(leader).or_default().push(ask);
            }
            FetchState::AwaitValidation => {
                let leader_epoch = assigned.epoch;
                let ask =
                    OffsetForLeaderEpochPartition { partition, current_leader_epoch, leader_epoch };
                asks.checks.entry(leader).or_default().push(ask);
            }
            FetchState::Initializing | FetchState::Fetching | FetchState::NoPosition => return,
        }
        assigned.is_asked = true;
    }

    fn ask(&mut self, io: &mut Io<'_>, node: NodeId, request: crate::sim::protocol::Request) {
        let line = Line::Consumer(self.number);
        io.out.send(node, line, request, self.config.request_timeout_ms);
        self.connections.sent(node);
    }

    /// Without a group there is no committed offset to look up.
    fn initialize(&mut self, io: &mut Io<'_>, names: Vec<NamedPartition>) {
        if names.is_empty() {
            return;
        }
        if self.group.is_some() {
            return self.fetch_committed(io, names);
        }
        for name in names {
            self.lose_position(&name, ErrorCode::OffsetOutOfRange);
        }
    }

    pub(super) fn on_list_offsets(&mut self, io: &mut Io<'_>, answer: &ListOffsetsResponse) {
        for found in &answer.partitions {
            let Some(name) = self.name(found.partition) else { continue };
            let Some(assigned) = self.assignment.get(&name) else { continue };
            if !matches!(assigned.state, FetchState::AwaitReset(_)) || !assigned.is_asked {
                continue;
            }
            if !found.error.is_none() {
                self.ask_later(io, &name, found.error);
                continue;
            }
            self.assignment.set_position(&name, found.offset, -1);
            if let Some(assigned) = self.assignment.get_mut(&name) {
                assigned.epoch = found.leader_epoch;
            }
            self.note_reset(io, found.partition, found.offset);
        }
    }

    pub(super) fn on_epoch_ends(&mut self, io: &mut Io<'_>, answer: &OffsetForLeaderEpochResponse) {
        for (partition, error, end) in &answer.partitions {
            let Some(name) = self.name(*partition) else { continue };
            let Some(assigned) = self.assignment.get(&name) else { continue };
            if assigned.state != FetchState::AwaitValidation || !assigned.is_asked {
                continue;
            }
            if error.is_none() {
                self.validate(io, &name, *partition, *end);
            } else {
                self.ask_later(io, &name, *error);
            }
        }
    }

    /// Goes on, or back to where the logs part ("truncation detected", KIP-320).
    fn validate(
        &mut self,
        io: &mut Io<'_>,
        name: &NamedPartition,
        partition: TopicPartition,
        end: EpochEndOffset,
    ) {
        let Some(assigned) = self.assignment.get(name) else { return };
        let position = assigned.position;
        if end.end_offset < 0 || end.epoch < 0 {
            return self.lose_position(name, ErrorCode::OffsetOutOfRange);
        }
        if end.end_offset >= position {
            return self.assignment.set_state(name, FetchState::Fetching);
        }
        self.discard(name);
        self.assignment.set_position(name, end.end_offset, -1);
        if let Some(assigned) = self.assignment.get_mut(name) {
            assigned.epoch = end.epoch;
        }
        self.note_reset(io, partition, end.end_offset);
    }

    fn note_reset(&self, io: &mut Io<'_>, partition: TopicPartition, offset: Offset) {
        let consumer = u32::from(self.number);
        io.out.fact(Fact::PositionReset { client: io.node, consumer, partition, offset });
    }

    /// The request that would settle some positions failed.
    pub(super) fn on_positions_failed(
        &mut self,
        io: &mut Io<'_>,
        partitions: impl Iterator<Item = TopicPartition>,
    ) {
        for partition in partitions {
            if let Some(name) = self.name(partition) {
                self.ask_later(io, &name, ErrorCode::NetworkException);
            }
        }
    }

    /// Asks again after the backoff.
    pub(super) fn ask_later(&mut self, io: &Io<'_>, name: &NamedPartition, error: ErrorCode) {
        if error.refreshes_metadata() || error == ErrorCode::UnknownLeaderEpoch {
            self.metadata.request_update();
        }
        let backoff = self.backoff();
        let Some(assigned) = self.assignment.get_mut(name) else { return };
        assigned.is_asked = false;
        assigned.retry_at = io.monotonic() + backoff.after(assigned.attempts, &mut self.rng);
        assigned.attempts = assigned.attempts.saturating_add(1);
    }

    pub(super) fn name(&self, partition: TopicPartition) -> Option<NamedPartition> {
        let topic = self.metadata.name_of(partition.topic)?.clone();
        Some(NamedPartition { topic, partition: partition.partition })
    }

    pub(super) fn backoff(&self) -> Backoff {
        Backoff::new(self.config.retry_backoff_ms, self.config.retry_backoff_max_ms)
    }
}
