//! The controller's registrations, in themselves and against the brokers.

use crate::checks::Findings;
use crate::checks::partition::{Partitions, Shadow};
use crate::sim::broker::Broker;
use crate::sim::broker::Replica;
use crate::sim::client::program::Program;
use crate::sim::config::TopicConfig;
use crate::sim::controller::metadata::{MetadataImage, TopicImage};
use crate::sim::controller::partition_registration::PartitionRegistration;
use crate::sim::ids::*;
use crate::sim::node::Node;
use crate::sim::protocol::admin::ConfigResource;
use crate::sim::setup::ClusterSetup;
use crate::sim::world::World;

/// One partition as the controller sees it.
struct Subject<'a> {
    id: TopicPartition,
    registration: &'a PartitionRegistration,
    min_insync_replicas: usize,
    elr: bool,
}

pub(super) fn audit<P: Program>(
    world: &World<P>,
    partitions: &mut Partitions,
    found: &mut Findings<'_>,
) {
    let Some(image) = world.metadata().filter(|image| partitions.is_current(image.next_offset))
    else {
        return;
    };
    for topic in image.topics.values() {
        let min_insync_replicas = min_insync_replicas(world.setup(), image, topic);
        for (number, registration) in (0..).zip(&topic.partitions) {
            let subject = Subject {
                id: TopicPartition::new(topic.id, number),
                registration,
                min_insync_replicas: min_insync_replicas.min(registration.replicas.len()),
                elr: world.setup().elr_enabled(),
            };
            subject.membership(image, found);
            if let Some(shadow) = partitions.get_mut(subject.id) {
                subject.partition_epoch(shadow, found);
                for broker in brokers(world) {
                    subject.replica(broker, shadow, found);
                }
            }
        }
    }
}

fn brokers<P: Program>(world: &World<P>) -> impl Iterator<Item = &Broker> {
    world.nodes().filter_map(Node::server).filter_map(|server| server.broker())
}

fn min_insync_replicas(setup: &ClusterSetup, image: &MetadataImage, topic: &TopicImage) -> usize {
    let mut broker = setup.config.clone();
    for (name, value) in image.configs.get(&ConfigResource::Cluster).into_iter().flatten() {
        let _unmodelled = broker.set(name, value);
    }
    let own = image.configs.get(&ConfigResource::Topic(topic.name.clone()));
    let config = TopicConfig::effective(&broker, own).unwrap_or_default();
    config.min_insync_replicas.max(0) as usize
}

impl Subject<'_> {
    /// Invariant 12.
    fn membership(&self, image: &MetadataImage, found: &mut Findings<'_>) {
        let PartitionRegistration { replicas, isr, elr, leader, .. } = self.registration;
        let mut wrong = |what: &str| {
            let detail =
                format!("{what}: leader {leader}, ISR {isr:?}, ELR {elr:?} of {replicas:?}");
            found.violation(12, NodeId(*leader), Some(self.id), detail);
        };
        if self.registration.has_leader() && !isr.contains(leader) {
            wrong("the leader is not in the ISR");
        }
        if isr.iter().chain(elr.iter()).any(|member| !replicas.contains(member)) {
            wrong("a member is no replica");
        }
        if isr.iter().any(|member| elr.contains(member)) {
            wrong("somebody is in ISR and ELR");
        }
        if isr.len() >= self.min_insync_replicas && !elr.is_empty() {
            wrong("the ISR is large enough and there is an ELR");
        }
        let may_be_fenced = !self.elr && isr.len() == 1;
        if !may_be_fenced && isr.iter().any(|member| !image.is_unfenced(*member)) {
            wrong("a fenced broker is in the ISR");
        }
    }

    /// Invariant 14, at the controller.
    fn partition_epoch(&self, shadow: &mut Shadow, found: &mut Findings<'_>) {
        let epoch = self.registration.partition_epoch;
        if epoch < shadow.partition_epoch {
            let detail =
                format!("partition epoch falls from {} to {epoch}", shadow.partition_epoch);
            found.violation(14, NodeId::NONE, Some(self.id), detail);
        }
        shadow.partition_epoch = shadow.partition_epoch.max(epoch);
    }

    fn replica(&self, broker: &Broker, shadow: &Shadow, found: &mut Findings<'_>) {
        if let Some(replica) = broker.replica(self.id) {
            self.candidate(broker.node(), replica, shadow, found);
            self.maximal_isr(broker.node(), replica, found);
        }
    }

    /// Invariant 7: whoever may be elected holds everything committed. Not between a loss and the controller's noticing it.
    fn candidate(
        &self,
        broker: NodeId,
        replica: &Replica,
        shadow: &Shadow,
        found: &mut Findings<'_>,
    ) {
        let PartitionRegistration { isr, elr, .. } = self.registration;
        let electable = isr.contains(&broker.0) || elr.contains(&broker.0);
        let promised = shadow.durability.promises_stable_log() && !shadow.lacking.contains(&broker);
        if electable && promised && replica.log_end_offset() < shadow.truth_end {
            let (end, truth) = (replica.log_end_offset(), shadow.truth_end);
            let detail = format!("may be elected, but ends at {end}; committed up to {truth}");
            found.violation(7, broker, Some(self.id), detail);
        }
    }

    /// Invariant 8: the high watermark waits for everybody whom the controller may elect.
    fn maximal_isr(&self, broker: NodeId, replica: &Replica, found: &mut Findings<'_>) {
        let Some(leader) = replica.leader() else {
            return;
        };
        let registration = self.registration;
        let is_current = replica.leader_epoch == registration.leader_epoch
            && replica.partition_epoch == registration.partition_epoch
            && registration.leader == broker.0;
        let counts = |id: &i32| *id == broker.0 || leader.is_in_maximal_isr(NodeId(*id));
        if is_current && !registration.isr.iter().all(counts) {
            let detail =
                format!("leader counts {:?}, controller {:?}", leader.isr, registration.isr);
            found.violation(8, broker, Some(self.id), detail);
        }
    }
}
