//! What passes between a group coordinator and the broker that hosts it.
//!
//! The coordinator changes its state at once and answers when the records that say so are committed (KIP-848's coordinator
//! runtime): the broker appends them to `__consumer_offsets` as a leader with acks=all and tells the outcome.

use std::sync::Arc;

use super::record::RawRecord;
use crate::sim::effects::RequestRef;
use crate::sim::ids::*;
use crate::sim::protocol::Response;

/// Records to append to one partition of `__consumer_offsets`, in one batch.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CoordinatorAppend {
    /// Partition of `__consumer_offsets`.
    pub partition: PartitionIndex,
    /// Keys and values; None = a tombstone.
    pub records: Vec<RawRecord>,
    /// The coordinator's number for the append; it comes back with the outcome.
    pub ticket: u64,
}

/// What a coordinator wants from its broker.
#[derive(Clone, Debug, Default)]
pub struct CoordinatorEffects {
    /// Answers that need not wait.
    pub replies: Vec<(RequestRef, Arc<Response>)>,
    /// Records to write; their outcome is reported by ticket.
    pub appends: Vec<CoordinatorAppend>,
}
