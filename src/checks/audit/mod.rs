//! A walk over the whole world, every few simulated seconds and at the end: what facts alone cannot show.
//!
//! - `replicas` what every broker holds: invariants 1 to 4
//! - `registrations` what the controller says, against what the brokers hold: invariants 7, 8, 12, 14
//! - `network` connections and queues: invariants 37 and 38
mod network;
mod registrations;
mod replicas;

use super::Findings;
use super::partition::Partitions;
use crate::sim::client::program::Program;
use crate::sim::world::World;

/// One log in so many is read from end to end in an audit on the way; others have their turn in later ones.
const SAMPLE: u64 = 8;

/// How much an audit reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// Every log from end to end.
    Full,
    /// Logs in turn, so that an audit costs a bounded share of the run; the number of the audit.
    Sample(u64),
}

impl Depth {
    /// Whether the log of the replica at that place of the walk is read.
    fn reads(self, place: u64) -> bool {
        match self {
            Depth::Full => true,
            Depth::Sample(audit) => (place + audit).is_multiple_of(SAMPLE),
        }
    }
}

/// Audits everything.
pub(super) fn audit<P: Program>(
    world: &World<P>,
    partitions: &mut Partitions,
    depth: Depth,
    found: &mut Findings<'_>,
) {
    replicas::audit(world, partitions, depth, found);
    registrations::audit(world, partitions, found);
    network::audit(world, found);
}
