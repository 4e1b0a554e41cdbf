//! Judges: what the cluster promises, checked while it runs. One promise family a file; judges never change the world.

use crate::sim::client::program::Program;
use crate::sim::fact::FactRecord;
use crate::sim::setup::ClusterSetup;
use crate::sim::world::World;

/// All judges of a run.
#[derive(Clone, Debug, Default, Hash)]
pub struct Judges {}

impl Judges {
    /// Judges of a run that begins with `setup`.
    pub fn new(_setup: &ClusterSetup) -> Judges {
        Judges::default()
    }

    /// Takes in the facts of a step.
    pub fn observe<P: Program>(&mut self, _world: &World<P>, _facts: &[FactRecord]) {}
}
