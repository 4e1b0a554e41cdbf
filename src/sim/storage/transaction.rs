//! The transactions of one partition: open, completed but not yet replicated, aborted, and being verified.

use crate::sim::ids::{Offset, ProducerEpoch, ProducerId};
use crate::sim::sorted::SortedMap;

/// How a transaction ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ControlType {
    /// Its records are dropped by read_committed consumers.
    Abort,
    /// Its records count.
    Commit,
}

/// The content of a control batch that ends a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct EndTxnMarker {
    /// Commit or abort.
    pub control_type: ControlType,
    /// The epoch of the transaction coordinator.
    pub coordinator_epoch: i32,
}

/// A transaction that a marker ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CompletedTxn {
    /// The producer.
    pub producer_id: ProducerId,
    /// The offset of its first record.
    pub first_offset: Offset,
    /// The offset of its marker.
    pub last_offset: Offset,
    /// How it ended.
    pub control_type: ControlType,
}

/// An aborted transaction, as fetch responses name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AbortedTxn {
    /// The producer.
    pub producer_id: ProducerId,
    /// The offset of its first record.
    pub first_offset: Offset,
    /// The offset of its marker.
    pub last_offset: Offset,
    /// The last stable offset once it was aborted.
    pub last_stable_offset: Offset,
}

/// The transactions that hold back the last stable offset.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct OngoingTxns {
    /// Producer by first offset.
    ongoing: SortedMap<Offset, ProducerId>,
    /// Marker by first offset, of transactions whose marker is not below the high watermark yet.
    unreplicated: SortedMap<Offset, Offset>,
}

impl OngoingTxns {
    /// Notes the first record of a transaction.
    pub fn start(&mut self, producer: ProducerId, first_offset: Offset) {
        self.ongoing.insert(first_offset, producer);
    }

    /// Notes the marker of a transaction.
    pub fn complete(&mut self, completed: CompletedTxn) {
        let started = self.ongoing.remove(&completed.first_offset);
        assert!(
            started.is_some(),
            "a marker completes a transaction that was started: {completed:?}"
        );
        self.unreplicated.insert(completed.first_offset, completed.last_offset);
    }

    /// Returns the first offset of which it is not decided, or not safe yet, whether it counts.
    pub fn first_unstable_offset(&self) -> Option<Offset> {
        let first = |txns: Option<&Offset>| txns.copied();
        let ongoing = first(self.ongoing.keys().next());
        let unreplicated = first(self.unreplicated.keys().next());
        ongoing.into_iter().chain(unreplicated).min()
    }

    /// Notes that markers below the high watermark are safe.
    pub fn high_watermark_updated(&mut self, high_watermark: Offset) {
        self.unreplicated.retain(|_, marker| *marker >= high_watermark);
    }

    /// Returns the last stable offset after a transaction, the others of its producer set aside.
    pub fn last_stable_offset(&self, completed: CompletedTxn) -> Offset {
        let mut others = self.ongoing.iter().filter(|(_, id)| **id != completed.producer_id);
        others.next().map_or(completed.last_offset + 1, |(&first_offset, _)| first_offset)
    }

    /// Tells whether a marker waits for the high watermark.
    pub(super) fn has_undecided(&self) -> bool {
        !self.unreplicated.is_empty()
    }
}

/// The aborted transactions of a log, in the order of their markers (Kafka's `.txnindex`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct TransactionIndex {
    aborted: Vec<AbortedTxn>,
}

impl TransactionIndex {
    /// Adds an aborted transaction.
    pub fn append(&mut self, aborted: AbortedTxn) {
        self.aborted.push(aborted);
    }

    /// Forgets transactions whose marker is at or after an offset.
    pub fn truncate_to(&mut self, offset: Offset) {
        self.aborted.retain(|txn| txn.last_offset < offset);
    }

    /// Returns the aborted transactions that overlap the offsets from `fetch_offset` up to `upper_bound`.
    pub fn collect(&self, fetch_offset: Offset, upper_bound: Offset) -> Vec<AbortedTxn> {
        // Once everything below the bound was stable, later markers end later transactions.
        let complete = self.aborted.iter().position(|txn| txn.last_stable_offset >= upper_bound);
        let searched = complete.map_or(&*self.aborted, |last| &self.aborted[..=last]);
        let overlaps =
            |txn: &&AbortedTxn| txn.last_offset >= fetch_offset && txn.first_offset < upper_bound;
        searched.iter().filter(overlaps).copied().collect()
    }
}

/// A token that ties the answer of the transaction coordinator to the append that waits for it (KIP-890).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct VerificationGuard(u64);

/// A partition that is being verified to be part of a transaction.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Verification {
    /// The token.
    pub guard: VerificationGuard,
    /// The epoch of the producer.
    pub epoch: ProducerEpoch,
    /// The lowest sequence seen: later batches wait until it is written.
    pub lowest_sequence: i32,
    /// Whether the client speaks transactions version 2.
    pub supports_epoch_bump: bool,
    started_ms: i64,
}

/// The verifications of one partition.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Verifications {
    by_producer: SortedMap<ProducerId, Verification>,
    guards: u64,
}

/// What a produce request says about the transaction to verify.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VerificationRequest {
    /// The producer.
    pub producer_id: ProducerId,
    /// Its epoch.
    pub epoch: ProducerEpoch,
    /// The sequence number of the first record.
    pub sequence: i32,
    /// Whether the client speaks transactions version 2.
    pub supports_epoch_bump: bool,
}

impl Verifications {
    /// Returns the verification of a producer.
    pub fn get(&self, producer: ProducerId) -> Option<&Verification> {
        self.by_producer.get(&producer)
    }

    /// Starts a verification, or goes on with the one that runs.
    pub fn start(&mut self, request: VerificationRequest, now_ms: i64) -> VerificationGuard {
        let VerificationRequest { producer_id, epoch, sequence, supports_epoch_bump } = request;
        let verification = self.by_producer.entry(producer_id).or_insert_with(|| {
            self.guards += 1;
            Verification {
                guard: VerificationGuard(self.guards),
                epoch,
                lowest_sequence: sequence,
                supports_epoch_bump,
                started_ms: now_ms,
            }
        });
        let lower = epoch == verification.epoch && sequence < verification.lowest_sequence;
        if lower || epoch > verification.epoch {
            verification.lowest_sequence = sequence;
            verification.epoch = epoch;
        }
        verification.guard
    }

    /// Tells whether the guard is that of the verification that runs.
    pub fn verify(&self, producer: ProducerId, guard: Option<VerificationGuard>) -> bool {
        guard.is_some() && guard == self.get(producer).map(|verification| verification.guard)
    }

    /// Ends a verification.
    pub fn clear(&mut self, producer: ProducerId) {
        self.by_producer.remove(&producer);
    }

    pub(super) fn remove_expired(&mut self, now_ms: i64, expiration_ms: i64) {
        self.by_producer.retain(|_, verification| now_ms - verification.started_ms < expiration_ms);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn completed(
        producer_id: ProducerId,
        first_offset: Offset,
        last_offset: Offset,
    ) -> CompletedTxn {
        CompletedTxn { producer_id, first_offset, last_offset, control_type: ControlType::Commit }
    }

    #[test]
    fn an_older_open_transaction_holds_back_a_committed_one() {
        // Test script B of the fact sheet: producer 1 writes 0-1, producer 2 writes 2, 2 commits at 4, 1 aborts at 5.
        let mut txns = OngoingTxns::default();
        txns.start(1, 0);
        txns.start(2, 2);
        assert_eq!(txns.last_stable_offset(completed(2, 2, 4)), 0);
        txns.complete(completed(2, 2, 4));
        assert_eq!(txns.first_unstable_offset(), Some(0));
        assert_eq!(txns.last_stable_offset(completed(1, 0, 5)), 6);
        txns.complete(completed(1, 0, 5));
        txns.high_watermark_updated(5);
        assert_eq!(txns.first_unstable_offset(), Some(0), "the marker at 5 is not below 5");
        txns.high_watermark_updated(6);
        assert_eq!(txns.first_unstable_offset(), None);
    }

    #[test]
    fn aborted_transactions_are_found_by_overlap() {
        let mut index = TransactionIndex::default();
        let aborted = |producer_id, first_offset, last_offset, last_stable_offset| AbortedTxn {
            producer_id,
            first_offset,
            last_offset,
            last_stable_offset,
        };
        index.append(aborted(1, 0, 5, 6));
        index.append(aborted(2, 7, 9, 10));
        let producers = |from, to| -> Vec<ProducerId> {
            index.collect(from, to).iter().map(|txn| txn.producer_id).collect()
        };
        assert_eq!(producers(0, 6), [1]);
        assert_eq!(producers(5, 10), [1, 2]);
        assert!(producers(6, 7).is_empty());
        index.truncate_to(9);
        assert_eq!(index.collect(0, 10).len(), 1);
    }

    #[test]
    fn a_verification_keeps_its_guard_and_the_lowest_sequence() {
        let mut verifications = Verifications::default();
        let request = |epoch, sequence| VerificationRequest {
            producer_id: 1,
            epoch,
            sequence,
            supports_epoch_bump: true,
        };
        let guard = verifications.start(request(0, 5), 0);
        assert_eq!(verifications.start(request(0, 3), 0), guard);
        assert_eq!(verifications.start(request(0, 4), 0), guard);
        assert_eq!(verifications.get(1).map(|running| running.lowest_sequence), Some(3));
        verifications.start(request(1, 7), 0);
        assert_eq!(verifications.get(1).map(|running| running.lowest_sequence), Some(7));
        verifications.clear(1);
        assert!(!verifications.verify(1, Some(guard)));
        assert_ne!(verifications.start(request(0, 0), 0), guard);
        assert!(!verifications.verify(1, None));
    }
}
