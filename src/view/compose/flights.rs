//! What is in flight: packets of the network as marks between rows of the board.

use crate::sim::client::program::Program;
use crate::sim::ids::{NodeId, TopicId, TopicPartition};
use crate::sim::network::Packet;
use crate::sim::protocol::{Request, Response};
use crate::sim::sorted::sort_by_key;
use crate::sim::world::{PacketInFlight, World};
use crate::view::scene::{Cargo, Flight, Row};

/// More marks than this are drawn as nothing at all: nobody could tell them apart.
const FLIGHTS_MAX: usize = 400;

/// Where each process stands on the board.
#[derive(Clone, Debug, Default)]
pub struct Rows {
    /// Sorted by node.
    pub places: Vec<(NodeId, Row)>,
}

impl Rows {
    fn find(&self, node: NodeId) -> Option<Row> {
        let at = self.places.binary_search_by_key(&node, |(node, _)| *node).ok()?;
        Some(self.places[at].1)
    }
}

/// The packets that concern the topic on the board, and control traffic.
pub fn flights<P: Program>(world: &World<P>, topic: Option<TopicId>, rows: &Rows) -> Vec<Flight> {
    let mut flights = Vec::new();
    for packet in world.packets() {
        let (Some(from), Some(to)) = (rows.find(packet.from), rows.find(packet.to)) else {
            continue;
        };
        let lost = world.node(packet.to).is_none_or(|node| !node.is_running());
        for (column, cargo) in marks(packet.packet, topic) {
            flights.push(flight(world, &packet, (from, to), (column, cargo), lost));
        }
    }
    if flights.len() > FLIGHTS_MAX {
        flights.clear();
    }
    sort_by_key(&mut flights, |flight| (flight.due_us, flight.id));
    flights
}

fn flight<P: Program>(
    world: &World<P>,
    packet: &PacketInFlight,
    (from, to): (Row, Row),
    (column, cargo): (Option<u16>, Cargo),
    lost: bool,
) -> Flight {
    let link = world.network().links.get(packet.from, packet.to);
    let latency = link.latency.unwrap_or(world.setup().network.latency);
    let due_us = packet.due.0;
    Flight {
        id: packet.sequence,
        column,
        from,
        to,
        cargo,
        sent_us: due_us.saturating_sub(latency.0),
        due_us,
        lost,
    }
}

/// The marks of a packet: one per partition of the topic, or one in the gutter.
fn marks(packet: &Packet, topic: Option<TopicId>) -> Vec<(Option<u16>, Cargo)> {
    match packet {
        Packet::Request { request, .. } => request_marks(request, topic),
        Packet::Response { response, .. } => response_marks(response, topic),
        Packet::Fin => Vec::new(),
    }
}

fn request_marks(request: &Request, topic: Option<TopicId>) -> Vec<(Option<u16>, Cargo)> {
    match request {
        Request::Produce(produce) => {
            let batches = produce.batches.iter();
            on_board(batches.map(|(at, batch)| (*at, Cargo::Records(batch.count()))), topic)
        }
        Request::Fetch(fetch) => {
            on_board(fetch.partitions.iter().map(|part| (part.partition, Cargo::Request)), topic)
        }
        Request::Vote(_)
        | Request::BeginQuorumEpoch(_)
        | Request::EndQuorumEpoch(_)
        | Request::AlterPartition(_)
        | Request::BrokerRegistration(_)
        | Request::BrokerHeartbeat(_) => vec![(None, Cargo::Control)],
        _ => Vec::new(),
    }
}

fn response_marks(response: &Response, topic: Option<TopicId>) -> Vec<(Option<u16>, Cargo)> {
    match response {
        Response::Produce(produce) => {
            on_board(produce.partitions.iter().map(|part| (part.partition, Cargo::Response)), topic)
        }
        Response::Fetch(fetch) => {
            let parts = fetch.partitions.iter().map(|part| {
                match part.batches.iter().map(|batch| batch.count()).sum() {
                    0 => (part.partition, Cargo::Response),
                    records => (part.partition, Cargo::Records(records)),
                }
            });
            on_board(parts, topic)
        }
        _ => Vec::new(),
    }
}

fn on_board(
    parts: impl Iterator<Item = (TopicPartition, Cargo)>,
    topic: Option<TopicId>,
) -> Vec<(Option<u16>, Cargo)> {
    parts
        .filter(|(partition, _)| Some(partition.topic) == topic)
        .map(|(partition, cargo)| (Some(partition.partition as u16), cargo))
        .collect()
}
