//! Producers and consumers, as their processes know themselves.

use super::{Found, View, node, offset, why};
use crate::apps::AnyProgram;
use crate::sim::client::Client;
use crate::sim::client::consumer::Consumer;
use crate::sim::client::consumer::group::MemberState;
use crate::sim::client::producer::Producer;
use crate::sim::ids::NodeId;
use crate::view::compose::cluster::process;
use crate::view::describe;
use crate::view::inspect::Row;
use crate::view::protocol::Selected;
use crate::view::says::{Says, Word};
use crate::view::text::Text;

pub(super) fn client(view: &View<'_>, id: NodeId) -> Option<Found> {
    let machine = view.world().node(id)?;
    let mut values = vec![Word::from(describe::process_text(process(machine)))];
    values.extend(view.session.teller.since(id).map(Word::Time));
    let mut rows = vec![Row::of(Text::RowProcess, values)];
    if let Some(client) = machine.client() {
        for (_, producer) in client.producers() {
            rows.extend(producer_rows(view, producer));
        }
        for (_, consumer) in client.consumers() {
            rows.extend(consumer_rows(view, id, client, consumer));
        }
    }
    Some(Found { rows, why: why::of_client(view, id), ..Found::default() })
}

fn producer_rows(view: &View<'_>, producer: &Producer) -> Vec<Row> {
    let config = producer.config();
    let value = |name: &str| Word::from(config.get(name).unwrap_or_default());
    let (id, epoch) = producer.identity();
    let mut rows: Vec<Row> = ["acks", "enable.idempotence", "linger.ms", "batch.size"]
        .map(|name| Row::new(name, value(name)))
        .into();
    if id >= 0 {
        rows.push(Row::new(Text::RowProducerId, id));
        rows.push(Row::new(Text::RowProducerEpoch, i64::from(epoch)));
    }
    let limit = Says::new(
        Text::OfMaxInFlight,
        [
            ("count", i64::from(producer.requests_in_flight()).into()),
            ("max", value("max.in.flight.requests.per.connection")),
        ],
    );
    rows.push(Row::new(Text::RowRequestsInFlight, limit));
    let waiting: u32 = view
        .scene
        .columns
        .iter()
        .filter_map(|column| {
            let topic = view.topic?.name.clone();
            let partition = column.partition;
            Some(
                producer.waiting(&crate::sim::protocol::group::NamedPartition { topic, partition }),
            )
        })
        .sum();
    rows.push(Row::new(
        Text::RowAccumulator,
        Says::new(Text::Records, [("count", i64::from(waiting).into())]),
    ));
    rows.push(Row::new("delivery.timeout.ms", value("delivery.timeout.ms")));
    rows
}

fn consumer_rows(
    view: &View<'_>,
    id: NodeId,
    client: &Client<AnyProgram>,
    consumer: &Consumer,
) -> Vec<Row> {
    let mut rows = Vec::new();
    if let Some(member) = consumer.membership() {
        let state = match member.state {
            MemberState::Unjoined => Text::MemberUnjoined,
            MemberState::PreparingRebalance(_) => Text::StatePreparing,
            MemberState::Assigning | MemberState::CompletingRebalance(_) => Text::StateCompleting,
            MemberState::Stable => Text::StateStable,
        };
        rows.push(Row::new(Text::RowGroup, Word::Thing(Selected::Group(member.group.to_string()))));
        rows.push(Row::new(Text::RowState, state));
        rows.push(Row::new("member.id", short(&member.member_id)));
        rows.push(Row::new(Text::RowGeneration, i64::from(member.generation)));
        let now = view.monotonic(id).unwrap_or_default();
        let coordinator = member.coordinator.ready(now);
        let coordinator = coordinator.map_or(Word::from("–"), |broker| node(broker.0));
        rows.push(Row::new(Text::RowCoordinator, coordinator));
    }
    for column in &view.scene.columns {
        let Some(topic) = view.topic else { continue };
        let partition = crate::sim::protocol::group::NamedPartition {
            topic: topic.name.clone(),
            partition: column.partition,
        };
        if let Some(assigned) = consumer.assignment().get(&partition) {
            let label = describe::partition_name(&topic.name, column.partition);
            let position = offset(Some(assigned.position).filter(|position| *position >= 0));
            let says = Says::new(Text::PositionAt, [("offset", position)]);
            rows.push(Row::new(label, says));
        }
    }
    if let AnyProgram::ConsumerLoad(load) = &client.program {
        let config = &load.spec().config;
        let names = [
            "session.timeout.ms",
            "heartbeat.interval.ms",
            "max.poll.interval.ms",
            "auto.offset.reset",
            "isolation.level",
        ];
        rows.extend(names.map(|name| Row::new(name, config.get(name).unwrap_or_default())));
    }
    rows
}

/// A member id without the middle of its UUID.
fn short(id: &str) -> Word {
    match id.len() {
        0 => Word::from("–"),
        length if length > 24 => {
            Word::from(format!("{}…{}", &id[..length - 28], &id[length - 6..]))
        }
        _ => Word::from(id),
    }
}
