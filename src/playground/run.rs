//! A world with everything that watches it.

use std::sync::Arc;

use crate::checks::Judges;
use crate::playground::action::Action;
use crate::playground::journal::Journal;
use crate::playground::metrics::Metrics;
use crate::sim::act::{ActError, Fault};
use crate::sim::client::ClientSpec;
use crate::sim::client::program::Program;
use crate::sim::hash::digest_of;
use crate::sim::ids::{FIRST_CLIENT, NodeId};
use crate::sim::setup::{ClusterSetup, SetupError};
use crate::sim::time::SimTime;
use crate::sim::world::World;

/// The unit that is snapshotted, sought and forked. The watchers never influence the world.
#[derive(Clone, Debug, Hash)]
pub struct Run<P: Program> {
    pub world: World<P>,
    pub judges: Judges,
    pub metrics: Metrics,
    pub journal: Journal,
}

impl<P: Program> Run<P> {
    /// A run at its start.
    ///
    /// # Errors
    /// If the setup is past a limit or impossible.
    pub fn new(setup: ClusterSetup, clients: Vec<ClientSpec<P>>) -> Result<Run<P>, SetupError> {
        let judges = Judges::new(&setup);
        let world = World::new(setup, clients)?;
        Ok(Run { world, judges, metrics: Metrics::default(), journal: Journal::default() })
    }

    /// A run whose judges look away, to measure what they cost.
    ///
    /// # Errors
    /// As of [`Run::new`].
    pub fn without_judges(
        setup: ClusterSetup,
        clients: Vec<ClientSpec<P>>,
    ) -> Result<Run<P>, SetupError> {
        let judges = Judges::disabled(&setup);
        Ok(Run { judges, ..Run::new(setup, clients)? })
    }

    /// Handles the next event; false if there is none.
    pub fn step(&mut self) -> bool {
        let stepped = self.world.step();
        self.observe();
        stepped
    }

    /// Runs until the next event lies after `time`; the clock then shows `time`.
    pub fn run_until(&mut self, time: SimTime) {
        while self.world.next_event_time().is_some_and(|next| next <= time) {
            self.step();
        }
        self.world.advance_clock(time);
    }

    /// Does something to the world.
    ///
    /// # Errors
    /// If it cannot be done now; then nothing has changed.
    pub fn act(&mut self, action: &Action<P::Command>) -> Result<(), ActError> {
        match action {
            Action::Fault(fault) => self.world.act(*fault)?,
            Action::Command { client, command } => {
                let node = self.world.node(*client).ok_or(ActError::UnknownNode(*client))?;
                if !node.is_running() {
                    return Err(ActError::NotRunning(*client));
                }
                self.world.command(*client, command.clone());
            }
            Action::AddClient { like, name } => self.add_client(*like, name.clone())?,
        }
        self.observe();
        Ok(())
    }

    fn add_client(&mut self, like: NodeId, name: Arc<str>) -> Result<(), ActError> {
        let specs = self.world.client_specs();
        let place = usize::try_from(like.0 - FIRST_CLIENT).ok();
        let model = place.and_then(|place| specs.get(place)).ok_or(ActError::UnknownNode(like))?;
        let program = model.program.clone();
        let node = self.world.enlist_client(ClientSpec { name, program });
        let node = node.map_err(|_| ActError::TooManyClients)?;
        self.world.act(Fault::Start(node))
    }

    /// Digest of the whole run, watchers included.
    pub fn state_digest(&self) -> u64 {
        digest_of(self)
    }

    fn observe(&mut self) {
        let facts = self.world.facts();
        self.judges.observe(&self.world, facts);
        self.metrics.observe(&self.world, facts);
        self.journal.observe(facts);
    }
}
