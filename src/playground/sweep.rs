//! Do more workers help? The same training with 1, 2, 4 and 8 trainers, beside a single trainer whose settings are tuned.

use crate::apps::training::fact::EPOCH_TESTED;
use crate::apps::training::{Aggregator, TrainingJob};
use crate::playground::lab::{Lab, Stand};
use crate::sim::fact::Fact;
use crate::sim::time::SimTime;

/// Trainers that are compared.
pub const WORKERS: [u16; 4] = [1, 2, 4, 8];
/// The share of test records, in millionths, that "trained" means.
pub const GOAL: i64 = 950_000;
/// A single trainer is tuned by taking one partition, so that it updates after every batch, and the best of these learning
/// rates, in millionths.
pub const TUNED_RATES: [u32; 4] = [75_000, 150_000, 300_000, 600_000];

/// One run of the comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trial {
    pub trainers: u16,
    pub partitions: i32,
    pub rate_millionths: u32,
    /// Whether it is a try of the tuned single trainer.
    pub tuned: bool,
}

/// What a run has shown so far, in simulated time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Measure {
    pub trial: Trial,
    /// Microseconds since the first update: what comes before it, such as groups that form, is the same for all.
    pub trained_us: u64,
    pub records: u64,
    /// Microseconds from the first update until the test that reached [`GOAL`].
    pub goal_us: Option<u64>,
    /// Millionths of the test records recognised, at the latest test.
    pub accuracy: i64,
    pub epochs: u16,
    /// How it ended.
    pub stand: Stand,
}

/// The runs one after the other.
#[derive(Clone, Debug)]
pub struct Sweep {
    job: TrainingJob,
    trials: Vec<Trial>,
    running: Option<(Lab, Option<SimTime>)>,
    measures: Vec<Measure>,
}

impl Sweep {
    /// The comparison for a job; nothing has run yet.
    pub fn new(job: TrainingJob) -> Sweep {
        let (partitions, rate_millionths) = (job.partitions, job.plan.learning_rate_millionths);
        let plain = |trainers| Trial { trainers, partitions, rate_millionths, tuned: false };
        let tuned =
            |rate_millionths| Trial { trainers: 1, partitions: 1, rate_millionths, tuned: true };
        let trials = WORKERS.map(plain).into_iter().chain(TUNED_RATES.map(tuned)).collect();
        Sweep { job, trials, running: None, measures: Vec::new() }
    }

    /// The runs begun, the last one perhaps unfinished.
    pub fn measures(&self) -> &[Measure] {
        &self.measures
    }

    /// How many runs there are.
    pub fn trials(&self) -> usize {
        self.trials.len()
    }

    /// Whether all runs have ended.
    pub fn is_finished(&self) -> bool {
        self.running.is_none() && self.measures.len() == self.trials.len()
    }

    /// Handles up to that many events.
    pub fn work(&mut self, events: u32) {
        for _ in 0..events {
            if self.running.is_none() && !self.begin() {
                return;
            }
            self.step();
        }
    }

    fn begin(&mut self) -> bool {
        let Some(&trial) = self.trials.get(self.measures.len()) else { return false };
        let mut job = self.job.clone();
        job.partitions = trial.partitions;
        job.plan.learning_rate_millionths = trial.rate_millionths;
        let lab = Lab::new(&job, trial.trainers).expect("eight trainers are within the limits");
        self.running = Some((lab, None));
        self.measures.push(Measure {
            trial,
            trained_us: 0,
            records: 0,
            goal_us: None,
            accuracy: 0,
            epochs: 0,
            stand: Stand::Training,
        });
        true
    }

    fn step(&mut self) {
        let (Some((lab, started)), Some(measure)) = (&mut self.running, self.measures.last_mut())
        else {
            return;
        };
        measure.stand = lab.step().unwrap_or(Stand::Stuck);
        let merged = |lab: &Lab| {
            lab.aggregator().and_then(Aggregator::snapshot).map_or(0, |now| now.totals.records_ever)
        };
        if started.is_none() && !lab.facts().is_empty() && merged(lab) > 0 {
            *started = Some(lab.run.world.now());
        }
        for record in lab.facts() {
            let Fact::Program { code: EPOCH_TESTED, values, .. } = &record.fact else { continue };
            let since = record.time.0 - started.map_or(record.time.0, |time| time.0);
            measure.trained_us = since;
            measure.accuracy = values[2];
            measure.epochs = values[0].max(0) as u16;
            measure.records = merged(lab);
            if values[2] >= GOAL && measure.goal_us.is_none() {
                measure.goal_us = Some(since);
            }
        }
        if measure.goal_us.is_some() && measure.stand == Stand::Training {
            measure.stand = Stand::Finished;
        }
        if measure.stand != Stand::Training {
            self.running = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finished(job: TrainingJob) -> Sweep {
        let mut sweep = Sweep::new(job);
        while !sweep.is_finished() {
            sweep.work(10_000);
        }
        sweep
    }

    #[test]
    fn more_workers_help_as_far_as_there_are_partitions() {
        let sweep = finished(TrainingJob::digits(7));
        let measures = sweep.measures();
        assert_eq!(measures.len(), sweep.trials());
        let goal = |place: usize| measures[place].goal_us.expect("the goal is reached");
        for pair in [(0, 1), (1, 2)] {
            assert!(goal(pair.1) < goal(pair.0), "{measures:?}");
        }
        // The same arithmetic in the same order: only time differs.
        assert!(measures[..4].iter().all(|measure| measure.epochs == measures[0].epochs));
        assert!(2 * goal(0) > 3 * goal(2), "four beat one by more than half: {measures:?}");
        // Four of eight have no partition.
        let ratio = goal(3) as f64 / goal(2) as f64;
        assert!((0.8..1.25).contains(&ratio), "8 workers take {ratio} times what 4 take");
        assert!(measures[4..].iter().any(|measure| measure.goal_us.is_some()), "{measures:?}");
    }
}
