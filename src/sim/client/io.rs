//! What a client machine sees of its process while it handles something.

use std::collections::VecDeque;

use super::program::ClientEvent;
use crate::sim::effects::Effects;
use crate::sim::ids::NodeId;
use crate::sim::time::{Micros, NodeNow};

/// The command of machines, which get none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Never {}

/// What a machine has to tell the program.
pub type MachineEvent = ClientEvent<Never>;

/// The time, and where requests, facts and events go.
pub struct Io<'a> {
    /// What the node's clocks show.
    pub now: NodeNow,
    /// The client's node.
    pub node: NodeId,
    /// Requests and facts.
    pub out: &'a mut Effects,
    /// Events for the program.
    pub events: &'a mut VecDeque<MachineEvent>,
}

impl Io<'_> {
    /// The monotonic clock.
    pub fn monotonic(&self) -> Micros {
        self.now.monotonic
    }
}

/// The earlier of two wake-up times, if there is any.
pub fn earlier(left: Option<Micros>, right: Option<Micros>) -> Option<Micros> {
    match (left, right) {
        (Some(left), Some(right)) => Some(left.min(right)),
        (left, right) => left.or(right),
    }
}
