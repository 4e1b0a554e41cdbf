//! The producer id and its epoch: asked for once, the epoch raised by the producer itself when a sequence breaks (KIP-360).

use super::Producer;
use super::accumulator::Slot;
use super::batch::ProducerBatch;
use crate::sim::client::backoff::Backoff;
use crate::sim::client::io::{Io, earlier};
use crate::sim::ids::*;
use crate::sim::protocol::data::{InitProducerIdRequest, InitProducerIdResponse};
use crate::sim::rng::Rng;
use crate::sim::sorted::{SortedSet, sort_by_key};
use crate::sim::time::Micros;

/// What the whole producer knows about its identity.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Identity {
    /// Producer id and epoch, -1 before they are known.
    pub producer: (ProducerId, ProducerEpoch),
    request: Option<RequestId>,
    attempts: u32,
    retry_at: Micros,
    /// Partitions whose sequence starts again under the next epoch.
    pub restart: SortedSet<Slot>,
    /// Partitions where a batch was given up that may or may not be stored.
    pub unresolved: SortedSet<Slot>,
}

impl Default for Identity {
    fn default() -> Self {
        Identity {
            producer: (-1, -1),
            request: None,
            attempts: 0,
            retry_at: Micros::ZERO,
            restart: SortedSet::new(),
            unresolved: SortedSet::new(),
        }
    }
}

impl Identity {
    /// Whether batches can be numbered.
    pub fn is_known(&self) -> bool {
        self.producer.0 >= 0
    }

    /// Takes the id, or waits to ask again.
    pub fn on_response(
        &mut self,
        now: Micros,
        answer: InitProducerIdResponse,
        backoff: Backoff,
        rng: &mut Rng,
    ) {
        if !answer.error.is_none() {
            return self.on_failed(now, backoff, rng);
        }
        self.request = None;
        self.attempts = 0;
        self.producer = (answer.producer_id, answer.producer_epoch);
    }

    /// Waits to ask again.
    pub fn on_failed(&mut self, now: Micros, backoff: Backoff, rng: &mut Rng) {
        self.request = None;
        self.retry_at = now + backoff.after(self.attempts, rng);
        self.attempts = self.attempts.saturating_add(1);
    }
}

impl Producer {
    /// Raises the epoch if a partition needs it, and asks for a producer id if there is none. Returns when to look again.
    pub(super) fn keep_identity(&mut self, io: &mut Io<'_>) -> Option<Micros> {
        if !self.config.enable_idempotence || self.refused.is_some() {
            return None;
        }
        self.settle_unresolved();
        if !self.identity.restart.is_empty() && self.identity.is_known() {
            self.raise_epoch();
        }
        if self.identity.is_known() || self.identity.request.is_some() {
            return None;
        }
        self.ask_for_id(io)
    }

    fn ask_for_id(&mut self, io: &mut Io<'_>) -> Option<Micros> {
        let now = io.monotonic();
        if self.identity.retry_at > now {
            return Some(self.identity.retry_at);
        }
        let Some(node) = self.metadata.any_broker(now, &self.connections, &mut self.rng) else {
            return earlier(self.metadata.any_broker_at(&self.connections), None);
        };
        let timeout = self.config.request_timeout_ms;
        let id = io.out.send(node, self.line(), InitProducerIdRequest {}, timeout);
        self.connections.sent(node);
        self.identity.request = Some(id);
        None
    }

    /// A gap where nothing is in flight any more is either none, or needs a new epoch.
    fn settle_unresolved(&mut self) {
        for slot in std::mem::take(&mut self.identity.unresolved) {
            let sequences = &mut self.accumulator.queue_mut(slot).sequences;
            if !sequences.is_idle() {
                self.identity.unresolved.insert(slot);
            } else if sequences.is_next(sequences.next) {
                sequences.unresolved = None;
            } else {
                self.identity.restart.insert(slot);
            }
        }
    }

    fn raise_epoch(&mut self) {
        let (id, epoch) = self.identity.producer;
        let Some(epoch) = epoch.checked_add(1) else {
            // The epochs are used up: go on under a new id, and restart the sequences when it is known.
            self.identity.producer = (-1, -1);
            return;
        };
        self.identity.producer = (id, epoch);
        for slot in std::mem::take(&mut self.identity.restart) {
            self.identity.unresolved.remove(&slot);
            self.restart_sequence(slot);
        }
    }

    /// Numbers every batch of a partition that has a number, queued or in flight, from 0 under the new epoch.
    fn restart_sequence(&mut self, slot: Slot) {
        let producer = self.identity.producer;
        let queue = self.accumulator.queue_mut(slot);
        let in_flight = self.requests.values_mut().flat_map(|request| &mut request.batches);
        let in_flight = in_flight.filter(|(at, ..)| *at == slot).map(|(_, _, batch)| batch);
        let mut batches: Vec<&mut ProducerBatch> = in_flight
            .chain(queue.batches.iter_mut())
            .filter(|batch| batch.has_sequence())
            .collect();
        sort_by_key(&mut batches, |batch| batch.base_sequence());
        queue.sequences.restart(producer, batches.into_iter());
    }
}
