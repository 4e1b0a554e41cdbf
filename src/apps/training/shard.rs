//! A partition of `digits-features` as its owner sees it.

use std::sync::Arc;

use super::message::{Snapshot, is_end, row_of};
use crate::ml::{Model, codec};
use crate::sim::client::program::PolledRecords;
use crate::sim::ids::{Offset, PartitionIndex};

/// A record to train on.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Example {
    pub offset: Offset,
    pub row: u16,
    /// The encoded label and features; decoded when the gradient is computed.
    pub value: Box<[u8]>,
}

/// What a trainer has sent about the records at the front of a shard.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Sent {
    pub version: u32,
    pub examples: u32,
    pub next: Offset,
    /// The record, should it have to be sent again.
    pub value: Arc<[u8]>,
}

/// Where a shard begins to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Place {
    /// The group's committed offset is not known yet.
    Unknown,
    /// Committed: an offset in an epoch; epoch 0 = nothing.
    Committed { offset: Offset, epoch: u16 },
    /// Reading in this epoch.
    Epoch(u16),
}

/// The records of an owned partition from the first that is not merged yet.
#[derive(Clone, Debug, Hash)]
pub(super) struct Shard {
    pub place: Place,
    /// Offset of the next record to come; None = whatever the beginning of the log is.
    pub expected: Option<Offset>,
    pub examples: std::collections::VecDeque<Example>,
    /// Offset of the record that ends the partition, once it has been read.
    pub end: Option<Offset>,
    pub sent: Option<Sent>,
    /// Everything before has been merged.
    pub merged: Offset,
    pub paused: bool,
}

impl Shard {
    /// A partition just got: it is paused until its place is known.
    pub fn new() -> Shard {
        Shard {
            place: Place::Unknown,
            expected: None,
            examples: Default::default(),
            end: None,
            sent: None,
            merged: 0,
            paused: true,
        }
    }

    /// Goes to an offset in an epoch; None = the beginning.
    pub fn start(&mut self, epoch: u16, from: Option<Offset>) {
        let paused = self.paused;
        let merged = from.unwrap_or(0);
        *self =
            Shard { place: Place::Epoch(epoch), expected: from, merged, paused, ..Shard::new() };
    }

    /// Takes the records of a poll; false if they are not the ones to come. Refused records are passed to `refuse`.
    pub fn take(
        &mut self,
        model: &Model,
        polled: &PolledRecords,
        mut refuse: impl FnMut(Offset),
    ) -> bool {
        if self.expected.is_some_and(|expected| expected != polled.from) {
            return false;
        }
        for (offset, _, record) in polled.records() {
            if self.end.is_some() {
                break;
            }
            if is_end(&record) {
                self.end = Some(offset);
                break;
            }
            match (row_of(record.key), record.value) {
                (Some(row), Some(value)) if codec::decode_example(model, value).is_ok() => {
                    self.examples.push_back(Example { offset, row, value: value.into() });
                }
                _ => refuse(offset),
            }
        }
        self.expected = Some(polled.next);
        true
    }

    /// The size of the next batch of at most `batch` records, and whether the partition ends with it; None if more records
    /// have to come first. Whether a full batch is the last is known only when the record behind it is there.
    pub fn batch(&self, batch: u16) -> Option<(u32, bool)> {
        let (held, batch) = (self.examples.len() as u32, u32::from(batch));
        if held > batch {
            return Some((batch, false));
        }
        self.end.map(|_| (held, true))
    }

    /// Whether enough records are here that no more should come.
    pub fn is_full(&self, batch: u16) -> bool {
        !matches!(self.place, Place::Epoch(_)) || self.batch(batch).is_some()
    }

    /// Offset behind the first `examples` records, including the end if it follows them.
    pub fn next_after(&self, examples: u32, last: bool) -> Offset {
        match (last, self.end, examples) {
            (true, Some(end), _) => end + 1,
            (.., 0) => self.merged,
            (..) => self.examples[examples as usize - 1].offset + 1,
        }
    }

    /// Looks whether a newer version holds what was sent. If so the records leave; if not, they are due again. Returns the
    /// rows that left.
    pub fn settle(&mut self, partition: PartitionIndex, snapshot: &Snapshot) -> Vec<Example> {
        let Some(sent) = self.sent.take_if(|sent| sent.version < snapshot.version) else {
            return Vec::new();
        };
        let merged = snapshot.shards.get(partition as usize).is_some_and(|s| s.next == sent.next);
        if !merged {
            return Vec::new();
        }
        self.merged = sent.next;
        self.examples.drain(..sent.examples as usize).collect()
    }
}
