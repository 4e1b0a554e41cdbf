//! Judges: what the cluster promises, checked while it runs. Judges never change the world.
//!
//! A judge sees the facts of every step and keeps a shadow of what must be true; every few seconds an audit walks the whole
//! world. All judges always run. What they find is a *violation* where [`promise`] says that the configuration promises it,
//! and an *expected anomaly* where it does not.
//!
//! - [`promise`] which promises hold under a configuration
//! - [`partition`] the shadow of one partition: committed truth and each replica's log
//! - [`replication`] invariants 4-6, 9, 11, 13 and, on committed records, 23
//! - [`delivery`] invariant 10 and what acknowledgements are worth
//! - [`quorum`] invariants 15-17
//! - [`group`] invariants 18, 21, 22
//! - [`audit`] invariants 1-4, 7, 8, 12, 14, 37, 38, on the world itself
//! - [`liveness`] invariants 29-31, asked when the faults are over
//!
//! The numbers are those of docs/invariants.md.
pub mod audit;
pub mod delivery;
pub mod group;
pub mod liveness;
pub mod partition;
pub mod promise;
pub mod quorum;
pub mod replication;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use crate::sim::client::program::Program;
use crate::sim::fact::{Fact, FactRecord};
use crate::sim::ids::*;
use crate::sim::setup::ClusterSetup;
use crate::sim::time::{Micros, SimTime};
use crate::sim::world::World;

use partition::Partitions;
use promise::Promise;

/// Simulated time between two audits of the whole world.
const AUDIT_EVERY: Micros = Micros(10_000_000);
/// Hits that are kept with their details; all are counted. Anomalies leave room for violations.
const ANOMALIES_KEPT: usize = 200;
const HITS_KEPT: usize = 400;

/// What a judge found.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Hit {
    /// Number of the invariant.
    pub invariant: u8,
    /// The promise it belongs to; None = it must always hold.
    pub promise: Option<Promise>,
    /// Whether the configuration promised otherwise.
    pub violation: bool,
    pub time: SimTime,
    /// The fact that showed it; 0 = an audit did.
    pub fact: FactId,
    /// Partition concerned, if one is.
    pub partition: Option<TopicPartition>,
    /// Node concerned, if one is.
    pub node: NodeId,
    /// Offsets of the records concerned, the end not among them.
    pub records: Option<(Offset, Offset)>,
    /// What was found, for a developer.
    pub detail: Arc<str>,
}

/// All judges of a run.
#[derive(Clone, Debug, Hash)]
pub struct Judges {
    pub(crate) partitions: Partitions,
    pub(crate) quorum: quorum::QuorumJudge,
    pub(crate) groups: group::GroupJudge,
    hits: Arc<Vec<Hit>>,
    violations: u64,
    anomalies: u64,
    next_audit: SimTime,
    enabled: bool,
}

/// Where a judge puts what it finds.
pub(crate) struct Findings<'a> {
    pub time: SimTime,
    pub fact: FactId,
    pub hits: &'a mut Vec<Hit>,
}

impl Findings<'_> {
    /// Something that must never be.
    pub fn violation(
        &mut self,
        invariant: u8,
        node: NodeId,
        partition: Option<TopicPartition>,
        detail: impl Into<String>,
    ) {
        self.hit(invariant, None, true, node, partition, detail.into());
    }

    /// Something that is a violation if `promised`, else an expected anomaly.
    pub fn judge(
        &mut self,
        invariant: u8,
        (promise, promised): (Promise, bool),
        node: NodeId,
        partition: Option<TopicPartition>,
        detail: impl Into<String>,
    ) {
        self.hit(invariant, Some(promise), promised, node, partition, detail.into());
    }

    /// The same about the records from one offset to another.
    pub fn judge_records(
        &mut self,
        invariant: u8,
        promise: (Promise, bool),
        node: NodeId,
        partition: TopicPartition,
        (from, to, detail): (Offset, Offset, String),
    ) {
        self.judge(invariant, promise, node, Some(partition), detail);
        if let Some(hit) = self.hits.last_mut() {
            hit.records = Some((from, to));
        }
    }

    fn hit(
        &mut self,
        invariant: u8,
        promise: Option<Promise>,
        violation: bool,
        node: NodeId,
        partition: Option<TopicPartition>,
        detail: String,
    ) {
        let (time, fact) = (self.time, self.fact);
        let detail = detail.into();
        let records = None;
        let found =
            Hit { invariant, promise, violation, time, fact, partition, node, records, detail };
        self.hits.push(found);
    }
}

impl Judges {
    /// Judges of a run that begins with `setup`.
    pub fn new(setup: &ClusterSetup) -> Judges {
        Judges {
            partitions: Partitions::new(setup),
            quorum: quorum::QuorumJudge::default(),
            groups: group::GroupJudge::default(),
            hits: Arc::default(),
            violations: 0,
            anomalies: 0,
            next_audit: SimTime::ZERO + AUDIT_EVERY,
            enabled: true,
        }
    }

    /// Judges that look away, to measure what looking costs.
    pub fn disabled(setup: &ClusterSetup) -> Judges {
        Judges { enabled: false, ..Judges::new(setup) }
    }

    /// Takes in the facts of a step.
    pub fn observe<P: Program>(&mut self, world: &World<P>, facts: &[FactRecord]) {
        if !self.enabled {
            return;
        }
        let mut hits = Vec::new();
        for record in facts {
            let mut found = Findings { time: record.time, fact: record.id, hits: &mut hits };
            self.learn(world, &record.fact);
            self.partitions.observe(record, &mut found);
            self.quorum.observe(record, &mut found);
            self.groups.observe(record, &self.partitions, &mut found);
        }
        if world.now() >= self.next_audit {
            self.next_audit = world.now() + AUDIT_EVERY;
            let number = world.now().0 / AUDIT_EVERY.0;
            hits.extend(self.audit(world, audit::Depth::Sample(number)));
        }
        hits.into_iter().for_each(|hit| self.keep(hit));
    }

    /// Walks the whole world once and reads every log; what it finds is kept.
    pub fn audit_fully<P: Program>(&mut self, world: &World<P>) {
        let hits = self.audit(world, audit::Depth::Full);
        hits.into_iter().for_each(|hit| self.keep(hit));
    }

    fn audit<P: Program>(&mut self, world: &World<P>, depth: audit::Depth) -> Vec<Hit> {
        let mut hits = Vec::new();
        let mut found = Findings { time: world.now(), fact: FactId(0), hits: &mut hits };
        audit::audit(world, &mut self.partitions, depth, &mut found);
        hits
    }

    /// Violations so far.
    pub fn violations(&self) -> u64 {
        self.violations
    }

    /// Expected anomalies so far.
    pub fn anomalies(&self) -> u64 {
        self.anomalies
    }

    /// What was found, oldest first; the first hits are kept.
    pub fn hits(&self) -> impl DoubleEndedIterator<Item = &Hit> + ExactSizeIterator {
        self.hits.iter()
    }

    /// The first violation.
    pub fn first_violation(&self) -> Option<&Hit> {
        self.hits.iter().find(|hit| hit.violation)
    }

    fn learn<P: Program>(&mut self, world: &World<P>, fact: &Fact) {
        if let Fact::TopicCreated { .. } | Fact::ConfigChanged { .. } = fact
            && let Some(image) = world.metadata()
        {
            self.partitions.learn_configs(world.setup(), image);
        }
    }

    fn keep(&mut self, hit: Hit) {
        let kept = if hit.violation { HITS_KEPT } else { ANOMALIES_KEPT };
        match hit.violation {
            true => self.violations += 1,
            false => self.anomalies += 1,
        }
        if self.hits.len() < kept {
            Arc::make_mut(&mut self.hits).push(hit);
        }
    }
}
