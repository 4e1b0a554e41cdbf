//! The metadata log of one node, with the snapshot it starts from.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use imbl::Vector;

use crate::sim::controller::metadata::{MetadataBatch, MetadataImage};
use crate::sim::ids::*;
use crate::sim::storage::epoch_cache::{EpochCache, EpochEndOffset};

/// From this many batches on, the older ones are replaced by a snapshot.
///
/// Simplification: Kafka makes a snapshot after 20 MiB of records or an hour.
const BATCHES_MAX: usize = 2_000;
/// How many batches stay, so that a node that was away for a while need not begin with a snapshot.
const BATCHES_KEPT: usize = 1_000;
/// Most bytes of batches in one answer.
const FETCH_BYTES_MAX: u32 = 8 * 1024 * 1024;

/// Batches from a snapshot on. Clones share their content.
#[derive(Clone, Debug, Default)]
pub struct MetadataLog {
    snapshot: Arc<MetadataImage>,
    batches: Vector<Arc<MetadataBatch>>,
    epochs: EpochCache,
}

/// What a leader finds about the position of a fetcher.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Position {
    Valid,
    /// The fetcher holds records that the leader does not have.
    Diverging(EpochEndOffset),
    /// The fetcher needs records that are only in the snapshot.
    BeforeStart,
}

impl MetadataLog {
    /// Offset of the first record that is not in the snapshot.
    pub fn start_offset(&self) -> Offset {
        self.snapshot.next_offset
    }

    /// Offset after the last record.
    pub fn end_offset(&self) -> Offset {
        self.last_image().next_offset
    }

    /// Epoch of the last record, 0 if there is none.
    pub fn last_epoch(&self) -> QuorumEpoch {
        self.epochs.latest_epoch().unwrap_or(0)
    }

    /// The cluster after the last record, committed or not.
    pub fn last_image(&self) -> &MetadataImage {
        self.batches.last().map_or(&*self.snapshot, |batch| &batch.image)
    }

    /// The snapshot that the log begins with.
    pub fn snapshot(&self) -> &Arc<MetadataImage> {
        &self.snapshot
    }

    /// How many batches are kept.
    pub fn len(&self) -> usize {
        self.batches.len()
    }

    /// Whether there is nothing after the snapshot.
    pub fn is_empty(&self) -> bool {
        self.batches.is_empty()
    }

    /// The digest of the log up to an offset between two batches.
    pub fn digest_at(&self, offset: Offset) -> u64 {
        match self.index_of(offset).checked_sub(1) {
            Some(before) => self.batches[before].digest(),
            None => self.snapshot.log_digest,
        }
    }

    /// Appends the batch that follows.
    ///
    /// # Panics
    /// If the batch does not follow.
    pub(super) fn append(&mut self, batch: Arc<MetadataBatch>) {
        assert_eq!(batch.base_offset, self.end_offset(), "metadata batches are contiguous");
        self.epochs
            .assign(batch.epoch, batch.base_offset)
            .expect("epochs and offsets are not negative");
        self.batches.push_back(batch);
    }

    /// Drops what lies at or after an offset, and tells whether that was anything.
    pub(super) fn truncate(&mut self, end: Offset) -> bool {
        let keep = self.index_of(end);
        let cut = keep < self.batches.len();
        self.batches.truncate(keep);
        self.epochs.truncate_from_end(self.end_offset());
        cut
    }

    /// Truncates to where the log agrees with a leader that reports the end of an epoch.
    pub(super) fn truncate_to(&mut self, leader: EpochEndOffset) -> bool {
        let own = self.end_offset_for(leader.epoch);
        let agreed = own.epoch == leader.epoch || leader.epoch == 0;
        let end = if agreed { own.end_offset.min(leader.end_offset) } else { own.end_offset };
        self.truncate(end)
    }

    /// Begins anew with a snapshot.
    pub(super) fn install(&mut self, snapshot: Arc<MetadataImage>) {
        self.batches.clear();
        self.epochs.clear();
        let (epoch, start) = (snapshot.epoch, snapshot.next_offset);
        self.epochs.assign(epoch, start).expect("a snapshot's epoch and offset are not negative");
        self.snapshot = snapshot;
    }

    /// Replaces old batches below `committed` by a snapshot if there are many.
    pub(super) fn prune(&mut self, committed: Offset) {
        if self.batches.len() <= BATCHES_MAX {
            return;
        }
        let gone = (self.batches.len() - BATCHES_KEPT).min(self.index_of(committed));
        if gone > 0 {
            self.snapshot = Arc::new(self.batches[gone - 1].image.clone());
            self.batches = self.batches.skip(gone);
            self.epochs.truncate_from_start(self.start_offset());
        }
    }

    /// Batches from one offset up to another.
    pub(super) fn between(
        &self,
        from: Offset,
        to: Offset,
    ) -> impl Iterator<Item = &Arc<MetadataBatch>> {
        let (from, to) = (self.index_of(from), self.index_of(to));
        (from..to).map(|index| &self.batches[index])
    }

    /// Batches from an offset on, as many as one answer holds.
    pub(super) fn read(&self, from: Offset) -> Vec<Arc<MetadataBatch>> {
        let mut bytes = 0;
        self.between(from, self.end_offset())
            .take_while(|batch| {
                let first = bytes == 0;
                bytes += batch.size_bytes();
                first || bytes <= FETCH_BYTES_MAX
            })
            .cloned()
            .collect()
    }

    /// Compares a fetcher's end of log with this one.
    pub(super) fn position(&self, offset: Offset, epoch: QuorumEpoch) -> Position {
        let start = self.start_offset();
        if start == 0 && offset == 0 {
            return Position::Valid;
        }
        if offset < start || (offset == start && epoch != self.snapshot.epoch) {
            return Position::BeforeStart;
        }
        let end = self.end_offset_for(epoch);
        if end.epoch != epoch || end.end_offset < offset {
            return Position::Diverging(end);
        }
        Position::Valid
    }

    /// Where an epoch ends here; of an epoch that is not known, where the log does.
    fn end_offset_for(&self, epoch: QuorumEpoch) -> EpochEndOffset {
        let end = self.epochs.end_offset_for(epoch, self.end_offset());
        if end.end_offset >= 0 {
            return end;
        }
        EpochEndOffset { epoch: self.last_epoch(), end_offset: self.end_offset() }
    }

    /// The index of the first batch that begins at or after an offset.
    fn index_of(&self, offset: Offset) -> usize {
        self.batches
            .binary_search_by(|batch| batch.base_offset.cmp(&offset))
            .unwrap_or_else(|index| index)
    }
}

impl Hash for MetadataLog {
    /// The digests stand for the content.
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.snapshot.next_offset, self.snapshot.log_digest).hash(state);
        (&self.batches, &self.epochs).hash(state);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::controller::metadata::MetadataRecord;

    fn log(epochs: &[QuorumEpoch]) -> MetadataLog {
        let mut log = MetadataLog::default();
        for epoch in epochs {
            let batch = MetadataBatch::after(log.last_image(), *epoch, vec![MetadataRecord::NoOp]);
            log.append(Arc::new(batch));
        }
        log
    }

    #[test]
    fn a_fetcher_with_records_of_a_lost_epoch_diverges() {
        let leader = log(&[1, 1, 3]);
        let follower = log(&[1, 1, 2, 2]);
        let Position::Diverging(end) = leader.position(4, 2) else {
            panic!("epoch 2 is not known to the leader");
        };
        assert_eq!((end.epoch, end.end_offset), (1, 2));
        let mut follower = follower;
        assert!(follower.truncate_to(end));
        assert_eq!((follower.end_offset(), follower.last_epoch()), (2, 1));
        assert_eq!(leader.position(2, 1), Position::Valid);
    }

    #[test]
    fn a_long_log_becomes_a_snapshot_that_a_follower_can_begin_with() {
        let mut leader = log(&[1; BATCHES_MAX + 1]);
        leader.prune(BATCHES_MAX as Offset);
        assert_eq!(leader.len(), BATCHES_KEPT);
        assert_eq!(leader.position(3, 1), Position::BeforeStart);
        let mut follower = MetadataLog::default();
        follower.install(leader.snapshot().clone());
        assert_eq!(follower.end_offset(), leader.start_offset());
        assert_eq!(leader.position(follower.end_offset(), follower.last_epoch()), Position::Valid);
        for batch in leader.read(follower.end_offset()) {
            follower.append(batch);
        }
        assert_eq!(
            follower.digest_at(follower.end_offset()),
            leader.digest_at(leader.end_offset())
        );
    }

    #[test]
    fn what_is_not_committed_is_not_pruned() {
        let mut log = log(&[1; BATCHES_MAX + 1]);
        log.prune(10);
        assert_eq!(log.start_offset(), 10);
    }

    #[test]
    fn equal_digests_mean_equal_logs() {
        assert_eq!(log(&[1, 2]).digest_at(2), log(&[1, 2]).digest_at(2));
        assert_ne!(log(&[1, 2]).digest_at(2), log(&[2, 2]).digest_at(2));
    }
}
