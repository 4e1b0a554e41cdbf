//! What must come true once the faults are over, within bounds computed from the configuration.

use super::{Findings, Hit};
use crate::sim::client::program::Program;
use crate::sim::controller::metadata::{MetadataImage, TopicImage};
use crate::sim::ids::*;
use crate::sim::world::World;

/// What has not come true though every process runs and every link is whole.
pub fn check<P: Program>(world: &World<P>) -> Vec<Hit> {
    let mut hits = Vec::new();
    let mut found = Findings { time: world.now(), fact: FactId(0), hits: &mut hits };
    match world.metadata() {
        Some(image) => replicas_in_sync(image, &mut found),
        None => found.violation(29, NodeId::NONE, None, "no server has any metadata"),
    }
    hits
}

/// Invariant 29: every partition has a leader and its full ISR, every broker is unfenced.
fn replicas_in_sync(image: &MetadataImage, found: &mut Findings<'_>) {
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
    for (number, registration) in topic.partitions.iter().enumerate() {
        let partition = TopicPartition::new(topic.id, number as i32);
        if !registration.has_leader() {
            found.violation(29, NodeId::NONE, Some(partition), "has no leader");
        } else if registration.isr.len() < registration.replicas.len() {
            let detail =
                format!("ISR {:?} of replicas {:?}", registration.isr, registration.replicas);
            found.violation(29, NodeId(registration.leader), Some(partition), detail);
        }
    }
}
