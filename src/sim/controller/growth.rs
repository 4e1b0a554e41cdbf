//! Topics grow: `ReplicationControlManager.createPartitions`.

use std::sync::Arc;

use super::metadata::MetadataRecord;
use super::placer;
use super::room::Room;
use super::state::ControlState;
use super::topics::{Draw, error};
use crate::sim::ids::*;
use crate::sim::java::timeline_hash_map;
use crate::sim::protocol::ErrorCode;
use crate::sim::protocol::admin::*;

impl ControlState {
    /// Adds partitions to topics. What is in a topic already stays where it is.
    pub fn create_partitions(
        &self,
        request: &CreatePartitionsRequest,
        draw: Draw<'_>,
    ) -> (Vec<MetadataRecord>, CreatePartitionsResponse) {
        let mut records = Vec::new();
        let mut results = Vec::new();
        let mut room = Room::of(&self.image);
        for (name, total) in &request.topics {
            let twice = request.topics.iter().filter(|(other, _)| other == name).count() > 1;
            let grown = match twice {
                true => Err(error(ErrorCode::InvalidRequest, "Duplicate topic name.")),
                false => self.grow(name, *total, &mut room, draw),
            };
            let result = grown.map(|grown| records.extend(grown));
            results.push((name.clone(), result.err().unwrap_or_default()));
        }
        (records, CreatePartitionsResponse { topics: results })
    }

    fn grow(
        &self,
        name: &str,
        total: i32,
        room: &mut Room,
        draw: Draw<'_>,
    ) -> Result<Vec<MetadataRecord>, ApiError> {
        let topic = self.image.topic(name).ok_or(ErrorCode::UnknownTopicOrPartition)?;
        let now = topic.partitions.len() as i32;
        let refuse = |message: String| Err(error(ErrorCode::InvalidPartitions, message));
        if total == now {
            return refuse(format!("Topic already has {now} partition(s)."));
        }
        if total < now {
            return refuse(format!(
                "The topic {name} currently has {now} partition(s); {total} would not be an increase."
            ));
        }
        room.take(name, total - now)?;
        // Kafka takes the replication factor from whichever partition its map yields first.
        let model = timeline_hash_map::first_key(now).unwrap_or(0);
        let factor = topic.partitions.get(model as usize).map_or(1, |p| p.replicas.len()) as i32;
        let unplaced = |message: String| error(ErrorCode::InvalidReplicationFactor, message);
        let placed = placer::place(&self.usable_brokers(), total - now, factor, draw)
            .map_err(|why| unplaced(why.message(self.cordoning())))?;
        let record = |(replicas, number): (Vec<i32>, i32)| {
            let registration = self.new_partition(&replicas).ok_or_else(|| {
                unplaced(format!(
                    "Unable to replicate the partition {factor} time(s): All brokers are currently fenced or in \
                     controlled shutdown."
                ))
            })?;
            let partition = TopicPartition::new(topic.id, number);
            Ok(MetadataRecord::Partition { partition, registration: Arc::new(registration) })
        };
        placed.into_iter().zip(now..).map(record).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::PARTITIONS_MAX;
    use crate::sim::config::BrokerConfig;
    use crate::sim::controller::metadata::MetadataImage;
    use crate::sim::controller::partition_registration::PartitionRegistration;
    use crate::sim::time::Micros;
    use crate::sim::version::KafkaVersion;

    /// Brokers 1 to 3, and topic `t` with one partition on two of them.
    fn state() -> ControlState {
        let mut image = MetadataImage::default();
        for id in 1..=3 {
            let broker = NodeId(id);
            let registered = MetadataRecord::RegisterBroker {
                broker,
                broker_epoch: 1,
                incarnation: 1,
                rack: None,
            };
            image.apply(&registered);
            image.apply(&MetadataRecord::BrokerRegistrationChange {
                broker,
                broker_epoch: 1,
                fenced: Some(false),
                in_controlled_shutdown: None,
            });
        }
        image.apply(&MetadataRecord::Topic { name: "t".into(), topic: TopicId(1) });
        let registration = Arc::new(PartitionRegistration::new(&[1, 2], &[1, 2]));
        let partition = TopicPartition::new(TopicId(1), 0);
        image.apply(&MetadataRecord::Partition { partition, registration });
        ControlState::new(image, Arc::new(BrokerConfig::default()), KafkaVersion::V4_3, Micros(0))
    }

    fn grow(total: i32) -> (Vec<MetadataRecord>, ErrorCode) {
        let request = CreatePartitionsRequest { topics: vec![("t".into(), total)], timeout_ms: 1 };
        let (records, response) = state().create_partitions(&request, &mut |_| 0);
        (records, response.topics[0].1.error)
    }

    #[test]
    fn new_partitions_get_the_replication_factor_of_the_first() {
        let (records, error) = grow(3);
        assert_eq!(error, ErrorCode::None);
        let numbers: Vec<_> = records
            .iter()
            .map(|record| match record {
                MetadataRecord::Partition { partition, registration } => {
                    (partition.partition, registration.replicas.len())
                }
                other => panic!("unexpected {other:?}"),
            })
            .collect();
        assert_eq!(numbers, [(1, 2), (2, 2)]);
    }

    #[test]
    fn past_the_limit_of_partitions_is_a_policy_violation() {
        assert_eq!(grow(PARTITIONS_MAX).1, ErrorCode::None);
        assert_eq!(grow(PARTITIONS_MAX + 1), (Vec::new(), ErrorCode::PolicyViolation));
        assert_eq!(grow(i32::MAX), (Vec::new(), ErrorCode::PolicyViolation));
    }

    #[test]
    fn all_topics_count_but_internal_ones() {
        let create = |topics: &[(&str, i32)]| {
            let new = |(name, partitions): &(&str, i32)| NewTopic {
                name: (*name).into(),
                placement: Placement::Count { partitions: *partitions, replication_factor: 1 },
                configs: Vec::new(),
            };
            let topics = topics.iter().map(new).collect();
            let request = CreateTopicsRequest { topics, timeout_ms: 1 };
            state().create_topics(&request, &mut |_| 0).1.topics
        };
        // The state has one partition already.
        let topics = create(&[("a", PARTITIONS_MAX - 3), ("b", 3)]);
        let errors: Vec<_> = topics.iter().map(|(_, error)| error.error).collect();
        assert_eq!(errors, [ErrorCode::None, ErrorCode::PolicyViolation]);
        let message = &topics[1].1.message;
        assert!(message.contains("10001 partitions, but at most 10000"), "{message}");
        let topics = create(&[("a", PARTITIONS_MAX - 50), ("__consumer_offsets", 50)]);
        assert!(topics.iter().all(|(_, error)| error.error.is_none()));
    }

    #[test]
    fn a_topic_never_shrinks() {
        assert_eq!(grow(1), (Vec::new(), ErrorCode::InvalidPartitions));
        assert_eq!(grow(0), (Vec::new(), ErrorCode::InvalidPartitions));
    }
}
