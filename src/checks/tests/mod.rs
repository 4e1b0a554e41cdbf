//! Each judge of facts once where its invariant is broken, and once where its precondition does not hold.
mod delivery;
mod group;
mod quorum;
mod replication;

use std::sync::Arc;

use super::group::GroupJudge;
use super::partition::{Partitions, Shadow};
use super::quorum::QuorumJudge;
use super::{Findings, Hit};
use crate::sim::client::program::{ClientCalls, ClientEvent, Program};
use crate::sim::controller::metadata::{MetadataImage, MetadataRecord};
use crate::sim::controller::partition_registration::PartitionRegistration;
use crate::sim::fact::{Fact, FactRecord};
use crate::sim::ids::*;
use crate::sim::protocol::admin::ConfigResource;
use crate::sim::setup::ClusterSetup;
use crate::sim::storage::batch::Origin;
use crate::sim::time::{NodeNow, SimTime};

/// The only partition of the topic `t`.
pub(super) const T0: TopicPartition = TopicPartition { topic: TopicId(1), partition: 0 };
/// The only partition of `__consumer_offsets`.
pub(super) const OFFSETS: TopicPartition = TopicPartition { topic: TopicId(2), partition: 0 };

/// The judges of facts, with a topic `t` and the offsets topic on brokers 1, 2 and 3.
pub(super) struct Court {
    pub partitions: Partitions,
    quorum: QuorumJudge,
    groups: GroupJudge,
    pub hits: Vec<Hit>,
}

impl Court {
    /// A court for topics with `min.insync.replicas` = 2.
    pub fn new() -> Court {
        Court::with_min_insync("2")
    }

    pub fn with_min_insync(min_insync_replicas: &str) -> Court {
        let setup = ClusterSetup { elr: Some(true), ..ClusterSetup::split(1, 3, 1) };
        let mut partitions = Partitions::new(&setup);
        partitions.learn_configs(&setup, &image(min_insync_replicas));
        let (quorum, groups) = (QuorumJudge::default(), GroupJudge::default());
        Court { partitions, quorum, groups, hits: Vec::new() }
    }

    /// A court that has seen an unclean election of both partitions: their logs are promised no more.
    pub fn without_stable_log() -> Court {
        let mut court = Court::new();
        for partition in [T0, OFFSETS] {
            court.tell(Fact::LeaderElected {
                partition,
                leader: NodeId(1),
                leader_epoch: 0,
                unclean: true,
            });
        }
        court
    }

    pub fn tell(&mut self, fact: Fact) {
        self.tell_from(NodeId(1), fact);
    }

    /// Shows all judges a fact that a node told.
    pub fn tell_from(&mut self, node: NodeId, fact: Fact) {
        let (time, id) = (SimTime(1), FactId(1));
        let record = FactRecord { id, time, node, cause: FactId(0), fact };
        let mut found = Findings { time, fact: id, hits: &mut self.hits };
        self.partitions.observe(&record, &mut found);
        self.quorum.observe(&record, &mut found);
        self.groups.observe(&record, &self.partitions, &mut found);
    }

    /// The brokers append a record each, of which the digest is 7.
    pub fn append(&mut self, brokers: &[i32], offset: Offset) {
        brokers.iter().for_each(|broker| self.tell(appended(*broker, offset, 7)));
    }

    /// A leader calls everything below an offset committed.
    pub fn commit(&mut self, leader: i32, high_watermark: Offset) {
        self.tell(advanced(leader, high_watermark, true));
    }

    pub fn shadow(&mut self) -> &mut Shadow {
        self.partitions.get_mut(T0).expect("the topic exists")
    }

    /// Numbers of the invariants found broken so far.
    pub fn violations(&self) -> Vec<u8> {
        self.hits.iter().filter(|hit| hit.violation).map(|hit| hit.invariant).collect()
    }

    /// Numbers of the invariants that did not hold and were not promised.
    pub fn anomalies(&self) -> Vec<u8> {
        self.hits.iter().filter(|hit| !hit.violation).map(|hit| hit.invariant).collect()
    }
}

/// Metadata of the two topics.
pub(super) fn image(min_insync_replicas: &str) -> MetadataImage {
    let mut image = MetadataImage::default();
    for (name, partition) in [("t", T0), (OFFSETS_TOPIC, OFFSETS)] {
        let registration = Arc::new(PartitionRegistration::new(&[1, 2, 3], &[1, 2, 3]));
        let resource = ConfigResource::Topic(name.into());
        let value = Some(min_insync_replicas.into());
        image.apply(&MetadataRecord::Topic { name: name.into(), topic: partition.topic });
        image.apply(&MetadataRecord::Partition { partition, registration });
        image.apply(&MetadataRecord::Config {
            resource,
            name: "min.insync.replicas".into(),
            value,
        });
    }
    image
}

/// One record of no producer, in epoch 0.
pub(super) fn appended(broker: i32, offset: Offset, digest: u64) -> Fact {
    Fact::Appended {
        broker: NodeId(broker),
        partition: T0,
        base_offset: offset,
        last_offset: offset,
        leader_epoch: 0,
        producer: (-1, -1),
        base_sequence: -1,
        origin: Origin::default(),
        digest,
        as_leader: true,
    }
}

pub(super) fn advanced(broker: i32, high_watermark: Offset, as_leader: bool) -> Fact {
    Fact::HighWatermarkAdvanced { broker: NodeId(broker), partition: T0, high_watermark, as_leader }
}

/// A broker lost everything from an offset on.
pub(super) fn lost(broker: i32, log_end_offset: Offset) -> Fact {
    Fact::UnflushedLost { node: NodeId(broker), partition: T0, records: 1, log_end_offset }
}

/// The program of a world without clients.
#[derive(Clone, Debug, Hash)]
pub(super) struct Nobody;

impl Program for Nobody {
    type Command = ();
    fn on(&mut self, _: NodeNow, _: ClientEvent<()>, _: &mut ClientCalls) {}
}

/// What a judge finds that is shown something now: the invariants that are violated, and those that do not hold and are not
/// promised.
pub(super) fn found(judge: impl FnOnce(&mut Findings<'_>)) -> (Vec<u8>, Vec<u8>) {
    let mut hits = Vec::new();
    judge(&mut Findings { time: SimTime(1), fact: FactId(0), hits: &mut hits });
    let (violations, anomalies): (Vec<&Hit>, Vec<&Hit>) = hits.iter().partition(|h| h.violation);
    let numbers = |hits: Vec<&Hit>| hits.iter().map(|hit| hit.invariant).collect();
    (numbers(violations), numbers(anomalies))
}
