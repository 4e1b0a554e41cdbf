//! What a partition remembers of its producers: Kafka's `ProducerStateManager`.
//!
//! Per producer id the epoch, the last five batches and the open transaction. Every replica keeps it, built from the
//! log, so that a new leader goes on recognising duplicates. Snapshots spare reading the whole log again.

use super::batch::BatchHeader;
use super::producer_append::{AppendOrigin, ProducerAppend};
use super::transaction::{CompletedTxn, EndTxnMarker, OngoingTxns, Verifications};
use crate::sim::ids::{Offset, ProducerEpoch, ProducerId};
use crate::sim::sorted::SortedMap;

/// How many batches a producer may have in flight so that each can still be recognised.
const BATCHES_TO_RETAIN: usize = 5;

/// A batch that a producer wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BatchMetadata {
    /// Sequence number of its last record.
    pub last_sequence: i32,
    /// Offset of its last record.
    pub last_offset: Offset,
    /// Number of records, less one.
    pub offset_delta: i32,
    /// Its largest timestamp, milliseconds.
    pub timestamp: i64,
}

/// What is known of one producer.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ProducerStateEntry {
    /// The epoch; -1 = none known.
    pub producer_epoch: ProducerEpoch,
    /// The epoch of the transaction coordinator that wrote the last marker; -1 = none.
    pub coordinator_epoch: i32,
    /// Timestamp of the last batch or marker, milliseconds.
    pub last_timestamp: i64,
    /// Where the open transaction begins.
    pub current_txn_first_offset: Option<Offset>,
    /// The last batches of this epoch, oldest first.
    pub batches: Vec<BatchMetadata>,
}

/// The producers of one partition.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ProducerStateManager {
    producers: SortedMap<ProducerId, ProducerStateEntry>,
    /// The open and the undecided transactions.
    pub txns: OngoingTxns,
    /// The transactions whose partition is being verified with the coordinator.
    pub verifications: Verifications,
    /// `producer.id.expiration.ms`.
    expiration_ms: i64,
    map_end_offset: Offset,
    last_snapshot_offset: Offset,
    /// The `.snapshot` files, which keep the last batch of each producer only.
    snapshots: SortedMap<Offset, SortedMap<ProducerId, ProducerStateEntry>>,
}

impl BatchMetadata {
    /// Describes a batch in the log.
    pub fn of(batch: &BatchHeader) -> BatchMetadata {
        BatchMetadata {
            last_sequence: last_sequence(batch),
            last_offset: last_offset(batch),
            offset_delta: batch.last_offset_delta,
            timestamp: batch.max_timestamp,
        }
    }

    /// Returns the sequence number of the first record.
    pub fn first_sequence(&self) -> i32 {
        let first = i64::from(self.last_sequence) - i64::from(self.offset_delta);
        if first < 0 { (first + (1 << 31)) as i32 } else { first as i32 }
    }

    /// Returns the offset of the first record.
    pub fn first_offset(&self) -> Offset {
        self.last_offset - Offset::from(self.offset_delta)
    }
}

impl ProducerStateEntry {
    /// Nothing is known.
    pub const EMPTY: ProducerStateEntry = ProducerStateEntry {
        producer_epoch: -1,
        coordinator_epoch: -1,
        last_timestamp: -1,
        current_txn_first_offset: None,
        batches: Vec::new(),
    };

    /// Returns the last sequence number, -1 if there is none.
    pub fn last_sequence(&self) -> i32 {
        self.batches.last().map_or(-1, |batch| batch.last_sequence)
    }

    /// Returns the batch among the last five that has the epoch and sequence numbers of `batch`.
    pub fn find_duplicate(&self, batch: &BatchHeader) -> Option<BatchMetadata> {
        if batch.producer_epoch != self.producer_epoch {
            return None;
        }
        let range = (batch.base_sequence, last_sequence(batch));
        let same = |known: &&BatchMetadata| (known.first_sequence(), known.last_sequence) == range;
        self.batches.iter().find(same).copied()
    }

    /// Notes a batch; one of another epoch ends what was known.
    pub(super) fn add_batch(&mut self, epoch: ProducerEpoch, batch: BatchMetadata) {
        self.set_epoch(epoch);
        if self.batches.len() == BATCHES_TO_RETAIN {
            self.batches.remove(0);
        }
        self.batches.push(batch);
        self.last_timestamp = batch.timestamp;
    }

    /// Changes the epoch; the batches of another one are forgotten.
    pub(super) fn set_epoch(&mut self, epoch: ProducerEpoch) {
        if self.producer_epoch != epoch {
            self.batches.clear();
            self.producer_epoch = epoch;
        }
    }

    /// Takes over what an append found; `update` holds the new batches only.
    fn update(&mut self, update: &ProducerStateEntry) {
        self.set_epoch(update.producer_epoch);
        for &batch in &update.batches {
            self.add_batch(update.producer_epoch, batch);
        }
        self.coordinator_epoch = update.coordinator_epoch;
        self.current_txn_first_offset = update.current_txn_first_offset;
        self.last_timestamp = update.last_timestamp;
    }

    fn is_expired(&self, now_ms: i64, expiration_ms: i64) -> bool {
        self.current_txn_first_offset.is_none() && now_ms - self.last_timestamp >= expiration_ms
    }

    /// Returns what is known besides the batches, with room for one.
    pub(super) fn without_batches(&self) -> ProducerStateEntry {
        ProducerStateEntry { batches: Vec::with_capacity(1), ..*self }
    }

    /// Returns what a snapshot keeps.
    fn for_snapshot(&self) -> ProducerStateEntry {
        let mut entry = self.without_batches();
        entry.batches.extend(self.batches.last());
        entry
    }
}

impl ProducerStateManager {
    /// Starts without producers, with `producer.id.expiration.ms`.
    pub fn new(expiration_ms: i64) -> ProducerStateManager {
        ProducerStateManager {
            producers: SortedMap::new(),
            txns: OngoingTxns::default(),
            verifications: Verifications::default(),
            expiration_ms,
            map_end_offset: 0,
            last_snapshot_offset: 0,
            snapshots: SortedMap::new(),
        }
    }

    /// Returns the producers that have not expired.
    pub fn active_producers(&self) -> &SortedMap<ProducerId, ProducerStateEntry> {
        &self.producers
    }

    /// Returns what is known of a producer.
    pub fn last_entry(&self, producer: ProducerId) -> Option<&ProducerStateEntry> {
        self.producers.get(&producer)
    }

    /// Returns the offset up to which the log is taken into account.
    pub fn map_end_offset(&self) -> Offset {
        self.map_end_offset
    }

    /// Tells whether the producer has a transaction open in this epoch.
    pub fn has_ongoing_transaction(&self, producer: ProducerId, epoch: ProducerEpoch) -> bool {
        self.producers.get(&producer).is_some_and(|entry| {
            entry.current_txn_first_offset.is_some() && entry.producer_epoch == epoch
        })
    }

    /// Takes over an append that was validated and is in the log now; returns the transaction it completed.
    pub fn update(&mut self, append: ProducerAppend) -> Option<CompletedTxn> {
        let producer = append.producer_id;
        self.producers.entry(producer).or_insert(ProducerStateEntry::EMPTY).update(&append.updated);
        if let Some(first_offset) = append.started_txn {
            self.txns.start(producer, first_offset);
        }
        if append.ends_verification {
            self.verifications.clear(producer);
        }
        append.completed_txn
    }

    /// Notes the end of the log, also when what was appended has no producer.
    pub fn update_map_end_offset(&mut self, log_end_offset: Offset) {
        self.map_end_offset = log_end_offset;
    }

    /// Forgets producers and verifications that have been idle too long.
    pub fn remove_expired(&mut self, now_ms: i64) {
        let expiration_ms = self.expiration_ms;
        self.producers.retain(|_, entry| !entry.is_expired(now_ms, expiration_ms));
        self.verifications.remove_expired(now_ms, expiration_ms);
    }

    /// Writes a snapshot of the state at the end of the log, if there is news since the last one.
    pub fn take_snapshot(&mut self) {
        if self.map_end_offset > self.last_snapshot_offset {
            let entries = self.producers.iter().map(|(&id, entry)| (id, entry.for_snapshot()));
            self.snapshots.insert(self.map_end_offset, entries.collect());
            self.last_snapshot_offset = self.map_end_offset;
        }
    }

    /// Builds the state of a log that ends at `log_end_offset` again, from the last snapshot and the batches after it.
    ///
    /// `batches_from` returns the batches from an offset on, each with its marker if it is a control batch.
    pub fn rebuild<I>(
        &mut self,
        log: RebuiltLog,
        now_ms: i64,
        batches_from: impl FnOnce(Offset) -> I,
    ) where
        I: Iterator<Item = (BatchHeader, Option<EndTxnMarker>)>,
    {
        let nothing_known = self.producers.is_empty() && !self.txns.has_undecided();
        let was_empty = nothing_known && self.map_end_offset >= log.log_end_offset;
        self.truncate_and_reload(log, now_ms);
        if log.log_end_offset > self.map_end_offset && !was_empty {
            let from = self.map_end_offset.max(log.log_start_offset);
            for (batch, marker) in batches_from(from) {
                self.replay(&batch, marker);
            }
        }
        self.update_map_end_offset(log.log_end_offset);
        self.take_snapshot();
    }

    fn replay(&mut self, batch: &BatchHeader, marker: Option<EndTxnMarker>) {
        if batch.producer_id < 0 {
            return;
        }
        // What a leader has accepted is taken as it is.
        let append = ProducerAppend::new(self, batch, AppendOrigin::Replication);
        if let Ok(append) = append.append(batch, marker)
            && let Some(completed) = self.update(append)
        {
            self.txns.complete(completed);
        }
    }

    fn truncate_and_reload(&mut self, log: RebuiltLog, now_ms: i64) {
        let RebuiltLog { log_start_offset, log_end_offset } = log;
        self.snapshots.retain(|&at, _| at <= log_end_offset && at > log_start_offset);
        if log_end_offset == self.map_end_offset {
            self.log_start_offset_incremented(log_start_offset);
            return;
        }
        self.txns = OngoingTxns::default();
        let snapshot = self.snapshots.last_key_value();
        let (end, producers) = match snapshot {
            Some((&end, producers)) => (end, producers.clone()),
            None => (log_start_offset, SortedMap::new()),
        };
        self.producers = producers;
        self.producers.retain(|_, entry| !entry.is_expired(now_ms, self.expiration_ms));
        for (&producer, entry) in &self.producers {
            if let Some(first_offset) = entry.current_txn_first_offset {
                self.txns.start(producer, first_offset);
            }
        }
        self.map_end_offset = end;
        self.last_snapshot_offset = end;
    }

    /// Notes that the log starts later than before.
    pub fn log_start_offset_incremented(&mut self, log_start_offset: Offset) {
        self.txns.high_watermark_updated(log_start_offset);
        self.map_end_offset = self.map_end_offset.max(log_start_offset);
        let latest = self.snapshots.last_key_value();
        self.last_snapshot_offset = latest.map_or(log_start_offset, |(&at, _)| at);
    }
}

/// The bounds of a log whose producer state is built again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RebuiltLog {
    /// Where the log starts.
    pub log_start_offset: Offset,
    /// Where the log ends, after truncation.
    pub log_end_offset: Offset,
}

/// Returns the offset of the last record.
fn last_offset(batch: &BatchHeader) -> Offset {
    batch.base_offset + Offset::from(batch.last_offset_delta)
}

/// Returns the sequence number of the last record; numbers wrap from 2147483647 to 0.
fn last_sequence(batch: &BatchHeader) -> i32 {
    let last = i64::from(batch.base_sequence) + i64::from(batch.last_offset_delta);
    (last & i64::from(i32::MAX)) as i32
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXPIRATION_MS: i64 = 1000;

    fn batch(base_offset: Offset, base_sequence: i32, transactional: bool) -> BatchHeader {
        BatchHeader {
            base_offset,
            base_sequence,
            max_timestamp: 0,
            producer_id: 1,
            producer_epoch: 0,
            transactional,
            ..BatchHeader::default()
        }
    }

    /// The state of a log of one-record batches, with a snapshot after the first two.
    fn state_of(batches: &[BatchHeader]) -> ProducerStateManager {
        let mut state = ProducerStateManager::new(EXPIRATION_MS);
        for batch in batches {
            state.replay(batch, None);
            state.update_map_end_offset(batch.base_offset + 1);
            if batch.base_offset == 1 {
                state.take_snapshot();
            }
        }
        state
    }

    fn rebuilt(
        state: &mut ProducerStateManager,
        batches: &[BatchHeader],
        log_end_offset: Offset,
        now_ms: i64,
    ) {
        let bounds = RebuiltLog { log_start_offset: 0, log_end_offset };
        state.rebuild(bounds, now_ms, |from| {
            let kept =
                move |batch: &&BatchHeader| (from..log_end_offset).contains(&batch.base_offset);
            batches.iter().filter(kept).map(|batch| (*batch, None))
        });
    }

    #[test]
    fn truncation_forgets_what_it_cuts_off() {
        let batches: Vec<_> = (0..5).map(|n| batch(n, n as i32, false)).collect();
        let mut state = state_of(&batches);
        rebuilt(&mut state, &batches, 4, 0);
        let entry = state.last_entry(1).expect("the producer wrote below the cut");
        assert_eq!(entry.last_sequence(), 3);
        assert_eq!(
            entry.batches.len(),
            3,
            "the snapshot at 2 keeps one batch, 2 and 3 are read again"
        );
        rebuilt(&mut state, &batches, 1, 0);
        assert_eq!(state.last_entry(1).map(ProducerStateEntry::last_sequence), Some(0));
    }

    #[test]
    fn an_open_transaction_survives_truncation_and_expiry() {
        let batches: Vec<_> = (0..4).map(|n| batch(n, n as i32, true)).collect();
        let mut state = state_of(&batches);
        rebuilt(&mut state, &batches, 3, 2 * EXPIRATION_MS);
        assert_eq!(state.txns.first_unstable_offset(), Some(0));
        state.remove_expired(2 * EXPIRATION_MS);
        assert!(state.has_ongoing_transaction(1, 0));
    }

    #[test]
    fn an_idle_producer_expires() {
        let mut state = state_of(&[batch(0, 0, false)]);
        state.remove_expired(EXPIRATION_MS - 1);
        assert_eq!(state.active_producers().len(), 1);
        state.remove_expired(EXPIRATION_MS);
        assert!(state.active_producers().is_empty());
    }

    #[test]
    fn first_sequences_wrap_backwards() {
        let known =
            BatchMetadata { last_sequence: 1, last_offset: 9, offset_delta: 3, timestamp: 0 };
        assert_eq!(known.first_sequence(), i32::MAX - 1);
        assert_eq!(known.first_offset(), 6);
    }
}
