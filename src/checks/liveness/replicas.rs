//! Invariant 29: a controller, every broker unfenced, every partition led and its ISR full, every broker up to date (32).

use crate::checks::Findings;
use crate::sim::client::program::Program;
use crate::sim::controller::metadata::{MetadataImage, TopicImage};
use crate::sim::ids::*;
use crate::sim::node::Node;
use crate::sim::server::Server;
use crate::sim::world::World;

pub(super) fn check<P: Program>(world: &World<P>, found: &mut Findings<'_>) {
    let servers = || world.nodes().filter_map(Node::server);
    let active = |server: &&Server| server.controller().is_some_and(|c| c.is_active());
    match servers().filter(active).count() {
        1 => {}
        count => found.violation(29, NodeId::NONE, None, format!("{count} active controllers")),
    }
    match world.metadata() {
        Some(image) => in_sync(image, found),
        None => found.violation(29, NodeId::NONE, None, "no server has any metadata"),
    }
}

fn in_sync(image: &MetadataImage, found: &mut Findings<'_>) {
    for (broker, registration) in &image.brokers {
        if !registration.is_active() {
            found.violation(29, *broker, None, "still fenced or shutting down");
        }
    }
    for topic in image.topics.values() {
        partitions_in_sync(topic, found);
    }
}

fn partitions_in_sync(topic: &TopicImage, found: &mut Findings<'_>) {
    for (number, registration) in (0..).zip(&topic.partitions) {
        let partition = TopicPartition::new(topic.id, number);
        if !registration.has_leader() {
            found.violation(29, NodeId::NONE, Some(partition), "has no leader");
        } else if registration.isr.len() < registration.replicas.len() {
            let detail =
                format!("ISR {:?} of replicas {:?}", registration.isr, registration.replicas);
            found.violation(29, NodeId(registration.leader), Some(partition), detail);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::checks::tests::{Nobody, T0, found, image};
    use crate::sim::act::Fault;
    use crate::sim::controller::partition_registration::{NO_LEADER, PartitionRegistration};
    use crate::sim::setup::ClusterSetup;
    use crate::sim::time::SimTime;

    #[test]
    fn a_cluster_needs_a_controller_and_every_broker() {
        let mut world: World<Nobody> =
            World::new(ClusterSetup::split(1, 3, 1), Vec::new()).unwrap();
        let judge = |world: &World<Nobody>| found(|found| check(world, found)).0;
        assert!(judge(&world).contains(&29), "nothing has booted");
        world.run_until(SimTime(10_000_000));
        assert!(judge(&world).is_empty());
        world.act(Fault::Kill(NodeId(1))).expect("it runs");
        world.run_until(SimTime(30_000_000));
        assert_eq!(judge(&world), [29], "1 is fenced");
        world.act(Fault::Kill(NodeId(101))).expect("it runs");
        assert!(judge(&world).contains(&29), "no controller");
    }

    #[test]
    fn every_partition_needs_a_leader_and_all_replicas_in_sync() {
        let judge = |isr: &[i32], leader| {
            let mut image = image("2");
            let sound = PartitionRegistration::new(&[1, 2, 3], isr);
            let registration = Arc::new(PartitionRegistration { leader, ..sound });
            image.topics.get_mut(&T0.topic).expect("it exists").partitions.set(0, registration);
            found(|found| in_sync(&image, found)).0
        };
        assert!(judge(&[1, 2, 3], 1).is_empty());
        assert_eq!(judge(&[1, 2], 1), [29]);
        assert_eq!(judge(&[1, 2, 3], NO_LEADER), [29]);
    }
}
