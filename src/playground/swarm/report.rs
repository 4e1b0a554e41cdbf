//! What a run of the swarm brought, and whether it proves anything.

use crate::checks::Hit;
use crate::playground::metrics::Totals;
use crate::sim::time::SimTime;

/// Acknowledged records below which a seed does not count.
const RECORDS_FLOOR: u64 = 1_000;
/// Faults that took effect below which a seed does not count.
const FAULTS_FLOOR: u64 = 5;
/// From so many seeds on their averages say something.
const AVERAGED_FROM: u64 = 32;

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
    pub quorum_elections: u64,
    pub isr_changes: u64,
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
        self.quorum_elections += outcome.totals.quorum_elections;
        self.isr_changes += outcome.totals.isr_shrinks + outcome.totals.isr_expands;
        self.truncated += outcome.totals.records_truncated;
        self.rebalances += outcome.totals.rebalances;
        self.anomalies += outcome.anomalies;
        self.violations += u64::from(outcome.violation.is_some());
    }

    /// What the seeds together brought too little of to prove something: three of four must be above the floors, and no
    /// part of the mix may fall silent. The averages asked for are about a quarter of those measured.
    pub fn lacking(&self) -> Vec<&'static str> {
        let averages = [
            ("faults", self.faults, 20),
            ("acknowledged records", self.records, 2_000),
            ("leader elections", self.elections, 4),
            ("quorum elections", self.quorum_elections, 2),
            ("ISR changes", self.isr_changes, 12),
            ("truncated records", self.truncated, 50),
            ("rebalances", self.rebalances, 1),
        ];
        let is_averaged = self.seeds >= AVERAGED_FROM;
        let low = averages.into_iter().filter(|(_, total, least)| *total < least * self.seeds);
        let low = low.filter(|_| is_averaged).map(|(name, ..)| name);
        let few = self.counted * 4 < self.seeds * 3;
        few.then_some("seeds above the floors").into_iter().chain(low).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(seeds: u64, truncated: u64) -> Report {
        let busy = 10_000 * seeds;
        let (faults, records, elections, rebalances) = (busy, busy, busy, busy);
        let (quorum_elections, isr_changes, counted) = (busy, busy, seeds);
        Report {
            seeds,
            counted,
            faults,
            records,
            elections,
            quorum_elections,
            isr_changes,
            truncated,
            rebalances,
            ..Report::default()
        }
    }

    #[test]
    fn a_part_of_the_mix_that_falls_silent_is_named() {
        assert!(report(64, 64 * 50).lacking().is_empty());
        assert_eq!(report(64, 64 * 50 - 1).lacking(), ["truncated records"]);
        assert!(report(8, 0).lacking().is_empty(), "a few seeds need not show everything");
    }

    #[test]
    fn idle_seeds_prove_nothing() {
        let idle = Report { counted: 5, ..report(8, 0) };
        assert_eq!(idle.lacking(), ["seeds above the floors"]);
    }
}
