//! What is seen of the world, in the form of the recording's observations.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::program::{Recorder, name, names};
use super::view::{self, DiskView};
use crate::sim::controller::metadata::MetadataImage;
use crate::sim::controller::partition_registration::PartitionRegistration;
use crate::sim::group::classic_group::{ClassicGroup, GroupState};
use crate::sim::ids::*;
use crate::sim::protocol::group::NamedPartition;
use crate::sim::world::World;

/// `topic`, without brokers that are known to be dead or frozen.
pub fn topic(world: &World<Recorder>, topic: &str, down: &BTreeSet<NodeId>) -> Value {
    let Some(image) = view::metadata(world) else {
        return json!({ "error": "no broker answers" });
    };
    let Some(found) = image.topic(topic) else {
        return json!({ "error": "there is no such topic" });
    };
    let partitions = found.partitions.iter().zip(0..).map(|(registration, index)| {
        let named = NamedPartition { topic: topic.into(), partition: index };
        let mut value = partition(image, registration, index);
        value["replicaLogs"] = replica_logs(world, registration, &named, down);
        value
    });
    json!({ "topic": topic, "partitions": partitions.collect::<Vec<_>>() })
}

/// A partition as DescribeTopicPartitions tells about it.
fn partition(image: &MetadataImage, registration: &PartitionRegistration, index: i32) -> Value {
    let offline: Vec<i32> =
        registration.replicas.iter().copied().filter(|b| !image.is_unfenced(*b)).collect();
    json!({
        "p": index,
        "leader": view::leader(image, registration),
        "leaderEpoch": registration.leader_epoch,
        "replicas": registration.replicas.to_vec(),
        "isr": sorted(&registration.isr),
        "elr": sorted(&registration.elr),
        "lastKnownElr": sorted(&registration.last_known_elr),
        "offline": offline,
        "error": "NONE",
    })
}

fn sorted(brokers: &[i32]) -> Vec<i32> {
    let mut brokers = brokers.to_vec();
    brokers.sort_unstable();
    brokers
}

fn replica_logs(
    world: &World<Recorder>,
    registration: &PartitionRegistration,
    named: &NamedPartition,
    down: &BTreeSet<NodeId>,
) -> Value {
    let asked = registration.replicas.iter().map(|b| NodeId(*b)).filter(|b| !down.contains(b));
    let mut logs = Map::new();
    for broker in asked {
        let told = match view::replica(world, broker, named) {
            Some(replica) => json!({
                "logStart": replica.log_start,
                "logEnd": replica.log_end,
                "highWatermark": replica.high_watermark,
                "lastStableOffset": replica.high_watermark,
            }),
            None => json!({ "error": "no answer" }),
        };
        logs.insert(broker.to_string(), told);
    }
    Value::Object(logs)
}

/// `disk`.
pub fn disk(world: &World<Recorder>, broker: NodeId, named: &NamedPartition) -> Value {
    let Some(DiskView { batches, epochs }) = view::disk(world, broker, named) else {
        return json!({ "batches": [], "leaderEpochs": [] });
    };
    let batches: Vec<Value> = batches
        .iter()
        .map(|batch| {
            let header = &batch.header;
            let records: Vec<Value> = batch
                .records()
                .map(|(offset, record)| json!([offset, text(record.key), text(record.value)]))
                .collect();
            json!({
                // Simplification: a log here is one segment.
                "segment": "00000000000000000000.log",
                "baseOffset": header.base_offset,
                "lastOffset": batch.last_offset(),
                "leaderEpoch": header.leader_epoch,
                "producerEpoch": header.producer_epoch,
                "baseSequence": header.base_sequence,
                "transactional": header.transactional,
                "control": header.control,
                "codec": "none",
                "idempotent": header.producer_id >= 0,
                "deleteHorizonSet": false,
                "records": records,
            })
        })
        .collect();
    let epochs: Vec<String> =
        epochs.iter().map(|(epoch, start)| format!("{epoch} {start}")).collect();
    json!({ "batches": batches, "leaderEpochs": epochs })
}

fn text(bytes: Option<&[u8]>) -> Value {
    bytes.map_or(Value::Null, |bytes| Value::from(String::from_utf8_lossy(bytes)))
}

/// The coordinator's half of `group`.
pub fn group(world: &World<Recorder>, id: &str) -> Value {
    match view::group(world, id) {
        None => json!({ "error": "CoordinatorNotAvailableException" }),
        Some(Err(())) => json!({ "error": "GroupIdNotFoundException", "group": id }),
        Some(Ok(group)) => describe(&group),
    }
}

fn describe(group: &ClassicGroup) -> Value {
    let described = group.describe();
    let mut members: Vec<_> = described.members.iter().collect();
    members.sort_by(|a, b| (&a.client_id, &a.member_id).cmp(&(&b.client_id, &b.member_id)));
    let members: Vec<Value> = members
        .into_iter()
        .map(|member| {
            json!({
                "clientId": *member.client_id,
                "memberId": *member.member_id,
                "instanceId": member.group_instance_id.as_deref(),
                "assignment": names(&member.assignment),
            })
        })
        .collect();
    json!({
        "group": *described.group,
        "type": "CLASSIC",
        "state": state(group.state),
        "assignor": *described.protocol,
        "members": members,
    })
}

/// The name of `GroupState` in the admin client.
fn state(state: GroupState) -> &'static str {
    match state {
        GroupState::Empty => "EMPTY",
        GroupState::PreparingRebalance => "PREPARING_REBALANCE",
        GroupState::CompletingRebalance => "COMPLETING_REBALANCE",
        GroupState::Stable => "STABLE",
        GroupState::Dead => "DEAD",
    }
}

/// A member's own half of `group`.
pub fn member(client_id: &str, recorder: &Recorder) -> Value {
    let consumer = &recorder.consumer;
    let events: Vec<Value> = consumer.events.iter().map(|event| event.json()).collect();
    json!({
        "clientId": client_id,
        "generation": consumer.generation,
        "assignment": consumer.assignment,
        "eventsSoFar": events,
    })
}

/// `committed`.
pub fn committed(world: &World<Recorder>, id: &str) -> Value {
    let Some(Ok(group)) = view::group(world, id) else {
        return json!({ "group": id, "offsets": {} });
    };
    let offsets: BTreeMap<String, Value> = group
        .offsets
        .iter()
        .map(|(partition, stored)| {
            let end = end_offset(world, partition);
            let epoch = Some(stored.committed.leader_epoch).filter(|epoch| *epoch >= 0);
            let value = json!({
                "committed": stored.committed.offset,
                "leaderEpoch": epoch,
                "end": end,
                "lag": end.map(|end| end - stored.committed.offset),
            });
            (name(partition), value)
        })
        .collect();
    json!({ "group": id, "offsets": offsets })
}

/// The high watermark of the partition's leader, which consumers take for its end.
fn end_offset(world: &World<Recorder>, named: &NamedPartition) -> Option<Offset> {
    let topic = view::metadata(world)?.topic(&named.topic)?;
    let leader = NodeId(topic.partitions.get(named.partition as usize)?.leader);
    view::replica(world, leader, named).map(|replica| replica.high_watermark)
}

/// `received`.
pub fn received(client_id: &str, recorder: &Recorder) -> Value {
    let records: Vec<Value> = recorder
        .consumer
        .received
        .iter()
        .map(|record| json!([record.partition, record.offset, record.key, record.value]))
        .collect();
    json!({ "client": client_id, "records": records })
}
