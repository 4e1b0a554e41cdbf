//! A consumer group as its coordinator knows it, and how far it has read a partition.

use super::{Found, View, node, offset, why};
use crate::sim::group::classic_group::ClassicGroup;
use crate::sim::group::coordinator_key::partition_for;
use crate::sim::ids::OFFSETS_TOPIC;
use crate::view::compose::access;
use crate::view::describe;
use crate::view::inspect::Row;
use crate::view::protocol::Selected;
use crate::view::says::{Says, Word};
use crate::view::scene::Group;
use crate::view::text::Text;

pub(super) fn group(view: &View<'_>, name: &str) -> Option<Found> {
    let shown = view.scene.groups.iter().find(|group| group.name == name)?;
    let known = access::group(view.world(), name);
    let mut rows = vec![
        Row::new(Text::RowState, describe::group_state_text(shown.state)),
        Row::of(Text::RowCoordinator, coordinator(view, name)),
        Row::new(Text::RowGeneration, i64::from(shown.generation)),
        Row::new(Text::RowTotalLag, describe::lag(shown)),
    ];
    if let Some(known) = known {
        let none = || "–".to_owned();
        let protocol = known.protocol.as_ref().map_or_else(none, |name| name.to_string());
        rows.push(Row::new(Text::RowAssignor, protocol));
        rows.extend(timeouts(known));
        rows.extend(members(view, shown, known));
    }
    Some(Found { rows, why: why::of_group(view, name), ..Found::default() })
}

/// The broker that leads the group's partition of the offsets topic.
fn coordinator(view: &View<'_>, name: &str) -> Vec<Word> {
    let image = view.world().metadata();
    let Some(topic) = image.and_then(|image| image.topic(OFFSETS_TOPIC)) else {
        return vec!["–".into()];
    };
    let number = partition_for(name, topic.partitions.len() as i32);
    let leader = topic.partitions.get(number as usize).filter(|one| one.has_leader());
    let leader = leader.map_or(Word::from("–"), |one| node(one.leader));
    vec![leader, describe::partition_name(OFFSETS_TOPIC, number).into()]
}

fn timeouts(known: &ClassicGroup) -> Vec<Row> {
    let Some(member) = known.members.values().next() else { return Vec::new() };
    vec![
        Row::new("session.timeout.ms", i64::from(member.session_timeout_ms)),
        Row::new("max.poll.interval.ms", i64::from(member.rebalance_timeout_ms)),
    ]
}

/// A row per member: what it was given.
fn members(view: &View<'_>, shown: &Group, known: &ClassicGroup) -> Vec<Row> {
    let leader = known.leader.as_deref();
    let row = |(id, member): (&std::sync::Arc<str>, &crate::sim::group::member::Member)| {
        let label = Word::Node(view.session.teller.node(member.client));
        let mut values = vec![given(view, &member.assignment)];
        if leader == Some(&**id) {
            values.push(Text::GroupLeader.into());
        }
        let gone = shown.members.iter().find(|one| one.node == member.client.0);
        if let Some(gone) = gone.filter(|one| !one.process.is_alive()) {
            values.push(describe::process_text(gone.process).into());
        }
        Row::of(label, values)
    };
    let mut rows: Vec<(i32, Row)> =
        known.members.iter().map(|entry| (entry.1.client.0, row(entry))).collect();
    rows.sort_by_key(|(client, _)| *client);
    rows.into_iter().map(|(_, row)| row).collect()
}

fn given(view: &View<'_>, partitions: &[crate::sim::protocol::group::NamedPartition]) -> Word {
    let Some(topic) = view.topic else { return "–".into() };
    let mine = partitions.iter().filter(|partition| partition.topic == topic.name);
    let mut numbers: Vec<i32> = mine.map(|partition| partition.partition).collect();
    numbers.sort_unstable();
    match numbers.is_empty() {
        true => Text::NoPartition.into(),
        false => describe::partition_names(&topic.name, &numbers).into(),
    }
}

pub(super) fn lane(view: &View<'_>, name: &str, partition: i32) -> Option<Found> {
    let group = view.scene.groups.iter().find(|group| group.name == name)?;
    let place = view.scene.columns.iter().position(|column| column.partition == partition)?;
    let (lane, column) = (group.lanes.get(place)?, &view.scene.columns[place]);
    let member = group.members.iter().find(|one| Some(&one.name) == lane.consumer.as_ref());
    let consumer = member.map_or(Text::NobodyReads.into(), |member| node(member.node));
    let rows = vec![
        Row::new(Text::RowConsumer, consumer),
        Row::new(Text::RowPosition, offset(lane.position)),
        Row::new(Text::RowCommittedOffset, offset(lane.committed)),
        Row::new(Text::RowHighWatermark, column.high_watermark),
        Row::new(Text::RowLag, lag(lane.lag)),
        Row::of(Text::RowStoredIn, coordinator(view, name)),
        Row::new(Text::RowGroup, Word::Thing(Selected::Group(name.to_owned()))),
    ];
    Some(Found { rows, why: why::of_group(view, name), ..Found::default() })
}

fn lag(lag: Option<i64>) -> Word {
    match lag {
        Some(lag) => Says::new(Text::LagIs, [("lag", lag.into())]).into(),
        None => "–".into(),
    }
}
