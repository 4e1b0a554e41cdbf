//! Timers of the group coordinator.

use std::sync::Arc;

use crate::sim::time::Micros;

/// A timer of the group coordinator. There is no cancelling: each names what it was set for, and is ignored when that is over.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum GroupTimer {
    /// A member (or a member id that was handed out) may have been silent for too long.
    Session { group: Arc<str>, member: Arc<str>, due: Micros },
    /// The initial rebalance delay, or the rebalance timeout of the join phase, is over.
    Join { group: Arc<str>, serial: u64 },
    /// Members should have sent SyncGroup by now.
    PendingSync { group: Arc<str>, generation: i32 },
    /// Time to look for expired offsets (`offsets.retention.check.interval.ms`).
    OffsetExpiry,
}
