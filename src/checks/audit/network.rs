//! Connections and queues: nothing is lost without a trace, nothing grows without end, every request ends.

use crate::checks::Findings;
use crate::limits::{EVENTS_PENDING_MAX, REQUESTS_IN_FLIGHT_MAX};
use crate::sim::client::program::Program;
use crate::sim::ids::*;
use crate::sim::network::{Connection, Pipe};
use crate::sim::sorted::SortedMap;
use crate::sim::world::World;

pub(super) fn audit<P: Program>(world: &World<P>, found: &mut Findings<'_>) {
    if world.pending() > EVENTS_PENDING_MAX {
        let detail = format!("{} events are pending", world.pending());
        found.violation(37, NodeId::NONE, None, detail);
    }
    if world.next_event_time().is_some_and(|next| next < world.now()) {
        found.violation(37, NodeId::NONE, None, "an event lies in the past");
    }
    let under_way = bytes_under_way(world);
    for (id, connection) in world.network().all().filter(|(_, c)| !c.released) {
        requests(world, connection, found);
        for up in [true, false] {
            let pipe = if up { &connection.up } else { &connection.down };
            let under_way = under_way.get(&(id, up)).copied().unwrap_or(0);
            conservation(connection, pipe, under_way, found);
        }
    }
}

/// Bytes of packets that are scheduled to arrive, or wait for a paused process.
fn bytes_under_way<P: Program>(world: &World<P>) -> SortedMap<(ConnectionId, bool), u64> {
    let mut bytes = SortedMap::new();
    for (connection, up, packet) in world.in_transit() {
        *bytes.entry((connection, up)).or_default() += u64::from(packet.size_bytes());
    }
    bytes
}

/// Invariant 38.
fn conservation(connection: &Connection, pipe: &Pipe, under_way: u64, found: &mut Findings<'_>) {
    let stalled: u64 = pipe.stalled.iter().map(|(_, packet)| u64::from(packet.size_bytes())).sum();
    let accounted = pipe.bytes_received + pipe.bytes_lost + stalled + under_way;
    if pipe.bytes_sent != accounted {
        let Connection { client, server, line, .. } = connection;
        let detail = format!(
            "{client} and {server} on {line:?}: {} bytes sent, {} received, {} lost, {} under way",
            pipe.bytes_sent,
            pipe.bytes_received,
            pipe.bytes_lost,
            stalled + under_way
        );
        found.violation(38, *client, None, detail);
    }
}

/// Invariant 37: a request that has waited too long has been given up, so that it has an outcome.
fn requests<P: Program>(world: &World<P>, connection: &Connection, found: &mut Findings<'_>) {
    let Connection { client, server, in_flight, client_open, .. } = connection;
    if in_flight.len() > REQUESTS_IN_FLIGHT_MAX {
        let detail = format!("{} requests from {client} to {server} in flight", in_flight.len());
        found.violation(37, *client, None, detail);
    }
    let runs = world.node(*client).is_some_and(|node| node.is_running());
    let overdue = in_flight.iter().find(|flight| flight.deadline < world.now());
    if let Some(overdue) = overdue.filter(|_| runs && *client_open) {
        let api = overdue.request.api().name();
        let detail = format!("{api} to {server} should have ended at {}", overdue.deadline);
        found.violation(37, *client, None, detail);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::checks::tests::{Nobody, found};
    use crate::sim::act::Fault;
    use crate::sim::effects::Line;
    use crate::sim::network::InFlight;
    use crate::sim::protocol::data::MetadataRequest;
    use crate::sim::setup::ClusterSetup;
    use crate::sim::time::SimTime;

    fn connection(deadlines: impl Iterator<Item = SimTime>) -> Connection {
        let mut connection = Connection::new(NodeId(1), NodeId(101), Line::Heartbeat);
        let request = MetadataRequest { topics: None, allow_auto_topic_creation: false };
        let request = Arc::new(request.into());
        let flights = deadlines.map(|deadline| {
            let (id, cause) = (RequestId(1), FactId(0));
            InFlight { id, request: Arc::clone(&request), deadline, cause }
        });
        connection.in_flight = flights.collect();
        connection
    }

    #[test]
    fn every_byte_is_received_lost_or_under_way() {
        let connection = connection(std::iter::empty());
        let (bytes_sent, bytes_received, bytes_lost) = (10, 4, 1);
        let pipe = Pipe { bytes_sent, bytes_received, bytes_lost, ..Pipe::default() };
        let judge = |under_way| found(|found| conservation(&connection, &pipe, under_way, found)).0;
        assert!(judge(5).is_empty());
        assert_eq!(judge(4), [38]);
    }

    #[test]
    fn an_overdue_request_is_found_while_its_process_runs() {
        let mut world: World<Nobody> =
            World::new(ClusterSetup::split(1, 3, 1), Vec::new()).unwrap();
        world.run_until(SimTime(5_000_000));
        let overdue = connection(std::iter::once(SimTime(4_000_000)));
        let closed = Connection { client_open: false, ..overdue.clone() };
        let crowded = (0..=REQUESTS_IN_FLIGHT_MAX).map(|_| SimTime(9_000_000));
        let judge = |world: &World<Nobody>, c: &Connection| found(|f| requests(world, c, f)).0;
        assert_eq!(judge(&world, &overdue), [37]);
        assert_eq!(judge(&world, &connection(crowded)), [37]);
        assert!(judge(&world, &connection(std::iter::once(SimTime(6_000_000)))).is_empty());
        assert!(judge(&world, &closed).is_empty());
        world.act(Fault::Pause(NodeId(1))).expect("it runs");
        assert!(judge(&world, &overdue).is_empty(), "a paused process cannot give up");
    }
}
