//! A topic as `kafka-topics.sh --describe` prints it (`TopicCommand.java`).

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::sim::config::TopicConfig;
use crate::sim::controller::metadata::{MetadataImage, TopicImage};
use crate::sim::controller::partition_registration::{NO_LEADER, PartitionRegistration};
use crate::sim::ids::TopicId;
use crate::sim::protocol::admin::ConfigResource;
use crate::sim::rng::Rng;

/// A line for the topic and one for each partition. The seed is that of the world: it decides the topic's UUID.
pub fn describe(image: &MetadataImage, topic: &TopicImage, seed: u64) -> String {
    let factor = topic.partitions.front().map_or(0, |partition| partition.replicas.len());
    let mut text = format!(
        "Topic: {}\tTopicId: {}\tPartitionCount: {}\tReplicationFactor: {factor}\tConfigs: {}\n",
        topic.name,
        uuid(seed, topic.id),
        topic.partitions.len(),
        configs(image, topic),
    );
    for (number, partition) in topic.partitions.iter().enumerate() {
        let _ = writeln!(text, "\tTopic: {}\tPartition: {number}\t{}", topic.name, line(partition));
    }
    text
}

fn line(partition: &PartitionRegistration) -> String {
    let leader = match partition.leader {
        NO_LEADER => "none".to_owned(),
        leader => leader.to_string(),
    };
    let ids = |ids: &[i32]| ids.iter().map(i32::to_string).collect::<Vec<_>>().join(",");
    format!(
        "Leader: {leader}\tReplicas: {}\tIsr: {}\tElr: {}\tLastKnownElr: {}",
        ids(&partition.replicas),
        ids(&partition.isr),
        ids(&partition.elr),
        ids(&partition.last_known_elr),
    )
}

/// Configs that somebody has set, on the topic or for the whole cluster.
fn configs(image: &MetadataImage, topic: &TopicImage) -> String {
    let of = |resource| image.configs.get(&resource).into_iter().flatten();
    let is_topic_s = |name: &str, value: &str| TopicConfig::default().set(name, value).is_ok();
    let cluster = of(ConfigResource::Cluster).filter(|(name, value)| is_topic_s(name, value));
    let own = of(ConfigResource::Topic(topic.name.clone()));
    let set: BTreeMap<_, _> = cluster.chain(own).collect();
    set.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(",")
}

/// A random UUID in Kafka's writing (`Uuid.toString`): 22 characters of URL-safe Base64, none of which begins with a dash.
fn uuid(seed: u64, topic: TopicId) -> String {
    let mut rng = Rng::new(seed, &format!("uuid of topic {topic}"));
    loop {
        let high = rng.bits() & !0xf000 | 0x4000;
        let low = rng.bits() & !(0b11 << 62) | (0b10 << 62);
        let text = base64(u128::from(high) << 64 | u128::from(low));
        if !text.starts_with('-') {
            return text;
        }
    }
}

fn base64(bits: u128) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    // 128 bits are 21 digits of 6 bits and one of 2, which the padding would fill up.
    let digit = |at: u32| match at {
        21 => (bits << 4) & 63,
        at => (bits >> (122 - 6 * at)) & 63,
    };
    (0..22).map(|at| char::from(DIGITS[digit(at) as usize])).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::sim::controller::metadata::MetadataRecord;
    use crate::sim::controller::partition_registration::PartitionRegistration;
    use crate::sim::ids::TopicPartition;

    #[test]
    fn a_description_is_kafka_s_to_the_letter() {
        let mut image = MetadataImage::default();
        let set = |resource, name: &str, value: &str| MetadataRecord::Config {
            resource,
            name: name.into(),
            value: Some(value.into()),
        };
        image.apply(&set(ConfigResource::Cluster, "min.insync.replicas", "1"));
        image.apply(&MetadataRecord::Topic { name: "orders".into(), topic: TopicId(1) });
        image.apply(&set(ConfigResource::Topic("orders".into()), "min.insync.replicas", "3"));
        let mut first = PartitionRegistration::new(&[1, 2, 3], &[1, 2]);
        first.elr = [3].into();
        let mut second = PartitionRegistration::new(&[3], &[3]);
        (second.isr, second.elr, second.last_known_elr) = ([].into(), [3].into(), [3].into());
        second.leader = NO_LEADER;
        for (number, registration) in (0..).zip([first, second]) {
            let partition = TopicPartition::new(TopicId(1), number);
            image.apply(&MetadataRecord::Partition {
                partition,
                registration: Arc::new(registration),
            });
        }
        let text = describe(&image, image.topic("orders").expect("it is there"), 7);
        // As recorded in cli/topics-describe-elr.txt, but for the UUID.
        let expected = "Topic: orders\tTopicId: UUID\tPartitionCount: 2\tReplicationFactor: 3\tConfigs: min.insync.replicas=3\n\
            \tTopic: orders\tPartition: 0\tLeader: 1\tReplicas: 1,2,3\tIsr: 1,2\tElr: 3\tLastKnownElr: \n\
            \tTopic: orders\tPartition: 1\tLeader: none\tReplicas: 3\tIsr: \tElr: 3\tLastKnownElr: 3\n";
        assert_eq!(text.replace(&uuid(7, TopicId(1)), "UUID"), expected);
    }

    #[test]
    fn a_uuid_is_written_as_kafka_writes_it() {
        // Kafka's METADATA_TOPIC_ID, and all bits set.
        assert_eq!(base64(1), "AAAAAAAAAAAAAAAAAAAAAQ");
        assert_eq!(base64(u128::MAX), "_____________________w");
        assert_ne!(uuid(7, TopicId(1)), uuid(7, TopicId(2)));
        assert_ne!(uuid(7, TopicId(1)), uuid(8, TopicId(1)));
    }
}
