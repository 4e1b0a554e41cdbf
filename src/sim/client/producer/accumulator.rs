//! Records waiting to be sent, in batches by partition: Kafka's `RecordAccumulator`.

use std::collections::VecDeque;
use std::sync::Arc;

use super::batch::ProducerBatch;
use super::sequences::Sequences;
use crate::sim::client::metadata::Metadata;
use crate::sim::client::partitioner::{
    AvailablePartition, BuiltInPartitioner, PartitionQueue, Switch, TopicPartitions,
};
use crate::sim::config::ProducerConfig;
use crate::sim::ids::*;
use crate::sim::protocol::data::LeaderAndEpoch;
use crate::sim::protocol::group::NamedPartition;
use crate::sim::rng::Rng;
use crate::sim::sorted::{SortedMap, SortedSet};
use crate::sim::storage::batch::{BATCH_OVERHEAD, Room};
use crate::sim::time::Micros;

/// A partition by its topic's place in the accumulator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slot {
    pub topic: u32,
    pub partition: PartitionIndex,
}

/// Batches by partition.
#[derive(Clone, Debug, Hash)]
pub struct Accumulator {
    /// Tells this producer's batches from those of all others.
    producer: u64,
    batch_size: i64,
    linger: Micros,
    memory: i64,
    memory_used: i64,
    topics: Vec<TopicQueues>,
    /// Where the last record went.
    last_topic: u32,
    /// Partitions with a batch.
    pub active: SortedSet<Slot>,
    next_serial: u64,
    /// Batches that are not done, with the number of their parts.
    incomplete: SortedMap<u64, u32>,
}

/// The partitions of one topic.
#[derive(Clone, Debug, Hash)]
struct TopicQueues {
    name: Arc<str>,
    metadata_version: u32,
    partitioner: BuiltInPartitioner,
    partitions: TopicPartitions,
    /// Whether a record came without key and partition.
    is_sticky: bool,
    queues: Vec<Queue>,
}

/// The batches of one partition, oldest first.
#[derive(Clone, Debug, Hash)]
pub struct Queue {
    pub id: TopicPartition,
    pub current: LeaderAndEpoch,
    pub batches: VecDeque<ProducerBatch>,
    /// Batches sent and not answered.
    pub in_flight: u32,
    pub sequences: Sequences,
    /// What the batch before took: the next one is likely to be about as large.
    last_room: Room,
}

/// A record to append.
#[derive(Clone, Copy, Debug)]
pub struct NewRecord<'a> {
    pub timestamp: i64,
    pub key: Option<&'a [u8]>,
    pub value: Option<&'a [u8]>,
    /// Bytes that it takes in a batch.
    pub size: u32,
    pub token: u64,
}

/// Whether a batch may be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readiness {
    Now,
    At(Micros),
}

impl Accumulator {
    /// An empty accumulator.
    pub fn new(config: &ProducerConfig, producer: u64) -> Accumulator {
        Accumulator {
            producer,
            batch_size: i64::from(config.batch_size),
            linger: Micros::from_ms(config.linger_ms),
            memory: config.buffer_memory,
            memory_used: 0,
            topics: Vec::new(),
            last_topic: 0,
            active: SortedSet::new(),
            next_serial: 1,
            incomplete: SortedMap::new(),
        }
    }

    /// Whether a record was ever taken in for a topic.
    pub fn has_topic(&self, topic: &str) -> bool {
        self.topics.iter().any(|queues| *queues.name == *topic)
    }

    /// The place of a topic that has been added. Mostly it is that of the record before.
    pub fn find_topic(&mut self, name: &Arc<str>) -> Option<u32> {
        let same = |topic: &TopicQueues| Arc::ptr_eq(&topic.name, name) || topic.name == *name;
        if self.topics.get(self.last_topic as usize).is_some_and(same) {
            return Some(self.last_topic);
        }
        self.last_topic = self.topics.iter().position(same)? as u32;
        Some(self.last_topic)
    }

    /// Adds a topic that the metadata know.
    pub fn add_topic(&mut self, name: &Arc<str>, metadata: &Metadata) -> Option<u32> {
        metadata.topic(name)?.partitions.first()?;
        let sticky_size = i32::try_from(self.batch_size.max(1)).unwrap_or(i32::MAX);
        self.topics.push(TopicQueues {
            name: name.clone(),
            metadata_version: metadata.version().wrapping_sub(1),
            partitioner: BuiltInPartitioner::new(sticky_size, None),
            partitions: TopicPartitions::default(),
            is_sticky: false,
            queues: Vec::new(),
        });
        self.follow(metadata);
        self.last_topic = self.topics.len() as u32 - 1;
        Some(self.last_topic)
    }

    /// Takes in leaders and new partitions.
    pub fn follow(&mut self, metadata: &Metadata) {
        for topic in &mut self.topics {
            if topic.metadata_version != metadata.version() {
                topic.metadata_version = metadata.version();
                topic.follow(metadata);
            }
        }
    }

    /// Number of partitions of a topic.
    pub fn partition_count(&self, topic: u32) -> i32 {
        self.topics[topic as usize].partitions.count
    }

    /// The partition for a record without key and partition.
    pub fn sticky_partition(&mut self, topic: u32, rng: &mut Rng) -> PartitionIndex {
        let topic = &mut self.topics[topic as usize];
        topic.is_sticky = true;
        topic.partitioner.peek(&topic.partitions, &mut || draw(rng))
    }

    /// Appends a record; false if `buffer.memory` has no room for the batch it needs.
    pub fn append(&mut self, now: Micros, slot: Slot, record: NewRecord<'_>) -> Option<Appended> {
        let size = i64::from(record.size);
        let queue = &mut self.topics[slot.topic as usize].queues[slot.partition as usize];
        if let Some(last) = queue.batches.back_mut() {
            if last.try_append(self.batch_size, record) {
                let is_full = last.is_full(self.batch_size);
                return Some(Appended { bytes: size, is_full, new_batch: false });
            }
            last.close();
        }
        let memory = self.batch_size.max(size + i64::from(BATCH_OVERHEAD));
        if self.memory_used + memory > self.memory {
            return None;
        }
        self.memory_used += memory;
        let mut batch = ProducerBatch::new(self.next_serial, now, memory);
        batch.reserve(queue.last_room);
        batch.try_append(self.batch_size, record);
        let is_full = batch.is_full(self.batch_size);
        queue.batches.push_back(batch);
        self.incomplete.insert(self.next_serial, 1);
        self.next_serial += 1;
        self.active.insert(slot);
        Some(Appended { bytes: size + i64::from(BATCH_OVERHEAD), is_full, new_batch: true })
    }

    /// Tells the partitioner what went to its partition.
    pub fn stuck_to(&mut self, topic: u32, appended: Appended, rng: &mut Rng) {
        let topic = &mut self.topics[topic as usize];
        let switch = if appended.is_full { Switch::Allowed } else { Switch::Deferred };
        let bytes = i32::try_from(appended.bytes).unwrap_or(i32::MAX);
        topic.partitioner.appended(bytes, switch, &topic.partitions, &mut || draw(rng));
    }

    /// Tells the partitioners how long the queues are.
    pub fn update_load(&mut self) {
        for topic in self.topics.iter_mut().filter(|topic| topic.is_sticky) {
            topic.update_load();
        }
    }

    /// The queue of a partition.
    pub fn queue(&self, slot: Slot) -> &Queue {
        &self.topics[slot.topic as usize].queues[slot.partition as usize]
    }

    /// Records that wait to be sent to a partition, or for their answer.
    pub fn waiting(&self, partition: &NamedPartition) -> u32 {
        let topic = self.topics.iter().find(|topic| topic.name == partition.topic);
        let queue = topic.and_then(|topic| topic.queues.get(partition.partition as usize));
        queue.map_or(0, |queue| queue.batches.iter().map(ProducerBatch::count).sum())
    }

    /// The queue of a partition, to change.
    pub fn queue_mut(&mut self, slot: Slot) -> &mut Queue {
        &mut self.topics[slot.topic as usize].queues[slot.partition as usize]
    }

    /// When the first batch of a partition may be sent; `hurry` = somebody waits for it to go.
    pub fn readiness(&self, now: Micros, slot: Slot, hurry: bool) -> Option<Readiness> {
        let queue = self.queue(slot);
        let first = queue.batches.front()?;
        if first.is_backing_off(now, queue.current.epoch) {
            return Some(Readiness::At(first.retry_at));
        }
        let is_full = queue.batches.len() > 1 || first.is_full(self.batch_size);
        let due = first.last_attempt + self.linger;
        if is_full || hurry || due <= now {
            return Some(Readiness::Now);
        }
        Some(Readiness::At(due))
    }

    /// Takes the first batch of a partition out, closed.
    pub fn take_first(&mut self, slot: Slot) -> Option<ProducerBatch> {
        let producer = self.producer;
        let queue = self.queue_mut(slot);
        let mut batch = queue.batches.pop_front()?;
        batch.close();
        batch.set_origin(producer);
        queue.last_room = batch.batch().body.room();
        if queue.batches.is_empty() {
            self.active.remove(&slot);
        }
        Some(batch)
    }

    /// Puts a batch back: in the order of sequence numbers, or first without them.
    pub fn put_back(&mut self, slot: Slot, batch: ProducerBatch) {
        let queue = self.queue_mut(slot);
        let before = |other: &ProducerBatch| {
            other.has_sequence() && other.base_sequence() < batch.base_sequence()
        };
        let at = if batch.has_sequence() {
            queue.batches.iter().take_while(|other| before(other)).count()
        } else {
            0
        };
        queue.batches.insert(at, batch);
        self.active.insert(slot);
    }

    /// Puts the parts of a batch back in its place.
    pub fn put_back_parts(&mut self, slot: Slot, parts: Vec<ProducerBatch>) {
        let Some(serial) = parts.first().map(|part| part.serial) else { return };
        *self.incomplete.entry(serial).or_default() += parts.len() as u32 - 1;
        for part in parts.into_iter().rev() {
            if part.has_sequence() {
                self.queue_mut(slot).sequences.track(part.base_sequence());
            }
            self.put_back(slot, part);
        }
    }

    /// Takes out the batches that have waited since before `deadline`, oldest first.
    pub fn take_expired(&mut self, created_until: Micros) -> Vec<(Slot, ProducerBatch)> {
        let mut expired = Vec::new();
        for slot in self.active.clone() {
            while self
                .queue(slot)
                .batches
                .front()
                .is_some_and(|first| first.created <= created_until)
            {
                expired.extend(self.take_first(slot).map(|batch| (slot, batch)));
            }
        }
        expired
    }

    /// When the oldest batch in the queues was created.
    pub fn oldest(&self) -> Option<Micros> {
        let fronts = self.active.iter().filter_map(|slot| self.queue(*slot).batches.front());
        fronts.map(|batch| batch.created).min()
    }

    /// Frees the memory of a batch that is done.
    pub fn complete(&mut self, batch: &ProducerBatch) {
        self.memory_used -= batch.memory;
        if let Some(parts) = self.incomplete.get_mut(&batch.serial) {
            *parts -= 1;
            if *parts == 0 {
                self.incomplete.remove(&batch.serial);
            }
        }
    }

    /// The newest batch's number, as the mark of a flush.
    pub fn last_serial(&self) -> u64 {
        self.next_serial - 1
    }

    /// Whether every batch up to this number is done.
    pub fn is_done_until(&self, serial: u64) -> bool {
        self.incomplete.first_key_value().is_none_or(|(first, _)| *first > serial)
    }

    /// Whether everything is done.
    pub fn is_empty(&self) -> bool {
        self.incomplete.is_empty()
    }

    /// Part of `buffer.memory` in use.
    pub fn memory_used(&self) -> i64 {
        self.memory_used
    }
}

/// What appending a record did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Appended {
    /// Bytes by which the partition's batches grew.
    pub bytes: i64,
    /// Whether the last batch is full.
    pub is_full: bool,
    /// Whether the record began a batch.
    pub new_batch: bool,
}

impl TopicQueues {
    fn follow(&mut self, metadata: &Metadata) {
        let Some(topic) = metadata.topic(&self.name) else { return };
        for (partition, current) in (0..).zip(&topic.partitions) {
            let id = TopicPartition::new(topic.id, partition);
            match self.queues.get_mut(partition as usize) {
                Some(queue) => (queue.id, queue.current) = (id, *current),
                None => self.queues.push(Queue::new(id, *current)),
            }
        }
        let has_leader = |queue: &&Queue| queue.current.leader != NodeId::NONE;
        let available = self
            .queues
            .iter()
            .filter(has_leader)
            .map(|queue| AvailablePartition { partition: queue.id.partition, leader_rack: None });
        self.partitions =
            TopicPartitions { count: self.queues.len() as i32, available: available.collect() };
    }

    fn update_load(&mut self) {
        let has_leader = |queue: &&Queue| queue.current.leader != NodeId::NONE;
        let queues = self.queues.iter().filter(has_leader).map(|queue| PartitionQueue {
            partition: queue.id.partition,
            leader_rack: None,
            batches: queue.batches.len() as i32,
        });
        let queues: Vec<PartitionQueue> = queues.collect();
        self.partitioner.update_load(Some(&queues), self.queues.len());
    }
}

impl Queue {
    fn new(id: TopicPartition, current: LeaderAndEpoch) -> Queue {
        Queue {
            id,
            current,
            batches: VecDeque::new(),
            in_flight: 0,
            sequences: Sequences::default(),
            last_room: Room::default(),
        }
    }
}

/// 31 random bits.
fn draw(rng: &mut Rng) -> i32 {
    (rng.bits() >> 33) as i32
}
