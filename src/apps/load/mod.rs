//! Load: programs that keep a cluster busy and can be told to do more, less or otherwise while they run.
//!
//! - [`ProducerLoad`] sends records at a rate or in bursts, with or without keys.
//! - [`ConsumerLoad`] reads as a member of a group, at its own pace.
mod consumer;
mod producer;

pub use consumer::{CommitMode, ConsumerCommand, ConsumerLoad, ConsumerSpec};
pub use producer::{Pace, ProducerCommand, ProducerLoad, ProducerSpec};
