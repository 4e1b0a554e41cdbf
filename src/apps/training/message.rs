//! The values of the records that the programs exchange. Records carry no headers, so what a value belongs to stands in a
//! small prefix. Everything is little-endian.

use std::fmt;

use crate::ml::codec::{self, DecodeError};
use crate::ml::{Evaluation, Gradient, Model, Parameters};
use crate::sim::ids::{Offset, PartitionIndex};
use crate::sim::storage::batch::Record;

/// Why a value could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MessageError {
    /// The value is shorter than its prefix says.
    Short,
    /// The part after the prefix is bad.
    Body(DecodeError),
}

impl fmt::Display for MessageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            MessageError::Short => write!(f, "the value ends inside its prefix"),
            MessageError::Body(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for MessageError {}

impl From<DecodeError> for MessageError {
    fn from(error: DecodeError) -> MessageError {
        MessageError::Body(error)
    }
}

/// Whether a record says that its partition ends here: no key, an empty value.
pub fn is_end(record: &Record<'_>) -> bool {
    record.key.is_none() && record.value.is_some_and(<[u8]>::is_empty)
}

/// The row number that a key spells.
pub fn row_of(key: Option<&[u8]>) -> Option<u16> {
    std::str::from_utf8(key?).ok()?.parse().ok()
}

/// The gradient of some records of one partition, computed with one version of the parameters.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Contribution {
    pub version: u32,
    pub epoch: u16,
    /// Number of the trainer.
    pub worker: u16,
    pub partition: PartitionIndex,
    /// Offset after the last record in `digits-features`.
    pub next: Offset,
    /// Whether the partition ends there.
    pub last: bool,
    /// Rows of the records.
    pub rows: Vec<u16>,
    pub gradient: Gradient,
}

impl Contribution {
    /// The value of a record in `gradients`.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        out.extend(self.version.to_le_bytes());
        out.extend(self.epoch.to_le_bytes());
        out.extend(self.worker.to_le_bytes());
        out.extend(self.partition.to_le_bytes());
        out.extend(self.next.to_le_bytes());
        out.push(u8::from(self.last));
        out.extend((self.rows.len() as u16).to_le_bytes());
        out.extend(self.rows.iter().flat_map(|row| row.to_le_bytes()));
        out.extend(codec::encode_gradient(&self.gradient));
        out
    }

    /// Reads the value of a record in `gradients`.
    ///
    /// # Errors
    /// If it is not one of this model.
    pub fn decode(model: &Model, value: &[u8]) -> Result<Contribution, MessageError> {
        let mut reader = Reader(value);
        let (version, epoch, worker) = (reader.u32()?, reader.u16()?, reader.u16()?);
        let (partition, next, last) = (reader.i32()?, reader.i64()?, reader.u8()? != 0);
        let rows = (0..reader.u16()?).map(|_| reader.u16()).collect::<Result<_, _>>()?;
        let gradient = codec::decode_gradient(model, reader.0)?;
        Ok(Contribution { version, epoch, worker, partition, next, last, rows, gradient })
    }
}

/// How far a partition has been trained in the epoch of a [`Snapshot`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct ShardProgress {
    /// Offset after the last record of the newest merged contribution; -1 = none in this epoch yet.
    pub next: Offset,
    /// Whether the partition has been read to its end.
    pub done: bool,
}

/// Sums over the records merged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Totals {
    /// Records merged, in this epoch.
    pub records: u32,
    /// Of these, recognised before the update.
    pub correct: u32,
    /// Their loss in millionths of a nat.
    pub loss_micronats: u64,
    /// Records merged, in all epochs.
    pub records_ever: u64,
    /// Of these, merged before in their epoch.
    pub trained_twice: u64,
}

/// A version of the parameters with everything the aggregator needs to go on from here: whoever has this record has both
/// the parameters and the position in `gradients` that belongs to them.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Snapshot {
    pub version: u32,
    /// The epoch that is trained with this version, from 1.
    pub epoch: u16,
    /// Counts reminders of the same version.
    pub reminder: u16,
    /// Whether an epoch ended with this version, so that it is evaluated.
    pub pinned: bool,
    /// Whether it is the last.
    pub finished: bool,
    /// The next record of `gradients` to read.
    pub gradients_next: Offset,
    /// By partition.
    pub shards: Vec<ShardProgress>,
    pub totals: Totals,
    /// Rows merged in this epoch, one bit each.
    pub rows: Vec<u64>,
    pub parameters: Parameters,
}

impl Snapshot {
    /// The value of a record in `params`.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        out.extend(self.version.to_le_bytes());
        out.extend(self.epoch.to_le_bytes());
        out.extend(self.reminder.to_le_bytes());
        out.extend([u8::from(self.pinned), u8::from(self.finished)]);
        out.extend(self.gradients_next.to_le_bytes());
        out.extend((self.shards.len() as u16).to_le_bytes());
        for shard in &self.shards {
            out.extend(shard.next.to_le_bytes());
            out.push(u8::from(shard.done));
        }
        let totals = self.totals;
        out.extend(totals.records.to_le_bytes());
        out.extend(totals.correct.to_le_bytes());
        out.extend(totals.loss_micronats.to_le_bytes());
        out.extend(totals.records_ever.to_le_bytes());
        out.extend(totals.trained_twice.to_le_bytes());
        out.extend((self.rows.len() as u16).to_le_bytes());
        out.extend(self.rows.iter().flat_map(|word| word.to_le_bytes()));
        out.extend(codec::encode_parameters(&self.parameters));
        out
    }

    /// Reads the value of a record in `params`.
    ///
    /// # Errors
    /// If it is not one of this model.
    pub fn decode(model: &Model, value: &[u8]) -> Result<Snapshot, MessageError> {
        let mut reader = Reader(value);
        let (version, epoch, reminder) = (reader.u32()?, reader.u16()?, reader.u16()?);
        let (pinned, finished) = (reader.u8()? != 0, reader.u8()? != 0);
        let gradients_next = reader.i64()?;
        let shards = (0..reader.u16()?).map(|_| reader.shard()).collect::<Result<_, _>>()?;
        let totals = reader.totals()?;
        let rows = (0..reader.u16()?).map(|_| reader.u64()).collect::<Result<_, _>>()?;
        let parameters = codec::decode_parameters(model, reader.0)?;
        Ok(Snapshot {
            version,
            epoch,
            reminder,
            pinned,
            finished,
            gradients_next,
            shards,
            totals,
            rows,
            parameters,
        })
    }
}

/// What one version of the parameters makes of one partition of the test records.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PartialEvaluation {
    pub version: u32,
    /// Epochs behind this version.
    pub epochs: u16,
    pub partition: PartitionIndex,
    pub evaluation: Evaluation,
}

impl PartialEvaluation {
    /// The value of a record in `evaluations`.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        out.extend(self.version.to_le_bytes());
        out.extend(self.epochs.to_le_bytes());
        out.extend(self.partition.to_le_bytes());
        out.extend(codec::encode_evaluation(&self.evaluation));
        out
    }

    /// Reads the value of a record in `evaluations`.
    ///
    /// # Errors
    /// If it is not one of this model.
    pub fn decode(model: &Model, value: &[u8]) -> Result<PartialEvaluation, MessageError> {
        let mut reader = Reader(value);
        let (version, epochs, partition) = (reader.u32()?, reader.u16()?, reader.i32()?);
        let evaluation = codec::decode_evaluation(model.classes() as u16, reader.0)?;
        Ok(PartialEvaluation { version, epochs, partition, evaluation })
    }
}

/// Takes numbers from the front of a value.
struct Reader<'a>(&'a [u8]);

macro_rules! numbers {
    ($($number:ident),*) => {$(
        fn $number(&mut self) -> Result<$number, MessageError> {
            let (head, rest) = self.0.split_first_chunk().ok_or(MessageError::Short)?;
            self.0 = rest;
            Ok($number::from_le_bytes(*head))
        }
    )*};
}

impl Reader<'_> {
    numbers!(u8, u16, u32, u64, i32, i64);

    fn shard(&mut self) -> Result<ShardProgress, MessageError> {
        Ok(ShardProgress { next: self.i64()?, done: self.u8()? != 0 })
    }

    fn totals(&mut self) -> Result<Totals, MessageError> {
        Ok(Totals {
            records: self.u32()?,
            correct: self.u32()?,
            loss_micronats: self.u64()?,
            records_ever: self.u64()?,
            trained_twice: self.u64()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ml::data::digits;

    #[test]
    fn values_come_back_as_they_were() {
        let model = digits::softmax();
        let parameters = model.initialise(3);
        let batch = digits::batch(digits::train().take(3));
        let contribution = Contribution {
            version: 7,
            epoch: 2,
            worker: 4,
            partition: 3,
            next: 1 << 40,
            last: true,
            rows: vec![5, 6, 1_796],
            gradient: Gradient::of(&model, &parameters, &batch),
        };
        assert_eq!(Contribution::decode(&model, &contribution.encode()), Ok(contribution));
        let evaluation = Evaluation::of(&model, &parameters, &batch);
        let partial = PartialEvaluation { version: 9, epochs: 40, partition: 1, evaluation };
        assert_eq!(PartialEvaluation::decode(&model, &partial.encode()), Ok(partial));
        let snapshot = Snapshot {
            version: 900,
            epoch: 40,
            reminder: 1,
            pinned: true,
            finished: false,
            gradients_next: 3_600,
            shards: vec![ShardProgress { next: 16, done: false }; 4],
            totals: Totals { records: 64, trained_twice: 3, ..Totals::default() },
            rows: vec![u64::MAX, 0, 1],
            parameters,
        };
        assert_eq!(Snapshot::decode(&model, &snapshot.encode()), Ok(snapshot));
    }

    #[test]
    fn a_value_that_is_cut_short_is_refused() {
        let model = digits::softmax();
        assert_eq!(Contribution::decode(&model, &[0; 9]), Err(MessageError::Short));
        assert_eq!(Snapshot::decode(&model, &[]), Err(MessageError::Short));
        assert!(matches!(
            PartialEvaluation::decode(&model, &[0; 12]),
            Err(MessageError::Body(DecodeError::Length { .. }))
        ));
    }

    #[test]
    fn only_a_record_without_key_and_content_ends_a_partition() {
        let record = |key, value| Record { timestamp: 0, key, value };
        assert!(is_end(&record(None, Some(&[][..]))));
        assert!(!is_end(&record(Some(&b"7"[..]), Some(&[][..]))));
        assert!(!is_end(&record(None, None)));
        assert_eq!(row_of(Some(b"1796")), Some(1_796));
        assert_eq!(row_of(Some(b"x")), None);
    }
}
