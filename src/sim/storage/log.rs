//! A partition's log: batches in offset order, in sealed chunks plus an open tail.

use std::cmp::Ordering;
use std::sync::Arc;

use imbl::Vector;

use crate::sim::ids::Offset;
use crate::sim::storage::batch::Batch;
use crate::sim::time::Micros;

/// Batches in a chunk before it is sealed and shared with snapshots.
const CHUNK_LEN: usize = 64;

/// A batch in a log, with what recovery after a power loss must know.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Entry {
    /// The batch as appended.
    pub batch: Batch,
    /// The node's monotonic clock at the append; the page cache writes it back a fixed time later.
    pub appended_at: Micros,
    /// Bytes appended to the log before this batch.
    pub position: u64,
}

/// Batches of one partition on one disk. Offsets ascend; compaction may leave gaps.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Log {
    /// Clones share the tree, so that a snapshot of a long log costs no more than one of a short one.
    sealed: Vector<Arc<[Entry]>>,
    open: Vec<Entry>,
    log_start_offset: Offset,
    log_end_offset: Offset,
    /// Position of the next batch.
    end_position: u64,
    flushed_offset: Offset,
}

impl Default for Log {
    fn default() -> Self {
        Log::starting_at(0)
    }
}

impl Log {
    /// An empty log whose first offset will be `offset`.
    pub fn starting_at(offset: Offset) -> Log {
        Log {
            sealed: Vector::new(),
            open: Vec::new(),
            log_start_offset: offset,
            log_end_offset: offset,
            end_position: 0,
            flushed_offset: offset,
        }
    }

    /// Offset of the first record that may be read.
    pub fn log_start_offset(&self) -> Offset {
        self.log_start_offset
    }

    /// Offset of the next record (LEO).
    pub fn log_end_offset(&self) -> Offset {
        self.log_end_offset
    }

    /// Bytes of all batches.
    pub fn size_bytes(&self) -> u64 {
        self.end_position - self.entries().next().map_or(self.end_position, |e| e.position)
    }

    /// Bytes of the batches from the one that holds `from` up to the one that holds `to`, without the latter.
    pub fn bytes_between(&self, from: Offset, to: Offset) -> u64 {
        self.position_of(to).saturating_sub(self.position_of(from))
    }

    fn position_of(&self, offset: Offset) -> u64 {
        if offset >= self.log_end_offset {
            return self.end_position;
        }
        self.entries_from(offset).next().map_or(self.end_position, |e| e.position)
    }

    /// Appends a batch whose offsets are already those of this log.
    ///
    /// # Panics
    /// If the batch does not begin at or after the log's end.
    pub fn append(&mut self, batch: Batch, now: Micros) {
        assert!(batch.header.base_offset >= self.log_end_offset, "append behind the log's end");
        self.log_end_offset = batch.next_offset();
        let position = self.end_position;
        self.end_position += u64::from(batch.size_bytes());
        self.open.push(Entry { batch, appended_at: now, position });
        if self.open.len() == CHUNK_LEN {
            self.sealed.push_back(self.open.drain(..).collect());
        }
    }

    /// The batches from the one that holds `offset` on (the next one if compaction removed it).
    pub fn entries_from(&self, offset: Offset) -> impl Iterator<Item = &Entry> {
        let (chunk, in_chunk) = self.find_sealed(offset);
        let in_open = self.open.partition_point(|e| e.batch.last_offset() < offset);
        let sealed = (chunk..self.sealed.len()).flat_map(|at| self.sealed[at].iter());
        sealed.skip(in_chunk).chain(&self.open[in_open..])
    }

    /// The first sealed chunk with a batch that ends at or after `offset`, and how many of its batches end before.
    fn find_sealed(&self, offset: Offset) -> (usize, usize) {
        // Nearly every read is one of the tail.
        if self.sealed.is_empty()
            || self.open.first().is_some_and(|e| e.batch.header.base_offset <= offset)
        {
            return (self.sealed.len(), 0);
        }
        let chunk = self.first_chunk(|chunk| last(chunk).last_offset() >= offset);
        let within = self
            .sealed
            .get(chunk)
            .map_or(0, |chunk| chunk.partition_point(|e| e.batch.last_offset() < offset));
        (chunk, within)
    }

    fn first_chunk(&self, is_past: impl Fn(&[Entry]) -> bool) -> usize {
        let order =
            |chunk: &Arc<[Entry]>| if is_past(chunk) { Ordering::Greater } else { Ordering::Less };
        match self.sealed.binary_search_by(order) {
            Ok(at) | Err(at) => at,
        }
    }

    /// All batches.
    pub fn entries(&self) -> impl DoubleEndedIterator<Item = &Entry> {
        (0..self.sealed.len()).flat_map(|at| self.sealed[at].iter()).chain(&self.open)
    }

    /// The last batch.
    pub fn last(&self) -> Option<&Batch> {
        self.open
            .last()
            .or_else(|| self.sealed.last().and_then(|chunk| chunk.last()))
            .map(|e| &e.batch)
    }

    /// Removes every batch that holds an offset at or after `offset`; returns how many records went.
    /// Like Kafka, cuts at batch boundaries: a batch that `offset` lies inside is removed whole.
    pub fn truncate_to(&mut self, offset: Offset) -> u64 {
        let mut removed = 0;
        while self.last().is_some_and(|batch| batch.last_offset() >= offset)
            && let Some(Entry { batch, position, .. }) = self.pop()
        {
            removed += u64::from(batch.count());
            self.end_position = position;
            self.log_end_offset = batch.header.base_offset;
        }
        self.log_end_offset = self.log_end_offset.min(offset.max(self.log_start_offset));
        self.flushed_offset = self.flushed_offset.min(self.log_end_offset);
        removed
    }

    /// Drops everything and starts again at `offset` (a follower that fell behind the leader's log start).
    pub fn truncate_fully_and_start_at(&mut self, offset: Offset) {
        *self = Log::starting_at(offset);
    }

    /// Moves the log start forward and drops batches that lie wholly before it.
    pub fn advance_log_start(&mut self, offset: Offset) {
        if offset <= self.log_start_offset {
            return;
        }
        self.log_start_offset = offset.min(self.log_end_offset);
        let start = self.log_start_offset;
        let whole = self.first_chunk(|chunk| last(chunk).next_offset() > start);
        self.sealed = self.sealed.skip(whole);
    }

    /// Marks everything as written to the medium (fsync, clean shutdown).
    pub fn flush(&mut self) {
        self.flushed_offset = self.log_end_offset;
    }

    /// What a power loss at `now` leaves: flushed records and those older than `writeback`. Returns how many records went.
    pub fn lose_unflushed(&mut self, now: Micros, writeback: Micros) -> u64 {
        let kept = self
            .entries()
            .rev()
            .find(|e| e.appended_at + writeback <= now)
            .map_or(self.flushed_offset, |e| e.batch.next_offset().max(self.flushed_offset));
        self.truncate_to(kept)
    }

    fn pop(&mut self) -> Option<Entry> {
        if self.open.is_empty()
            && let Some(chunk) = self.sealed.pop_back()
        {
            self.open = chunk.to_vec();
        }
        self.open.pop()
    }
}

fn last(chunk: &[Entry]) -> &Batch {
    &chunk.last().expect("chunks are never empty").batch
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::storage::batch::Body;

    fn batch(base_offset: Offset) -> Batch {
        let mut batch = Batch::new(Body::single(0, None, Some(b"v")));
        batch.header.base_offset = base_offset;
        batch
    }

    fn size(entry: &Entry) -> u64 {
        u64::from(entry.batch.size_bytes())
    }

    fn log_of(n: Offset) -> Log {
        let mut log = Log::default();
        for offset in 0..n {
            log.append(batch(offset), Micros(offset as u64));
        }
        log
    }

    #[test]
    fn reading_starts_at_any_offset_across_chunks() {
        let log = log_of(300);
        for from in [0, 1, 63, 64, 65, 128, 299, 300] {
            let offsets: Vec<_> = log.entries_from(from).map(|e| e.batch.last_offset()).collect();
            assert_eq!(offsets, (from..300).collect::<Vec<_>>());
        }
    }

    #[test]
    fn truncation_cuts_the_tail_and_appending_goes_on() {
        for to in [0, 63, 64, 65, 130] {
            let mut log = log_of(200);
            assert_eq!(log.truncate_to(to), (200 - to) as u64);
            assert_eq!(log.log_end_offset(), to);
            log.append(batch(to), Micros(0));
            assert_eq!(log.entries().count() as Offset, to + 1);
            assert_eq!(log.size_bytes(), log.entries().map(size).sum::<u64>());
        }
    }

    #[test]
    fn bytes_between_offsets_are_those_of_whole_batches() {
        let mut log = log_of(200);
        let one = u64::from(batch(0).size_bytes());
        assert_eq!(log.bytes_between(0, 200), 200 * one);
        assert_eq!(log.bytes_between(63, 65), 2 * one);
        log.advance_log_start(100);
        assert_eq!(log.bytes_between(199, 400), one);
        assert_eq!(log.bytes_between(5, 3), 0);
    }

    #[test]
    fn a_power_loss_keeps_what_was_flushed_or_old() {
        let mut log = log_of(100);
        assert_eq!(log.clone().lose_unflushed(Micros(99), Micros(50)), 50);
        log.flush();
        assert_eq!(log.lose_unflushed(Micros(99), Micros(50)), 0);
    }

    #[test]
    fn advancing_the_start_drops_whole_chunks_only() {
        let mut log = log_of(200);
        log.advance_log_start(100);
        assert_eq!(log.log_start_offset(), 100);
        assert_eq!(log.entries().next().map(|e| e.batch.last_offset()), Some(64));
        assert_eq!(log.size_bytes(), log.entries().map(size).sum::<u64>());
    }
}
