//! What is in flight: packets of the network as marks between rows of the board, or as flows where they are too many.

use std::collections::BTreeMap;

use crate::sim::client::program::Program;
use crate::sim::ids::{NodeId, TopicId, TopicPartition};
use crate::sim::network::Packet;
use crate::sim::protocol::{Api, Request, Response};
use crate::sim::sorted::sort_by_key;
use crate::sim::world::{PacketInFlight, World};
use crate::view::scene::{Cargo, Flight, Flow, Row};

/// More marks than this are told as flows: nobody could tell them apart.
pub const FLIGHTS_MAX: usize = 240;

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

/// Which partitions are on the board.
#[derive(Clone, Copy, Debug, Default)]
pub struct OnBoard {
    pub topic: Option<TopicId>,
    /// The first partition and the one after the last.
    pub from: i32,
    pub to: i32,
}

/// The mark of a part of a packet.
#[derive(Clone, Copy, Debug)]
struct Mark {
    column: Option<u16>,
    cargo: Cargo,
    offset: Option<i64>,
}

/// The packets that concern the partitions on the board, and control traffic.
pub fn flights<P: Program>(world: &World<P>, board: OnBoard, rows: &Rows) -> Vec<Flight> {
    let mut flights = Vec::new();
    for packet in world.packets() {
        let (Some(from), Some(to)) = (rows.find(packet.from), rows.find(packet.to)) else {
            continue;
        };
        let down = world.node(packet.to).is_none_or(|node| !node.is_running());
        let cut = world.network().links.get(packet.from, packet.to).cut_by.is_some();
        for mark in marks(packet.packet, board) {
            flights.push(flight(world, &packet, (from, to), mark, down || cut || packet.is_void));
        }
    }
    sort_by_key(&mut flights, |flight| (flight.due_us, flight.id, flight.column));
    flights
}

/// Flights between the same rows at the same partition, taken together. So many in flight, each for so long: that is their
/// rate.
pub fn flows(flights: &[Flight]) -> Vec<Flow> {
    let mut flows: BTreeMap<(Option<u16>, Row, Row), Flow> = BTreeMap::new();
    for flight in flights {
        let key = (flight.column, flight.from, flight.to);
        let flow = flows.entry(key).or_insert(Flow {
            column: flight.column,
            from: flight.from,
            to: flight.to,
            messages: 0,
            records: 0,
            per_second: 0.0,
        });
        let records = match flight.cargo {
            Cargo::Records(records) => records,
            _ => 0,
        };
        let seconds = flight.due_us.saturating_sub(flight.sent_us).max(1) as f32 / 1e6;
        flow.messages += 1;
        flow.records += records;
        flow.per_second += if flight.column.is_some() { records as f32 } else { 1.0 } / seconds;
    }
    flows.into_values().collect()
}

fn flight<P: Program>(
    world: &World<P>,
    packet: &PacketInFlight,
    (from, to): (Row, Row),
    mark: Mark,
    lost: bool,
) -> Flight {
    let link = world.network().links.get(packet.from, packet.to);
    let latency = link.latency.unwrap_or(world.setup().network.latency);
    let due_us = packet.due.0;
    let (api, answers) = match packet.packet {
        Packet::Request { request, .. } => (request.api(), false),
        Packet::Response { response, .. } => (response.api(), true),
        Packet::Fin => (Api::Fetch, true),
    };
    Flight {
        id: packet.sequence,
        column: mark.column,
        from,
        to,
        nodes: (packet.from.0, packet.to.0),
        api,
        answers,
        offset: mark.offset,
        cargo: mark.cargo,
        sent_us: due_us.saturating_sub(latency.0),
        due_us,
        lost,
    }
}

/// The marks of a packet: one per partition on the board, or one in the gutter.
fn marks(packet: &Packet, board: OnBoard) -> Vec<Mark> {
    match packet {
        Packet::Request { request, .. } => request_marks(request, board),
        Packet::Response { response, .. } => response_marks(response, board),
        Packet::Fin => Vec::new(),
    }
}

fn request_marks(request: &Request, board: OnBoard) -> Vec<Mark> {
    match request {
        Request::Produce(produce) => {
            let batches = produce.batches.iter();
            let parts = batches.map(|(at, batch)| (*at, Cargo::Records(batch.count()), None));
            on_board(parts, board)
        }
        Request::Fetch(fetch) => {
            let parts = fetch.partitions.iter();
            let parts = parts.map(|part| (part.partition, Cargo::Request, Some(part.fetch_offset)));
            on_board(parts, board)
        }
        request => control(request.api()),
    }
}

fn response_marks(response: &Response, board: OnBoard) -> Vec<Mark> {
    match response {
        Response::Produce(produce) => {
            let parts = produce.partitions.iter();
            on_board(parts.map(|part| (part.partition, Cargo::Response, None)), board)
        }
        Response::Fetch(fetch) => {
            let parts = fetch.partitions.iter().map(|part| {
                match part.batches.iter().map(|batch| batch.count()).sum() {
                    0 => (part.partition, Cargo::Response, None),
                    records => (part.partition, Cargo::Records(records), None),
                }
            });
            on_board(parts, board)
        }
        response => control(response.api()),
    }
}

/// What keeps the cluster and the groups together travels in the gutter. Metadata for clients, and what an admin asks, is left
/// out: it concerns no row for long.
fn control(api: Api) -> Vec<Mark> {
    let travels = matches!(
        api,
        Api::Vote
            | Api::BeginQuorumEpoch
            | Api::EndQuorumEpoch
            | Api::FetchMetadata
            | Api::AlterPartition
            | Api::BrokerRegistration
            | Api::BrokerHeartbeat
            | Api::JoinGroup
            | Api::SyncGroup
            | Api::LeaveGroup
            | Api::Heartbeat
            | Api::OffsetCommit
    );
    let mark = Mark { column: None, cargo: Cargo::Control, offset: None };
    travels.then_some(mark).into_iter().collect()
}

fn on_board(
    parts: impl Iterator<Item = (TopicPartition, Cargo, Option<i64>)>,
    board: OnBoard,
) -> Vec<Mark> {
    parts
        .filter(|(partition, ..)| {
            Some(partition.topic) == board.topic
                && (board.from..board.to).contains(&partition.partition)
        })
        .map(|(partition, cargo, offset)| Mark {
            column: Some(partition.partition as u16),
            cargo,
            offset,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_flies_between_the_same_rows_becomes_one_flow_with_its_rate() {
        let flight = Flight {
            id: 1,
            column: Some(3),
            from: Row::Producer(0),
            to: Row::Broker(2),
            nodes: (1001, 3),
            api: Api::Produce,
            answers: false,
            offset: None,
            cargo: Cargo::Records(6),
            sent_us: 0,
            due_us: 150_000,
            lost: false,
        };
        let beat = Flight { column: None, cargo: Cargo::Control, due_us: 500_000, ..flight };
        let flows = flows(&[flight, flight, beat]);
        assert_eq!(flows.len(), 2);
        assert_eq!((flows[0].column, flows[0].messages, flows[0].per_second), (None, 1, 2.0));
        assert_eq!((flows[1].messages, flows[1].records), (2, 12));
        assert!((flows[1].per_second - 80.0).abs() < 0.01, "{}", flows[1].per_second);
    }
}
