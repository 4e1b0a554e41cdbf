//! Which leader epoch began at which offset: Kafka's `LeaderEpochFileCache` (KIP-101, KIP-279).

/// The epoch of a request or log without one.
pub const UNDEFINED_EPOCH: i32 = -1;
/// The end offset of an epoch nothing is known of.
pub const UNDEFINED_EPOCH_OFFSET: i64 = -1;

/// A leader epoch and the first offset written in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct EpochEntry {
    /// The leader epoch.
    pub epoch: i32,
    /// The offset of its first record.
    pub start_offset: i64,
}

/// An epoch and the offset it ends at, exclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct EpochEndOffset {
    /// The largest known epoch up to the one asked for.
    pub epoch: i32,
    /// The start of the next epoch, or the end of the log.
    pub end_offset: i64,
}

/// An entry with a negative epoch or offset, which Kafka refuses with `IllegalArgumentException`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct InvalidEpochEntry(pub EpochEntry);

/// The epochs of one log, growing in epoch and in start offset.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct EpochCache {
    entries: Vec<EpochEntry>,
}

impl EpochEndOffset {
    const UNDEFINED: EpochEndOffset =
        EpochEndOffset { epoch: UNDEFINED_EPOCH, end_offset: UNDEFINED_EPOCH_OFFSET };
}

impl EpochCache {
    /// Reads the cache back from the entries of its checkpoint file.
    ///
    /// # Errors
    /// If an entry is negative.
    pub fn from_checkpoint(entries: &[EpochEntry]) -> Result<EpochCache, InvalidEpochEntry> {
        let mut cache = EpochCache::default();
        for entry in entries {
            cache.assign(entry.epoch, entry.start_offset)?;
        }
        Ok(cache)
    }

    /// Notes that an epoch begins at an offset, and tells whether that is news.
    ///
    /// Entries it contradicts go: later epochs, and epochs that would start at or after it.
    ///
    /// # Errors
    /// If the epoch or the offset is negative.
    pub fn assign(&mut self, epoch: i32, start_offset: i64) -> Result<bool, InvalidEpochEntry> {
        let entry = EpochEntry { epoch, start_offset };
        if epoch < 0 || start_offset < 0 {
            return Err(InvalidEpochEntry(entry));
        }
        let known = self
            .latest_entry()
            .is_some_and(|latest| latest.epoch == epoch && latest.start_offset <= start_offset);
        if !known {
            let contradicts =
                |old: &EpochEntry| old.epoch >= epoch || old.start_offset >= start_offset;
            while self.entries.pop_if(|old| contradicts(old)).is_some() {}
            self.entries.push(entry);
        }
        Ok(!known)
    }

    /// Returns all entries, oldest first.
    pub fn entries(&self) -> &[EpochEntry] {
        &self.entries
    }

    /// Returns the oldest entry.
    pub fn earliest_entry(&self) -> Option<EpochEntry> {
        self.entries.first().copied()
    }

    /// Returns the newest entry.
    pub fn latest_entry(&self) -> Option<EpochEntry> {
        self.entries.last().copied()
    }

    /// Returns the newest epoch with records.
    pub fn latest_epoch(&self) -> Option<i32> {
        self.latest_entry().map(|entry| entry.epoch)
    }

    /// Returns the largest epoch below `epoch`.
    pub fn previous_epoch(&self, epoch: i32) -> Option<i32> {
        let below = self.entries.partition_point(|entry| entry.epoch < epoch);
        self.entries[..below].last().map(|entry| entry.epoch)
    }

    /// Returns the smallest epoch above `epoch`.
    pub fn next_epoch(&self, epoch: i32) -> Option<i32> {
        self.entries.get(self.entries_up_to(epoch)).map(|entry| entry.epoch)
    }

    /// Returns where an epoch ends in this log: the answer to `OffsetsForLeaderEpoch`.
    pub fn end_offset_for(&self, epoch: i32, log_end_offset: i64) -> EpochEndOffset {
        if epoch == UNDEFINED_EPOCH {
            return EpochEndOffset::UNDEFINED;
        }
        if self.latest_epoch() == Some(epoch) {
            return EpochEndOffset { epoch, end_offset: log_end_offset };
        }
        let (floor, higher) = self.entries.split_at(self.entries_up_to(epoch));
        let Some(next) = higher.first() else {
            return EpochEndOffset::UNDEFINED;
        };
        // Older than all known epochs: its records are gone, so the follower goes on where the log starts.
        let epoch = floor.last().map_or(epoch, |entry| entry.epoch);
        EpochEndOffset { epoch, end_offset: next.start_offset }
    }

    /// Returns the epoch in which an offset was written.
    pub fn epoch_for_offset(&self, offset: i64) -> Option<i32> {
        let started = self.entries.partition_point(|entry| entry.start_offset <= offset);
        self.entries[..started].last().map(|entry| entry.epoch)
    }

    /// Returns the entries of the offsets from `start_offset` up to but not including `end_offset`.
    pub fn entries_in_range(&self, start_offset: i64, end_offset: i64) -> Vec<EpochEntry> {
        let mut range = self.clone();
        if start_offset >= 0 {
            range.truncate_from_start(start_offset);
        }
        range.truncate_from_end(end_offset);
        range.entries
    }

    /// Forgets epochs that start at or after the new end of the log.
    pub fn truncate_from_end(&mut self, end_offset: i64) {
        if end_offset >= 0 {
            while self.entries.pop_if(|entry| entry.start_offset >= end_offset).is_some() {}
        }
    }

    /// Forgets epochs that end before the new start of the log; the one it falls into starts there.
    pub fn truncate_from_start(&mut self, start_offset: i64) {
        let gone = self.entries.partition_point(|entry| entry.start_offset <= start_offset);
        if gone > 0 {
            self.entries[gone - 1].start_offset = start_offset;
            self.entries.drain(..gone - 1);
        }
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.entries.clear();
    }

    fn entries_up_to(&self, epoch: i32) -> usize {
        self.entries.partition_point(|entry| entry.epoch <= epoch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cache(entries: &[(i32, i64)]) -> EpochCache {
        let mut cache = EpochCache::default();
        for &(epoch, start_offset) in entries {
            cache.assign(epoch, start_offset).expect("no negative numbers here");
        }
        cache
    }

    fn pairs(cache: &EpochCache) -> Vec<(i32, i64)> {
        cache.entries().iter().map(|entry| (entry.epoch, entry.start_offset)).collect()
    }

    fn end(cache: &EpochCache, epoch: i32) -> (i32, i64) {
        let end = cache.end_offset_for(epoch, 100);
        (end.epoch, end.end_offset)
    }

    #[test]
    fn a_returning_leader_learns_where_its_epoch_ended() {
        // Epoch 0 wrote 0..3 before epoch 1 took over: a follower with offsets 0..5 of epoch 0 must drop 3 and 4.
        let leader = cache(&[(0, 0), (1, 3)]);
        assert_eq!(end(&leader, 0), (0, 3));
        assert_eq!(end(&leader, 1), (1, 100), "the current epoch ends with the log");
    }

    #[test]
    fn unknown_epochs_have_no_end() {
        let leader = cache(&[(3, 10), (5, 20)]);
        assert_eq!(end(&leader, 6), (UNDEFINED_EPOCH, UNDEFINED_EPOCH_OFFSET));
        assert_eq!(end(&leader, UNDEFINED_EPOCH), (UNDEFINED_EPOCH, UNDEFINED_EPOCH_OFFSET));
        assert_eq!(end(&leader, 4), (3, 20), "a gap belongs to the epoch before it");
        assert_eq!(end(&leader, 2), (2, 10), "older than the log");
    }

    #[test]
    fn only_the_first_start_of_an_epoch_counts() {
        let mut log = cache(&[(2, 16)]);
        assert_eq!(log.assign(2, 20), Ok(false));
        assert_eq!(log.assign(2, 12), Ok(true));
        assert_eq!(pairs(&log), [(2, 12)]);
        assert!(log.assign(-1, 3).is_err());
    }

    #[test]
    fn a_contradicting_epoch_removes_what_it_contradicts() {
        assert_eq!(pairs(&cache(&[(1, 5), (2, 8), (4, 20), (3, 9)])), [(1, 5), (2, 8), (3, 9)]);
        assert_eq!(pairs(&cache(&[(1, 5), (2, 8), (3, 8)])), [(1, 5), (3, 8)]);
    }

    #[test]
    fn truncation_trims_both_ends() {
        let mut log = cache(&[(1, 5), (2, 8), (4, 20)]);
        log.truncate_from_end(20);
        assert_eq!(pairs(&log), [(1, 5), (2, 8)]);
        log.truncate_from_start(9);
        assert_eq!(pairs(&log), [(2, 9)]);
        assert_eq!(log.epoch_for_offset(8), None);
        assert_eq!(log.epoch_for_offset(9), Some(2));
    }
}
