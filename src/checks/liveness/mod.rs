//! What must come true once the faults are over, within bounds computed from the configuration.
//!
//! - [`bounds`] how long it may take
//! - `replicas` invariant 29: controller, brokers, leaders, ISRs
//! - `clients` invariants 30 and 31: producers, groups, lag
pub mod bounds;
mod clients;
mod replicas;

pub use bounds::{Bounds, ClientTimes};

use super::partition::Partitions;
use super::{Findings, Hit, Judges};
use crate::sim::client::program::Program;
use crate::sim::ids::FactId;
use crate::sim::world::World;

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Goal {
    /// A controller, a leader for every partition, every ISR full: invariant 29.
    Replicas,
    /// And every record settled, every copy made, every group stable without lag: invariants 30 and 31. Asked of a world
    /// whose producers have stopped.
    Clients,
}

impl Judges {
    /// Asks whether a goal is reached in a world whose processes all run and whose links are whole; what is not is kept.
    pub fn ask<P: Program>(&mut self, world: &World<P>, goal: Goal) {
        let hits = check(world, &self.partitions, goal);
        hits.into_iter().for_each(|hit| self.keep(hit));
    }
}

fn check<P: Program>(world: &World<P>, partitions: &Partitions, goal: Goal) -> Vec<Hit> {
    let mut hits = Vec::new();
    let mut found = Findings { time: world.now(), fact: FactId(0), hits: &mut hits };
    replicas::check(world, &mut found);
    if goal == Goal::Clients {
        clients::check(world, partitions, &mut found);
    }
    hits
}
