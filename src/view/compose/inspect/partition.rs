//! A partition as the controller believes it to be, its copies as they are, and one record.

use super::{Found, View, ids, ms, node, offset, why};
use crate::apps::AnyProgram;
use crate::sim::broker::{FetchState, Replica, Role};
use crate::sim::fact::Fact;
use crate::sim::ids::{NodeId, Offset, TopicPartition};
use crate::sim::node::Node;
use crate::sim::storage::batch::{Batch, Record};
use crate::sim::storage::log::Log;
use crate::view::compose::access;
use crate::view::compose::cluster::process;
use crate::view::describe;
use crate::view::inspect::Row;
use crate::view::protocol::Selected;
use crate::view::says::{Says, Word};
use crate::view::scene::{Column, Process, ReplicaRole};
use crate::view::text::Text;

/// Values longer than this are told as a number of bytes.
const VALUE_CHARS_MAX: usize = 90;

pub(super) fn partition(view: &View<'_>, partition: i32) -> Option<Found> {
    let (id, registration) = view.partition(partition)?;
    let column = column(view, partition)?;
    let mut rows = vec![
        Row::new(Text::RowLeader, column.leader.map_or(Text::Offline.into(), node)),
        Row::new(Text::RowLeaderEpoch, i64::from(column.leader_epoch)),
        Row::new(Text::RowReplicas, ids(&column.replicas)),
        Row::new("ISR", ids(&column.isr)),
        Row::new("ELR", ids(&column.elr)),
        Row::new(Text::RowPartitionEpoch, i64::from(registration.partition_epoch)),
        Row::new(Text::RowMinInSync, min_in_sync(view, column)),
        Row::new(Text::RowHighWatermark, column.high_watermark),
    ];
    if let Some(leader) = leader_replica(view, id) {
        rows.push(Row::new(Text::RowLogEnd, leader.log_end_offset()));
        rows.extend(holder(leader));
    }
    rows.extend(truth(view, column));
    Some(Found { rows, why: why::of_partition(view, id, column), ..Found::default() })
}

fn column<'a>(view: &View<'a>, partition: i32) -> Option<&'a Column> {
    view.scene.columns.iter().find(|column| column.partition == partition)
}

/// How many replicas a write with acks=all needs, and how many it has.
fn min_in_sync(view: &View<'_>, column: &Column) -> Word {
    let min = view.scene.topic.as_ref().map_or(1, |topic| topic.min_insync_replicas);
    let slots = [("min", i64::from(min).into()), ("count", (column.isr.len() as i64).into())];
    Says::new(Text::MinInSyncOf, slots).into()
}

fn leader_replica<'a>(view: &View<'a>, id: TopicPartition) -> Option<&'a Replica> {
    let brokers = view.world().nodes().filter_map(|node| node.server()?.broker());
    let replicas = brokers.filter_map(|broker| broker.replica(id));
    replicas.filter(|replica| replica.leader().is_some()).max_by_key(|one| one.leader_epoch)
}

/// Who of the ISR has fetched least: the high watermark waits for it.
fn holder(leader: &Replica) -> Option<Row> {
    let state = leader.leader()?;
    let members = state.followers.iter().filter(|one| state.isr.contains(&one.broker.0));
    let last = members.min_by_key(|one| one.log_end_offset)?;
    (last.log_end_offset < leader.log_end_offset()).then(|| {
        let fetched = Says::new(Text::FetchedTo, [("offset", last.log_end_offset.into())]);
        Row::of(Text::RowHeldBy, vec![node(last.broker.0), fetched.into()])
    })
}

/// What is true where the controller believes something else.
fn truth(view: &View<'_>, column: &Column) -> Option<Row> {
    let leader = column.leader?;
    let state = process(view.world().node(NodeId(leader))?);
    (!matches!(state, Process::Running | Process::Stopping)).then(|| {
        let slots = [("broker", leader.into()), ("state", describe::process_text(state).into())];
        Row::new(Text::RowInTruth, Says::new(Text::LeaderNotThere, slots))
    })
}

pub(super) fn replica(view: &View<'_>, partition: i32, broker: NodeId) -> Option<Found> {
    let (id, registration) = view.partition(partition)?;
    let machine = view.world().node(broker)?;
    let cell = cell(view, partition, broker)?;
    let mut rows = vec![
        Row::new(Text::RowRole, role(view, id, cell.role, broker)),
        Row::new(Text::RowLogEnd, cell.log_end),
        Row::new(Text::RowHighWatermark, cell.high_watermark),
        Row::new(Text::RowLogStart, cell.log_start),
        Row::new(Text::RowEpochStarts, epoch_starts(&cell.epoch_starts)),
        Row::new("ISR", ids(&registration.isr)),
    ];
    match open_replica(machine, id) {
        Some(replica) => rows.extend(running(view, machine, replica)),
        None => rows.push(Row::new(Text::RowInTruth, Text::LogOnDisk)),
    }
    if let Some(at) = cell.diverges_at {
        rows.push(Row::new(Text::RowDiverges, at));
    }
    if let Some(log) = access::log(machine, id) {
        let bytes = Says::new(Text::Bytes, [("count", (log.size_bytes() as i64).into())]);
        rows.push(Row::new(Text::RowSize, bytes));
    }
    Some(Found { rows, why: why::of_replica(view, id, broker, cell.role), ..Found::default() })
}

fn cell<'a>(
    view: &View<'a>,
    partition: i32,
    broker: NodeId,
) -> Option<&'a crate::view::scene::Replica> {
    let place = view.scene.columns.iter().position(|column| column.partition == partition)?;
    let broker = view.scene.brokers.iter().find(|one| one.id == broker.0)?;
    broker.cells.get(place)?.as_ref()
}

fn open_replica(machine: &Node<AnyProgram>, id: TopicPartition) -> Option<&Replica> {
    machine.server()?.broker()?.replica(id)
}

/// What the copy is, and since when.
fn role(view: &View<'_>, id: TopicPartition, role: ReplicaRole, broker: NodeId) -> Word {
    let text = match role {
        ReplicaRole::Leader => {
            let since = view.last(|fact| is_leader_change(fact, id));
            let created = || {
                view.last(
                    |fact| matches!(fact, Fact::TopicCreated { topic, .. } if *topic == id.topic),
                )
            };
            let since = since.or_else(created).and_then(|since| view.time_of(since));
            return match since {
                Some(since) => Says::new(Text::LeaderSince, [("time", Word::Time(since))]).into(),
                None => Text::Leader.into(),
            };
        }
        ReplicaRole::Follower => Text::FollowerInSync,
        ReplicaRole::OutOfSync => {
            let left = view.last(|fact| {
                matches!(fact, Fact::IsrShrunk { partition, removed, .. }
                    if *partition == id && removed.contains(&broker.0))
            });
            return match left.and_then(|left| view.time_of(left)) {
                Some(since) => {
                    Says::new(Text::OutOfSyncSince, [("time", Word::Time(since))]).into()
                }
                None => Text::OutOfSync.into(),
            };
        }
        ReplicaRole::Stopped => Text::Stopped,
        ReplicaRole::WasLeader => Text::WasLeader,
    };
    text.into()
}

fn is_leader_change(fact: &Fact, id: TopicPartition) -> bool {
    matches!(fact, Fact::LeaderElected { partition, .. } if *partition == id)
}

/// `0 → 0, 1 → 35`.
fn epoch_starts(starts: &[(i32, i64)]) -> Word {
    if starts.is_empty() {
        return Word::from("–");
    }
    let starts = starts.iter().map(|(epoch, start)| format!("{epoch} → {start}"));
    Word::from(starts.collect::<Vec<_>>().join(", "))
}

fn running(view: &View<'_>, machine: &Node<AnyProgram>, replica: &Replica) -> Vec<Row> {
    match &replica.role {
        Role::Leader(_) => leading(view, machine, replica),
        Role::Follower(follower) => {
            let leader = (follower.leader != NodeId::NONE).then_some(follower.leader.0);
            let state = match follower.fetch {
                FetchState::Stopped => Text::FetchStopped,
                FetchState::Fetching => Text::FetchGoesOn,
                FetchState::Delayed(_) => Text::FetchDelayed,
                FetchState::OutOfRange => Text::FetchOutOfRange,
            };
            let from = leader.map_or(Word::from("–"), node);
            vec![
                Row::of(Text::RowFetchesFrom, vec![from, state.into()]),
                Row::new(Text::RowLeaderEpoch, i64::from(replica.leader_epoch)),
            ]
        }
    }
}

fn leading(view: &View<'_>, machine: &Node<AnyProgram>, replica: &Replica) -> Vec<Row> {
    let Some(state) = replica.leader() else { return Vec::new() };
    let now = view.monotonic(machine.id).unwrap_or_default();
    let mut rows = Vec::new();
    if let Some(pending) = &state.pending {
        rows.push(Row::new(Text::RowIsrAsked, ids(&pending.isr)));
    }
    for follower in &state.followers {
        let label = Says::new(Text::RowFollowerFetched, [("broker", follower.broker.0.into())]);
        let fetched = Some(follower.log_end_offset).filter(|end| *end >= 0);
        let mut values = vec![offset(fetched)];
        if let Some(last) = follower.last_fetch {
            let ago = Says::new(Text::Ago, [("span", ms(now.saturating_sub(last)))]);
            values.push(ago.into());
        }
        rows.push(Row::of(label, values));
    }
    rows.extend(holder(replica));
    let waiting: Vec<&Batch> = replica
        .waiting
        .iter()
        .filter_map(|one| batch_at(&replica.log, one.required_offset - 1))
        .collect();
    let records: i64 = waiting.iter().map(|batch| i64::from(batch.count())).sum();
    let slots = [("batches", (waiting.len() as i64).into()), ("records", records.into())];
    rows.push(Row::new(Text::RowPurgatory, Says::new(Text::Waiting, slots)));
    rows
}

fn batch_at(log: &Log, offset: Offset) -> Option<&Batch> {
    let batch = &log.entries_from(offset).next()?.batch;
    (batch.header.base_offset..=batch.last_offset()).contains(&offset).then_some(batch)
}

pub(super) fn record(
    view: &View<'_>,
    partition: i32,
    broker: NodeId,
    offset: Offset,
) -> Option<Found> {
    let (id, _) = view.partition(partition)?;
    let machine = view.world().node(broker)?;
    let batch = batch_at(access::log(machine, id)?, offset)?;
    let (_, record) = batch.records().find(|(at, _)| *at == offset)?;
    let column = column(view, partition)?;
    let is_committed = offset < column.high_watermark;
    let doomed = cell(view, partition, broker)
        .and_then(|cell| cell.diverges_at)
        .is_some_and(|at| offset >= at);
    let mut rows = vec![Row::new(Text::RowCommittedWord, committed(is_committed, doomed))];
    if !is_committed && !doomed {
        rows.extend(leader_replica(view, id).and_then(holder));
    }
    rows.extend(content(&record));
    rows.extend(header(batch, offset));
    rows.extend(readers(view, partition, offset));
    let why = match (is_committed, doomed) {
        (true, _) => None,
        (false, true) => why::of_partition(view, id, column),
        (false, false) => why::of_record(view, id, offset, leader_replica(view, id)),
    };
    Some(Found { rows, why, ..Found::default() })
}

fn committed(is_committed: bool, doomed: bool) -> Word {
    let text = match (is_committed, doomed) {
        (true, _) => Text::CommittedYes,
        (false, true) => Text::WillBeCut,
        (false, false) => Text::CommittedNotYet,
    };
    text.into()
}

fn content(record: &Record<'_>) -> Vec<Row> {
    vec![
        Row::new("key", bytes(record.key)),
        Row::new(Text::FieldValue, bytes(record.value)),
        Row::new(Text::RowTimestamp, record.timestamp),
    ]
}

/// Text if it is short and readable, else its size.
fn bytes(bytes: Option<&[u8]>) -> Word {
    let Some(bytes) = bytes else { return Word::from("null") };
    let text = std::str::from_utf8(bytes).ok();
    let readable = |text: &&str| {
        text.chars().count() <= VALUE_CHARS_MAX && !text.chars().any(char::is_control)
    };
    match text.filter(readable) {
        Some(text) => Word::from(text),
        None => Says::new(Text::Bytes, [("count", (bytes.len() as i64).into())]).into(),
    }
}

fn header(batch: &Batch, offset: Offset) -> Vec<Row> {
    let header = batch.header;
    let slots = [
        ("from", header.base_offset.into()),
        ("to", batch.last_offset().into()),
        ("count", i64::from(batch.count()).into()),
        ("bytes", i64::from(batch.size_bytes()).into()),
    ];
    let mut rows = vec![
        Row::new(Text::RowLeaderEpoch, i64::from(header.leader_epoch)),
        Row::new(Text::RowBatch, Says::new(Text::BatchOf, slots)),
        Row::new(Text::RowCompression, "none"),
    ];
    if header.producer_id >= 0 {
        let sequence = i64::from(header.base_sequence) + offset - header.base_offset;
        rows.push(Row::new(Text::RowProducerId, header.producer_id));
        rows.push(Row::new(Text::RowProducerEpoch, i64::from(header.producer_epoch)));
        rows.push(Row::new(Text::RowSequence, sequence));
    } else {
        rows.push(Row::new(Text::RowProducerId, Text::NotIdempotent));
    }
    rows
}

/// How far each group has come with it.
fn readers(view: &View<'_>, partition: i32, offset: Offset) -> Vec<Row> {
    let place = view.scene.columns.iter().position(|column| column.partition == partition);
    let groups = view.scene.groups.iter().filter_map(|group| {
        let lane = group.lanes.get(place?)?;
        let text = match (lane.committed, lane.position) {
            (Some(committed), _) if committed > offset => Text::ReadAndCommitted,
            (_, Some(position)) if position > offset => Text::ReadNotCommitted,
            _ => Text::NotReadYet,
        };
        let thing = Selected::Lane { group: group.name.clone(), partition };
        Some(Row::of(group.name.as_str(), vec![text.into(), Word::Thing(thing)]))
    });
    groups.collect()
}
