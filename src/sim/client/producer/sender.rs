//! Sending: which batches go, in which requests, and when to look again. Kafka's `Sender` and its `ready` and `drain`.

use super::accumulator::{Readiness, Slot};
use super::batch::ProducerBatch;
use super::{InFlight, Producer, Wait};
use crate::sim::client::io::{Io, earlier};
use crate::sim::ids::*;
use crate::sim::protocol::data::{Acks, ProduceRequest};
use crate::sim::time::Micros;

/// What one look at the queues found.
#[derive(Default)]
struct Ready {
    nodes: Vec<NodeId>,
    wake: Option<Micros>,
}

impl Producer {
    /// Does what is due, and returns when to look again.
    pub fn poll(&mut self, io: &mut Io<'_>) -> Option<Micros> {
        self.accumulator.follow(&self.metadata);
        self.expire(io);
        let mut wake = self.keep_identity(io);
        loop {
            let ready = self.ready(io.monotonic());
            let (sent, later) = self.send_to(io, &ready.nodes);
            if !sent {
                wake = earlier(earlier(wake, ready.wake), later);
                break;
            }
        }
        if self.config.partitioner_adaptive_partitioning_enable {
            self.accumulator.update_load();
        }
        let metadata = self.metadata.poll(io, self.line(), &mut self.connections, &mut self.rng);
        let unblock = self.blocked.map(|(since, _)| since + self.max_block());
        earlier(earlier(wake, metadata), earlier(self.expiry, unblock))
    }

    /// The brokers that have something to be sent to, in the order of their ids.
    fn ready(&mut self, now: Micros) -> Ready {
        let mut ready = Ready::default();
        let mut leaderless = false;
        let hurry = self.is_hurried();
        if self.config.enable_idempotence && !self.identity.is_known() {
            return ready;
        }
        for slot in &self.accumulator.active {
            let queue = self.accumulator.queue(*slot);
            let leader = queue.current.leader;
            leaderless |= leader == NodeId::NONE;
            if leader == NodeId::NONE || self.is_muted(queue.in_flight) {
                continue;
            }
            match self.accumulator.readiness(now, *slot, hurry) {
                Some(Readiness::Now) => {
                    if let Err(at) = ready.nodes.binary_search(&leader) {
                        ready.nodes.insert(at, leader);
                    }
                }
                Some(Readiness::At(time)) => ready.wake = earlier(ready.wake, Some(time)),
                None => {}
            }
        }
        if leaderless {
            self.metadata.request_update();
        }
        ready
    }

    /// Whether lingering is over for all: a flush, a close, or a send that waits for memory.
    fn is_hurried(&self) -> bool {
        let starved = matches!(self.blocked, Some((_, Wait::Memory)));
        !self.flushes.is_empty() || self.is_closing || starved
    }

    /// With one request in flight the order is kept by sending one batch of a partition at a time.
    fn is_muted(&self, in_flight: u32) -> bool {
        self.config.max_in_flight_requests_per_connection == 1 && in_flight > 0
    }

    fn send_to(&mut self, io: &mut Io<'_>, nodes: &[NodeId]) -> (bool, Option<Micros>) {
        let (mut sent, mut wake) = (false, None);
        let now = io.monotonic();
        let in_flight_max = self.config.max_in_flight_requests_per_connection.max(1) as u32;
        for node in nodes {
            if !self.connections.is_ready(now, *node) {
                wake = earlier(wake, Some(self.connections.ready_at(*node)));
            } else if self.config.acks == Acks::None && !self.connections.is_connected(*node) {
                // Nobody would tell if the broker were not there. Kafka's client sends nothing before the answer to
                // ApiVersions, which this request stands for.
                let line = self.line();
                self.metadata.ask(io, line, *node, &mut self.connections);
            } else if self.connections.in_flight(*node)
                < self.connections.in_flight_max(*node, in_flight_max)
            {
                let batches = self.drain(now, *node);
                if !batches.is_empty() {
                    self.send_produce(io, *node, batches);
                    sent = true;
                }
            }
        }
        (sent, wake)
    }

    /// Takes at most one batch of each partition that the broker leads, up to `max.request.size`.
    fn drain(&mut self, now: Micros, node: NodeId) -> Vec<(Slot, TopicPartition, ProducerBatch)> {
        let from = self.drain_from.get(&node).copied().unwrap_or(Slot { topic: 0, partition: 0 });
        let active = &self.accumulator.active;
        let led: Vec<Slot> = active
            .around(&from)
            .filter(|slot| self.accumulator.queue(**slot).current.leader == node)
            .copied()
            .collect();
        let (mut batches, mut size) = (Vec::with_capacity(led.len()), 0_i64);
        for slot in led {
            let queue = self.accumulator.queue(slot);
            let Some(first) = queue.batches.front() else { continue };
            if self.is_muted(queue.in_flight)
                || first.is_backing_off(now, queue.current.epoch)
                || !self.allows(slot, first)
            {
                continue;
            }
            let bytes = i64::from(first.size_bytes());
            if !batches.is_empty() && size + bytes > i64::from(self.config.max_request_size) {
                self.drain_from.insert(node, slot);
                break;
            }
            size += bytes;
            batches.extend(self.take(slot));
        }
        batches
    }

    fn allows(&self, slot: Slot, first: &ProducerBatch) -> bool {
        let sequences = &self.accumulator.queue(slot).sequences;
        !self.config.enable_idempotence || sequences.allow(first, self.identity.producer)
    }

    fn take(&mut self, slot: Slot) -> Option<(Slot, TopicPartition, ProducerBatch)> {
        let mut batch = self.accumulator.take_first(slot)?;
        let queue = self.accumulator.queue_mut(slot);
        if self.config.enable_idempotence && !batch.has_sequence() {
            queue.sequences.number(&mut batch, self.identity.producer);
        }
        queue.in_flight += 1;
        batch.leader_epoch = queue.current.epoch;
        Some((slot, queue.id, batch))
    }

    fn send_produce(
        &mut self,
        io: &mut Io<'_>,
        node: NodeId,
        batches: Vec<(Slot, TopicPartition, ProducerBatch)>,
    ) {
        let request = ProduceRequest {
            acks: self.config.acks,
            timeout_ms: i32::try_from(self.config.request_timeout_ms).unwrap_or(i32::MAX),
            batches: batches.iter().map(|(_, id, batch)| (*id, batch.batch().clone())).collect(),
        };
        let timeout = self.config.request_timeout_ms;
        let id = io.out.send(node, self.line(), request, timeout);
        if self.config.acks == Acks::None {
            // No answer will come: what has been handed to the connection counts as sent.
            return self.assume_sent(io, batches);
        }
        self.connections.sent(node);
        self.requests.insert(id, InFlight { node, batches });
    }
}
