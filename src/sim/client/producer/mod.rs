//! The producer: what the Java `KafkaProducer` does between `send()` and the callback.
//!
//! - [`accumulator`] records wait in [`batch`]es by partition
//! - `sender` drains one batch a partition into a request per broker
//! - `completion` what becomes of a batch: acknowledged, retried, split, given up
//! - [`sequences`], `identity` idempotence
//! - [`config`] which configs contradict each other
//!
//! Simplification: no transactions, compression, interceptors or quotas on this side; `partitioner.class` is the built-in one.
pub mod accumulator;
pub mod batch;
mod completion;
pub mod config;
mod identity;
mod sender;
pub mod sequences;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::sync::Arc;

use self::accumulator::{Accumulator, NewRecord, Slot};
use self::batch::ProducerBatch;
use self::config::ConfigException;
use self::identity::Identity;
use super::backoff::Backoff;
use super::connections::Connections;
use super::io::{Io, MachineEvent};
use super::metadata::{Metadata, RefreshConfig};
use super::murmur2::partition_for_key;
use super::program::{SendCall, SentRecord};
use crate::sim::config::ProducerConfig;
use crate::sim::effects::Line;
use crate::sim::ids::*;
use crate::sim::protocol::group::NamedPartition;
use crate::sim::protocol::{ErrorCode, Request, Response};
use crate::sim::rng::Rng;
use crate::sim::sorted::SortedMap;
use crate::sim::storage::batch::{BATCH_OVERHEAD, record_size};
use crate::sim::time::Micros;

/// Whether a call is over, or holds the program's thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Progress {
    Done,
    Blocked,
}

/// A producer.
#[derive(Clone, Debug, Hash)]
pub struct Producer {
    number: u16,
    config: ProducerConfig,
    /// Why the constructor threw.
    refused: Option<ConfigException>,
    metadata: Metadata,
    connections: Connections,
    accumulator: Accumulator,
    identity: Identity,
    requests: SortedMap<RequestId, InFlight>,
    /// Where each broker's next request begins, so that no partition starves.
    drain_from: SortedMap<NodeId, Slot>,
    /// Marks of the flushes that are not done.
    flushes: VecDeque<u64>,
    is_closing: bool,
    /// Since when a send waits, and whether for memory.
    blocked: Option<(Micros, Wait)>,
    /// A time at or before the next batch's expiry.
    expiry: Option<Micros>,
    rng: Rng,
}

/// A produce request that waits for its answer.
#[derive(Clone, Debug, Hash)]
struct InFlight {
    node: NodeId,
    batches: Vec<(Slot, TopicPartition, ProducerBatch)>,
}

/// What a send waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Wait {
    Metadata,
    Memory,
}

/// Why a record is not in the accumulator.
enum Hold {
    Wait(Wait),
    Failed(ErrorCode),
}

impl Producer {
    /// A producer that turns to `bootstrap` first.
    pub fn new(number: u16, bootstrap: Arc<[NodeId]>, config: &ProducerConfig, rng: Rng) -> Self {
        let (config, refused) = match config::in_force(config, &[]) {
            Ok(config) => (config, None),
            Err(error) => (config.clone(), Some(error)),
        };
        let refresh = RefreshConfig {
            backoff: Backoff::new(config.retry_backoff_ms, config.retry_backoff_max_ms),
            max_age_ms: config.metadata_max_age_ms,
            request_timeout_ms: config.request_timeout_ms,
            allow_auto_topic_creation: true,
        };
        Producer {
            number,
            refused,
            metadata: Metadata::new(bootstrap, refresh),
            connections: Connections::new(
                config.reconnect_backoff_ms,
                config.reconnect_backoff_max_ms,
            ),
            accumulator: Accumulator::new(&config, rng.clone().bits()),
            identity: Identity::default(),
            requests: SortedMap::new(),
            drain_from: SortedMap::new(),
            flushes: VecDeque::new(),
            is_closing: false,
            blocked: None,
            expiry: None,
            config,
            rng,
        }
    }

    /// The configs in force.
    pub fn config(&self) -> &ProducerConfig {
        &self.config
    }

    /// Whether the program has sent to a topic.
    pub fn sends_to(&self, topic: &str) -> bool {
        self.accumulator.has_topic(topic)
    }

    /// Records that wait to be sent to a partition.
    pub fn waiting(&self, partition: &NamedPartition) -> u32 {
        self.accumulator.waiting(partition)
    }

    /// Producer id and epoch, -1 before they are known or without idempotence.
    pub fn identity(&self) -> (ProducerId, ProducerEpoch) {
        self.identity.producer
    }

    /// Why the constructor threw, if it did.
    pub fn refused(&self) -> Option<&ConfigException> {
        self.refused.as_ref()
    }

    /// Takes a record. Blocked while metadata or memory is missing, for at most `max.block.ms`.
    pub fn send(&mut self, io: &mut Io<'_>, call: &SendCall, record: SentRecord<'_>) -> Progress {
        let now = io.monotonic();
        let failure = match self.try_send(io, call, record) {
            Ok(()) => None,
            Err(Hold::Failed(error)) => Some(error),
            Err(Hold::Wait(wait)) => {
                let since = self.blocked.map_or(now, |(since, _)| since);
                if now < since + self.max_block() {
                    self.blocked = Some((since, wait));
                    return Progress::Blocked;
                }
                Some(ErrorCode::RequestTimedOut)
            }
        };
        self.blocked = None;
        if let Some(error) = failure
            && call.token != 0
        {
            let (producer, token) = (self.number, call.token);
            let partition = call.partition.unwrap_or(-1);
            let result = Err(error);
            io.events.push_back(MachineEvent::Sent { producer, token, partition, result });
        }
        Progress::Done
    }

    /// Begins a flush: everything sent so far goes without lingering, and an event tells when it is done.
    pub fn flush(&mut self, io: &mut Io<'_>) {
        self.flushes.push_back(self.accumulator.last_serial());
        self.finish_flushes(io);
    }

    /// Sends what there is; Done once everything is acknowledged or given up.
    pub fn close(&mut self) -> Progress {
        self.is_closing = true;
        if self.accumulator.is_empty() { Progress::Done } else { Progress::Blocked }
    }

    /// Whether closing has begun.
    pub fn is_closing(&self) -> bool {
        self.is_closing
    }

    /// Closes the connections.
    pub fn disconnect(&mut self, io: &mut Io<'_>) {
        for node in self.connections.peers() {
            io.out.disconnect(node, self.line());
        }
    }

    /// Part of `buffer.memory` in use.
    pub fn memory_used(&self) -> i64 {
        self.accumulator.memory_used()
    }

    /// Produce requests without an answer yet.
    pub fn requests_in_flight(&self) -> u32 {
        self.requests.len() as u32
    }

    /// Handles the answer to one of its requests.
    pub fn on_response(&mut self, io: &mut Io<'_>, from: NodeId, id: RequestId, answer: &Response) {
        self.connections.answered(from);
        match answer {
            Response::Metadata(answer) if self.metadata.is_mine(id) => {
                self.metadata.on_response(io.monotonic(), answer, &mut self.rng);
            }
            Response::InitProducerId(answer) => {
                self.identity.on_response(io.monotonic(), *answer, self.backoff(), &mut self.rng);
            }
            Response::Produce(answer) => self.on_produce_response(io, id, answer),
            _ => debug_assert!(false, "a producer got {:?}", answer.api()),
        }
    }

    /// Handles the end of one of its requests without an answer.
    pub fn on_failed(
        &mut self,
        io: &mut Io<'_>,
        to: NodeId,
        id: RequestId,
        request: &Request,
        timed_out: bool,
    ) {
        let now = io.monotonic();
        let was_connected = self.connections.failed(now, to, &mut self.rng);
        match request {
            Request::Metadata(_) if self.metadata.is_mine(id) => {
                self.metadata.on_failed(now, was_connected, &mut self.rng);
            }
            Request::InitProducerId(_) => {
                self.identity.on_failed(now, self.backoff(), &mut self.rng);
            }
            Request::Produce(_) => self.on_produce_failed(io, id, timed_out),
            _ => debug_assert!(false, "a producer sent {:?}", request.api()),
        }
        self.metadata.request_update();
    }

    /// A connection was lost that nothing waited on.
    pub fn on_disconnected(&mut self, io: &mut Io<'_>, to: NodeId) {
        self.connections.failed(io.monotonic(), to, &mut self.rng);
        self.metadata.request_update();
    }

    fn try_send(
        &mut self,
        io: &Io<'_>,
        call: &SendCall,
        record: SentRecord<'_>,
    ) -> Result<(), Hold> {
        if self.refused.is_some() {
            return Err(Hold::Failed(ErrorCode::InvalidConfig));
        }
        let SentRecord { topic, key, value } = record;
        let size = record_size(key, value);
        self.check_size(size)?;
        let topic = self.topic(topic)?;
        let count = self.accumulator.partition_count(topic);
        let mut is_sticky = false;
        let partition = match (call.partition, key) {
            (Some(partition), _) if partition < 0 => {
                return Err(Hold::Failed(ErrorCode::InvalidPartitions));
            }
            (Some(partition), _) if partition >= count => {
                self.metadata.request_update();
                return Err(Hold::Wait(Wait::Metadata));
            }
            (Some(partition), _) => partition,
            (None, Some(key)) if !self.config.partitioner_ignore_keys => {
                partition_for_key(key, count)
            }
            (None, _) => {
                is_sticky = true;
                self.accumulator.sticky_partition(topic, &mut self.rng)
            }
        };
        let timestamp = call.timestamp.unwrap_or(io.now.wall_ms);
        let record = NewRecord { timestamp, key, value, size, token: call.token };
        let now = io.monotonic();
        let appended = self
            .accumulator
            .append(now, Slot { topic, partition }, record)
            .ok_or(Hold::Wait(Wait::Memory))?;
        if is_sticky {
            self.accumulator.stuck_to(topic, appended, &mut self.rng);
        }
        if appended.new_batch && self.expiry.is_none() {
            self.expiry = Some(now + self.delivery_timeout());
        }
        Ok(())
    }

    fn check_size(&self, record_size: u32) -> Result<(), Hold> {
        let size = i64::from(BATCH_OVERHEAD + record_size);
        if size > i64::from(self.config.max_request_size) || size > self.config.buffer_memory {
            return Err(Hold::Failed(ErrorCode::MessageTooLarge));
        }
        Ok(())
    }

    /// The topic's place, once its partitions are known.
    fn topic(&mut self, name: &Arc<str>) -> Result<u32, Hold> {
        if let Some(topic) = self.accumulator.find_topic(name) {
            return Ok(topic);
        }
        self.metadata.want(name);
        match self.metadata.answer(name) {
            Some(ErrorCode::InvalidTopicException) => {
                Err(Hold::Failed(ErrorCode::InvalidTopicException))
            }
            Some(_) | None => {
                self.accumulator.add_topic(name, &self.metadata).ok_or(Hold::Wait(Wait::Metadata))
            }
        }
    }

    fn finish_flushes(&mut self, io: &mut Io<'_>) {
        while let Some(mark) = self.flushes.front()
            && self.accumulator.is_done_until(*mark)
        {
            self.flushes.pop_front();
            io.events.push_back(MachineEvent::Flushed { producer: self.number });
        }
    }

    fn line(&self) -> Line {
        Line::Producer(self.number)
    }

    fn backoff(&self) -> Backoff {
        Backoff::new(self.config.retry_backoff_ms, self.config.retry_backoff_max_ms)
    }

    fn delivery_timeout(&self) -> Micros {
        Micros::from_ms(self.config.delivery_timeout_ms)
    }

    fn max_block(&self) -> Micros {
        Micros::from_ms(self.config.max_block_ms)
    }
}
