//! The controller: the metadata quorum, and what its leader decides about brokers, topics and partitions.
//!
//! - [`quorum`] KRaft: who leads, and what is committed
//! - [`metadata`] the records, and the image of the cluster that they add up to
//! - [`active`] the process side: requests in, records appended, answers and facts when they are committed
//! - [`state`] what decisions are made from; the decisions are in `lifecycle` (brokers), `topics`, `growth`, `partitions`, `configs`, and what they may create in `room`
//! - [`placer`], [`partition_change`], [`partition_registration`], [`reassignment`] the rules of Kafka's classes of those names
pub mod active;
mod assignment;
mod configs;
mod facts;
mod growth;
pub mod heartbeats;
pub mod index;
mod lifecycle;
pub mod metadata;
pub mod partition_change;
pub mod partition_registration;
mod partitions;
pub mod placer;
pub mod quorum;
pub mod reassignment;
mod refusal;
mod room;
pub mod state;
mod topics;

pub use active::Controller;

use crate::sim::ids::QuorumEpoch;

/// A timer of the active controller; void when it does not lead that epoch any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ControllerTimer {
    pub epoch: QuorumEpoch,
    pub task: Task,
}

/// What the active controller does from time to time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Task {
    /// Write a record so that the log moves.
    NoOp,
    /// Look for brokers whose session has ended.
    FenceStale,
    /// Give leadership back to preferred replicas.
    BalanceLeaders,
    /// Elect uncleanly where that is allowed and nobody leads.
    ElectUnclean,
}
