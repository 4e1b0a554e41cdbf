//! Metadata: the cluster as this broker knows it, and topics that come to be because somebody asked for them.

use std::sync::Arc;

use super::Broker;
use crate::sim::controller::metadata::{MetadataImage, TopicImage};
use crate::sim::controller::partition_registration::PartitionRegistration;
use crate::sim::effects::{Effects, RequestRef};
use crate::sim::ids::*;
use crate::sim::protocol::ErrorCode;
use crate::sim::protocol::admin::{NewTopic, Placement};
use crate::sim::protocol::data::*;
use crate::sim::time::NodeNow;

/// Longest name of a topic (`Topic.MAX_NAME_LENGTH`).
const MAX_NAME_LENGTH: usize = 249;

impl Broker {
    pub(super) fn on_metadata_request(
        &mut self,
        now: NodeNow,
        at: RequestRef,
        request: &MetadataRequest,
        out: &mut Effects,
    ) {
        let topics = match &request.topics {
            None => self.image.topics.values().map(|topic| describe(&self.image, topic)).collect(),
            Some(names) => names
                .iter()
                .map(|name| {
                    self.describe_or_create(now, name, request.allow_auto_topic_creation, out)
                })
                .collect(),
        };
        let brokers: Vec<NodeId> = unfenced_brokers(&self.image).collect();
        // Brokers do not tell who the active controller is: any of them forwards to it (KIP-590).
        let controller = match brokers.len() {
            0 => NodeId::NONE,
            len => brokers[self.rng.index(len)],
        };
        out.respond(at, MetadataResponse { brokers, controller, topics });
    }

    fn describe_or_create(
        &mut self,
        now: NodeNow,
        name: &Arc<str>,
        allowed: bool,
        out: &mut Effects,
    ) -> MetadataTopic {
        if let Some(topic) = self.image.topic(name) {
            return describe(&self.image, topic);
        }
        let error = if !is_valid_name(name) {
            ErrorCode::InvalidTopicException
        } else {
            if allowed && self.config.auto_create_topics_enable {
                self.create_missing_topic(now, name, out);
            }
            ErrorCode::UnknownTopicOrPartition
        };
        MetadataTopic { error, name: name.clone(), id: TopicId(0), partitions: Vec::new() }
    }

    /// Asks the controller for a topic that somebody wants to use; the client asks again meanwhile.
    pub(super) fn create_missing_topic(
        &mut self,
        now: NodeNow,
        name: &Arc<str>,
        out: &mut Effects,
    ) {
        let config = &self.config;
        let offsets = &**name == OFFSETS_TOPIC;
        let (partitions, replication_factor) = match offsets {
            true => (config.offsets_topic_num_partitions, config.offsets_topic_replication_factor),
            false => (config.num_partitions, config.default_replication_factor),
        };
        let placement =
            Placement::Count { partitions, replication_factor: replication_factor as i16 };
        let configs = match offsets {
            true => OFFSETS_TOPIC_CONFIGS.map(|(name, value)| (name.into(), value.into())).to_vec(),
            false => Vec::new(),
        };
        self.forward_creation(now, NewTopic { name: name.clone(), placement, configs }, out);
    }
}

const OFFSETS_TOPIC_CONFIGS: [(&str, &str); 3] = [
    ("cleanup.policy", "compact"),
    ("segment.bytes", "104857600"),
    ("compression.type", "producer"),
];

fn unfenced_brokers(image: &MetadataImage) -> impl Iterator<Item = NodeId> {
    image.brokers.iter().filter(|(_, broker)| !broker.fenced).map(|(id, _)| *id)
}

fn describe(image: &MetadataImage, topic: &TopicImage) -> MetadataTopic {
    let partitions = (0..).zip(&topic.partitions);
    MetadataTopic {
        error: ErrorCode::None,
        name: topic.name.clone(),
        id: topic.id,
        partitions: partitions.map(|(index, r)| describe_partition(image, index, r)).collect(),
    }
}

fn describe_partition(
    image: &MetadataImage,
    partition: PartitionIndex,
    registration: &PartitionRegistration,
) -> MetadataPartition {
    let is_up = image.is_unfenced(registration.leader);
    let is_down = |id: &i32| !image.is_unfenced(*id);
    MetadataPartition {
        error: if is_up { ErrorCode::None } else { ErrorCode::LeaderNotAvailable },
        partition,
        leader: if is_up { NodeId(registration.leader) } else { NodeId::NONE },
        leader_epoch: registration.leader_epoch,
        replicas: registration.replicas.clone(),
        isr: registration.isr.clone(),
        offline: registration.replicas.iter().copied().filter(is_down).collect(),
    }
}

fn is_valid_name(name: &str) -> bool {
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    let in_bounds = !name.is_empty() && name.len() <= MAX_NAME_LENGTH;
    in_bounds && name != "." && name != ".." && name.chars().all(legal)
}
