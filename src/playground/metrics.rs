//! What Kafka's metrics would show, sampled over simulated time under Kafka's names.

use imbl::Vector;

use crate::limits::SERIES_POINTS_MAX;
use crate::sim::client::program::Program;
use crate::sim::fact::{Fact, FactRecord};
use crate::sim::time::{Micros, SimTime};
use crate::sim::world::World;

/// Time between two samples.
pub const SAMPLE_EVERY: Micros = Micros(200_000);

/// Running totals since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Totals {
    /// `BrokerTopicMetrics MessagesInPerSec`, as a count.
    pub messages_in: u64,
    /// Records that polls returned.
    pub records_consumed: u64,
    /// `ReplicaManager IsrShrinksPerSec`, as a count.
    pub isr_shrinks: u64,
    /// `ReplicaManager IsrExpandsPerSec`, as a count.
    pub isr_expands: u64,
    /// `LeaderElectionRateAndTimeMs`, as a count.
    pub leader_elections: u64,
    /// `UncleanLeaderElectionsPerSec`, as a count.
    pub unclean_leader_elections: u64,
    /// Leaders that the metadata quorum elected: each is a new active controller.
    pub quorum_elections: u64,
    /// Records that replicas cut off.
    pub records_truncated: u64,
    /// Rebalances begun.
    pub rebalances: u64,
    /// Records that producers were told are stored.
    pub records_acknowledged: u64,
    /// Records that producers gave up.
    pub records_failed: u64,
}

/// Totals and gauges at one time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Sample {
    pub time: SimTime,
    pub totals: Totals,
}

/// The metrics of a run. Clones share their content.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Metrics {
    totals: Totals,
    samples: Vector<Sample>,
    next_sample: SimTime,
    /// Samples are this many intervals apart; doubled when the series is full.
    stride: u64,
}

impl Metrics {
    /// Takes in the facts of a step, and a sample when it is due.
    pub fn observe<P: Program>(&mut self, world: &World<P>, facts: &[FactRecord]) {
        for fact in facts {
            self.count(&fact.fact);
        }
        if world.now() >= self.next_sample {
            self.sample(world);
        }
    }

    /// Totals so far.
    pub fn totals(&self) -> &Totals {
        &self.totals
    }

    /// Samples, oldest first.
    pub fn samples(&self) -> impl DoubleEndedIterator<Item = &Sample> + ExactSizeIterator {
        self.samples.iter()
    }

    fn count(&mut self, fact: &Fact) {
        let totals = &mut self.totals;
        match fact {
            Fact::Appended { as_leader: true, base_offset, last_offset, .. } => {
                totals.messages_in += (last_offset - base_offset + 1) as u64;
            }
            Fact::Delivered { from, next, .. } => {
                totals.records_consumed += (next - from).max(0) as u64
            }
            Fact::IsrShrunk { .. } => totals.isr_shrinks += 1,
            Fact::IsrExpanded { .. } => totals.isr_expands += 1,
            Fact::LeaderElected { unclean, .. } => {
                totals.leader_elections += 1;
                totals.unclean_leader_elections += u64::from(*unclean);
            }
            Fact::QuorumLeaderElected { .. } => totals.quorum_elections += 1,
            Fact::Truncated { from, to, .. } => {
                totals.records_truncated += (from - to).max(0) as u64
            }
            Fact::RebalanceStarted { .. } => totals.rebalances += 1,
            Fact::SendAcknowledged { records, .. } => {
                totals.records_acknowledged += u64::from(*records)
            }
            Fact::SendFailed { records, .. } => totals.records_failed += u64::from(*records),
            _ => {}
        }
    }

    fn sample<P: Program>(&mut self, world: &World<P>) {
        self.samples.push_back(Sample { time: world.now(), totals: self.totals });
        if self.samples.len() > SERIES_POINTS_MAX {
            self.samples = self.samples.iter().step_by(2).copied().collect();
            self.stride = self.stride.max(1) * 2;
        }
        self.next_sample = world.now() + Micros(SAMPLE_EVERY.0 * self.stride.max(1));
    }
}
