//! Which partitions a change of a broker touches, so that a change costs what it touches.

use imbl::OrdSet;

use super::metadata::{MetadataImage, MetadataRecord};
use super::partition_registration::PartitionRegistration;
use crate::sim::ids::*;

/// Partitions by the brokers that matter for them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct PartitionIndex {
    isr: OrdSet<(i32, TopicPartition)>,
    elr: OrdSet<(i32, TopicPartition)>,
    led: OrdSet<(i32, TopicPartition)>,
    leaderless: OrdSet<TopicPartition>,
    imbalanced: OrdSet<TopicPartition>,
}

impl PartitionIndex {
    /// The index of everything in an image.
    pub fn of(image: &MetadataImage) -> PartitionIndex {
        let mut index = PartitionIndex::default();
        for topic in image.topics.values() {
            for (number, partition) in topic.partitions.iter().enumerate() {
                index.add(TopicPartition::new(topic.id, number as i32), partition);
            }
        }
        index
    }

    /// Follows a record; `before` and `after` are the images around its batch.
    pub fn follow(
        &mut self,
        record: &MetadataRecord,
        before: &MetadataImage,
        after: &MetadataImage,
    ) {
        match record {
            MetadataRecord::Partition { partition, .. }
            | MetadataRecord::PartitionChange { partition, .. } => {
                self.replace(*partition, before, after);
            }
            MetadataRecord::RemoveTopic { topic } => self.replace_topic(*topic, before, after),
            MetadataRecord::ClearElr { topic } => {
                for topic in before.topics_to_clear(topic.as_ref()) {
                    self.replace_topic(topic, before, after);
                }
            }
            MetadataRecord::LeaderChange { .. }
            | MetadataRecord::NoOp
            | MetadataRecord::RegisterBroker { .. }
            | MetadataRecord::BrokerRegistrationChange { .. }
            | MetadataRecord::UnregisterBroker { .. }
            | MetadataRecord::Topic { .. }
            | MetadataRecord::Config { .. }
            | MetadataRecord::FeatureLevel { .. }
            | MetadataRecord::ProducerIds { .. } => {}
        }
    }

    /// Partitions with the broker in the ISR.
    pub fn in_isr(&self, broker: NodeId) -> Vec<TopicPartition> {
        of_broker(&self.isr, broker).collect()
    }

    /// Partitions with the broker in the ELR.
    pub fn in_elr(&self, broker: NodeId) -> Vec<TopicPartition> {
        of_broker(&self.elr, broker).collect()
    }

    /// Whether the broker leads a partition.
    pub fn has_leaderships(&self, broker: NodeId) -> bool {
        of_broker(&self.led, broker).next().is_some()
    }

    /// Partitions without a leader.
    pub fn leaderless(&self) -> impl Iterator<Item = TopicPartition> {
        self.leaderless.iter().copied()
    }

    /// Partitions that their preferred replica does not lead.
    pub fn imbalanced(&self) -> impl Iterator<Item = TopicPartition> {
        self.imbalanced.iter().copied()
    }

    fn replace_topic(&mut self, topic: TopicId, before: &MetadataImage, after: &MetadataImage) {
        let partitions = before.topics.get(&topic).map_or(0, |t| t.partitions.len());
        for number in 0..partitions as i32 {
            self.replace(TopicPartition::new(topic, number), before, after);
        }
    }

    fn replace(&mut self, id: TopicPartition, before: &MetadataImage, after: &MetadataImage) {
        if let Some(partition) = before.partition(id) {
            self.remove(id, partition);
        }
        if let Some(partition) = after.partition(id) {
            self.add(id, partition);
        }
    }

    fn add(&mut self, id: TopicPartition, partition: &PartitionRegistration) {
        self.isr.extend(partition.isr.iter().map(|broker| (*broker, id)));
        self.elr.extend(partition.elr.iter().map(|broker| (*broker, id)));
        if partition.has_leader() {
            self.led.insert((partition.leader, id));
        } else {
            self.leaderless.insert(id);
        }
        if !partition.has_preferred_leader() {
            self.imbalanced.insert(id);
        }
    }

    fn remove(&mut self, id: TopicPartition, partition: &PartitionRegistration) {
        for broker in partition.isr.iter() {
            self.isr.remove(&(*broker, id));
        }
        for broker in partition.elr.iter() {
            self.elr.remove(&(*broker, id));
        }
        self.led.remove(&(partition.leader, id));
        self.leaderless.remove(&id);
        self.imbalanced.remove(&id);
    }
}

fn of_broker(
    set: &OrdSet<(i32, TopicPartition)>,
    broker: NodeId,
) -> impl Iterator<Item = TopicPartition> {
    let first = TopicPartition::new(TopicId(0), 0);
    let last = TopicPartition::new(TopicId(u32::MAX), i32::MAX);
    set.range((broker.0, first)..=(broker.0, last)).map(|(_, partition)| *partition)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::sim::controller::metadata::MetadataBatch;
    use crate::sim::controller::partition_registration::{NO_LEADER, PartitionChange};

    #[test]
    fn following_records_gives_the_same_as_building_anew() {
        let id = TopicPartition::new(TopicId(1), 0);
        let change = |leader, isr: &[i32], elr: &[i32]| MetadataRecord::PartitionChange {
            partition: id,
            change: PartitionChange {
                leader: Some(leader),
                isr: Some(isr.into()),
                elr: Some(elr.into()),
                ..PartitionChange::default()
            },
        };
        let batches = [
            vec![
                MetadataRecord::Topic { name: "a".into(), topic: TopicId(1) },
                MetadataRecord::Partition {
                    partition: id,
                    registration: Arc::new(PartitionRegistration::new(&[1, 2], &[1, 2])),
                },
            ],
            vec![change(2, &[2], &[1])],
            vec![change(NO_LEADER, &[], &[2, 1]), change(1, &[1], &[2])],
            vec![change(NO_LEADER, &[], &[2, 1])],
            vec![MetadataRecord::RemoveTopic { topic: TopicId(1) }],
        ];
        let mut image = MetadataImage::default();
        let mut index = PartitionIndex::default();
        let mut seen = Vec::new();
        for records in batches {
            let batch = MetadataBatch::after(&image, 1, records);
            for record in batch.records.iter() {
                index.follow(record, &image, &batch.image);
            }
            image = batch.image;
            assert_eq!(index, PartitionIndex::of(&image));
            seen.push((index.in_isr(NodeId(2)).len(), index.in_elr(NodeId(2)).len()));
        }
        assert_eq!(seen, [(1, 0), (1, 0), (0, 1), (0, 1), (0, 0)]);
    }
}
