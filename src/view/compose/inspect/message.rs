//! A message on its way.

use super::{Found, View, rules};
use crate::sim::config::ConfigValue;
use crate::sim::ids::TopicPartition;
use crate::sim::network::Packet;
use crate::sim::protocol::data::{FetchRequest, ProduceRequest};
use crate::sim::protocol::{Request, Response};
use crate::view::describe;
use crate::view::inspect::Row;
use crate::view::says::{Says, Word};
use crate::view::text::Text;

/// Partitions of a message that are told one by one.
const PARTS_MAX: usize = 6;

pub(super) fn message(view: &View<'_>, id: u64) -> Option<Found> {
    let world = view.world();
    let dropped = view.session.dropped_at(id);
    let mut rows = match dropped {
        Some(time) => vec![
            Row::new(Text::RowState, Text::MessageDropped),
            Row::new(Text::RowDropped, Word::Time(time)),
        ],
        None => Vec::new(),
    };
    let Some(packet) = world.packets().find(|packet| packet.sequence == id) else {
        let gone = dropped.is_none().then(|| Row::new(Text::RowState, Text::MessageGone));
        rows.extend(gone);
        return Some(Found::rows(rows));
    };
    let runs = world.node(packet.to).is_some_and(|node| node.is_running());
    let arrives = if runs { Word::Time(packet.due.0) } else { Text::MessageLost.into() };
    rows.extend([
        Row::new(Text::RowRequest, name(packet.packet)),
        Row::new(Text::RowFrom, Word::Node(view.session.teller.node(packet.from))),
        Row::new(Text::RowTo, Word::Node(view.session.teller.node(packet.to))),
    ]);
    if dropped.is_none() {
        rows.push(Row::new(Text::RowArrives, arrives));
    }
    let bytes = i64::from(packet.packet.size_bytes());
    rows.push(Row::new(Text::RowSize, Says::new(Text::Bytes, [("count", bytes.into())])));
    rows.extend(content(view, packet.packet));
    Some(Found::rows(rows))
}

/// The API, and whether it asks or answers.
fn name(packet: &Packet) -> Word {
    let (text, api) = match packet {
        Packet::Request { request, .. } => (Text::RequestOf, request.api().name()),
        Packet::Response { response, .. } => (Text::ResponseOf, response.api().name()),
        Packet::Fin => return Word::from("FIN"),
    };
    Says::new(text, [("api", api.into())]).into()
}

fn content(view: &View<'_>, packet: &Packet) -> Vec<Row> {
    let (Packet::Request { .. } | Packet::Response { .. }) = packet else { return Vec::new() };
    match packet {
        Packet::Request { request, .. } => match &**request {
            Request::Produce(produce) => of_produce(view, produce),
            Request::Fetch(fetch) => of_fetch(view, fetch),
            Request::BrokerHeartbeat(heartbeat) => {
                vec![Row::new(Text::RowBrokerEpoch, heartbeat.broker_epoch)]
            }
            _ => Vec::new(),
        },
        Packet::Response { response, .. } => of_response(view, response),
        Packet::Fin => Vec::new(),
    }
}

fn of_produce(view: &View<'_>, produce: &ProduceRequest) -> Vec<Row> {
    let mut rows = vec![Row::new("acks", produce.acks.text())];
    rows.extend(produce.batches.iter().take(PARTS_MAX).map(|(partition, batch)| {
        let sequence = i64::from(batch.header.base_sequence);
        let slots = [("count", i64::from(batch.count()).into()), ("sequence", sequence.into())];
        Row::new(partition_name(view, *partition), Says::new(Text::BatchInFlight, slots))
    }));
    rows
}

fn of_fetch(view: &View<'_>, fetch: &FetchRequest) -> Vec<Row> {
    let mut rows = vec![Row::new("fetch.max.wait.ms", i64::from(fetch.max_wait_ms))];
    rows.extend(fetch.partitions.iter().take(PARTS_MAX).map(|part| {
        let says = Says::new(Text::FetchFrom, [("offset", part.fetch_offset.into())]);
        Row::new(partition_name(view, part.partition), says)
    }));
    rows
}

fn of_response(view: &View<'_>, response: &Response) -> Vec<Row> {
    match response {
        Response::Produce(produce) => {
            let parts = produce.partitions.iter().take(PARTS_MAX);
            parts
                .map(|part| {
                    let says = match part.error.is_none() {
                        true => {
                            Says::new(Text::StoredAt, [("offset", part.base_offset.into())]).into()
                        }
                        false => Word::from(part.error.name()),
                    };
                    Row::new(partition_name(view, part.partition), says)
                })
                .collect()
        }
        Response::Fetch(fetch) => {
            let parts = fetch.partitions.iter().take(PARTS_MAX);
            parts
                .map(|part| {
                    let count: i64 = part.batches.iter().map(|one| i64::from(one.count())).sum();
                    let slots = [("count", count.into()), ("hw", part.high_watermark.into())];
                    Row::new(
                        partition_name(view, part.partition),
                        Says::new(Text::FetchBrings, slots),
                    )
                })
                .collect()
        }
        _ => Vec::new(),
    }
}

fn partition_name(view: &View<'_>, partition: TopicPartition) -> Word {
    let topic = rules::topic_name(view, partition);
    topic.map_or(Word::from(i64::from(partition.partition)), |topic| {
        describe::partition_name(&topic, partition.partition).into()
    })
}
