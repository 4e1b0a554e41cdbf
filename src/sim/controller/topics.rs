//! Topics come and go: the checks and messages of `ReplicationControlManager.createTopics` (facts/kafka.md §2.1).

use std::sync::Arc;

use super::metadata::MetadataRecord;
use super::partition_registration::PartitionRegistration;
use super::placer::{self, Cordoning, UsableBroker};
use super::room::Room;
use super::state::ControlState;
use crate::sim::config::TopicConfig;
use crate::sim::ids::*;
use crate::sim::protocol::ErrorCode;
use crate::sim::protocol::admin::*;
use crate::sim::sorted::{SortedMap, sort};
use crate::sim::version::KafkaVersion;

/// Most partitions that one request may create.
const PARTITIONS_PER_REQUEST_MAX: i64 = 10_000;
/// Longest name of a topic.
const NAME_LENGTH_MAX: usize = 249;

/// Draws a number from `0..bound`.
pub type Draw<'a> = &'a mut dyn FnMut(i32) -> i32;

impl ControlState {
    /// Creates topics; what can be created is, in one batch.
    pub fn create_topics(
        &self,
        request: &CreateTopicsRequest,
        draw: Draw<'_>,
    ) -> (Vec<MetadataRecord>, CreateTopicsResponse) {
        let mut records = Vec::new();
        let mut next_id = self.image.last_topic_id + 1;
        let mut results = Vec::new();
        let too_many = self.partitions_asked(request) > PARTITIONS_PER_REQUEST_MAX;
        let mut room = Room::of(&self.image);
        for topic in &request.topics {
            let twice = request.topics.iter().filter(|other| other.name == topic.name).count() > 1;
            let created = match () {
                () if too_many => Err(error(
                    ErrorCode::PolicyViolation,
                    "Excessively large number of partitions per request.",
                )),
                () if twice => Err(error(ErrorCode::InvalidRequest, "Duplicate topic name.")),
                () => self.create_topic(topic, TopicId(next_id), &mut room, draw),
            };
            let result = created.map(|created| {
                next_id += 1;
                records.extend(created);
            });
            results.push((topic.name.clone(), result.err().unwrap_or_default()));
        }
        (records, CreateTopicsResponse { topics: results })
    }

    fn partitions_asked(&self, request: &CreateTopicsRequest) -> i64 {
        let count = |topic: &NewTopic| match &topic.placement {
            Placement::Count { partitions: -1, .. } => i64::from(self.config.num_partitions),
            Placement::Count { partitions, .. } => i64::from(*partitions).max(0),
            Placement::Manual(assignments) => assignments.len() as i64,
        };
        request.topics.iter().map(count).sum()
    }

    fn create_topic(
        &self,
        topic: &NewTopic,
        id: TopicId,
        room: &mut Room,
        draw: Draw<'_>,
    ) -> Result<Vec<MetadataRecord>, ApiError> {
        self.check_name(&topic.name)?;
        check_configs(topic)?;
        let partitions = match &topic.placement {
            Placement::Count { partitions, replication_factor } => {
                self.place(*partitions, i32::from(*replication_factor), draw)?
            }
            Placement::Manual(assignments) => self.place_by_hand(assignments)?,
        };
        let name = &topic.name;
        room.take(name, partitions.len() as i32)?;
        let resource = ConfigResource::Topic(name.clone());
        let mut records = vec![MetadataRecord::Topic { name: name.clone(), topic: id }];
        records.extend(topic.configs.iter().map(|(name, value)| MetadataRecord::Config {
            resource: resource.clone(),
            name: name.clone(),
            value: Some(value.clone()),
        }));
        records.extend(self.cleared_elr(&records));
        records.extend(partitions.into_iter().zip(0..).map(|(registration, number)| {
            let partition = TopicPartition::new(id, number);
            MetadataRecord::Partition { partition, registration: Arc::new(registration) }
        }));
        Ok(records)
    }

    fn check_name(&self, name: &Arc<str>) -> Result<(), ApiError> {
        if let Some(reason) = why_invalid(name) {
            return Err(error(ErrorCode::InvalidTopicException, reason));
        }
        // Kafka looks for an existing topic last, so that its error is the one that stays.
        if self.image.topic_ids.contains_key(name) {
            let message = format!("Topic '{name}' already exists.");
            return Err(error(ErrorCode::TopicAlreadyExists, message));
        }
        if let Some(other) = self.colliding(name) {
            let message = format!("Topic '{name}' collides with existing topic: {other}");
            return Err(error(ErrorCode::InvalidTopicException, message));
        }
        Ok(())
    }

    /// A topic whose metrics would have the same name.
    fn colliding(&self, name: &str) -> Option<&Arc<str>> {
        if !name.contains(['.', '_']) {
            return None;
        }
        let unified = unify(name);
        let names = self.image.topic_ids.keys();
        names.filter(|other| other.contains(['.', '_'])).find(|other| unify(other) == unified)
    }

    pub(super) fn place(
        &self,
        partitions: i32,
        replication_factor: i32,
        draw: Draw<'_>,
    ) -> Result<Vec<PartitionRegistration>, ApiError> {
        if replication_factor < -1 || replication_factor == 0 {
            let message =
                "Replication factor must be larger than 0, or -1 to use the default value.";
            return Err(error(ErrorCode::InvalidReplicationFactor, message));
        }
        if partitions < -1 || partitions == 0 {
            let message = "Number of partitions was set to an invalid non-positive value.";
            return Err(error(ErrorCode::InvalidPartitions, message));
        }
        let or_default = |value: i32, default: i32| if value == -1 { default } else { value };
        let partitions = or_default(partitions, self.config.num_partitions);
        let factor = or_default(replication_factor, self.config.default_replication_factor);
        let unplaced = |why: String| {
            let message = format!("Unable to replicate the partition {factor} time(s): {why}");
            error(ErrorCode::InvalidReplicationFactor, message)
        };
        let placed = placer::place(&self.usable_brokers(), partitions, factor, draw)
            .map_err(|why| unplaced(why.message(self.cordoning())))?;
        placed
            .into_iter()
            .map(|replicas| {
                let all = "All brokers are currently fenced or in controlled shutdown.";
                self.new_partition(&replicas).ok_or_else(|| unplaced(all.to_owned()))
            })
            .collect()
    }

    /// All registered brokers. In Kafka they come in the order of a hash map, which the placer sorts away.
    pub(super) fn usable_brokers(&self) -> Vec<UsableBroker> {
        let brokers = self.image.brokers.iter().map(|(id, broker)| UsableBroker {
            id: id.0,
            rack: broker.rack.as_deref().map(str::to_owned),
            fenced: broker.fenced,
        });
        brokers.collect()
    }

    pub(super) fn cordoning(&self) -> Cordoning {
        if self.version >= KafkaVersion::V4_4 { Cordoning::Known } else { Cordoning::Unknown }
    }

    fn place_by_hand(
        &self,
        assignments: &[(PartitionIndex, Vec<NodeId>)],
    ) -> Result<Vec<PartitionRegistration>, ApiError> {
        let refuse = |message: String| error(ErrorCode::InvalidReplicaAssignment, message);
        let mut partitions = SortedMap::new();
        let mut factor = None;
        for (number, replicas) in assignments {
            if partitions.contains_key(number) {
                return Err(refuse(format!(
                    "Found multiple manual partition assignments for partition {number}"
                )));
            }
            let replicas: Vec<i32> = replicas.iter().map(|id| id.0).collect();
            self.check_assignment(&replicas, factor).map_err(refuse)?;
            factor = Some(replicas.len());
            let partition = self.new_partition(&replicas).ok_or_else(|| {
                refuse(format!(
                    "All brokers specified in the manual partition assignment for partition \
                     {number} are fenced or in controlled shutdown."
                ))
            })?;
            partitions.insert(*number, partition);
        }
        if partitions.is_empty() || !partitions.keys().copied().eq(0..partitions.len() as i32) {
            let message = "partitions should be a consecutive 0-based integer sequence";
            return Err(refuse(message.to_owned()));
        }
        Ok(partitions.into_values().collect())
    }

    /// Checks a replica list given by hand.
    pub(super) fn check_assignment(
        &self,
        replicas: &[i32],
        replication_factor: Option<usize>,
    ) -> Result<(), String> {
        if replicas.is_empty() {
            return Err(
                "The manual partition assignment includes an empty replica list.".to_owned()
            );
        }
        let mut sorted = replicas.to_vec();
        sort(&mut sorted);
        for (index, broker) in sorted.iter().enumerate() {
            if !self.image.brokers.contains_key(&NodeId(*broker)) {
                return Err(format!(
                    "The manual partition assignment includes broker {broker}, but no such broker is registered."
                ));
            }
            if index > 0 && sorted[index - 1] == *broker {
                return Err(format!(
                    "The manual partition assignment includes the broker {broker} more than once."
                ));
            }
        }
        match replication_factor {
            Some(factor) if factor != replicas.len() => Err(format!(
                "The manual partition assignment includes a partition with {} replica(s), but this is not consistent \
                 with previous partitions, which have {factor} replica(s).",
                replicas.len()
            )),
            Some(_) | None => Ok(()),
        }
    }

    /// A partition at its start: in sync are the replicas that are up. None if none is.
    pub(super) fn new_partition(&self, replicas: &[i32]) -> Option<PartitionRegistration> {
        let isr: Vec<i32> =
            replicas.iter().copied().filter(|id| self.image.is_active(*id)).collect();
        (!isr.is_empty()).then(|| PartitionRegistration::new(replicas, &isr))
    }

    /// Deletes topics.
    pub fn delete_topics(
        &self,
        request: &DeleteTopicsRequest,
    ) -> (Vec<MetadataRecord>, DeleteTopicsResponse) {
        let mut records = Vec::new();
        let mut delete = |(index, name): (usize, &Arc<str>)| match self.image.topic_ids.get(name) {
            _ if request.topics[..index].contains(name) => {
                error(ErrorCode::InvalidRequest, "Duplicate topic name.")
            }
            Some(topic) => {
                records.push(MetadataRecord::RemoveTopic { topic: *topic });
                ApiError::default()
            }
            None => ErrorCode::UnknownTopicOrPartition.into(),
        };
        let topics = request.topics.iter().enumerate();
        let topics = topics.map(|topic| (topic.1.clone(), delete(topic))).collect();
        (records, DeleteTopicsResponse { topics })
    }
}

fn check_configs(topic: &NewTopic) -> Result<(), ApiError> {
    let mut config = TopicConfig::default();
    for (name, value) in &topic.configs {
        config.set(name, value).map_err(|why| error(ErrorCode::InvalidConfig, why.of_topic()))?;
    }
    Ok(())
}

/// Why a name is none (`Topic.validate`).
fn why_invalid(name: &str) -> Option<String> {
    if name.is_empty() {
        return Some("Topic name is invalid: the empty string is not allowed".to_owned());
    }
    if name == "." {
        return Some("Topic name is invalid: '.' is not allowed".to_owned());
    }
    if name == ".." {
        return Some("Topic name is invalid: '..' is not allowed".to_owned());
    }
    if name.len() > NAME_LENGTH_MAX {
        return Some(format!(
            "Topic name is invalid: the length of '{name}' is longer than the max allowed length {NAME_LENGTH_MAX}"
        ));
    }
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    (!name.chars().all(legal)).then(|| {
        format!(
            "Topic name is invalid: '{name}' contains one or more characters other than ASCII alphanumerics, '.', '_' \
             and '-'"
        )
    })
}

fn unify(name: &str) -> String {
    name.replace('.', "_")
}

pub(super) fn error(error: ErrorCode, message: impl Into<Arc<str>>) -> ApiError {
    ApiError { error, message: message.into() }
}
