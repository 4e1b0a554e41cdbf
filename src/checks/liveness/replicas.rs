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
