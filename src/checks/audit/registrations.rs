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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::checks::tests::{Court, T0, found};
    use crate::sim::broker::{LeaderState, PendingIsr, Role};
    use crate::sim::controller::metadata::BrokerRegistration;
    use crate::sim::storage::log::Log;
    use crate::sim::time::Micros;

    fn subject(registration: &PartitionRegistration) -> Subject<'_> {
        Subject { id: T0, registration, min_insync_replicas: 2, elr: true }
    }

    /// Brokers 1, 2 and 3 registered, all but these unfenced.
    fn brokers(fenced: &[i32]) -> MetadataImage {
        let mut image = MetadataImage::default();
        for broker in 1..=3 {
            let registration = BrokerRegistration {
                broker_epoch: 1,
                registered_at: 0,
                incarnation: 1,
                rack: None,
                fenced: fenced.contains(&broker),
                in_controlled_shutdown: false,
            };
            image.brokers.insert(NodeId(broker), registration);
        }
        image
    }

    fn partition(isr: &[i32], elr: &[i32], leader: i32) -> PartitionRegistration {
        let sound = PartitionRegistration::new(&[1, 2, 3], isr);
        PartitionRegistration { elr: elr.into(), leader, ..sound }
    }

    #[test]
    fn leader_isr_and_elr_fit_together() {
        let judge = |registration: PartitionRegistration, fenced: &[i32]| {
            found(|found| subject(&registration).membership(&brokers(fenced), found)).0
        };
        assert!(judge(partition(&[1, 2, 3], &[], 1), &[]).is_empty());
        assert!(judge(partition(&[1], &[2], 1), &[2, 3]).is_empty());
        assert_eq!(judge(partition(&[2, 3], &[], 1), &[]), [12], "the leader is not in sync");
        assert_eq!(judge(partition(&[1, 4], &[], 1), &[]), [12, 12], "4 is no replica");
        assert_eq!(judge(partition(&[1], &[1], 1), &[]), [12], "in both");
        assert_eq!(judge(partition(&[1, 2], &[3], 1), &[]), [12], "no ELR is needed");
        assert_eq!(judge(partition(&[1, 2], &[], 1), &[2]), [12], "2 is fenced");
    }

    #[test]
    fn without_elr_the_last_member_may_be_fenced() {
        let last = partition(&[1], &[], -1);
        for (elr, expected) in [(true, vec![12]), (false, vec![])] {
            let subject = Subject { elr, ..subject(&last) };
            assert_eq!(found(|found| subject.membership(&brokers(&[1]), found)).0, expected);
        }
    }

    #[test]
    fn a_partition_epoch_does_not_fall_in_newer_metadata() {
        let mut court = Court::new();
        let mut judge = |partition_epoch| {
            let sound = PartitionRegistration { partition_epoch, ..partition(&[1], &[], 1) };
            found(|found| subject(&sound).partition_epoch(court.shadow(), found)).0
        };
        assert!(judge(3).is_empty());
        assert_eq!(judge(2), [14]);
        assert!(court.partitions.is_current(10));
        assert!(!court.partitions.is_current(9), "older metadata is not judged");
    }

    /// A replica that ends at 0, and leads with this ISR.
    fn leader(isr: &[i32]) -> Replica {
        let mut replica = Replica::open(T0, Log::default(), 0, Arc::default(), 0);
        let registration = partition(isr, &[], 1);
        (replica.leader_epoch, replica.partition_epoch) = (0, 0);
        replica.role =
            Role::Leader(LeaderState::elected(NodeId(1), &registration, None, 0, Micros::ZERO));
        replica
    }

    #[test]
    fn who_may_be_elected_has_everything_committed() {
        let judge = |mut court: Court, lacking: &[NodeId], isr: &[i32]| {
            let shadow = court.shadow();
            (shadow.truth_end, shadow.lacking) = (1, lacking.to_vec());
            let registration = partition(isr, &[], 1);
            let replica = leader(&[1]);
            found(|found| subject(&registration).candidate(NodeId(1), &replica, shadow, found)).0
        };
        assert_eq!(judge(Court::new(), &[], &[1]), [7]);
        assert!(judge(Court::new(), &[], &[2]).is_empty(), "it may not be elected");
        assert!(judge(Court::new(), &[NodeId(1)], &[1]).is_empty(), "its loss is not noticed yet");
        assert!(judge(Court::without_stable_log(), &[], &[1]).is_empty());
    }

    #[test]
    fn a_leader_that_knows_the_partition_counts_everybody_in_sync() {
        let registration = partition(&[1, 2], &[], 1);
        let judge = |replica: &Replica| {
            found(|found| subject(&registration).maximal_isr(NodeId(1), replica, found)).0
        };
        assert!(judge(&leader(&[1, 2])).is_empty());
        assert_eq!(judge(&leader(&[1])), [8]);
        assert!(judge(&Replica { partition_epoch: -1, ..leader(&[1]) }).is_empty(), "it will hear");
        let mut asking = leader(&[1]);
        if let Role::Leader(state) = &mut asking.role {
            let isr = [1, 2].into();
            state.pending = Some(PendingIsr { number: 1, isr, added: Some(NodeId(2)) });
        }
        assert!(judge(&asking).is_empty(), "it waits for 2 already");
    }
}
