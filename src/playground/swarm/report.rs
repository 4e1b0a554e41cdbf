//! What a run of the swarm brought, and whether it proves anything.

use crate::checks::Hit;
use crate::playground::metrics::Totals;
use crate::sim::time::SimTime;

/// Acknowledged records below which a seed does not count.
const RECORDS_FLOOR: u64 = 1_000;
/// Faults that took effect below which a seed does not count.
const FAULTS_FLOOR: u64 = 5;

/// The end of one run.
#[derive(Clone, Debug)]
pub struct Outcome {
    pub seed: u64,
    pub hash: u64,
    pub events: u64,
    pub simulated: SimTime,
    /// Faults that took effect.
    pub faults: u64,
    pub totals: Totals,
    pub anomalies: u64,
    /// The first violation, or what never came true.
    pub violation: Option<Hit>,
}

impl Outcome {
    /// Whether enough happened for the run to prove something: records, faults, a leader change and a rebalance.
    pub fn counts(&self) -> bool {
        self.totals.records_acknowledged >= RECORDS_FLOOR
            && self.faults >= FAULTS_FLOOR
            && self.totals.leader_elections > 0
            && self.totals.rebalances > 0
    }
}

/// Totals over many runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Report {
    pub seeds: u64,
    /// Seeds above the floors.
    pub counted: u64,
    pub events: u64,
    pub simulated_seconds: u64,
    pub faults: u64,
    pub records: u64,
    pub elections: u64,
    pub truncated: u64,
    pub rebalances: u64,
    pub anomalies: u64,
    pub violations: u64,
}

impl Report {
    /// Adds a run.
    pub fn add(&mut self, outcome: &Outcome) {
        self.seeds += 1;
        self.counted += u64::from(outcome.counts());
        self.events += outcome.events;
        self.simulated_seconds += outcome.simulated.0 / 1_000_000;
        self.faults += outcome.faults;
        self.records += outcome.totals.records_acknowledged;
        self.elections += outcome.totals.leader_elections;
        self.truncated += outcome.totals.records_truncated;
        self.rebalances += outcome.totals.rebalances;
        self.anomalies += outcome.anomalies;
        self.violations += u64::from(outcome.violation.is_some());
    }

    /// Whether the seeds together prove something: at least three of four are above the floors.
    pub fn is_active(&self) -> bool {
        self.counted * 4 >= self.seeds * 3
    }
}
