//! What new metadata means for this broker (`BrokerMetadataPublisher`): which replicas it has, leads and follows.

use std::sync::Arc;

use super::coordinators::CoordinatorEvent;
use super::fetch::Wake;
use super::leader::LeaderState;
use super::replica::{FetchState, FollowerState, Replica, Role};
use super::{Broker, BrokerTimer};
use crate::sim::config::{BrokerConfig, TopicConfig};
use crate::sim::controller::metadata::{MetadataBatch, MetadataImage, MetadataRecord};
use crate::sim::controller::partition_registration::{NO_LEADER, PartitionRegistration};
use crate::sim::effects::Effects;
use crate::sim::fact::Fact;
use crate::sim::ids::*;
use crate::sim::protocol::ErrorCode;
use crate::sim::protocol::admin::ConfigResource;
use crate::sim::sorted::SortedSet;
use crate::sim::storage::log::Log;
use crate::sim::time::{Micros, NodeNow};

/// Flushes that a new leader waits for: of `leader-epoch-checkpoint`, and of the folder that it is moved into.
const FLUSHES_TO_LEAD: u64 = 2;

/// What a stretch of the metadata log touches.
#[derive(Clone, Debug, Default, Hash)]
pub(super) struct Delta {
    partitions: SortedSet<TopicPartition>,
    deleted: Vec<TopicId>,
    /// Brokers that registered, or were fenced or unfenced.
    brokers: SortedSet<NodeId>,
    configs: bool,
}

impl Delta {
    fn add(&mut self, later: Delta) {
        self.partitions.extend(later.partitions);
        self.deleted.extend(later.deleted);
        self.brokers.extend(later.brokers);
        self.configs |= later.configs;
    }

    fn note(&mut self, record: &MetadataRecord, image: &MetadataImage) {
        match record {
            MetadataRecord::Partition { partition, .. }
            | MetadataRecord::PartitionChange { partition, .. } => {
                self.partitions.insert(*partition);
            }
            MetadataRecord::RemoveTopic { topic } => self.deleted.push(*topic),
            MetadataRecord::RegisterBroker { broker, .. }
            | MetadataRecord::BrokerRegistrationChange { broker, .. } => {
                self.brokers.insert(*broker);
            }
            MetadataRecord::Config { .. } => self.configs = true,
            MetadataRecord::ClearElr { topic } => {
                for topic in image.topics_to_clear(topic.as_ref()) {
                    let partitions = image.topics.get(&topic).map_or(0, |t| t.partitions.len());
                    let all = 0..partitions as i32;
                    self.partitions.extend(all.map(|index| TopicPartition::new(topic, index)));
                }
            }
            MetadataRecord::LeaderChange { .. }
            | MetadataRecord::NoOp
            | MetadataRecord::UnregisterBroker { .. }
            | MetadataRecord::Topic { .. }
            | MetadataRecord::FeatureLevel { .. }
            | MetadataRecord::ProducerIds { .. } => {}
        }
    }
}

impl Broker {
    /// Takes over committed batches of the metadata log. Until the broker has caught up it only keeps the image: it must not
    /// act on what was true in the past.
    pub fn on_metadata(&mut self, now: NodeNow, batches: &[Arc<MetadataBatch>], out: &mut Effects) {
        let Some(last) = batches.last() else { return };
        self.note_deleted_names(batches);
        let follows = batches.first().map(|b| b.base_offset) == Some(self.image.next_offset);
        self.image = last.image.clone();
        if self.published && follows {
            let mut delta = Delta::default();
            batches
                .iter()
                .flat_map(|b| b.records.iter())
                .for_each(|record| delta.note(record, &self.image));
            self.apply_soon(now, delta, out);
        } else if self.published {
            self.apply_everything(now, out);
        }
        self.run_coordinator(now, out);
    }

    /// A broker that is to take over the lead of a partition writes the new epoch to the disk first. Followers learn of the
    /// leader at the same moment and often ask it before it is ready; then they wait for `replica.fetch.backoff.ms`.
    ///
    /// Simplification: Kafka flushes for one partition after the other; here all of a batch are flushed together.
    fn apply_soon(&mut self, now: NodeNow, delta: Delta, out: &mut Effects) {
        if let Some(waiting) = &mut self.unapplied {
            waiting.add(delta);
        } else if delta.partitions.iter().any(|partition| self.takes_over(*partition)) {
            let flush = self.context.setup.costs.fsync;
            out.timer(Micros(flush.0 * FLUSHES_TO_LEAD), BrokerTimer::Lead);
            self.unapplied = Some(delta);
        } else {
            self.apply(now, delta, out);
        }
    }

    /// Whether the partition had another leader, or the same in another epoch, and this broker leads it now.
    fn takes_over(&self, partition: TopicPartition) -> bool {
        let registration = self.image.partition(partition).filter(|r| r.leader == self.node.0);
        registration.zip(self.replicas.of(partition)).is_some_and(|(registration, replica)| {
            (0..registration.leader_epoch).contains(&replica.leader_epoch)
        })
    }

    pub(super) fn on_ready_to_lead(&mut self, now: NodeNow, out: &mut Effects) {
        if let Some(delta) = self.unapplied.take() {
            self.apply(now, delta, out);
        }
    }

    /// Groups forget the offsets of a topic by its name, which the image after the deletion does not know.
    fn note_deleted_names(&mut self, batches: &[Arc<MetadataBatch>]) {
        for record in batches.iter().flat_map(|batch| batch.records.iter()) {
            if let MetadataRecord::RemoveTopic { topic } = record
                && let Some(topic) = self.image.topics.get(topic)
            {
                let event = CoordinatorEvent::TopicDeleted(topic.name.clone());
                self.coordinator_events.push_back(event);
            }
        }
    }

    /// The broker has caught up: from now on it acts on metadata.
    pub(super) fn publish(&mut self, now: NodeNow, out: &mut Effects) {
        self.published = true;
        self.refresh_configs();
        self.apply_everything(now, out);
        let image = &self.image;
        let node = self.node.0;
        let is_ours = |partition: &TopicPartition| {
            image.partition(*partition).is_some_and(|r| r.replicas.contains(&node))
        };
        // Logs of topics that were deleted meanwhile.
        self.closed_logs.retain(|partition, _| is_ours(partition));
        self.serve_early(now, out);
    }

    fn apply_everything(&mut self, now: NodeNow, out: &mut Effects) {
        self.unapplied = None;
        let topics = self.image.topics.iter();
        let partitions = topics.flat_map(|(topic, image)| {
            (0..image.partitions.len() as i32).map(|index| TopicPartition::new(*topic, index))
        });
        let ours: Vec<_> = self.replicas.iter().map(|(_, replica)| replica.partition).collect();
        let topics = ours.iter().map(|partition| partition.topic);
        let deleted: SortedSet<_> =
            topics.filter(|topic| !self.image.topics.contains_key(topic)).collect();
        let delta = Delta {
            deleted: deleted.into_iter().collect(),
            partitions: partitions.chain(ours).collect(),
            brokers: self.image.brokers.keys().copied().collect(),
            configs: true,
        };
        self.apply(now, delta, out);
    }

    fn apply(&mut self, now: NodeNow, delta: Delta, out: &mut Effects) {
        if delta.configs {
            self.refresh_configs();
        }
        for topic in delta.deleted {
            self.delete_topic(topic, out);
        }
        let mut sources = SortedSet::new();
        for partition in delta.partitions {
            self.apply_partition(now, partition, &mut sources, out);
        }
        for broker in delta.brokers {
            self.on_broker_changed(broker);
        }
        // All fetchers change before the first request leaves, so that it names everything.
        for source in sources {
            self.send_fetch(now, source, out);
        }
    }

    fn refresh_configs(&mut self) {
        let mut config = (*self.static_config).clone();
        for resource in [ConfigResource::Cluster, ConfigResource::Broker(self.node)] {
            for (name, value) in self.image.configs.get(&resource).into_iter().flatten() {
                // The controller has validated it; what the simulation does not model has no effect.
                let _ = config.set(name, value);
            }
        }
        self.config = Arc::new(config);
        self.topic_configs.clear();
        for slot in self.replicas.slots() {
            let Some(topic) = self.replicas.get(slot).map(|r| r.partition.topic) else { continue };
            let config = self.topic_config(topic);
            if let Some(replica) = self.replicas.get_mut(slot) {
                replica.config = config;
            }
        }
    }

    /// The configs of a topic, shared by its partitions.
    fn topic_config(&mut self, topic: TopicId) -> Arc<TopicConfig> {
        if let Some(known) = self.topic_configs.get(&topic) {
            return known.clone();
        }
        let name = self.image.topics.get(&topic).map(|topic| topic.name.clone());
        let own = name.and_then(|name| self.image.configs.get(&ConfigResource::Topic(name)));
        let broker: &BrokerConfig = &self.config;
        let inherited = || TopicConfig::effective(broker, None).unwrap_or_default();
        let config = TopicConfig::effective(broker, own).unwrap_or_else(|_| inherited());
        let config = Arc::new(config);
        self.topic_configs.insert(topic, config.clone());
        config
    }

    fn delete_topic(&mut self, topic: TopicId, out: &mut Effects) {
        let of_topic =
            |(slot, replica): (u32, &Replica)| (replica.partition.topic == topic).then_some(slot);
        let slots: Vec<u32> = self.replicas.iter().filter_map(of_topic).collect();
        for slot in slots {
            self.remove_replica(slot, out);
        }
        self.topic_configs.remove(&topic);
        let file = Arc::make_mut(&mut self.checkpoint.file);
        file.retain(|partition, _| partition.topic != topic);
    }

    fn remove_replica(&mut self, slot: u32, out: &mut Effects) {
        self.resign(slot, out);
        self.stop_fetching(slot, out);
        if let Some(replica) = self.replicas.remove(slot) {
            // Sessions still name the slot: they are told that the partition is gone.
            for watcher in &replica.watchers {
                self.leave_slot(*watcher, out);
            }
        }
    }

    fn apply_partition(
        &mut self,
        now: NodeNow,
        partition: TopicPartition,
        sources: &mut SortedSet<NodeId>,
        out: &mut Effects,
    ) {
        let registration = self.image.partition(partition).cloned();
        let is_replica = |r: &Arc<PartitionRegistration>| r.replicas.contains(&self.node.0);
        let slot = self.replicas.find(partition);
        let Some(registration) = registration.filter(is_replica) else {
            if let Some(slot) = slot {
                self.remove_replica(slot, out);
            }
            return;
        };
        let slot = slot.unwrap_or_else(|| self.open_replica(partition));
        let known = self.replicas.get(slot).map_or(-1, |replica| replica.partition_epoch);
        if registration.partition_epoch < known {
            return;
        }
        if registration.leader == self.node.0 {
            self.become_leader(now, slot, registration, out);
        } else {
            sources.extend(self.become_follower(now, slot, registration, out));
        }
    }

    fn open_replica(&mut self, partition: TopicPartition) -> u32 {
        let log = self.closed_logs.remove(&partition).unwrap_or_default();
        let log = Arc::try_unwrap(log).unwrap_or_else(|log: Arc<Log>| (*log).clone());
        let high_watermark = self.checkpoint.file.get(&partition).copied().unwrap_or(0);
        let expiration = self.config.producer_id_expiration_ms;
        let config = self.topic_config(partition.topic);
        self.replicas.insert(Replica::open(partition, log, high_watermark, config, expiration))
    }

    fn become_leader(
        &mut self,
        now: NodeNow,
        slot: u32,
        registration: Arc<PartitionRegistration>,
        out: &mut Effects,
    ) {
        let node = self.node;
        self.stop_fetching(slot, out);
        let Some(replica) = self.replicas.get_mut(slot) else { return };
        let is_new_epoch = registration.leader_epoch > replica.leader_epoch;
        let is_known = registration.partition_epoch == replica.partition_epoch && !is_new_epoch;
        if is_known && replica.leader().is_some_and(|leader| leader.isr == registration.isr) {
            replica.registration = registration;
            return;
        }
        let end = replica.log_end_offset();
        let before = match std::mem::replace(&mut replica.role, Role::none()) {
            Role::Leader(leader) => Some(leader),
            Role::Follower(_) => None,
        };
        let mut leader = match before {
            Some(mut leader) if !is_new_epoch => {
                leader.assign(node, &registration);
                leader
            }
            before => LeaderState::elected(node, &registration, before, end, now.monotonic),
        };
        leader.isr = registration.isr.clone();
        leader.pending = None;
        replica.role = Role::Leader(leader);
        replica.partition_epoch = registration.partition_epoch;
        replica.leader_epoch = registration.leader_epoch;
        replica.registration = registration;
        if is_new_epoch {
            self.note_new_epoch(slot, end, out);
        }
        self.mark_out_of_sync(slot);
        self.advance_high_watermark(now, slot, out);
        self.complete_produces(slot, out);
    }

    fn note_new_epoch(&mut self, slot: u32, log_end_offset: Offset, out: &mut Effects) {
        let broker = self.node;
        let Some(replica) = self.replicas.get_mut(slot) else { return };
        // So that followers can be told where to cut even if this leader never writes anything.
        replica.assign_epoch(replica.leader_epoch, log_end_offset);
        let (partition, leader_epoch) = (replica.partition, replica.leader_epoch);
        out.fact(Fact::BecameLeader { broker, partition, leader_epoch, log_end_offset });
        self.coordinator_events.push_back(CoordinatorEvent::Elected(partition));
        self.wake_fetches(slot, Wake::Changed, out);
    }

    /// Follows the leader of the metadata; returns it if a fetcher has to be set going.
    fn become_follower(
        &mut self,
        now: NodeNow,
        slot: u32,
        registration: Arc<PartitionRegistration>,
        out: &mut Effects,
    ) -> Option<NodeId> {
        let broker = self.node;
        let leader = NodeId(registration.leader);
        let replica = self.replicas.get(slot)?;
        let (partition, leader_epoch) = (replica.partition, registration.leader_epoch);
        let is_new_epoch = leader_epoch > replica.leader_epoch;
        let is_other_leader = replica.follower().is_none_or(|follower| follower.leader != leader);
        let stays_out = self.lifecycle.is_shutting_down()
            && (leader.0 == NO_LEADER || !registration.is_in_isr(broker.0));
        self.resign(slot, out);
        if is_other_leader || stays_out {
            self.stop_fetching(slot, out);
        }
        let replica = self.replicas.get_mut(slot)?;
        if is_other_leader {
            let fetch = FetchState::Stopped;
            replica.role =
                Role::Follower(FollowerState { leader, fetch, changed: false, in_session: None });
        }
        replica.partition_epoch = registration.partition_epoch;
        replica.leader_epoch = leader_epoch;
        replica.registration = registration;
        if !is_new_epoch {
            return None;
        }
        out.fact(Fact::BecameFollower { broker, partition, leader, leader_epoch });
        self.wake_fetches(slot, Wake::Changed, out);
        if self.bugs.truncate_to_high_watermark {
            self.truncate_to_high_watermark(now, slot, out);
        }
        if leader.0 == NO_LEADER || stays_out {
            return None;
        }
        self.start_fetching(slot, leader);
        Some(leader)
    }

    /// Ends leading: whoever waits for this leader is told.
    fn resign(&mut self, slot: u32, out: &mut Effects) {
        let Some(replica) = self.replicas.get_mut(slot) else { return };
        if replica.leader().is_none() {
            return;
        }
        replica.role = Role::none();
        self.coordinator_events.push_back(CoordinatorEvent::Resigned(replica.partition));
        self.fail_produces(slot, ErrorCode::NotLeaderOrFollower, out);
    }

    /// A broker that was fenced or started anew may be let into ISRs now.
    fn on_broker_changed(&mut self, broker: NodeId) {
        let is_out = |(slot, replica): (u32, &Replica)| {
            let leader = replica.leader()?;
            (leader.follower(broker).is_some() && !leader.is_in_isr(broker)).then_some(slot)
        };
        let slots: Vec<u32> = self.replicas.iter().filter_map(is_out).collect();
        for slot in slots {
            self.mark_out_of_sync(slot);
        }
    }
}
