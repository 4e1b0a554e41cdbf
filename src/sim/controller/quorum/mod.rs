//! KRaft: votes, the metadata log and its replication (KIP-595, KIP-996).
//!
//! - `member` the state of a process in the quorum and its transitions
//! - `election` votes and what follows from them
//! - `leader` appending, high watermark, check quorum
//! - `fetch` pull replication, both sides
//! - `log` the metadata log with its snapshot
//!
//! Simplification: the voters are those of the setup (`controller.quorum.voters`, kraft.version 0); voters cannot be added
//! or removed.
mod election;
mod fetch;
mod leader;
mod log;
mod member;

pub use log::MetadataLog;
pub use member::{Quorum, QuorumDisk, QuorumState, Role};

use crate::sim::ids::NodeId;
use crate::sim::time::Micros;

/// A timer of a quorum member or observer. `turn` counts changes of role: a timer of an earlier one is void.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum QuorumTimer {
    /// The role's deadline may have come: election timeout, fetch timeout, check quorum.
    Deadline { at: Micros },
    /// Ask a voter again that did not answer.
    Retry { turn: u64, voter: NodeId },
    /// Fetch again.
    Fetch { turn: u64 },
    /// Write what has been collected for `controller.quorum.append.linger.ms`.
    Flush { turn: u64 },
    /// Remind voters that do not fetch of their leader.
    BeginEpoch { turn: u64 },
    /// A waiting fetch may have waited long enough.
    FetchWait { at: Micros },
}
