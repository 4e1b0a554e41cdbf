//! Facts about decisions, told when their records are committed.

use super::metadata::{MetadataBatch, MetadataImage, MetadataRecord};
use super::partition_registration::{
    BrokerIds, LeaderRecoveryState, NO_LEADER, PartitionChange, PartitionRegistration,
};
use crate::sim::effects::Effects;
use crate::sim::fact::Fact;
use crate::sim::ids::*;

/// Tells the facts of one batch. `silent` = the broker whose silence is the reason of the batch; `first` = whether nothing
/// was told before while the same input is handled, so that later facts become consequences of this batch's first one.
pub(super) fn tell(
    before: &MetadataImage,
    batch: &MetadataBatch,
    silent: Option<NodeId>,
    first: bool,
    out: &mut Effects,
) {
    let mut facts: Vec<(Fact, Option<NodeId>)> = Vec::new();
    let mut image = before.clone();
    for record in &batch.records {
        describe(&image, batch, record, &mut facts);
        image.apply(record);
    }
    if let Some(broker) = silent {
        // The partitions' records come first, but the fencing is the reason for them.
        let fencing = facts.iter().position(|(fact, _)| matches!(fact, Fact::BrokerFenced { .. }));
        if let Some(fencing) = fencing {
            facts[..=fencing].rotate_right(1);
        }
        facts
            .iter_mut()
            .enumerate()
            .filter(|(index, _)| *index == 0 || !first)
            .for_each(|(_, (_, awaited))| *awaited = Some(broker));
    }
    for (fact, awaited) in facts {
        match awaited {
            Some(broker) => out.fact_for_silence_of(broker, fact),
            None => out.fact(fact),
        }
    }
}

fn describe(
    image: &MetadataImage,
    batch: &MetadataBatch,
    record: &MetadataRecord,
    facts: &mut Vec<(Fact, Option<NodeId>)>,
) {
    match record {
        MetadataRecord::RegisterBroker { broker, broker_epoch, .. } => {
            let (broker, broker_epoch) = (*broker, *broker_epoch);
            facts.push((Fact::BrokerRegistered { broker, broker_epoch }, None));
        }
        MetadataRecord::BrokerRegistrationChange {
            broker, fenced, in_controlled_shutdown, ..
        } => {
            let broker = *broker;
            let was_unfenced = image.is_unfenced(broker.0);
            match fenced {
                Some(true) if was_unfenced => facts.push((Fact::BrokerFenced { broker }, None)),
                Some(false) if !was_unfenced => {
                    facts.push((Fact::BrokerUnfenced { broker }, None));
                }
                Some(_) | None => {}
            }
            if *in_controlled_shutdown == Some(true) {
                facts.push((Fact::BrokerShuttingDown { broker }, None));
            }
        }
        MetadataRecord::Topic { name, topic } => {
            let partitions = batch.image.topics.get(topic).map_or(0, |t| t.partitions.len()) as i32;
            let fact = Fact::TopicCreated { topic: *topic, name: name.clone(), partitions };
            facts.push((fact, None));
        }
        MetadataRecord::RemoveTopic { topic } => {
            let name = image.topics.get(topic).map(|topic| topic.name.clone()).unwrap_or_default();
            facts.push((Fact::TopicDeleted { topic: *topic, name }, None));
        }
        MetadataRecord::PartitionChange { partition, change } => {
            if let Some(before) = image.partition(*partition) {
                describe_change(*partition, before, change, facts);
            }
        }
        MetadataRecord::Config { name, .. } => {
            facts.push((Fact::ConfigChanged { name: name.clone() }, None));
        }
        MetadataRecord::LeaderChange { .. }
        | MetadataRecord::NoOp
        | MetadataRecord::UnregisterBroker { .. }
        | MetadataRecord::Partition { .. }
        | MetadataRecord::ClearElr { .. }
        | MetadataRecord::FeatureLevel { .. }
        | MetadataRecord::ProducerIds { .. } => {}
    }
}

fn describe_change(
    partition: TopicPartition,
    before: &PartitionRegistration,
    change: &PartitionChange,
    facts: &mut Vec<(Fact, Option<NodeId>)>,
) {
    let after = before.merge(change);
    let leader_epoch = after.leader_epoch;
    if after.leader != before.leader {
        let fact = if after.leader == NO_LEADER {
            Fact::PartitionOffline { partition, leader_epoch }
        } else {
            let unclean = change.leader_recovery_state == Some(LeaderRecoveryState::Recovering);
            let leader = NodeId(after.leader);
            Fact::LeaderElected { partition, leader, leader_epoch, unclean }
        };
        facts.push((fact, None));
    }
    let removed = difference(&before.isr, &after.isr);
    let added = difference(&after.isr, &before.isr);
    let isr = after.isr;
    if let Some(follower) = removed.first() {
        // A leader that keeps its place has dropped a follower that it did not hear.
        let awaited = (after.leader == before.leader).then_some(NodeId(*follower));
        facts.push((Fact::IsrShrunk { partition, isr: isr.clone(), removed }, awaited));
    }
    if !added.is_empty() {
        facts.push((Fact::IsrExpanded { partition, isr, added }, None));
    }
}

fn difference(left: &[i32], right: &[i32]) -> BrokerIds {
    left.iter().copied().filter(|id| !right.contains(id)).collect()
}
