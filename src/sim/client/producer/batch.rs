//! A batch on its way from the accumulator to an acknowledgement.

use super::accumulator::NewRecord;
use crate::sim::ids::*;
use crate::sim::storage::batch::{Batch, BodyBuilder, Origin, Record, Room, record_size};
use crate::sim::time::Micros;

/// Records of one partition that are sent, retried and completed together.
#[derive(Clone, Debug, Hash)]
pub struct ProducerBatch {
    /// Ascending in the order of creation; parts of a split batch share it.
    pub serial: u64,
    /// When the first record came.
    pub created: Micros,
    /// How often the batch went back into its queue.
    pub attempts: u32,
    /// When it went back last, or was created.
    pub last_attempt: Micros,
    /// Before that it is not sent again, unless the leader changes.
    pub retry_at: Micros,
    /// Leader epoch that the last attempt was sent under.
    pub leader_epoch: LeaderEpoch,
    /// Whether the sequence numbers were given anew after an epoch bump.
    pub sequence_reset: bool,
    /// Part of `buffer.memory` that it holds.
    pub memory: i64,
    /// Records that the program wants to hear of: their place in the batch and their token.
    pub tokens: Vec<(u32, u64)>,
    content: Content,
}

/// Room between the numbers of two batches for the parts of a split one.
const PARTS: u64 = 1 << 24;

#[derive(Clone, Debug, Hash)]
enum Content {
    Open(BodyBuilder),
    Closed(Batch),
}

impl ProducerBatch {
    /// An empty batch.
    pub fn new(serial: u64, created: Micros, memory: i64) -> ProducerBatch {
        ProducerBatch {
            serial,
            created,
            attempts: 0,
            last_attempt: created,
            retry_at: Micros::ZERO,
            leader_epoch: -1,
            sequence_reset: false,
            memory,
            tokens: Vec::new(),
            content: Content::Open(BodyBuilder::default()),
        }
    }

    /// Adds a record if the batch is open and has room for it below `batch_size`, or is empty.
    pub fn try_append(&mut self, batch_size: i64, record: NewRecord<'_>) -> bool {
        let Content::Open(builder) = &mut self.content else { return false };
        let with_record = i64::from(builder.size_bytes()) + i64::from(record.size);
        if !builder.is_empty() && with_record > batch_size {
            return false;
        }
        if record.token != 0 {
            self.tokens.push((builder.len(), record.token));
        }
        builder.push_sized(record.timestamp, record.key, record.value, record.size);
        true
    }

    /// Makes room before records come.
    pub fn reserve(&mut self, room: Room) {
        if let Content::Open(builder) = &mut self.content {
            builder.reserve(room);
        }
    }

    /// Whether no record fits any more.
    pub fn is_full(&self, batch_size: i64) -> bool {
        match &self.content {
            Content::Open(builder) => {
                !builder.is_empty() && i64::from(builder.size_bytes()) >= batch_size
            }
            Content::Closed(_) => true,
        }
    }

    /// Lets no more records in.
    pub fn close(&mut self) {
        if let Content::Open(builder) = &mut self.content {
            self.content = Content::Closed(Batch::new(std::mem::take(builder).build()));
        }
    }

    /// Bytes of the batch, header included.
    pub fn size_bytes(&self) -> u32 {
        match &self.content {
            Content::Open(builder) => builder.size_bytes(),
            Content::Closed(batch) => batch.size_bytes(),
        }
    }

    /// Number of records.
    pub fn count(&self) -> u32 {
        match &self.content {
            Content::Open(builder) => builder.len(),
            Content::Closed(batch) => batch.count(),
        }
    }

    /// The closed batch.
    ///
    /// # Panics
    /// If it is open.
    pub fn batch(&self) -> &Batch {
        match &self.content {
            Content::Closed(batch) => batch,
            Content::Open(_) => panic!("batch {} is still open", self.serial),
        }
    }

    /// Whether it waits before it is sent again. A new leader ends the wait (KIP-951).
    pub fn is_backing_off(&self, now: Micros, current_epoch: LeaderEpoch) -> bool {
        self.attempts > 0 && now < self.retry_at && current_epoch <= self.leader_epoch
    }

    /// Whether it has a place in the partition's sequence.
    pub fn has_sequence(&self) -> bool {
        matches!(&self.content, Content::Closed(batch) if batch.header.base_sequence >= 0)
    }

    /// Gives it a place in the sequence of a producer id.
    pub fn set_sequence(&mut self, id: ProducerId, epoch: ProducerEpoch, base_sequence: i32) {
        self.close();
        if let Content::Closed(batch) = &mut self.content {
            batch.header.producer_id = id;
            batch.header.producer_epoch = epoch;
            batch.header.base_sequence = base_sequence;
        }
    }

    /// Says whose batch it is, unless that was said before.
    pub fn set_origin(&mut self, producer: u64) {
        if let Content::Closed(batch) = &mut self.content
            && batch.header.origin == Origin::default()
        {
            batch.header.origin = Origin { producer, number: self.serial * PARTS };
        }
    }

    /// Its first sequence number, -1 without one.
    pub fn base_sequence(&self) -> i32 {
        match &self.content {
            Content::Closed(batch) => batch.header.base_sequence,
            Content::Open(_) => -1,
        }
    }

    /// Divides a batch that the broker found too large. The parts are at most half of it where its records allow (KAFKA-8350).
    pub fn split(mut self, batch_size: i64) -> Vec<ProducerBatch> {
        self.close();
        let whole = self.batch().clone();
        let target = (i64::from(whole.size_bytes()) / 2).min(batch_size.max(1));
        let mut parts: Vec<ProducerBatch> = Vec::new();
        let mut tokens = std::mem::take(&mut self.tokens).into_iter().peekable();
        for (index, record) in (0..).zip(whole.body.records()) {
            let token = tokens.next_if(|(at, _)| *at == index).map_or(0, |(_, token)| token);
            let Record { timestamp, key, value } = record;
            let record = NewRecord { timestamp, key, value, size: record_size(key, value), token };
            let fits = parts.last_mut().is_some_and(|part| part.try_append(target, record));
            if !fits {
                let mut part = self.part();
                part.try_append(target, record);
                parts.push(part);
            }
        }
        number_parts(&mut parts, &whole);
        parts[0].memory = self.memory;
        parts
    }

    fn part(&self) -> ProducerBatch {
        let mut part = ProducerBatch::new(self.serial, self.created, 0);
        (part.attempts, part.last_attempt) = (self.attempts, self.last_attempt);
        part
    }
}

/// The parts continue the sequence of the whole.
fn number_parts(parts: &mut [ProducerBatch], whole: &Batch) {
    let mut sequence = whole.header.base_sequence;
    let mut origin = whole.header.origin;
    for part in parts {
        part.close();
        if let Content::Closed(batch) = &mut part.content {
            batch.header.origin = origin;
            origin.number += u64::from(batch.count());
        }
        if sequence >= 0 {
            part.set_sequence(whole.header.producer_id, whole.header.producer_epoch, sequence);
            sequence = after(part.batch().last_sequence());
        }
    }
}

/// The sequence number after another; after 2147483647 comes 0.
pub fn after(sequence: i32) -> i32 {
    sequence.checked_add(1).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_split_keeps_order_tokens_and_sequence() {
        let mut batch = ProducerBatch::new(3, Micros(5), 1000);
        for i in 0..10_u8 {
            let value = [i; 20];
            let (value, token) = (Some(&value[..]), u64::from(i % 2) * 7);
            let record = NewRecord { timestamp: 0, key: None, value, size: 30, token };
            assert!(batch.try_append(1000, record));
        }
        batch.set_sequence(9, 1, 100);
        batch.set_origin(77);
        let parts = batch.split(1000);
        assert!(parts.len() >= 2);
        let values: Vec<u8> = parts
            .iter()
            .flat_map(|p| p.batch().body.records().map(|r| r.value.unwrap()[0]).collect::<Vec<_>>())
            .collect();
        assert_eq!(values, (0..10).collect::<Vec<u8>>());
        assert_eq!(parts.iter().map(|p| p.tokens.len()).sum::<usize>(), 5);
        assert!(parts.is_sorted_by_key(|part| part.batch().header.origin));
        let mut sequence = 100;
        for part in &parts {
            assert_eq!((part.base_sequence(), part.serial), (sequence, 3));
            sequence += part.count() as i32;
            assert_eq!(part.batch().header.origin.producer, 77);
        }
    }
}
