//! What needs attention in a cluster too large to be looked over, the worst first.

use serde::{Deserialize, Serialize};

use super::{Process, PromiseKind};

/// Something that needs attention.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Attention {
    /// A promise of the topic on the board is broken.
    Broken(PromiseKind),
    /// Partitions without a leader; the first of them by name.
    Offline { count: u32, topic: String, partition: i32 },
    /// A broker that does not answer, though the controller still counts it in.
    Down { broker: i32, process: Process },
    /// Partitions whose ISR a broker is missing from; the first of them by name.
    UnderReplicated { broker: i32, count: u32, topic: String, partition: i32 },
    /// A broker that cannot reach so many others.
    CutOff { broker: i32, links: u32 },
    /// A group that is far behind on these partitions.
    Behind { group: String, lag: i64, partitions: Vec<i32>, members: u32 },
    /// A group with members that own no partition.
    Idle { group: String, idle: u32, members: u32 },
}
