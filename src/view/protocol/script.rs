//! A run as the page and the engine hand it to each other.

use serde::{Deserialize, Serialize};

use super::SetupName;
use crate::view::training::TrainingSpec;

/// An action with the moment it was done. Only the engine reads the action itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamped {
    pub time_us: u64,
    /// How many events had been handled.
    pub after_events: u64,
    /// The action, in postcard.
    pub action: Vec<u8>,
}

/// A run: everything that is needed to see it again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Script {
    pub setup: SetupName,
    pub seed: u64,
    /// What is trained; only the digits look at it.
    pub training: TrainingSpec,
    pub acts: Vec<Stamped>,
}

impl Script {
    /// The script that a setup opens with: its own seed, nothing done.
    pub fn first(setup: SetupName) -> Script {
        Script { setup, seed: setup.seed(), ..Script::default() }
    }
}
