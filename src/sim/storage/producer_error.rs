//! Why a batch of a producer is refused, with the words of Kafka's exceptions.
use crate::sim::ids::{Offset, ProducerEpoch, ProducerId};
use crate::sim::protocol::error::ErrorCode;

/// Why a batch may not be appended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ProducerError {
    /// The sequence number does not follow the last one.
    OutOfOrder {
        /// Producer and place.
        at: At,
        /// The sequence number that came.
        sequence: i32,
        /// The last one known.
        last_sequence: i32,
    },
    /// An earlier batch is still being verified.
    BeforeEarlier {
        /// Producer and place.
        at: At,
        /// The sequence number that came.
        sequence: i32,
        /// The lowest one that waits.
        lowest_sequence: i32,
    },
    /// A new epoch does not begin with sequence 0.
    NewEpoch {
        /// Producer and place.
        at: At,
        /// The epoch that came.
        epoch: ProducerEpoch,
        /// The sequence number that came.
        sequence: i32,
        /// The epoch known.
        current: ProducerEpoch,
    },
    /// A producer of transactions version 2 that nothing is known of does not begin with sequence 0.
    NoState {
        /// Producer and place.
        at: At,
        /// The sequence number that came.
        sequence: i32,
    },
    /// The epoch is older than the one known.
    StaleEpoch {
        /// Producer and place.
        at: At,
        /// The epoch that came.
        epoch: ProducerEpoch,
        /// The epoch known.
        current: ProducerEpoch,
        /// The transaction version, -1 for data.
        rule: EpochRule,
    },
    /// The epoch of a transactional batch is older than the one known.
    FencedEpoch {
        /// The producer.
        producer_id: ProducerId,
        /// The epoch that came.
        epoch: ProducerEpoch,
        /// The epoch known.
        current: ProducerEpoch,
    },
    /// A batch without transaction while one is open.
    NotTransactional {
        /// Producer and place.
        at: At,
    },
    /// A transactional batch that no verified or open transaction covers.
    NotVerified,
    /// The marker of a coordinator that has been replaced.
    CoordinatorFenced {
        /// Producer and place.
        at: At,
        /// The coordinator epoch that came.
        epoch: i32,
        /// The coordinator epoch known.
        current: i32,
    },
}

/// The producer of a batch and the offset it would get.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct At {
    /// The producer.
    pub producer_id: ProducerId,
    /// The offset.
    pub offset: Offset,
}

impl ProducerError {
    /// Returns the error code of the response.
    pub fn code(&self) -> ErrorCode {
        match self {
            ProducerError::OutOfOrder { .. }
            | ProducerError::BeforeEarlier { .. }
            | ProducerError::NewEpoch { .. }
            | ProducerError::NoState { .. } => ErrorCode::OutOfOrderSequenceNumber,
            ProducerError::StaleEpoch { .. } | ProducerError::FencedEpoch { .. } => {
                ErrorCode::InvalidProducerEpoch
            }
            ProducerError::NotTransactional { .. } | ProducerError::NotVerified => {
                ErrorCode::InvalidTxnState
            }
            ProducerError::CoordinatorFenced { .. } => ErrorCode::TransactionCoordinatorFenced,
        }
    }

    /// Returns the message of Kafka's exception, for a partition as `topic-0`.
    pub fn message(&self, partition: &str) -> String {
        let place = |at: &At| {
            format!("producer {} at offset {} in partition {partition}", at.producer_id, at.offset)
        };
        match self {
            ProducerError::OutOfOrder { at, sequence, last_sequence } => format!(
                "Out of order sequence number for {}: {sequence} (incoming seq. number), \
                 {last_sequence} (current end sequence number)",
                place(at)
            ),
            ProducerError::BeforeEarlier { at, sequence, lowest_sequence } => format!(
                "Out of order sequence number for {}: {sequence} (incoming seq. number), \
                 {lowest_sequence} (earliest seen sequence)",
                place(at)
            ),
            ProducerError::NewEpoch { at, epoch, sequence, current } => format!(
                "Invalid sequence number for new epoch of {}: {epoch} (request epoch), \
                 {sequence} (seq. number), {current} (current producer epoch)",
                place(at)
            ),
            ProducerError::NoState { at, sequence } => format!(
                "Invalid sequence number for {}: {sequence} (incoming seq. number). Expected sequence 0 for \
                 transactions v2 idempotent producer with no existing state.",
                place(at)
            ),
            ProducerError::StaleEpoch { at: At { producer_id, offset }, epoch, current, rule } => {
                let (comparison, version) = match rule {
                    EpochRule::NotOlder(version) => ("<", version),
                    EpochRule::Newer(version) => ("<=", version),
                };
                format!(
                    "Epoch of producer {producer_id} at offset {offset} in {partition} is {epoch}, which is \
                     {comparison} the last seen epoch {current} (TV{version})"
                )
            }
            ProducerError::FencedEpoch { producer_id, epoch, current } => format!(
                "Epoch of producer {producer_id} is {epoch}, which is smaller than the last seen epoch {current}"
            ),
            ProducerError::NotTransactional { at: At { producer_id, offset } } => format!(
                "Expected transactional write from producer {producer_id} at offset \
                 (offset={offset}, segment=[-1:-1]) in partition {partition}"
            ),
            ProducerError::NotVerified => {
                "Record was not part of an ongoing transaction".to_string()
            }
            ProducerError::CoordinatorFenced { at: At { producer_id, offset }, epoch, current } => {
                format!(
                    "Invalid coordinator epoch for producerId {producer_id} at offset {offset} \
                     in partition {partition}: {epoch} (zombie), {current} (current)"
                )
            }
        }
    }
}

/// The rules for the producer epoch of a marker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EpochRule {
    /// The epoch must not be older: transaction version 0 or 1, named as it was sent.
    NotOlder(i16),
    /// The epoch must be newer: transaction version 2 and later, where every end of a transaction raises it.
    Newer(i16),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_read_as_kafkas() {
        let at = At { producer_id: 7, offset: 15 };
        let error = ProducerError::OutOfOrder { at, sequence: 9, last_sequence: 4 };
        assert_eq!(
            error.message("t-0"),
            "Out of order sequence number for producer 7 at offset 15 in partition t-0: 9 (incoming seq. number), \
             4 (current end sequence number)"
        );
    }
}
