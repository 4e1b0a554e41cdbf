//! Produce: a leader checks a batch, appends it, and answers when as many replicas have it as the producer wants.

use super::Broker;
use super::coordinators::CoordinatorEvent;
use super::errors::{error_without_replica, leader_in};
use super::fetch::Wake;
use super::fetch_session::FetchSessions;
use super::purgatory::{DelayedProduce, ProduceOwner, ProduceRef, tick_of};
use super::replica::{Replica, Role, WaitingBatch};
use crate::sim::effects::{Effects, RequestRef};
use crate::sim::fact::Fact;
use crate::sim::ids::*;
use crate::sim::protocol::ErrorCode;
use crate::sim::protocol::data::*;
use crate::sim::storage::batch::Batch;
use crate::sim::storage::producer_append::{
    AppendOrigin, AppendRequest, ProducerAppend, Validated,
};
use crate::sim::storage::producer_error::EpochRule;
use crate::sim::time::{Micros, NodeNow};
use crate::sim::version::KafkaVersion;

/// `message.timestamp.after.max.ms` since 4.0 (KIP-937, KIP-1030).
const TIMESTAMP_AFTER_MAX_MS: i64 = 3_600_000;

/// Where a batch stands in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Appended {
    pub base_offset: Offset,
    pub last_offset: Offset,
}

/// What a group of batches is appended for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Purpose {
    pub owner: ProduceOwner,
    pub acks: Acks,
    pub timeout_ms: i64,
}

impl Broker {
    pub(super) fn on_produce(
        &mut self,
        now: NodeNow,
        at: RequestRef,
        request: &ProduceRequest,
        out: &mut Effects,
    ) {
        let ProduceRequest { acks, timeout_ms, .. } = *request;
        let owner = ProduceOwner::Request(at);
        let purpose = Purpose { owner, acks, timeout_ms: timeout_ms.into() };
        let response = self.append_batches(now, purpose, &request.batches, out);
        match (acks, response) {
            (Acks::None, Some(response)) => finish_unanswered(at, &response, out),
            (Acks::Leader | Acks::All, Some(response)) => out.respond(at, response),
            (_, None) => {}
        }
    }

    /// Appends batches; returns the answer unless it has to wait for the high watermark.
    pub(super) fn append_batches(
        &mut self,
        now: NodeNow,
        purpose: Purpose,
        batches: &[(TopicPartition, Batch)],
        out: &mut Effects,
    ) -> Option<ProduceResponse> {
        let produce = self.purgatory.reserve();
        let mut appended = Vec::with_capacity(batches.len());
        let mut partitions = Vec::with_capacity(batches.len());
        let mut pending = 0;
        for (place, (partition, batch)) in (0u32..).zip(batches) {
            let slot = self.replicas.find(*partition);
            let result = match slot {
                Some(slot) => self.append_as_leader(now, slot, batch, purpose, out),
                None => Err(error_without_replica(&self.image, *partition)),
            };
            if let (Some(slot), Ok(result)) = (slot, result) {
                let waits = self.await_commit(slot, result, purpose.acks, produce, place, out);
                pending += u32::from(waits);
                appended.push(slot);
            }
            partitions.push(self.produce_answer(*partition, slot, result, out));
        }
        let mut response = ProduceResponse { partitions };
        if pending > 0 {
            self.delay_produce(now, produce, purpose, response, pending, out);
            response = ProduceResponse { partitions: Vec::new() };
        } else {
            self.purgatory.release(produce);
        }
        for slot in appended {
            self.advance_high_watermark(now, slot, out);
            // A duplicate may have been committed long ago.
            self.complete_produces(slot, out);
            self.wake_fetches(slot, Wake::Appended, out);
        }
        (pending == 0).then_some(response)
    }

    fn delay_produce(
        &mut self,
        now: NodeNow,
        produce: ProduceRef,
        purpose: Purpose,
        response: ProduceResponse,
        pending: u32,
        out: &mut Effects,
    ) {
        let deadline = tick_of(now.monotonic + Micros::from_ms(purpose.timeout_ms));
        let ProduceRef { slot, number } = produce;
        let delayed = DelayedProduce { number, owner: purpose.owner, deadline, response, pending };
        self.purgatory.add_produce(now.monotonic, delayed, slot, out);
    }

    /// Lets a batch wait for the high watermark if the producer wants acks=all; false if it need not wait.
    fn await_commit(
        &mut self,
        slot: u32,
        result: Appended,
        acks: Acks,
        produce: ProduceRef,
        place: u32,
        out: &mut Effects,
    ) -> bool {
        let Appended { base_offset, last_offset, .. } = result;
        let Some(replica) = self.replicas.get_mut(slot) else { return false };
        let partition = replica.partition;
        if acks == Acks::All {
            let waiting = WaitingBatch { required_offset: last_offset + 1, produce, place };
            let at = replica.waiting.partition_point(|w| w.required_offset <= last_offset + 1);
            replica.waiting.insert(at, waiting);
            return true;
        }
        if acks == Acks::Leader {
            let broker = self.node;
            out.fact(Fact::ProduceAcknowledged {
                broker,
                partition,
                base_offset,
                last_offset,
                acks_all: false,
            });
        }
        false
    }

    fn produce_answer(
        &self,
        partition: TopicPartition,
        slot: Option<u32>,
        result: Result<Appended, ErrorCode>,
        out: &mut Effects,
    ) -> ProducePartitionResponse {
        let log_start_offset = slot
            .and_then(|slot| self.replicas.get(slot))
            .map_or(-1, |replica| replica.log.log_start_offset());
        let (error, base_offset) = match result {
            Ok(appended) => (ErrorCode::None, appended.base_offset),
            Err(error) => {
                out.fact(Fact::ProduceRefused { broker: self.node, partition, error });
                (error, -1)
            }
        };
        let moved = error == ErrorCode::NotLeaderOrFollower;
        let current_leader = if moved { leader_in(&self.image, partition) } else { None };
        ProducePartitionResponse { partition, error, base_offset, log_start_offset, current_leader }
    }

    fn append_as_leader(
        &mut self,
        now: NodeNow,
        slot: u32,
        batch: &Batch,
        purpose: Purpose,
        out: &mut Effects,
    ) -> Result<Appended, ErrorCode> {
        let replica = self.replicas.get_mut(slot).ok_or(ErrorCode::NotLeaderOrFollower)?;
        check_leader(replica, purpose.acks)?;
        let latest = match self.context.setup.version >= KafkaVersion::V4_0 {
            true => now.wall_ms.saturating_add(TIMESTAMP_AFTER_MAX_MS),
            false => i64::MAX,
        };
        check_batch(replica, batch, latest)?;
        let mut batch = batch.clone();
        batch.header.base_offset = replica.log_end_offset();
        batch.header.leader_epoch = replica.leader_epoch;
        let origin = match purpose.owner {
            ProduceOwner::Request(_) => AppendOrigin::Client,
            ProduceOwner::Coordinator { .. } => AppendOrigin::Coordinator,
        };
        if batch.header.producer_id >= 0 {
            match check_producer(replica, &batch, origin)? {
                Ok(append) => replica.producers.update(append),
                Err(duplicate) => return Ok(duplicate),
            };
        }
        settle_idle_followers(replica, &self.sessions);
        out.charge_write(
            self.context.setup.costs.of_records(batch.count().into(), batch.size_bytes().into()),
        );
        out.fact(appended_fact(self.node, replica.partition, &batch, true));
        let (base_offset, last_offset) = (batch.header.base_offset, batch.last_offset());
        replica.append(batch, now.monotonic);
        replica.producers.update_map_end_offset(last_offset + 1);
        Ok(Appended { base_offset, last_offset })
    }

    /// Tells the producers whose batches the high watermark has passed.
    pub(super) fn complete_produces(&mut self, slot: u32, out: &mut Effects) {
        while let Some(replica) = self.replicas.get_mut(slot)
            && let Some(waiting) = replica.waiting.front().copied()
            && waiting.required_offset <= replica.high_watermark
        {
            replica.waiting.pop_front();
            let error = completion_error(replica);
            let partition = replica.partition;
            if error.is_none() {
                self.note_acknowledged(partition, waiting, out);
            }
            self.settle_produce(waiting, error, out);
        }
    }

    /// Ends every wait for a partition that this broker does not lead any more.
    pub(super) fn fail_produces(&mut self, slot: u32, error: ErrorCode, out: &mut Effects) {
        let Some(replica) = self.replicas.get_mut(slot) else { return };
        for waiting in std::mem::take(&mut replica.waiting) {
            self.settle_produce(waiting, error, out);
        }
    }

    fn note_acknowledged(
        &mut self,
        partition: TopicPartition,
        waiting: WaitingBatch,
        out: &mut Effects,
    ) {
        let broker = self.node;
        let Some(produce) = self.purgatory.produce_mut(waiting.produce) else { return };
        out.fact(Fact::ProduceAcknowledged {
            broker,
            partition,
            base_offset: produce.base_offset(waiting.place),
            last_offset: waiting.required_offset - 1,
            acks_all: true,
        });
    }

    fn settle_produce(&mut self, waiting: WaitingBatch, error: ErrorCode, out: &mut Effects) {
        let Some(produce) = self.purgatory.produce_mut(waiting.produce) else { return };
        if produce.settle(waiting.place, error)
            && let Some(done) = self.purgatory.take_produce(waiting.produce)
        {
            self.answer_produce(done, out);
        }
    }

    pub(super) fn on_expire_produces(&mut self, now: NodeNow, out: &mut Effects) {
        for mut produce in self.purgatory.expired_produces(now.monotonic, out) {
            let reference = produce.number;
            for partition in &mut produce.response.partitions {
                let Some(slot) = self.replicas.find(partition.partition) else { continue };
                let Some(replica) = self.replicas.get_mut(slot) else { continue };
                let before = replica.waiting.len();
                replica.waiting.retain(|waiting| waiting.produce.number != reference);
                if replica.waiting.len() < before {
                    partition.error = ErrorCode::RequestTimedOut;
                    partition.base_offset = -1;
                }
            }
            self.answer_produce(produce, out);
        }
    }

    fn answer_produce(&mut self, done: DelayedProduce, out: &mut Effects) {
        match done.owner {
            ProduceOwner::Request(at) => out.respond(at, done.response),
            ProduceOwner::Coordinator { ticket } => {
                let error = done.response.partitions.first().map_or(ErrorCode::None, |p| p.error);
                self.coordinator_events.push_back(CoordinatorEvent::Appended { ticket, error });
            }
        }
    }
}

/// The fact of an append.
pub(super) fn appended_fact(
    broker: NodeId,
    partition: TopicPartition,
    batch: &Batch,
    as_leader: bool,
) -> Fact {
    let header = batch.header;
    Fact::Appended {
        broker,
        partition,
        base_offset: header.base_offset,
        last_offset: batch.last_offset(),
        leader_epoch: header.leader_epoch,
        producer: (header.producer_id, header.producer_epoch),
        base_sequence: header.base_sequence,
        origin: header.origin,
        digest: batch.body.digest(),
        as_leader,
    }
}

/// A producer with acks=0 learns of an error only from the end of its connection.
fn finish_unanswered(at: RequestRef, response: &ProduceResponse, out: &mut Effects) {
    if response.partitions.iter().all(|partition| partition.error.is_none()) {
        out.finish(at);
    } else {
        out.close(at);
    }
}

fn check_leader(replica: &Replica, acks: Acks) -> Result<(), ErrorCode> {
    let leader = replica.leader().ok_or(ErrorCode::NotLeaderOrFollower)?;
    let too_few = leader.isr.len() < replica.effective_min_isr();
    if too_few && acks == Acks::All { Err(ErrorCode::NotEnoughReplicas) } else { Ok(()) }
}

fn check_batch(replica: &Replica, batch: &Batch, latest_ms: i64) -> Result<(), ErrorCode> {
    if i64::from(batch.size_bytes()) > i64::from(replica.config.max_message_bytes) {
        return Err(ErrorCode::MessageTooLarge);
    }
    if batch.header.max_timestamp > latest_ms {
        return Err(ErrorCode::InvalidTimestamp);
    }
    let is_compacted = replica.config.cleanup_policy.contains("compact");
    if is_compacted && batch.body.records().any(|record| record.key.is_none()) {
        return Err(ErrorCode::InvalidRecord);
    }
    Ok(())
}

/// Checks epoch and sequence; `Ok(Err(_))` is a duplicate and where it stands.
fn check_producer(
    replica: &Replica,
    batch: &Batch,
    origin: AppendOrigin,
) -> Result<Result<ProducerAppend, Appended>, ErrorCode> {
    let request = AppendRequest {
        origin,
        verification_enabled: false,
        guard: None,
        marker: None,
        marker_epoch: EpochRule::NotOlder(0),
    };
    match replica.producers.validate(&batch.header, request).map_err(|error| error.code())? {
        Validated::Append(append) => Ok(Ok(append)),
        Validated::Duplicate(known) => {
            Ok(Err(Appended { base_offset: known.first_offset(), last_offset: known.last_offset }))
        }
    }
}

/// Before the end of the log moves: a follower at the end has been there up to its last fetch. Fetches that found nothing
/// new do not touch their partitions, so this is noted only now.
fn settle_idle_followers(replica: &mut Replica, sessions: &FetchSessions) {
    let end = replica.log_end_offset();
    let Role::Leader(leader) = &mut replica.role else { return };
    for follower in leader.followers.iter_mut().filter(|f| f.log_end_offset == end) {
        let session = follower.session.and_then(|slot| sessions.get(slot));
        let is_its_own = |fetcher| matches!(fetcher, Fetcher::Follower { replica, .. } if replica == follower.broker);
        if let Some(session) = session.filter(|session| is_its_own(session.fetcher)) {
            follower.note_fetch(session.last_fetch, end, end);
        }
    }
}

/// Records are committed, but were enough replicas in sync for it?
fn completion_error(replica: &Replica) -> ErrorCode {
    let in_sync = replica.leader().map_or(0, |leader| leader.maximal_isr_len());
    if in_sync >= replica.effective_min_isr() {
        ErrorCode::None
    } else {
        ErrorCode::NotEnoughReplicasAfterAppend
    }
}
