//! What a person can do, and when it was done.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::sim::act::Fault;
use crate::sim::ids::NodeId;
use crate::sim::time::SimTime;

/// Something that a person does to the world.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Action<C> {
    /// Breaks or repairs something.
    Fault(Fault),
    /// Tells a client's program something.
    Command { client: NodeId, command: C },
    /// Starts one more client process of the same program as another, from the program's beginning.
    AddClient { like: NodeId, name: Arc<str> },
}

/// An action with its place in the run: after so many events, at that time.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Stamped<C> {
    /// What the clock showed, microseconds.
    #[serde(rename = "time_us")]
    pub time: SimTime,
    /// How many events had been handled.
    pub after_events: u64,
    /// What was done.
    pub action: Action<C>,
}
