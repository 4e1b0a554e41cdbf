//! The shadow of each partition: what is committed, and what each replica holds, from facts alone.

use std::sync::Arc;

use imbl::Vector;

use super::promise::Durability;
use super::replication::Committed;
use crate::sim::config::TopicConfig;
use crate::sim::controller::metadata::MetadataImage;
use crate::sim::controller::partition_registration::BrokerIds;
use crate::sim::group::coordinator_key::partition_for;
use crate::sim::ids::*;
use crate::sim::protocol::admin::ConfigResource;
use crate::sim::setup::ClusterSetup;
use crate::sim::sorted::SortedMap;
use crate::sim::storage::batch::Origin;

/// Committed batches kept per partition for comparison; older ones are trusted.
const TRUTH_KEPT: usize = 20_000;

/// A batch as a shadow knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Entry {
    pub base: Offset,
    pub last: Offset,
    pub epoch: LeaderEpoch,
    pub producer: (ProducerId, ProducerEpoch),
    pub sequence: i32,
    pub origin: Origin,
    pub digest: u64,
}

/// A replica's log after what has been compared with the truth.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Replica {
    pub broker: NodeId,
    /// Entries from `compared` on.
    pub tail: Vec<Entry>,
    /// Everything below is known to equal the truth.
    pub compared: Offset,
    pub log_end_offset: Offset,
    /// Last high watermark this replica told as leader, and in which epoch.
    pub told: (LeaderEpoch, Offset),
}

impl Replica {
    /// Starts again at an offset beyond the end: what the leader does not have any more is skipped.
    pub fn restart_at(&mut self, offset: Offset) {
        self.tail.clear();
        self.log_end_offset = offset;
        self.compared = offset;
    }

    /// Cuts the log; returns the entries that went and are not yet known to equal the truth.
    pub fn truncate(&mut self, to: Offset) -> Vec<Entry> {
        let keep = self.tail.partition_point(|entry| entry.last < to);
        self.log_end_offset = self.log_end_offset.min(to);
        self.compared = self.compared.min(to);
        self.tail.split_off(keep)
    }
}

/// One partition.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Shadow {
    pub id: TopicPartition,
    pub replicas: Vec<Replica>,
    /// Committed batches, oldest first.
    pub truth: Vector<Entry>,
    /// The true high watermark.
    pub truth_end: Offset,
    /// End of what was acknowledged with acks=all.
    pub acknowledged_end: Offset,
    /// First and last offsets of batches acknowledged with acks=1 and not committed yet.
    pub early: Vec<(Offset, Offset)>,
    /// Records that consumers were handed, those read again included.
    pub delivered: u64,
    /// In-sync replicas as the controller last committed them.
    pub isr: BrokerIds,
    pub leader_epoch: LeaderEpoch,
    /// Who says that it leads, by epoch.
    pub leaders: SortedMap<LeaderEpoch, NodeId>,
    pub durability: Durability,
    /// Brokers that lost data of this partition and have not been let into the ISR since.
    pub lacking: Vec<NodeId>,
    /// Those of them that have not registered since: the controller and the leader do not know of the loss yet.
    pub unnoticed: Vec<NodeId>,
    /// Partition epoch that the last audit saw.
    pub partition_epoch: PartitionEpoch,
    /// Last committed epoch and sequence of each producer id.
    pub sequences: SortedMap<ProducerId, (ProducerEpoch, i32)>,
    /// What each producer has committed last.
    pub origins: SortedMap<u64, Committed>,
}

impl Shadow {
    fn new(id: TopicPartition, durability: Durability, isr: BrokerIds) -> Shadow {
        Shadow {
            id,
            replicas: Vec::new(),
            truth: Vector::new(),
            truth_end: 0,
            acknowledged_end: 0,
            early: Vec::new(),
            delivered: 0,
            isr,
            leader_epoch: -1,
            leaders: SortedMap::new(),
            durability,
            lacking: Vec::new(),
            unnoticed: Vec::new(),
            partition_epoch: -1,
            sequences: SortedMap::new(),
            origins: SortedMap::new(),
        }
    }

    /// The replica on a broker.
    pub fn replica(&mut self, broker: NodeId) -> &mut Replica {
        let at = match self.replicas.iter().position(|replica| replica.broker == broker) {
            Some(at) => at,
            None => {
                self.replicas.push(Replica { broker, told: (-1, 0), ..Replica::default() });
                self.replicas.len() - 1
            }
        };
        &mut self.replicas[at]
    }

    /// Committed batches that overlap `from..to`, as far as they are kept.
    pub fn truth_between(&self, from: Offset, to: Offset) -> impl Iterator<Item = &Entry> {
        let first =
            self.truth.binary_search_by(|entry| entry.last.cmp(&from)).unwrap_or_else(|at| at);
        (first..self.truth.len())
            .map_while(|at| self.truth.get(at))
            .take_while(move |entry| entry.base < to)
    }

    /// The first offset that is still kept.
    pub fn truth_start(&self) -> Offset {
        self.truth.front().map_or(self.truth_end, |entry| entry.base)
    }

    /// Adds a committed batch.
    pub fn commit(&mut self, entry: Entry) {
        self.truth.push_back(entry);
        self.truth_end = entry.last + 1;
        self.early.retain(|(_, last)| *last > entry.last);
        if self.truth.len() > TRUTH_KEPT {
            self.truth.pop_front();
        }
    }

    /// Forgets committed batches from `to` on: an unclean election took them.
    pub fn forget_from(&mut self, to: Offset) {
        while self.truth.back().is_some_and(|entry| entry.last >= to) {
            self.truth.pop_back();
        }
        self.truth_end = self.truth_end.min(to);
        self.acknowledged_end = self.acknowledged_end.min(to);
        self.sequences.clear();
        self.origins.clear();
        for replica in &mut self.replicas {
            replica.compared = replica.compared.min(to);
        }
    }

    /// Notes that a broker lost data of the partition.
    pub fn note_loss(&mut self, broker: NodeId) {
        for list in [&mut self.lacking, &mut self.unnoticed] {
            if !list.contains(&broker) {
                list.push(broker);
            }
        }
        self.durability.weigh_losses(&self.lacking, &self.isr);
    }

    /// Notes a new ISR. Who is let in has everything again, unless it was asked for before the loss.
    pub fn note_isr(&mut self, isr: BrokerIds, added: &[i32]) {
        self.isr = isr;
        let unnoticed = &self.unnoticed;
        self.lacking.retain(|broker| !added.contains(&broker.0) || unnoticed.contains(broker));
        self.durability.weigh_losses(&self.lacking, &self.isr);
    }
}

/// All partitions, by topic id and number.
#[derive(Clone, Debug, Hash)]
pub struct Partitions {
    topics: SortedMap<TopicId, Arc<Vec<Arc<Shadow>>>>,
    names: SortedMap<Arc<str>, TopicId>,
    elr: bool,
    /// End of the newest metadata that an audit saw.
    audited: Offset,
}

impl Partitions {
    pub(super) fn new(setup: &ClusterSetup) -> Partitions {
        Partitions {
            topics: SortedMap::new(),
            names: SortedMap::new(),
            elr: setup.elr_enabled(),
            audited: 0,
        }
    }

    /// The shadow of a partition.
    pub fn get(&self, id: TopicPartition) -> Option<&Shadow> {
        self.topics.get(&id.topic)?.get(id.partition as usize).map(|shadow| &**shadow)
    }

    /// The shadow of a partition by its topic's name.
    pub fn named(&self, topic: &str, partition: PartitionIndex) -> Option<&Shadow> {
        self.get(TopicPartition::new(*self.names.get(topic)?, partition))
    }

    /// The shadow of the partition of `__consumer_offsets` that holds a group.
    pub fn of_group(&self, group: &str) -> Option<&Shadow> {
        let id = *self.names.get(OFFSETS_TOPIC)?;
        let partitions = self.topics.get(&id)?.len() as i32;
        self.get(TopicPartition::new(id, partition_for(group, partitions)))
    }

    /// The shadow of a partition, to change.
    pub fn get_mut(&mut self, id: TopicPartition) -> Option<&mut Shadow> {
        let topic = Arc::make_mut(self.topics.get_mut(&id.topic)?);
        topic.get_mut(id.partition as usize).map(Arc::make_mut)
    }

    /// All shadows.
    pub fn all(&self) -> impl Iterator<Item = &Shadow> {
        self.topics.values().flat_map(|topic| topic.iter()).map(|shadow| &**shadow)
    }

    pub(super) fn all_mut(&mut self) -> impl Iterator<Item = &mut Shadow> {
        self.topics
            .values_mut()
            .flat_map(|topic| Arc::make_mut(topic).iter_mut())
            .map(Arc::make_mut)
    }

    /// Whether metadata that ends at `offset` is not older than what was audited before. It is older while every server that
    /// knew the newest is down, or has come back and not caught up.
    pub(super) fn is_current(&mut self, offset: Offset) -> bool {
        let current = offset >= self.audited;
        self.audited = self.audited.max(offset);
        current
    }

    /// A broker that registers is out of every ISR, and whoever asked for it before is refused.
    pub(super) fn registered(&mut self, broker: NodeId) {
        let noticed = self.all().filter(|shadow| shadow.unnoticed.contains(&broker));
        let noticed: Vec<TopicPartition> = noticed.map(|shadow| shadow.id).collect();
        for id in noticed {
            if let Some(shadow) = self.get_mut(id) {
                shadow.unnoticed.retain(|other| *other != broker);
            }
        }
    }

    pub(super) fn remove_topic(&mut self, topic: TopicId, name: &str) {
        self.topics.remove(&topic);
        self.names.remove(name);
    }

    /// Reads new topics, grown topics and changed configs.
    pub(super) fn learn_configs(&mut self, setup: &ClusterSetup, image: &MetadataImage) {
        for (id, topic) in &image.topics {
            let resource = ConfigResource::Topic(topic.name.clone());
            let mut broker = setup.config.clone();
            for (name, value) in image.configs.get(&ConfigResource::Cluster).into_iter().flatten() {
                let _unmodelled = broker.set(name, value);
            }
            let config =
                TopicConfig::effective(&broker, image.configs.get(&resource)).unwrap_or_default();
            self.names.insert(topic.name.clone(), *id);
            let shadows = Arc::make_mut(self.topics.entry(*id).or_default());
            for (number, registration) in topic.partitions.iter().enumerate() {
                let durability =
                    Durability::of(&config, registration.replicas.len() as i32, self.elr);
                match shadows.get_mut(number) {
                    Some(shadow) => weaken(&mut Arc::make_mut(shadow).durability, durability),
                    None => {
                        let partition = TopicPartition::new(*id, number as i32);
                        let shadow = Shadow::new(partition, durability, registration.isr.clone());
                        shadows.push(Arc::new(shadow));
                    }
                }
            }
        }
    }
}

/// A promise that was weak once stays weak: records written meanwhile may be lost later.
fn weaken(kept: &mut Durability, new: Durability) {
    kept.min_insync_replicas = kept.min_insync_replicas.min(new.min_insync_replicas);
    kept.unclean |= new.unclean;
}
