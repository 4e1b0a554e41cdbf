//! What becomes of a batch: acknowledged, sent again, split, or given up (facts: the producer's error table).

use super::accumulator::Slot;
use super::batch::{ProducerBatch, after};
use super::{InFlight, Producer};
use crate::sim::client::io::{Io, MachineEvent, earlier};
use crate::sim::fact::Fact;
use crate::sim::ids::*;
use crate::sim::protocol::ErrorCode;
use crate::sim::protocol::data::{Acks, ProducePartitionResponse, ProduceResponse};
use crate::sim::time::Micros;

impl Producer {
    pub(super) fn on_produce_response(
        &mut self,
        io: &mut Io<'_>,
        id: RequestId,
        answer: &ProduceResponse,
    ) {
        let Some(InFlight { batches, .. }) = self.requests.remove(&id) else { return };
        for (slot, partition, batch) in batches {
            let outcome = answer.partitions.iter().find(|outcome| outcome.partition == partition);
            let unanswered = unanswered(partition, ErrorCode::UnknownServerError);
            self.complete(io, slot, batch, outcome.unwrap_or(&unanswered));
        }
        self.finish_flushes(io);
    }

    /// A lost connection leaves open whether the batches are stored.
    pub(super) fn on_produce_failed(&mut self, io: &mut Io<'_>, id: RequestId, timed_out: bool) {
        let Some(InFlight { batches, .. }) = self.requests.remove(&id) else { return };
        let error =
            if timed_out { ErrorCode::RequestTimedOut } else { ErrorCode::NetworkException };
        for (slot, partition, batch) in batches {
            self.complete(io, slot, batch, &unanswered(partition, error));
        }
        self.finish_flushes(io);
    }

    /// With acks=0 there is nothing to wait for; the offset stays unknown.
    pub(super) fn assume_sent(
        &mut self,
        io: &mut Io<'_>,
        batches: Vec<(Slot, TopicPartition, ProducerBatch)>,
    ) {
        for (slot, partition, batch) in batches {
            self.accumulator.queue_mut(slot).in_flight -= 1;
            self.acknowledge(io, slot, partition, &batch, -1);
        }
        self.finish_flushes(io);
    }

    fn complete(
        &mut self,
        io: &mut Io<'_>,
        slot: Slot,
        batch: ProducerBatch,
        outcome: &ProducePartitionResponse,
    ) {
        self.accumulator.queue_mut(slot).in_flight -= 1;
        let (partition, error) = (outcome.partition, outcome.error);
        if error.refreshes_metadata() {
            self.metadata.request_update();
            if let Some(current) = outcome.current_leader {
                self.metadata.learn(partition, current);
            }
        }
        match error {
            ErrorCode::None => {
                self.acknowledge(io, slot, partition, &batch, outcome.base_offset);
            }
            // The broker has the batch but not its offset any more.
            ErrorCode::DuplicateSequenceNumber => {
                self.acknowledge(io, slot, partition, &batch, -1);
            }
            ErrorCode::MessageTooLarge if batch.count() > 1 => self.split(slot, batch),
            _ if self.can_retry(io.monotonic(), slot, &batch, outcome) => {
                self.retry(io, slot, partition, batch, error);
            }
            _ => {
                let was_refused = i64::from(batch.attempts) < i64::from(self.config.retries);
                self.give_up(io, slot, partition, &batch, error, was_refused);
            }
        }
    }

    fn acknowledge(
        &mut self,
        io: &mut Io<'_>,
        slot: Slot,
        partition: TopicPartition,
        batch: &ProducerBatch,
        base_offset: Offset,
    ) {
        if batch.has_sequence() {
            let last = base_offset + i64::from(batch.count()) - 1;
            let last_offset = if base_offset < 0 { -1 } else { last };
            self.accumulator.queue_mut(slot).sequences.acknowledged(batch, last_offset);
        }
        self.accumulator.complete(batch);
        io.out.fact(Fact::SendAcknowledged {
            client: io.node,
            partition,
            base_offset,
            records: batch.count(),
            digest: batch.batch().body.digest(),
            acks_all: self.config.acks == Acks::All,
        });
        for (index, token) in &batch.tokens {
            let offset = if base_offset < 0 { -1 } else { base_offset + Offset::from(*index) };
            self.tell(io, slot, *token, Ok(offset));
        }
    }

    fn split(&mut self, slot: Slot, batch: ProducerBatch) {
        self.accumulator.queue_mut(slot).sequences.forget(batch.base_sequence());
        let parts = batch.split(i64::from(self.config.batch_size));
        self.accumulator.put_back_parts(slot, parts);
    }

    fn can_retry(
        &mut self,
        now: Micros,
        slot: Slot,
        batch: &ProducerBatch,
        outcome: &ProducePartitionResponse,
    ) -> bool {
        let in_time = now < batch.created + self.delivery_timeout();
        let has_retries = i64::from(batch.attempts) < i64::from(self.config.retries);
        in_time && has_retries && self.is_retriable(slot, batch, outcome)
    }

    /// Idempotent producers also retry a broken sequence, if need be under a new epoch.
    fn is_retriable(
        &mut self,
        slot: Slot,
        batch: &ProducerBatch,
        outcome: &ProducePartitionResponse,
    ) -> bool {
        let sequences = &self.accumulator.queue(slot).sequences;
        let sequence = batch.base_sequence();
        match outcome.error {
            ErrorCode::UnknownProducerId if sequence >= 0 => {
                if outcome.log_start_offset >= 0 && !batch.sequence_reset {
                    self.identity.restart.insert(slot);
                }
                true
            }
            ErrorCode::OutOfOrderSequenceNumber if sequence >= 0 => {
                let is_unresolved = sequences.unresolved.is_some();
                let is_later = batch.sequence_reset || !sequences.is_next(sequence);
                let follows_gap = sequences.unresolved == Some(sequence);
                if (!is_unresolved && !is_later) || (is_unresolved && follows_gap) {
                    // It is the very next batch, and still refused: there is a gap.
                    self.identity.restart.insert(slot);
                }
                true
            }
            error => error.is_retriable(),
        }
    }

    fn retry(
        &mut self,
        io: &mut Io<'_>,
        slot: Slot,
        partition: TopicPartition,
        mut batch: ProducerBatch,
        error: ErrorCode,
    ) {
        let now = io.monotonic();
        batch.retry_at = now + self.backoff().after(batch.attempts, &mut self.rng);
        batch.attempts += 1;
        batch.last_attempt = now;
        self.accumulator.put_back(slot, batch);
        io.out.fact(Fact::SendRetried { client: io.node, partition, error });
    }

    /// Tells the program that the records failed. `was_refused` = the broker is known not to have stored them.
    fn give_up(
        &mut self,
        io: &mut Io<'_>,
        slot: Slot,
        partition: TopicPartition,
        batch: &ProducerBatch,
        error: ErrorCode,
        was_refused: bool,
    ) {
        if batch.has_sequence() {
            self.accumulator.queue_mut(slot).sequences.forget(batch.base_sequence());
            if was_refused {
                // The numbers after it would leave a gap.
                self.identity.restart.insert(slot);
            }
        }
        self.accumulator.complete(batch);
        let records = batch.count();
        io.out.fact(Fact::SendFailed { client: io.node, partition, records, error });
        for (_, token) in &batch.tokens {
            self.tell(io, slot, *token, Err(error));
        }
    }

    /// Gives up what `delivery.timeout.ms` has passed for, in the queues and in flight.
    pub(super) fn expire(&mut self, io: &mut Io<'_>) {
        let now = io.monotonic();
        if self.expiry.is_none_or(|expiry| expiry > now) {
            return;
        }
        for (slot, mut batch) in self.take_expired(now - self.delivery_timeout()) {
            batch.close();
            let partition = self.accumulator.queue(slot).id;
            self.give_up(io, slot, partition, &batch, ErrorCode::RequestTimedOut, false);
            if batch.has_sequence() && batch.attempts > 0 {
                let next = after(batch.batch().last_sequence());
                self.accumulator.queue_mut(slot).sequences.unresolved = Some(next);
                self.identity.unresolved.insert(slot);
            }
        }
        let in_flight = self.requests.values().flat_map(|request| &request.batches);
        let oldest = in_flight.map(|(_, _, batch)| batch.created).min();
        let oldest = earlier(oldest, self.accumulator.oldest());
        self.expiry = oldest.map(|created| created + self.delivery_timeout());
        self.finish_flushes(io);
    }

    fn take_expired(&mut self, created_until: Micros) -> Vec<(Slot, ProducerBatch)> {
        let mut expired = self.accumulator.take_expired(created_until);
        for request in self.requests.values_mut() {
            let is_old = |(_, _, batch): &mut (Slot, TopicPartition, ProducerBatch)| {
                batch.created <= created_until
            };
            for (slot, _, batch) in request.batches.extract_if(.., is_old) {
                self.accumulator.queue_mut(slot).in_flight -= 1;
                expired.push((slot, batch));
            }
        }
        expired
    }

    fn tell(&self, io: &mut Io<'_>, slot: Slot, token: u64, result: Result<Offset, ErrorCode>) {
        let (producer, partition) = (self.number, slot.partition);
        io.events.push_back(MachineEvent::Sent { producer, token, partition, result });
    }
}

fn unanswered(partition: TopicPartition, error: ErrorCode) -> ProducePartitionResponse {
    ProducePartitionResponse {
        partition,
        error,
        base_offset: -1,
        log_start_offset: -1,
        current_leader: None,
    }
}
