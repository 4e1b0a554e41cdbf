//! The lab: a training run on a cluster, headless, from its beginning to its last score.

use std::collections::VecDeque;

use crate::apps::AnyProgram;
use crate::apps::training::message::Totals;
use crate::apps::training::{Aggregator, EpochReport, Score, Scorer, TrainingJob};
use crate::limits::RUN_MICROS_MAX;
use crate::playground::action::Action;
use crate::playground::run::Run;
use crate::playground::setup;
use crate::sim::act::{ActError, Fault};
use crate::sim::fact::FactRecord;
use crate::sim::ids::NodeId;
use crate::sim::setup::SetupError;
use crate::sim::time::{Micros, SimTime};

/// Simulated time without a new version or score after which a run counts as stuck: a dead member is noticed after six
/// seconds, a dead broker after nine, and a producer gives up after two minutes.
const STUCK_AFTER: Micros = Micros(150_000_000);

/// A training run with faults to come.
#[derive(Clone, Debug)]
pub struct Lab {
    pub run: Run<AnyProgram>,
    /// By time, the earliest first.
    faults: VecDeque<(SimTime, Fault)>,
    /// Versions and scores so far, and when they last changed.
    progress: (u32, usize),
    progressed: SimTime,
}

/// Where a run stands after a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stand {
    Training,
    /// The last epoch has been tested.
    Finished,
    /// Nothing has come of it for long, or the programs gave up.
    Stuck,
    /// A number is no longer finite.
    Diverged,
    /// The run is as long as a run can be.
    Over,
}

/// What a run came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    pub score: Score,
    pub epochs: Vec<EpochReport>,
    pub totals: Totals,
    /// Fingerprint of the last parameters.
    pub parameters: u64,
    pub simulated: SimTime,
    pub world: u64,
}

impl Lab {
    /// A run at its start.
    ///
    /// # Errors
    /// If there are more trainers than a run has room for.
    pub fn new(job: &TrainingJob, trainers: u16) -> Result<Lab, SetupError> {
        let setup = setup::digits(job, trainers);
        let run = Run::new(setup.cluster, setup.clients)?;
        Ok(Lab { run, faults: VecDeque::new(), progress: (0, 0), progressed: SimTime::ZERO })
    }

    /// The node with a name: `broker-2`, `controller-101`, or a client's name.
    pub fn node(&self, name: &str) -> Option<NodeId> {
        let setup = self.run.world.setup();
        let server = setup.servers.iter().find(|server| {
            let id = server.id;
            (server.roles.is_broker() && name == format!("broker-{id}"))
                || (server.roles.is_controller() && name == format!("controller-{id}"))
        });
        let clients = self.run.world.nodes().filter(|node| node.id.is_client());
        let named =
            clients.zip(self.run.world.client_specs()).find(|(_, spec)| *spec.name == *name);
        server.map(|server| server.id).or(named.map(|(node, _)| node.id))
    }

    /// Lets a fault happen at a time.
    pub fn schedule(&mut self, time: SimTime, fault: Fault) {
        let place = self.faults.partition_point(|(other, _)| *other <= time);
        self.faults.insert(place, (time, fault));
    }

    /// Handles the next event or fault.
    ///
    /// # Errors
    /// If the fault cannot be done, such as killing what is dead.
    pub fn step(&mut self) -> Result<Stand, ActError> {
        let next = self.run.world.next_event_time();
        let due = self.faults.front().filter(|(time, _)| next.is_none_or(|next| *time < next));
        if let Some((time, fault)) = due.copied() {
            self.faults.pop_front();
            self.run.world.advance_clock(time);
            self.run.act(&Action::Fault(fault))?;
        } else if !self.run.step() {
            return Ok(Stand::Stuck);
        }
        Ok(self.stand())
    }

    /// Plays to the end.
    ///
    /// # Errors
    /// How the run stands if it did not finish.
    pub fn finish(mut self) -> Result<Outcome, Stand> {
        loop {
            match self.step().map_err(|_| Stand::Stuck)? {
                Stand::Training => {}
                Stand::Finished => return self.outcome().ok_or(Stand::Stuck),
                stand @ (Stand::Stuck | Stand::Diverged | Stand::Over) => return Err(stand),
            }
        }
    }

    /// Facts of the last step.
    pub fn facts(&self) -> &[FactRecord] {
        self.run.world.facts()
    }

    /// The aggregator, unless it is down.
    pub fn aggregator(&self) -> Option<&Aggregator> {
        self.programs().find_map(|program| match program {
            AnyProgram::Aggregator(aggregator) => Some(&**aggregator),
            _ => None,
        })
    }

    /// The scorer, unless it is down.
    pub fn scorer(&self) -> Option<&Scorer> {
        self.programs().find_map(|program| match program {
            AnyProgram::Scorer(scorer) => Some(&**scorer),
            _ => None,
        })
    }

    /// What the run came to, once the last epoch has been tested.
    pub fn outcome(&self) -> Option<Outcome> {
        let score = self.scorer()?.final_score()?.clone();
        let snapshot = self.aggregator()?.snapshot()?;
        Some(Outcome {
            score,
            epochs: self.aggregator()?.epochs().to_vec(),
            totals: snapshot.totals,
            parameters: snapshot.parameters.fingerprint(),
            simulated: self.run.world.now(),
            world: self.run.world.hash(),
        })
    }

    fn programs(&self) -> impl Iterator<Item = &AnyProgram> {
        self.run.world.nodes().filter_map(|node| node.client()).map(|client| &client.program)
    }

    fn stand(&mut self) -> Stand {
        // Only a fact can have changed anything worth looking at; most steps have none.
        let now = self.run.world.now();
        if self.facts().is_empty() && now.since(self.progressed) < STUCK_AFTER {
            return Stand::Training;
        }
        if self.scorer().is_some_and(|scorer| scorer.final_score().is_some()) {
            return Stand::Finished;
        }
        if now.0 > RUN_MICROS_MAX {
            return Stand::Over;
        }
        if self.aggregator().is_some_and(Aggregator::has_diverged) {
            return Stand::Diverged;
        }
        let version = self.aggregator().and_then(Aggregator::snapshot).map_or(0, |s| s.version);
        let progress = (version, self.scorer().map_or(0, |scorer| scorer.scores().len()));
        if progress != self.progress {
            (self.progress, self.progressed) = (progress, now);
        }
        if now.since(self.progressed) < STUCK_AFTER { Stand::Training } else { Stand::Stuck }
    }
}
