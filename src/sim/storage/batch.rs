//! Record batches (format v2 in meaning; bytes are made lazily, by `wire`).

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use serde::Serialize;

use crate::sim::hash::StableHasher;
use crate::sim::ids::{LeaderEpoch, Offset, ProducerEpoch, ProducerId};

/// Size of a v2 batch header in bytes.
pub const BATCH_OVERHEAD: u32 = 61;

/// The part of a batch that the broker rewrites, and the sequence numbers; cheap to copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BatchHeader {
    /// Offset of the first record.
    pub base_offset: Offset,
    /// Epoch of the leader that appended the batch; -1 before it is appended.
    pub leader_epoch: LeaderEpoch,
    /// Offset of the last record minus the base offset.
    pub last_offset_delta: i32,
    /// Timestamp of the first record, milliseconds.
    pub base_timestamp: i64,
    /// Largest timestamp, milliseconds.
    pub max_timestamp: i64,
    /// Producer id, -1 without idempotence.
    pub producer_id: ProducerId,
    /// Producer epoch, -1 without idempotence.
    pub producer_epoch: ProducerEpoch,
    /// Sequence number of the first record, -1 without idempotence.
    pub base_sequence: i32,
    /// Whether the batch belongs to a transaction.
    pub transactional: bool,
    /// Whether the batch holds a control record.
    pub control: bool,
    /// Which producer made the batch, and as which of its batches.
    pub origin: Origin,
}

/// Where a batch comes from, for the judges alone. Nothing of it exists on a real wire, and no broker or client decides by it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Origin {
    /// The producer object; 0 = written by a server.
    pub producer: u64,
    /// Rises in the order in which the producer was given the records.
    pub number: u64,
}

impl Default for BatchHeader {
    fn default() -> Self {
        BatchHeader {
            base_offset: 0,
            leader_epoch: -1,
            last_offset_delta: 0,
            base_timestamp: -1,
            max_timestamp: -1,
            producer_id: -1,
            producer_epoch: -1,
            base_sequence: -1,
            transactional: false,
            control: false,
            origin: Origin::default(),
        }
    }
}

/// Records with a header. Clones share the records.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Batch {
    /// Offsets, epochs, sequence numbers.
    pub header: BatchHeader,
    /// The records.
    pub body: Arc<Body>,
}

impl Batch {
    /// A batch as a producer builds it: offsets from 0, no leader epoch yet.
    pub fn new(body: Body) -> Batch {
        let header = BatchHeader {
            last_offset_delta: body.len() as i32 - 1,
            base_timestamp: body.base_timestamp,
            max_timestamp: body.max_timestamp,
            ..BatchHeader::default()
        };
        Batch { header, body: Arc::new(body) }
    }

    /// Offset of the last record.
    pub fn last_offset(&self) -> Offset {
        self.header.base_offset + Offset::from(self.header.last_offset_delta)
    }

    /// Offset after the last record.
    pub fn next_offset(&self) -> Offset {
        self.last_offset() + 1
    }

    /// Sequence number of the last record, wrapping after 2147483647 to 0.
    pub fn last_sequence(&self) -> i32 {
        if self.header.base_sequence < 0 {
            return -1;
        }
        let last = i64::from(self.header.base_sequence) + i64::from(self.header.last_offset_delta);
        (last % (1 << 31)) as i32
    }

    /// Number of records.
    pub fn count(&self) -> u32 {
        self.body.len()
    }

    /// Bytes on the wire and on disk.
    pub fn size_bytes(&self) -> u32 {
        self.body.size_bytes
    }

    /// The records with their offsets.
    pub fn records(&self) -> impl Iterator<Item = (Offset, Record<'_>)> {
        (self.header.base_offset..).zip(self.body.records())
    }
}

/// One record, borrowed from a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record<'a> {
    /// Milliseconds.
    pub timestamp: i64,
    /// Serialized key, None = null.
    pub key: Option<&'a [u8]>,
    /// Serialized value, None = null (a tombstone in a compacted topic).
    pub value: Option<&'a [u8]>,
}

/// Where a record's bytes lie in the arena: the key, then the value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Slot {
    timestamp: i64,
    start: u32,
    /// -1 = null.
    key_len: i32,
    /// -1 = null.
    value_len: i32,
}

/// The records of a batch in one arena, with one digest computed once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Body {
    arena: Box<[u8]>,
    slots: Box<[Slot]>,
    digest: u64,
    size_bytes: u32,
    base_timestamp: i64,
    max_timestamp: i64,
}

impl Hash for Body {
    /// The digest stands for the content; payload bytes are hashed once, when the body is built.
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.digest);
    }
}

impl Body {
    /// A body of one record.
    pub fn single(timestamp: i64, key: Option<&[u8]>, value: Option<&[u8]>) -> Body {
        let mut builder = BodyBuilder::default();
        builder.push(timestamp, key, value);
        builder.build()
    }

    /// Number of records.
    #[expect(clippy::len_without_is_empty, reason = "a body is never empty")]
    pub fn len(&self) -> u32 {
        self.slots.len() as u32
    }

    /// The memory of the records.
    pub fn room(&self) -> Room {
        Room { records: self.len(), bytes: self.arena.len() as u32 }
    }

    /// Digest of all records.
    pub fn digest(&self) -> u64 {
        self.digest
    }

    /// The records in order.
    pub fn records(&self) -> impl Iterator<Item = Record<'_>> {
        self.slots.iter().map(|slot| self.record_at(slot))
    }

    /// The record `index` places after the first.
    pub fn record(&self, index: u32) -> Record<'_> {
        self.record_at(&self.slots[index as usize])
    }

    fn record_at(&self, slot: &Slot) -> Record<'_> {
        let key_end = slot.start + slot.key_len.max(0) as u32;
        let value_end = key_end + slot.value_len.max(0) as u32;
        Record {
            timestamp: slot.timestamp,
            key: (slot.key_len >= 0).then(|| &self.arena[slot.start as usize..key_end as usize]),
            value: (slot.value_len >= 0).then(|| &self.arena[key_end as usize..value_end as usize]),
        }
    }
}

/// How much memory records take: their number, and their keys and values.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Room {
    pub records: u32,
    pub bytes: u32,
}

/// Collects records into a [`Body`].
#[derive(Clone, Debug)]
pub struct BodyBuilder {
    arena: Vec<u8>,
    slots: Vec<Slot>,
    hasher: StableHasher,
    size_bytes: u32,
}

impl Default for BodyBuilder {
    fn default() -> Self {
        BodyBuilder {
            arena: Vec::new(),
            slots: Vec::new(),
            hasher: StableHasher::default(),
            size_bytes: BATCH_OVERHEAD,
        }
    }
}

impl Hash for BodyBuilder {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.hasher.value());
        state.write_u64(self.slots.len() as u64);
    }
}

impl BodyBuilder {
    /// Adds a record.
    pub fn push(&mut self, timestamp: i64, key: Option<&[u8]>, value: Option<&[u8]>) {
        self.push_sized(timestamp, key, value, record_size(key, value));
    }

    /// Makes room before records come.
    pub fn reserve(&mut self, room: Room) {
        self.slots.reserve_exact(room.records as usize);
        self.arena.reserve_exact(room.bytes as usize);
    }

    /// Adds a record whose [`record_size`] is known.
    pub fn push_sized(
        &mut self,
        timestamp: i64,
        key: Option<&[u8]>,
        value: Option<&[u8]>,
        size: u32,
    ) {
        let start = self.arena.len() as u32;
        self.arena.extend_from_slice(key.unwrap_or_default());
        self.arena.extend_from_slice(value.unwrap_or_default());
        let (key_len, value_len) = (length(key), length(value));
        self.hasher.mix(timestamp as u64);
        self.hasher.mix((key_len as u32 as u64) << 32 | value_len as u32 as u64);
        self.hasher.write(&self.arena[start as usize..]);
        self.size_bytes += size;
        self.slots.push(Slot { timestamp, start, key_len, value_len });
    }

    /// Number of records so far.
    pub fn len(&self) -> u32 {
        self.slots.len() as u32
    }

    /// Whether there is no record yet.
    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// Bytes of the batch so far, header included.
    pub fn size_bytes(&self) -> u32 {
        self.size_bytes
    }

    /// The finished body.
    ///
    /// # Panics
    /// Without a record.
    pub fn build(self) -> Body {
        assert!(!self.slots.is_empty(), "a batch holds at least one record");
        Body {
            base_timestamp: self.slots[0].timestamp,
            max_timestamp: self.slots.iter().map(|slot| slot.timestamp).max().unwrap_or(-1),
            arena: self.arena.into_boxed_slice(),
            slots: self.slots.into_boxed_slice(),
            digest: self.hasher.value(),
            size_bytes: self.size_bytes,
        }
    }
}

/// Bytes that a record takes in a batch: length, attributes, deltas and header count as one-byte varints where small.
pub fn record_size(key: Option<&[u8]>, value: Option<&[u8]>) -> u32 {
    let field = |bytes: Option<&[u8]>| {
        let len = bytes.map_or(0, <[u8]>::len) as u32;
        varint_size(len) + len
    };
    let inner = 1 + 1 + 1 + field(key) + field(value) + 1;
    varint_size(inner) + inner
}

/// Bytes of a zig-zag varint of a non-negative number.
fn varint_size(n: u32) -> u32 {
    let bits = 33 - n.leading_zeros();
    bits.div_ceil(7).max(1)
}

fn length(bytes: Option<&[u8]>) -> i32 {
    bytes.map_or(-1, |bytes| bytes.len() as i32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_come_back_as_they_went_in() {
        let mut builder = BodyBuilder::default();
        builder.push(5, Some(b"k"), Some(b"value"));
        builder.push(4, None, Some(b""));
        builder.push(9, Some(b""), None);
        let body = builder.build();
        let records: Vec<_> = body.records().map(|r| (r.timestamp, r.key, r.value)).collect();
        assert_eq!(
            records,
            vec![
                (5, Some(&b"k"[..]), Some(&b"value"[..])),
                (4, None, Some(&b""[..])),
                (9, Some(&b""[..]), None)
            ]
        );
        assert_eq!((body.base_timestamp, body.max_timestamp), (5, 9));
    }

    /// The two byte vectors of facts/kafka.md §6.1.
    #[test]
    fn sizes_are_those_of_the_v2_format() {
        assert_eq!(Body::single(0, Some(b"k"), Some(b"v")).size_bytes, 70);
        assert_eq!(Body::single(0, None, Some(b"hello")).size_bytes, 73);
    }

    #[test]
    fn the_digest_sees_where_key_ends_and_value_begins() {
        let one = Body::single(0, Some(b"ab"), Some(b"c"));
        let other = Body::single(0, Some(b"a"), Some(b"bc"));
        assert_ne!(one.digest(), other.digest());
        assert_ne!(Body::single(0, None, None).digest(), Body::single(0, Some(b""), None).digest());
    }

    #[test]
    fn sequences_wrap_to_zero() {
        let mut builder = BodyBuilder::default();
        for _ in 0..3 {
            builder.push(0, None, None);
        }
        let mut batch = Batch::new(builder.build());
        batch.header.base_sequence = i32::MAX;
        assert_eq!(batch.last_sequence(), 1);
    }
}
