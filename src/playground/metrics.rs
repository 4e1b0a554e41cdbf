//! What Kafka's metrics would show, sampled over simulated time under Kafka's names.

use std::collections::VecDeque;
use std::sync::Arc;

use imbl::{OrdMap, Vector};

use crate::limits::SERIES_POINTS_MAX;
use crate::playground::gauges::{self, Gauges, Lag, TopicSample};
use crate::sim::client::program::Program;
use crate::sim::fact::{Fact, FactRecord};
use crate::sim::ids::{NodeId, Offset, TopicId, TopicPartition};
use crate::sim::sorted::SortedMap;
use crate::sim::time::{Micros, SimTime};
use crate::sim::world::World;

/// Time between two samples.
pub const SAMPLE_EVERY: Micros = Micros(200_000);
/// Latencies that a percentile is taken over: the latest ones.
const LATENCIES: usize = 128;
/// Produce requests whose answer is waited for; the oldest key goes first.
const PENDING_MAX: usize = 1_024;

/// Running totals since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Totals {
    /// `BrokerTopicMetrics MessagesInPerSec`, as a count.
    pub messages_in: u64,
    /// `BrokerTopicMetrics BytesInPerSec`, as a count: the batches as they are stored.
    pub bytes_in: u64,
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

/// What Kafka also counts by topic.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct TopicTotals {
    /// `MessagesInPerSec,topic=…`, as a count.
    pub messages_in: u64,
    /// `BytesInPerSec,topic=…`, as a count.
    pub bytes_in: u64,
    /// Records that polls returned.
    pub records_consumed: u64,
}

/// Totals and gauges at one time.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Sample {
    pub time: SimTime,
    pub totals: Totals,
    pub gauges: Gauges,
    /// By group and partition.
    pub lags: Arc<[Lag]>,
    /// By topic.
    pub topics: Arc<[TopicSample]>,
}

impl Sample {
    /// The numbers of a topic.
    pub fn topic(&self, topic: TopicId) -> Option<&TopicSample> {
        let place = self.topics.binary_search_by_key(&topic, |of| of.topic).ok()?;
        self.topics.get(place)
    }
}

/// The metrics of a run. Clones share their content.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Metrics {
    totals: Totals,
    topics: OrdMap<TopicId, TopicTotals>,
    samples: Vector<Sample>,
    next_sample: SimTime,
    /// When the batches were appended that no producer has been answered about.
    pending: SortedMap<(TopicPartition, Offset), SimTime>,
    /// The latest times from append to answer, in microseconds.
    latencies: VecDeque<u32>,
    /// Samples are this many intervals apart; doubled when the series is full.
    stride: u64,
}

impl Metrics {
    /// Takes in the facts of a step, and a sample when it is due.
    pub fn observe<P: Program>(&mut self, world: &World<P>, facts: &[FactRecord]) {
        for fact in facts {
            self.count(&fact.fact);
            self.time(world, fact);
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
            Fact::Appended { as_leader: true, partition, base_offset, last_offset, .. } => {
                let records = (last_offset - base_offset + 1) as u64;
                totals.messages_in += records;
                self.topics.entry(partition.topic).or_default().messages_in += records;
            }
            Fact::Delivered { partition, from, next, .. } => {
                let records = (next - from).max(0) as u64;
                totals.records_consumed += records;
                self.topics.entry(partition.topic).or_default().records_consumed += records;
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

    /// Times produce requests from the leader's append to its answer, and weighs what it appends.
    fn time<P: Program>(&mut self, world: &World<P>, record: &FactRecord) {
        match record.fact {
            Fact::Appended {
                broker, partition, base_offset, last_offset, as_leader: true, ..
            } => {
                let bytes = bytes(world, broker, partition, base_offset, last_offset);
                self.totals.bytes_in += bytes;
                self.topics.entry(partition.topic).or_default().bytes_in += bytes;
                self.pending.insert((partition, base_offset), record.time);
                if self.pending.len() > PENDING_MAX {
                    self.pending.pop_first();
                }
            }
            Fact::ProduceAcknowledged { partition, base_offset, .. } => {
                let Some(since) = self.pending.remove(&(partition, base_offset)) else { return };
                let took = record.time.0.saturating_sub(since.0);
                self.latencies.push_back(u32::try_from(took).unwrap_or(u32::MAX));
                if self.latencies.len() > LATENCIES {
                    self.latencies.pop_front();
                }
            }
            _ => {}
        }
    }

    /// The 50th and the 99th of a hundred latencies.
    fn percentiles(&self) -> (u32, u32) {
        let mut sorted: Vec<u32> = self.latencies.iter().copied().collect();
        sorted.sort_unstable();
        let at = |percent: usize| {
            let place = (sorted.len() * percent).div_ceil(100).saturating_sub(1);
            sorted.get(place).copied().unwrap_or(0)
        };
        (at(50), at(99))
    }

    fn sample<P: Program>(&mut self, world: &World<P>) {
        let mut gauges = Gauges::default();
        let (mut lags, mut topics): (Arc<[Lag]>, Arc<[TopicSample]>) = Default::default();
        if let Some(image) = world.metadata() {
            (gauges.under_replicated, gauges.offline) = gauges::partitions(image);
            lags = gauges::lags(world, image);
            topics = gauges::topics(image, &self.topics);
        }
        (gauges.produce_p50, gauges.produce_p99) = self.percentiles();
        let (time, totals) = (world.now(), self.totals);
        self.samples.push_back(Sample { time, totals, gauges, lags, topics });
        if self.samples.len() > SERIES_POINTS_MAX {
            self.samples = self.samples.iter().step_by(2).cloned().collect();
            self.stride = self.stride.max(1) * 2;
        }
        self.next_sample = world.now() + Micros(SAMPLE_EVERY.0 * self.stride.max(1));
    }
}

fn bytes<P: Program>(
    world: &World<P>,
    broker: NodeId,
    partition: TopicPartition,
    base: Offset,
    last: Offset,
) -> u64 {
    let broker = world.node(broker).and_then(|node| node.server()?.broker());
    let replica = broker.and_then(|broker| broker.replica(partition));
    replica.map_or(0, |replica| replica.log.bytes_between(base, last + 1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::playground::action::Action;
    use crate::playground::setup;
    use crate::sim::act::Fault;

    #[test]
    fn a_crash_shows_in_kafkas_numbers_and_a_rewind_takes_it_back() {
        let mut history = setup::orders(1).open().expect("within the limits");
        history.seek(SimTime(20_000_000));
        let before = history.run().metrics.clone();
        let calm = before.samples().next_back().expect("a sample is taken").clone();
        assert_eq!((calm.gauges.under_replicated, calm.gauges.offline), (0, 0));
        assert!(calm.totals.bytes_in > calm.totals.messages_in * 60, "{calm:?}");
        assert!(calm.gauges.produce_p50 >= 300_000, "a copy takes two hops: {calm:?}");
        assert!(calm.gauges.produce_p99 >= calm.gauges.produce_p50);
        assert!(calm.lags.iter().any(|lag| *lag.group == *"billing"), "{calm:?}");
        history.act(Action::Fault(Fault::Kill(NodeId(2)))).expect("broker 2 runs");
        history.seek(SimTime(40_000_000));
        let orders = calm.topics.iter().map(|topic| topic.totals.messages_in).max();
        assert!(orders > Some(80) && orders < Some(calm.totals.messages_in), "{calm:?}");
        let after = history.run().metrics.samples().next_back().expect("samples").clone();
        assert!(after.gauges.under_replicated > 0, "{after:?}");
        assert!(after.totals.isr_shrinks > calm.totals.isr_shrinks);
        history.seek(SimTime(20_000_000));
        assert_eq!(history.run().metrics.samples().next_back(), Some(&calm));
    }
}
