//! What the programs of a training report, as codes of [`Fact::Program`](crate::sim::fact::Fact::Program).
//!
//! Losses and accuracies are in millionths: of a nat a record, and of one.

/// An epoch ended: its number, the mean loss and the share recognised before each update.
pub const EPOCH_TRAINED: u16 = 1;
/// An epoch's parameters were tested: its number (0 = untrained), loss and accuracy on the test records.
pub const EPOCH_TESTED: u16 = 2;
/// Records were merged again in their epoch: its number, how many in this round, how many ever.
pub const TRAINED_TWICE: u16 = 3;
/// A trainer ended an epoch: its number, the mean loss of its records, how many they were.
pub const TRAINER_EPOCH: u16 = 4;
/// Training began: partitions, records an update at most, epochs.
pub const TRAINING_STARTED: u16 = 5;
/// Training ended: epochs, records merged, records merged more than once in their epoch.
pub const TRAINING_FINISHED: u16 = 6;
/// The aggregator waited too long and reminded the trainers: version, epoch, partitions missing.
pub const REMINDED: u16 = 7;
/// A number was no longer finite; training stopped: version, epoch, partition.
pub const DIVERGED: u16 = 8;
/// A record could not be read and was left out: partition, offset.
pub const RECORD_REFUSED: u16 = 9;
/// All raw records are stored: to train on, to test on.
pub const DATA_STORED: u16 = 10;
