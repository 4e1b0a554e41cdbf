//! The cluster as the metadata log describes it up to some offset.

use std::sync::Arc;

use imbl::{OrdMap, Vector};

use super::MetadataRecord;
use crate::sim::controller::partition_registration::{PartitionChange, PartitionRegistration};
use crate::sim::ids::*;
use crate::sim::protocol::admin::ConfigResource;
use crate::sim::sorted::SortedMap;

/// Configs of one resource: name to value, as set (defaults are not in it).
pub type ConfigMap = SortedMap<Arc<str>, Arc<str>>;

/// A registered broker.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct BrokerRegistration {
    pub broker_epoch: BrokerEpoch,
    /// Offset of the registration's record: a broker is caught up when it has applied it.
    pub registered_at: Offset,
    pub incarnation: u64,
    pub rack: Option<Arc<str>>,
    pub fenced: bool,
    pub in_controlled_shutdown: bool,
}

impl BrokerRegistration {
    /// Unfenced and not shutting down: may lead and be in an ISR.
    pub fn is_active(&self) -> bool {
        !self.fenced && !self.in_controlled_shutdown
    }
}

/// A topic and its partitions, in order.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TopicImage {
    pub name: Arc<str>,
    pub id: TopicId,
    pub partitions: Vector<Arc<PartitionRegistration>>,
}

/// Everything that the metadata log says. Clones share their content.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct MetadataImage {
    /// Offset after the last record applied.
    pub next_offset: Offset,
    /// Quorum epoch of the last batch applied.
    pub epoch: QuorumEpoch,
    /// Rolls over the log up to here, so equal digests mean equal logs.
    pub log_digest: u64,
    pub brokers: OrdMap<NodeId, BrokerRegistration>,
    pub topic_ids: OrdMap<Arc<str>, TopicId>,
    pub topics: OrdMap<TopicId, TopicImage>,
    pub configs: OrdMap<ConfigResource, ConfigMap>,
    pub features: SortedMap<Arc<str>, i16>,
    pub next_producer_id: ProducerId,
    /// The largest topic id given out so far.
    pub last_topic_id: u32,
}

impl MetadataImage {
    /// The topic of that name.
    pub fn topic(&self, name: &str) -> Option<&TopicImage> {
        self.topics.get(self.topic_ids.get(name)?)
    }

    /// The partition's registration.
    pub fn partition(&self, partition: TopicPartition) -> Option<&Arc<PartitionRegistration>> {
        self.topics.get(&partition.topic)?.partitions.get(partition.partition as usize)
    }

    /// Whether the broker is registered, unfenced and not shutting down.
    pub fn is_active(&self, broker: i32) -> bool {
        self.brokers.get(&NodeId(broker)).is_some_and(BrokerRegistration::is_active)
    }

    /// Whether the broker is registered and unfenced.
    pub fn is_unfenced(&self, broker: i32) -> bool {
        self.brokers.get(&NodeId(broker)).is_some_and(|b| !b.fenced)
    }

    /// Bytes of a snapshot, roughly those of the records that would rebuild the image.
    pub fn size_bytes(&self) -> u32 {
        let partition = |p: &Arc<PartitionRegistration>| 68 + 24 * p.replicas.len() as u32;
        let topic = |t: &TopicImage| 30 + t.partitions.iter().map(partition).sum::<u32>();
        let configs = self.configs.values().map(|map| 40 * map.len() as u32).sum::<u32>();
        158 * self.brokers.len() as u32 + configs + self.topics.values().map(topic).sum::<u32>()
    }

    /// A config as set on the resource.
    pub fn config(&self, resource: &ConfigResource, name: &str) -> Option<&Arc<str>> {
        self.configs.get(resource)?.get(name)
    }

    /// Applies the next record.
    pub fn apply(&mut self, record: &MetadataRecord) {
        self.next_offset += 1;
        match record {
            MetadataRecord::LeaderChange { .. } | MetadataRecord::NoOp => {}
            MetadataRecord::RegisterBroker { broker, broker_epoch, incarnation, rack } => {
                // A process that registers again keeps its state.
                let known = self.brokers.get(broker).filter(|b| b.incarnation == *incarnation);
                let fenced = known.is_none_or(|b| b.fenced);
                let in_controlled_shutdown = known.is_some_and(|b| b.in_controlled_shutdown);
                let registration = BrokerRegistration {
                    broker_epoch: *broker_epoch,
                    registered_at: self.next_offset - 1,
                    incarnation: *incarnation,
                    rack: rack.clone(),
                    fenced,
                    in_controlled_shutdown,
                };
                self.brokers.insert(*broker, registration);
            }
            MetadataRecord::BrokerRegistrationChange {
                broker,
                fenced,
                in_controlled_shutdown,
                ..
            } => {
                if let Some(registration) = self.brokers.get_mut(broker) {
                    registration.fenced = fenced.unwrap_or(registration.fenced);
                    registration.in_controlled_shutdown =
                        in_controlled_shutdown.unwrap_or(registration.in_controlled_shutdown);
                }
            }
            MetadataRecord::UnregisterBroker { broker } => {
                self.brokers.remove(broker);
            }
            MetadataRecord::Topic { name, topic } => self.add_topic(name, *topic),
            MetadataRecord::Partition { partition, registration } => {
                if let Some(topic) = self.topics.get_mut(&partition.topic) {
                    debug_assert_eq!(topic.partitions.len(), partition.partition as usize);
                    topic.partitions.push_back(registration.clone());
                }
            }
            MetadataRecord::PartitionChange { partition, change } => {
                let slot = self
                    .topics
                    .get_mut(&partition.topic)
                    .and_then(|topic| topic.partitions.get_mut(partition.partition as usize));
                if let Some(slot) = slot {
                    *slot = Arc::new(slot.merge(change));
                }
            }
            MetadataRecord::RemoveTopic { topic } => {
                if let Some(topic) = self.topics.remove(topic) {
                    self.topic_ids.remove(&topic.name);
                    self.configs.remove(&ConfigResource::Topic(topic.name));
                }
            }
            MetadataRecord::Config { resource, name, value } => {
                self.set_config(resource, name, value)
            }
            MetadataRecord::ClearElr { topic } => self.clear_elr(topic.as_ref()),
            MetadataRecord::FeatureLevel { name, level } => {
                self.features.insert(name.clone(), *level);
            }
            MetadataRecord::ProducerIds { next_producer_id } => {
                self.next_producer_id = *next_producer_id;
            }
        }
    }

    /// Topics that a ClearElr record of `name` is about.
    pub fn topics_to_clear(&self, name: Option<&Arc<str>>) -> Vec<TopicId> {
        match name {
            Some(name) => self.topic_ids.get(name).copied().into_iter().collect(),
            None => self.topics.keys().copied().collect(),
        }
    }

    fn clear_elr(&mut self, name: Option<&Arc<str>>) {
        let clear = PartitionChange {
            elr: Some([].into()),
            last_known_elr: Some([].into()),
            ..PartitionChange::default()
        };
        let has_elr = |p: &PartitionRegistration| !p.elr.is_empty() || !p.last_known_elr.is_empty();
        for id in self.topics_to_clear(name) {
            if let Some(topic) = self.topics.get_mut(&id)
                && topic.partitions.iter().any(|partition| has_elr(partition))
            {
                for partition in topic.partitions.iter_mut().filter(|p| has_elr(p)) {
                    *partition = Arc::new(partition.merge(&clear));
                }
            }
        }
    }

    fn add_topic(&mut self, name: &Arc<str>, id: TopicId) {
        self.topic_ids.insert(name.clone(), id);
        self.topics.insert(id, TopicImage { name: name.clone(), id, partitions: Vector::new() });
        self.last_topic_id = self.last_topic_id.max(id.0);
    }

    fn set_config(&mut self, resource: &ConfigResource, name: &Arc<str>, value: &Option<Arc<str>>) {
        let mut configs = self.configs.get(resource).cloned().unwrap_or_default();
        match value {
            Some(value) => configs.insert(name.clone(), value.clone()),
            None => configs.remove(name),
        };
        self.configs.insert(resource.clone(), configs);
    }
}
