//! What stands beside the picture.

use serde::{Deserialize, Serialize};

use super::Reply;
use crate::view::scene::{Chart, Promise};

/// What stands beside the picture: the last answer, other futures, the proof that the run repeats.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Desk {
    pub reply: Option<Reply>,
    /// The rolling world hash.
    pub hash: u64,
    pub verified: Verified,
    /// The letter of the run on show, from 0.
    pub letter: u8,
    pub branches: Vec<Branch>,
    /// The run on show, and the branch set beside it.
    pub compared: Option<[Ending; 2]>,
}

/// Whether the run was repeated, and how that came out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Verified {
    #[default]
    No,
    /// So many percent are repeated.
    Running(u8),
    /// Up to that time the hash was the same.
    Same(u64),
    Different(u64),
}

/// A future that was left.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Branch {
    /// Its letter, from 0.
    pub letter: u8,
    /// Where it parts from the run on show.
    pub fork_us: u64,
    /// How far it is known.
    pub end_us: u64,
}

/// How a run stands at a moment, to be compared with another.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Ending {
    pub letter: u8,
    /// Where the two runs part.
    pub fork_us: u64,
    pub time_us: u64,
    pub promises: Vec<Promise>,
    /// In the order of [`crate::view::text::Text`]s of the comparison: records committed, acknowledged, given up, read; cut off;
    /// leaders elected; rebalances.
    pub figures: [u64; 7],
    /// From the fork on, one line each: records a second, lag, under-replicated partitions, produce latency.
    pub charts: Vec<Chart>,
}
