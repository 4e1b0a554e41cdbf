//! What the active controller decides from: the cluster after the last record it has appended, committed or not.

use std::sync::Arc;

use super::heartbeats::Heartbeats;
use super::index::PartitionIndex;
use super::metadata::{MetadataBatch, MetadataImage, MetadataRecord};
use super::partition_change::{ChangeRules, Election, PartitionChangeBuilder};
use super::partition_registration::PartitionChange;
use crate::sim::config::{BrokerConfig, TopicConfig};
use crate::sim::ids::*;
use crate::sim::protocol::admin::ConfigResource;
use crate::sim::time::Micros;
use crate::sim::version::KafkaVersion;

/// Name of the feature that brings eligible leader replicas (KIP-966).
pub const ELR_FEATURE: &str = "eligible.leader.replicas.version";
/// Name of the feature that says which records the metadata log may hold.
pub const METADATA_FEATURE: &str = "metadata.version";
/// The config that the ISR's size is compared with.
pub const MIN_ISR: &str = "min.insync.replicas";

/// The state of the controller: a decision reads it and yields records, and following the records changes it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ControlState {
    /// The cluster after the last record.
    pub image: MetadataImage,
    pub(super) index: PartitionIndex,
    /// Sessions of the brokers.
    pub heartbeats: Heartbeats,
    pub(super) config: Arc<BrokerConfig>,
    pub(super) version: KafkaVersion,
}

/// Brokers that a change of partitions is about.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Cause {
    /// Leaves the ISR and must not lead.
    pub remove: Option<NodeId>,
    /// May lead although the image does not say so yet.
    pub add: Option<NodeId>,
    /// Has come back and may have lost records.
    pub unclean: Option<NodeId>,
}

impl ControlState {
    /// Starts from an image; every unfenced broker gets a fresh session.
    pub fn new(
        image: MetadataImage,
        config: Arc<BrokerConfig>,
        version: KafkaVersion,
        now: Micros,
    ) -> ControlState {
        let timeout = Micros::from_ms(config.broker_session_timeout_ms);
        ControlState {
            index: PartitionIndex::of(&image),
            heartbeats: Heartbeats::activate(&image, now, timeout),
            image,
            config,
            version,
        }
    }

    /// Follows a batch that was appended.
    pub fn follow(&mut self, batch: &MetadataBatch) {
        let before = std::mem::replace(&mut self.image, batch.image.clone());
        for record in &batch.records {
            self.index.follow(record, &before, &self.image);
        }
    }

    /// Whether eligible leader replicas are on.
    pub fn elr_enabled(&self) -> bool {
        self.image.features.get(ELR_FEATURE).is_some_and(|level| *level >= 1)
    }

    /// The configs of all topics that do not set their own: the process's, changed by the cluster-wide ones.
    fn broker_config(&self) -> BrokerConfig {
        let mut config = (*self.config).clone();
        for (name, value) in self.image.configs.get(&ConfigResource::Cluster).into_iter().flatten()
        {
            // Values were checked when they were set.
            config.set(name, value).ok();
        }
        config
    }

    /// The configs that apply to a topic.
    pub fn topic_config(&self, name: &Arc<str>) -> TopicConfig {
        let own = self.image.configs.get(&ConfigResource::Topic(name.clone()));
        TopicConfig::effective(&self.broker_config(), own).unwrap_or_default()
    }

    /// The rules for changes of a topic's partitions, and how its leaders are elected.
    pub(super) fn rules(&self, topic: TopicId) -> Option<(ChangeRules, Election)> {
        let topic = self.image.topics.get(&topic)?;
        let config = self.topic_config(&topic.name);
        let replication_factor = topic.partitions.front().map_or(0, |p| p.replicas.len()) as i32;
        let min_isr = config.min_insync_replicas.min(replication_factor);
        let election = match config.unclean_leader_election_enable {
            true => Election::Unclean,
            false => Election::Online,
        };
        Some((ChangeRules::new(min_isr, self.elr_enabled()), election))
    }

    /// Works out what a change of a broker means for partitions: ISR, ELR and leaders.
    pub(super) fn update_partitions(
        &self,
        cause: Cause,
        partitions: impl IntoIterator<Item = TopicPartition>,
        records: &mut Vec<MetadataRecord>,
    ) {
        let gone = |id: i32| [cause.remove, cause.unclean].contains(&Some(NodeId(id)));
        let acceptable =
            |id: i32| !gone(id) && (cause.add == Some(NodeId(id)) || self.image.is_active(id));
        let mut rules: Option<(TopicId, ChangeRules, Election)> = None;
        for id in partitions {
            let Some(partition) = self.image.partition(id) else {
                continue;
            };
            if rules.is_none_or(|(topic, ..)| topic != id.topic) {
                rules = self.rules(id.topic).map(|(rules, election)| (id.topic, rules, election));
            }
            let Some((_, rules, election)) = rules else {
                continue;
            };
            let isr = partition.isr.iter().copied().filter(|id| !gone(*id)).collect();
            let unclean = cause.unclean.iter().map(|broker| broker.0).collect();
            let change = PartitionChangeBuilder::new(partition, &acceptable, rules)
                .election(election)
                .target_isr(isr)
                .unclean_shutdown_replicas(unclean)
                .build();
            records.extend(change.map(|change| changed(id, change)));
        }
    }
}

/// The record of a changed partition.
pub(super) fn changed(partition: TopicPartition, change: PartitionChange) -> MetadataRecord {
    MetadataRecord::PartitionChange { partition, change }
}
