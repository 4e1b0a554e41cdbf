//! Whether a batch of a producer may be appended: Kafka's `ProducerAppendInfo` and the checks around it.
use super::batch::BatchHeader;
use super::producer_error::{At, EpochRule, ProducerError};
use super::producer_state::{BatchMetadata, ProducerStateEntry, ProducerStateManager};
use super::transaction::{CompletedTxn, EndTxnMarker, Verification, VerificationGuard};
use crate::sim::ids::{Offset, ProducerEpoch, ProducerId};

/// Who appends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AppendOrigin {
    /// A producer: everything is checked.
    Client,
    /// The transaction or group coordinator: epochs are checked, sequences are not.
    Coordinator,
    /// A follower, or recovery: what the leader took is taken.
    Replication,
}

/// What an append comes with, besides the batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AppendRequest {
    /// Who appends.
    pub origin: AppendOrigin,
    /// `transaction.partition.verification.enable`.
    pub verification_enabled: bool,
    /// The guard of the verification that the coordinator answered.
    pub guard: Option<VerificationGuard>,
    /// The marker, if the batch is a control batch.
    pub marker: Option<EndTxnMarker>,
    /// The rule for the marker's epoch.
    pub marker_epoch: EpochRule,
}

/// What becomes of a batch that may be appended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Validated {
    /// It is in the log already; the producer is told where.
    Duplicate(BatchMetadata),
    /// It is appended, and the state is updated after that.
    Append(ProducerAppend),
}

impl ProducerStateManager {
    /// Checks a batch, whose offsets are those it would get.
    ///
    /// # Errors
    /// If the batch may not be appended; nothing has changed then.
    pub fn validate(
        &self,
        batch: &BatchHeader,
        request: AppendRequest,
    ) -> Result<Validated, ProducerError> {
        let entry = self.last_entry(batch.producer_id);
        if request.origin == AppendOrigin::Client
            && let Some(duplicate) = entry.and_then(|entry| entry.find_duplicate(batch))
        {
            return Ok(Validated::Duplicate(duplicate));
        }
        if request.origin != AppendOrigin::Replication {
            self.check_transaction(batch, request)?;
        }
        let append = ProducerAppend::new(self, batch, request.origin);
        let append = ProducerAppend { marker_epoch: request.marker_epoch, ..append };
        append.append(batch, request.marker).map(Validated::Append)
    }

    /// A transactional batch needs an open transaction, or one that was just verified.
    fn check_transaction(
        &self,
        batch: &BatchHeader,
        request: AppendRequest,
    ) -> Result<(), ProducerError> {
        let BatchHeader { producer_id, producer_epoch: epoch, .. } = *batch;
        if !batch.transactional || self.has_ongoing_transaction(producer_id, epoch) {
            return Ok(());
        }
        let current = self.last_entry(producer_id).map_or(-1, |entry| entry.producer_epoch);
        if epoch < current {
            return Err(ProducerError::FencedEpoch { producer_id, epoch, current });
        }
        let needs_verification = request.verification_enabled && !batch.control;
        if needs_verification && !self.verifications.verify(producer_id, request.guard) {
            return Err(ProducerError::NotVerified);
        }
        Ok(())
    }
}

/// What an append changes in the state of its producer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProducerAppend {
    pub(super) producer_id: ProducerId,
    /// The new state, with the batches of this append only.
    pub(super) updated: ProducerStateEntry,
    pub(super) started_txn: Option<Offset>,
    pub(super) completed_txn: Option<CompletedTxn>,
    pub(super) ends_verification: bool,
    current: Known,
    origin: AppendOrigin,
    marker_epoch: EpochRule,
    verification: Option<Verification>,
}

/// What is known of the producer before the append.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Known {
    epoch: ProducerEpoch,
    last_sequence: i32,
    has_batches: bool,
}

impl Known {
    fn of(entry: &ProducerStateEntry) -> Known {
        Known {
            epoch: entry.producer_epoch,
            last_sequence: entry.last_sequence(),
            has_batches: !entry.batches.is_empty(),
        }
    }
}

impl ProducerAppend {
    /// Starts from what is known of the producer.
    pub(super) fn new(
        state: &ProducerStateManager,
        batch: &BatchHeader,
        origin: AppendOrigin,
    ) -> ProducerAppend {
        let unknown = ProducerStateEntry::EMPTY;
        let current = state.last_entry(batch.producer_id).unwrap_or(&unknown);
        ProducerAppend {
            producer_id: batch.producer_id,
            updated: current.without_batches(),
            started_txn: None,
            completed_txn: None,
            ends_verification: false,
            current: Known::of(current),
            origin,
            marker_epoch: EpochRule::NotOlder(0),
            verification: state.verifications.get(batch.producer_id).cloned(),
        }
    }

    /// Adds the batch, or the end of a transaction.
    pub(super) fn append(
        mut self,
        batch: &BatchHeader,
        marker: Option<EndTxnMarker>,
    ) -> Result<ProducerAppend, ProducerError> {
        match marker {
            Some(marker) => self.append_marker(batch, marker)?,
            None => self.append_data(batch)?,
        }
        // With transactions version 2 the verification may be that of the next transaction already.
        let is_of_next = |verification: &Verification| {
            verification.supports_epoch_bump
                && batch.control
                && batch.producer_epoch == verification.epoch
        };
        self.ends_verification =
            batch.transactional && !self.verification.as_ref().is_some_and(is_of_next);
        Ok(self)
    }

    fn append_data(&mut self, batch: &BatchHeader) -> Result<(), ProducerError> {
        let at = self.at(batch);
        self.check_epoch(batch, EpochRule::NotOlder(-1))?;
        if self.origin == AppendOrigin::Client {
            self.check_sequence(batch)?;
        }
        self.updated.add_batch(batch.producer_epoch, BatchMetadata::of(batch));
        match self.updated.current_txn_first_offset {
            Some(_) if !batch.transactional => Err(ProducerError::NotTransactional { at }),
            None if batch.transactional => {
                self.updated.current_txn_first_offset = Some(batch.base_offset);
                self.started_txn = Some(batch.base_offset);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn append_marker(
        &mut self,
        batch: &BatchHeader,
        marker: EndTxnMarker,
    ) -> Result<(), ProducerError> {
        self.check_epoch(batch, self.marker_epoch)?;
        let (epoch, current) = (marker.coordinator_epoch, self.updated.coordinator_epoch);
        if current > epoch && self.origin != AppendOrigin::Replication {
            return Err(ProducerError::CoordinatorFenced { at: self.at(batch), epoch, current });
        }
        let first_offset = self.updated.current_txn_first_offset.take();
        self.completed_txn = first_offset.map(|first_offset| CompletedTxn {
            producer_id: self.producer_id,
            first_offset,
            last_offset: batch.base_offset,
            control_type: marker.control_type,
        });
        self.updated.set_epoch(batch.producer_epoch);
        self.updated.coordinator_epoch = epoch;
        self.updated.last_timestamp = batch.max_timestamp;
        Ok(())
    }

    fn check_epoch(&self, batch: &BatchHeader, rule: EpochRule) -> Result<(), ProducerError> {
        let (epoch, current) = (batch.producer_epoch, self.updated.producer_epoch);
        let invalid = match rule {
            EpochRule::NotOlder(_) => epoch < current,
            // A marker that is written again after its transaction has ended changes nothing (KAFKA-19999).
            EpochRule::Newer(_) => {
                let again = epoch == current && self.updated.current_txn_first_offset.is_none();
                epoch <= current && !again
            }
        };
        if invalid && self.origin != AppendOrigin::Replication {
            return Err(ProducerError::StaleEpoch { at: self.at(batch), epoch, current, rule });
        }
        Ok(())
    }

    fn check_sequence(&self, batch: &BatchHeader) -> Result<(), ProducerError> {
        let at = self.at(batch);
        let (epoch, sequence) = (batch.producer_epoch, batch.base_sequence);
        if let Some(verification) = &self.verification {
            let unknown = !self.current.has_batches;
            if verification.supports_epoch_bump && sequence != 0 && unknown {
                return Err(ProducerError::NoState { at, sequence });
            }
            let lowest_sequence = verification.lowest_sequence;
            if sequence > lowest_sequence {
                return Err(ProducerError::BeforeEarlier { at, sequence, lowest_sequence });
            }
        }
        let current = self.current.epoch;
        // Without a known epoch (all records of the producer are gone) any sequence number will do.
        if current == -1 {
            return Ok(());
        }
        if epoch != current {
            let error = ProducerError::NewEpoch { at, epoch, sequence, current };
            return if sequence == 0 { Ok(()) } else { Err(error) };
        }
        let last_sequence = self.current.last_sequence;
        if is_next(last_sequence, sequence) {
            return Ok(());
        }
        Err(ProducerError::OutOfOrder { at, sequence, last_sequence })
    }

    fn at(&self, batch: &BatchHeader) -> At {
        At { producer_id: self.producer_id, offset: batch.base_offset }
    }
}

fn is_next(last_sequence: i32, sequence: i32) -> bool {
    i64::from(sequence) == i64::from(last_sequence) + 1
        || (sequence == 0 && last_sequence == i32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::protocol::error::ErrorCode;

    const CLIENT: AppendRequest = AppendRequest {
        origin: AppendOrigin::Client,
        verification_enabled: false,
        guard: None,
        marker: None,
        marker_epoch: EpochRule::NotOlder(0),
    };

    /// A partition of which only the producers matter.
    struct Partition {
        state: ProducerStateManager,
        log_end_offset: Offset,
    }

    impl Partition {
        fn new() -> Partition {
            Partition { state: ProducerStateManager::new(86_400_000), log_end_offset: 0 }
        }

        /// Sends the sequences from `first` to `last`; returns the base offset.
        fn send(
            &mut self,
            epoch: ProducerEpoch,
            first: i32,
            last: i32,
        ) -> Result<Offset, ErrorCode> {
            let batch = BatchHeader {
                base_offset: self.log_end_offset,
                last_offset_delta: last.wrapping_sub(first) & i32::MAX,
                producer_id: 1,
                producer_epoch: epoch,
                base_sequence: first,
                ..BatchHeader::default()
            };
            match self.state.validate(&batch, CLIENT).map_err(|error| error.code())? {
                Validated::Duplicate(known) => Ok(known.first_offset()),
                Validated::Append(append) => {
                    self.state.update(append);
                    self.log_end_offset += Offset::from(batch.last_offset_delta) + 1;
                    Ok(batch.base_offset)
                }
            }
        }
    }

    #[test]
    fn test_script_a_of_the_fact_sheet() {
        let mut partition = Partition::new();
        assert_eq!(partition.send(0, 0, 2), Ok(0));
        assert_eq!(partition.send(0, 3, 3), Ok(3));
        assert_eq!(partition.send(0, 4, 9), Ok(4));
        assert_eq!(partition.send(0, 3, 3), Ok(3), "a duplicate has its first offset");
        assert_eq!(partition.log_end_offset, 10);
        assert_eq!(partition.send(0, 12, 12), Err(ErrorCode::OutOfOrderSequenceNumber));
        assert_eq!(partition.send(0, 10, 10), Ok(10));
        assert_eq!(partition.send(1, 5, 5), Err(ErrorCode::OutOfOrderSequenceNumber));
        assert_eq!(partition.send(1, 0, 0), Ok(11));
        assert_eq!(partition.send(0, 11, 11), Err(ErrorCode::InvalidProducerEpoch));
    }

    #[test]
    fn only_the_last_five_batches_are_recognised() {
        let mut partition = Partition::new();
        for sequence in 0..6 {
            assert_eq!(partition.send(0, sequence, sequence), Ok(Offset::from(sequence)));
        }
        assert_eq!(partition.send(0, 1, 1), Ok(1));
        assert_eq!(partition.send(0, 0, 0), Err(ErrorCode::OutOfOrderSequenceNumber));
    }

    #[test]
    fn sequences_wrap_to_zero() {
        let mut partition = Partition::new();
        assert_eq!(partition.send(0, i32::MAX - 1, 1), Ok(0), "nothing is known of the producer");
        assert_eq!(partition.send(0, i32::MAX - 1, 1), Ok(0), "a duplicate");
        assert_eq!(partition.send(0, 2, 2), Ok(4));
        let mut partition = Partition::new();
        assert_eq!(partition.send(0, 5, i32::MAX), Ok(0));
        assert!(partition.send(0, 0, 0).is_ok());
    }
}
