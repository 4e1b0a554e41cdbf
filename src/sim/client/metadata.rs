//! A client's picture of the cluster: brokers, topics and leaders, as old as the last answer.

use std::sync::Arc;

use super::backoff::Backoff;
use super::connections::Connections;
use super::io::Io;
use crate::sim::effects::Line;
use crate::sim::ids::*;
use crate::sim::protocol::ErrorCode;
use crate::sim::protocol::data::{
    LeaderAndEpoch, MetadataRequest, MetadataResponse, MetadataTopic,
};
use crate::sim::rng::Rng;
use crate::sim::sorted::SortedMap;
use crate::sim::time::Micros;

const NO_LEADER: LeaderAndEpoch = LeaderAndEpoch { leader: NodeId::NONE, epoch: -1 };

/// When metadata is asked for again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RefreshConfig {
    /// Delays between updates that bring no news.
    pub backoff: Backoff,
    /// `metadata.max.age.ms`
    pub max_age_ms: i64,
    /// `request.timeout.ms`
    pub request_timeout_ms: i64,
    /// `allow.auto.create.topics`
    pub allow_auto_topic_creation: bool,
}

/// The metadata of the topics that a client uses.
#[derive(Clone, Debug, Hash)]
pub struct Metadata {
    config: RefreshConfig,
    bootstrap: Arc<[NodeId]>,
    brokers: Vec<NodeId>,
    topics: SortedMap<Arc<str>, Topic>,
    names: SortedMap<TopicId, Arc<str>>,
    /// Counts changes, so that a user sees that there was one.
    version: u32,
    needed: bool,
    request: Option<RequestId>,
    /// Updates in a row after which another was needed.
    attempts: u32,
    retry_at: Micros,
    refreshed_at: Micros,
}

/// A topic of interest.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Topic {
    /// Whether an answer has named it.
    pub known: bool,
    /// Why there are no partitions.
    pub error: ErrorCode,
    pub id: TopicId,
    /// Leaders by partition.
    pub partitions: Vec<LeaderAndEpoch>,
}

impl Metadata {
    /// Nothing but the brokers of `bootstrap.servers`.
    pub fn new(bootstrap: Arc<[NodeId]>, config: RefreshConfig) -> Metadata {
        Metadata {
            config,
            brokers: bootstrap.to_vec(),
            bootstrap,
            topics: SortedMap::new(),
            names: SortedMap::new(),
            version: 0,
            needed: false,
            request: None,
            attempts: 0,
            retry_at: Micros::ZERO,
            refreshed_at: Micros::ZERO,
        }
    }

    /// Adds a topic; a new one is asked for at once.
    pub fn want(&mut self, name: &Arc<str>) {
        if !self.topics.contains_key(name) {
            self.topics.insert(name.clone(), Topic::default());
            self.needed = true;
            self.retry_at = Micros::ZERO;
        }
    }

    /// Asks for an update as soon as the backoff allows.
    pub fn request_update(&mut self) {
        self.needed = true;
    }

    /// A topic that exists, as far as is known.
    pub fn topic(&self, name: &str) -> Option<&Topic> {
        self.topics.get(name).filter(|topic| topic.known && topic.error.is_none())
    }

    /// What was said about a topic that was asked for: None before the first answer.
    pub fn answer(&self, name: &str) -> Option<ErrorCode> {
        self.topics.get(name).filter(|topic| topic.known).map(|topic| topic.error)
    }

    /// The name of a topic of interest.
    pub fn name_of(&self, id: TopicId) -> Option<&Arc<str>> {
        self.names.get(&id)
    }

    /// The identity and leader of a partition that exists.
    pub fn partition(
        &self,
        name: &str,
        partition: PartitionIndex,
    ) -> Option<(TopicPartition, LeaderAndEpoch)> {
        let topic = self.topic(name)?;
        let leader = topic.partitions.get(usize::try_from(partition).ok()?)?;
        Some((TopicPartition::new(topic.id, partition), *leader))
    }

    /// Brokers to turn to for anything.
    pub fn brokers(&self) -> &[NodeId] {
        &self.brokers
    }

    /// A broker for a request that any can answer; from `bootstrap.servers` when those known all rest (KIP-899).
    pub fn any_broker(
        &self,
        now: Micros,
        connections: &Connections,
        rng: &mut Rng,
    ) -> Option<NodeId> {
        let known = connections.least_loaded(now, &self.brokers, rng);
        known.or_else(|| connections.least_loaded(now, &self.bootstrap, rng))
    }

    /// When a broker can be had again.
    pub fn any_broker_at(&self, connections: &Connections) -> Option<Micros> {
        let all = self.brokers.iter().chain(self.bootstrap.iter());
        all.map(|node| connections.ready_at(*node)).min()
    }

    /// Counts changes.
    pub fn version(&self) -> u32 {
        self.version
    }

    /// Whether the request is a metadata request in flight.
    pub fn is_mine(&self, id: RequestId) -> bool {
        self.request == Some(id)
    }

    /// Takes a leader that an error response named (KIP-951), unless a newer one is known.
    pub fn learn(&mut self, partition: TopicPartition, current: LeaderAndEpoch) -> bool {
        let Some(topic) = self.names.get(&partition.topic).and_then(|n| self.topics.get_mut(n))
        else {
            return false;
        };
        match topic.partitions.get_mut(partition.partition as usize) {
            Some(known) if known.epoch < current.epoch && current.leader != NodeId::NONE => {
                *known = current;
                self.version += 1;
                true
            }
            Some(_) | None => false,
        }
    }

    /// Sends a request if one is due, and returns when to look again.
    pub fn poll(
        &mut self,
        io: &mut Io<'_>,
        line: Line,
        connections: &mut Connections,
        rng: &mut Rng,
    ) -> Option<Micros> {
        if self.request.is_some() || (self.topics.is_empty() && !self.needed) {
            return None;
        }
        let now = io.monotonic();
        let max_age = Micros::from_ms(self.config.max_age_ms);
        let due = if self.needed { self.retry_at } else { self.refreshed_at + max_age };
        if due > now {
            return Some(due);
        }
        let Some(node) = self.any_broker(now, connections, rng) else {
            return self.any_broker_at(connections);
        };
        self.ask(io, line, node, connections);
        None
    }

    /// Asks this broker, unless an answer is awaited already.
    pub fn ask(
        &mut self,
        io: &mut Io<'_>,
        line: Line,
        node: NodeId,
        connections: &mut Connections,
    ) {
        if self.request.is_some() {
            return;
        }
        let request = MetadataRequest {
            topics: Some(self.topics.keys().cloned().collect()),
            allow_auto_topic_creation: self.config.allow_auto_topic_creation,
        };
        let id = io.out.send(node, line, request, self.config.request_timeout_ms);
        connections.sent(node);
        self.request = Some(id);
        self.needed = false;
    }

    /// Takes an answer in.
    pub fn on_response(&mut self, now: Micros, response: &MetadataResponse, rng: &mut Rng) {
        self.request = None;
        self.refreshed_at = now;
        if !response.brokers.is_empty() {
            self.brokers.clone_from(&response.brokers);
        }
        for topic in &response.topics {
            self.update(topic);
        }
        self.version += 1;
        if !self.needed {
            self.attempts = 0;
        }
        self.retry_at = now + self.config.backoff.after(self.attempts, rng);
        self.attempts = self.attempts.saturating_add(1);
    }

    /// Notes that the request failed; another broker is asked after the backoff.
    pub fn on_failed(&mut self, now: Micros, was_connected: bool, rng: &mut Rng) {
        self.request = None;
        self.needed = true;
        if !was_connected {
            // Kafka connects before it sends: a broker that cannot be reached costs no attempt, the next one is tried at once.
            return;
        }
        self.retry_at = now + self.config.backoff.after(self.attempts, rng);
        self.attempts = self.attempts.saturating_add(1);
    }

    fn update(&mut self, news: &MetadataTopic) {
        let Some(topic) = self.topics.get_mut(&news.name) else { return };
        topic.known = true;
        topic.error = news.error;
        if !news.error.is_none() {
            self.needed |= news.error.refreshes_metadata();
            return;
        }
        if topic.id != news.id {
            // A topic made anew under its old name: nothing known about the old one holds.
            self.names.remove(&topic.id);
            topic.partitions.clear();
            topic.id = news.id;
        }
        self.names.insert(news.id, news.name.clone());
        for partition in &news.partitions {
            let index = partition.partition as usize;
            if topic.partitions.len() <= index {
                topic.partitions.resize(index + 1, NO_LEADER);
            }
            // An answer may come from a broker that is behind: older epochs are ignored (KIP-320).
            if partition.leader_epoch >= topic.partitions[index].epoch {
                let (leader, epoch) = (partition.leader, partition.leader_epoch);
                topic.partitions[index] = LeaderAndEpoch { leader, epoch };
            }
            self.needed |= partition.error.refreshes_metadata();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::protocol::data::MetadataPartition;

    fn metadata() -> Metadata {
        let config = RefreshConfig {
            backoff: Backoff::new(100, 1000),
            max_age_ms: 300_000,
            request_timeout_ms: 30_000,
            allow_auto_topic_creation: true,
        };
        let mut metadata = Metadata::new(Arc::from([NodeId(1)]), config);
        metadata.want(&Arc::from("t"));
        metadata
    }

    fn answer(id: u32, leader: i32, leader_epoch: i32) -> MetadataResponse {
        let error = if leader < 0 { ErrorCode::LeaderNotAvailable } else { ErrorCode::None };
        let partition = MetadataPartition {
            error,
            partition: 0,
            leader: NodeId(leader),
            leader_epoch,
            replicas: Default::default(),
            isr: Default::default(),
            offline: Vec::new(),
        };
        let topic = MetadataTopic {
            error: ErrorCode::None,
            name: Arc::from("t"),
            id: TopicId(id),
            partitions: vec![partition],
        };
        MetadataResponse {
            brokers: vec![NodeId(1), NodeId(2)],
            controller: NodeId(1),
            topics: vec![topic],
        }
    }

    fn leader(metadata: &Metadata) -> (i32, i32) {
        let (_, leader) = metadata.partition("t", 0).unwrap();
        (leader.leader.0, leader.epoch)
    }

    #[test]
    fn an_older_epoch_is_ignored_unless_the_topic_is_new() {
        let (mut metadata, mut rng) = (metadata(), Rng::new(1, "m"));
        metadata.on_response(Micros::ZERO, &answer(7, 2, 5), &mut rng);
        metadata.on_response(Micros::ZERO, &answer(7, 1, 4), &mut rng);
        assert_eq!(leader(&metadata), (2, 5));
        metadata.on_response(Micros::ZERO, &answer(8, 1, 0), &mut rng);
        assert_eq!(leader(&metadata), (1, 0));
        assert_eq!(metadata.name_of(TopicId(7)), None);
    }

    #[test]
    fn a_produce_error_can_name_the_new_leader() {
        let (mut metadata, mut rng) = (metadata(), Rng::new(1, "m"));
        metadata.on_response(Micros::ZERO, &answer(7, 2, 5), &mut rng);
        let partition = TopicPartition::new(TopicId(7), 0);
        let current = |epoch| LeaderAndEpoch { leader: NodeId(1), epoch };
        assert!(!metadata.learn(partition, current(5)));
        assert!(metadata.learn(partition, current(6)));
        assert_eq!(leader(&metadata), (1, 6));
    }

    #[test]
    fn a_leaderless_partition_makes_it_ask_again_later_and_later() {
        let (mut metadata, mut rng) = (metadata(), Rng::new(1, "m"));
        let mut waits = Vec::new();
        for _ in 0..3 {
            metadata.on_response(Micros::ZERO, &answer(7, -1, 5), &mut rng);
            assert!(metadata.needed);
            waits.push(metadata.retry_at.as_ms());
        }
        assert!((80..=120).contains(&waits[0]) && (160..=240).contains(&waits[1]));
        assert!((320..=480).contains(&waits[2]));
    }
}
