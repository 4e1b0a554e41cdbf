//! Arrivals: packets, the receive buffers of servers, request threads, and clients' timeouts.

use std::sync::Arc;

use super::World;
use super::event::Event;
use crate::sim::client::program::Program;
use crate::sim::effects::RequestRef;
use crate::sim::fact::Fact;
use crate::sim::ids::*;
use crate::sim::network::{InFlight, Packet};
use crate::sim::node::{Input, Power};
use crate::sim::protocol::{Request, Response};

impl<P: Program> World<P> {
    pub(super) fn handle_event(&mut self, event: Event) {
        match event {
            Event::Arrive { connection, generation, up, packet, cause } => {
                self.arrive(connection, generation, up, packet, cause);
            }
            Event::Watch { connection, generation } => self.watch(connection, generation),
            Event::Ready { connection, generation } => self.ready(connection, generation),
            Event::ThreadFree { node } => self.thread_free(node),
            Event::Timer { node, incarnation, timer, cause } => {
                let state = &self.nodes[node as usize];
                if state.incarnation != incarnation {
                    return;
                }
                if state.power == Power::Paused {
                    return self
                        .defer(node as usize, Event::Timer { node, incarnation, timer, cause });
                }
                self.hand_over(node as usize, Input::Timer(timer), cause);
            }
            Event::Boot { node, incarnation, cause } => {
                self.boot(node as usize, incarnation, cause)
            }
        }
    }

    pub(super) fn defer(&mut self, index: usize, event: Event) {
        Arc::make_mut(&mut self.deferred[index]).push_back(event);
    }

    fn arrive(
        &mut self,
        id: ConnectionId,
        generation: u32,
        up: bool,
        packet: Packet,
        cause: FactId,
    ) {
        let connection = self.network.get(id);
        if connection.generation != generation || connection.released {
            self.network.bytes_lost += u64::from(packet.size_bytes());
            return;
        }
        let (from, to) = match up {
            true => (connection.client, connection.server),
            false => (connection.server, connection.client),
        };
        if let Some(fault) = self.network.links.get(from, to).cut_by {
            self.network.get_mut(id).pipe(up).stalled.push_back((fault, packet));
            return;
        }
        let Some(index) = self.index_of(to) else {
            return;
        };
        if up && self.is_repeated_later(id, index, &packet) {
            let fault = self.nodes[index].silenced_by;
            return self.network.get_mut(id).pipe(true).stalled.push_back((fault, packet));
        }
        if self.nodes[index].power == Power::Paused {
            return self
                .defer(index, Event::Arrive { connection: id, generation, up, packet, cause });
        }
        if up {
            self.arrive_at_server(id, index, packet, cause)
        } else {
            self.arrive_at_client(id, index, packet, cause)
        }
    }

    /// Whether a packet meets a machine without power: nobody acknowledges it, and its sender repeats it until the machine is
    /// up again and refuses it.
    fn is_repeated_later(&self, id: ConnectionId, server: usize, packet: &Packet) -> bool {
        let off = self.nodes[server].power == Power::Off;
        off && self.network.get(id).client_open && !matches!(packet, Packet::Fin)
    }

    fn arrive_at_server(&mut self, id: ConnectionId, index: usize, packet: Packet, cause: FactId) {
        let power = self.nodes[index].power;
        let listening = power == Power::Running && self.nodes[index].process.is_some();
        let connection = self.network.get_mut(id);
        if let Packet::Fin = packet {
            connection.server_open = false;
            connection.handling = None;
            let lost: u64 =
                connection.inbox.drain(..).map(|(_, _, r)| u64::from(r.size_bytes())).sum();
            connection.up.bytes_lost += lost;
            connection.up.bytes_received -= lost;
            return self.network.release(id);
        }
        let bytes = u64::from(packet.size_bytes());
        if !listening || !connection.server_open {
            connection.up.bytes_lost += bytes;
            connection.server_open = false;
            if power != Power::Off {
                let now = self.now;
                self.transmit(id, false, Packet::Fin, now, cause);
            }
            return;
        }
        connection.up.bytes_received += bytes;
        connection.established = true;
        if let Packet::Request { id: request_id, request } = packet {
            connection.inbox.push_back((cause, request_id, request));
            self.take_next(id);
        }
    }

    /// Starts the next request of a connection if the server is done with the one before.
    pub(super) fn take_next(&mut self, id: ConnectionId) {
        let connection = self.network.get(id);
        if connection.handling.is_some() || connection.ready_pending {
            return;
        }
        let Some((_, request, _)) = connection.inbox.front() else {
            return;
        };
        let (request, generation, free) = (*request, connection.generation, connection.server_free);
        if free > self.now {
            self.network.get_mut(id).ready_pending = true;
            return self.scheduler.push(free, Event::Ready { connection: id, generation });
        }
        let server = self.index_of(connection.server).expect("a connection's server exists");
        self.network.get_mut(id).handling = Some(request);
        self.find_thread(server, id, generation);
    }

    fn ready(&mut self, id: ConnectionId, generation: u32) {
        if self.network.get(id).generation != generation {
            return;
        }
        let server =
            self.index_of(self.network.get(id).server).expect("a connection's server exists");
        if self.nodes[server].power == Power::Paused {
            return self.defer(server, Event::Ready { connection: id, generation });
        }
        self.network.get_mut(id).ready_pending = false;
        if self.network.get(id).server_open {
            self.take_next(id);
        }
    }

    fn find_thread(&mut self, index: usize, id: ConnectionId, generation: u32) {
        let now = self.now;
        let node = &self.nodes[index];
        if let Some(thread) = node.threads.iter().position(|free| *free <= now) {
            return self.serve(index, thread, id);
        }
        let node = Arc::make_mut(&mut self.nodes[index]);
        node.ready.push_back((id, generation));
        self.await_thread(index);
    }

    fn await_thread(&mut self, index: usize) {
        let node = Arc::make_mut(&mut self.nodes[index]);
        if !node.thread_awaited && !node.ready.is_empty() {
            node.thread_awaited = true;
            let free = node.threads.iter().copied().min().unwrap_or(self.now);
            self.scheduler.push(free.max(self.now), Event::ThreadFree { node: index as u32 });
        }
    }

    fn thread_free(&mut self, node: u32) {
        let index = node as usize;
        if self.nodes[index].power == Power::Paused {
            return self.defer(index, Event::ThreadFree { node });
        }
        Arc::make_mut(&mut self.nodes[index]).thread_awaited = false;
        let now = self.now;
        while let Some(thread) = self.nodes[index].threads.iter().position(|free| *free <= now) {
            let Some((id, generation)) = Arc::make_mut(&mut self.nodes[index]).ready.pop_front()
            else {
                return;
            };
            let connection = self.network.get(id);
            if connection.generation == generation
                && connection.server_open
                && connection.handling.is_some()
            {
                self.serve(index, thread, id);
            }
        }
        self.await_thread(index);
    }

    /// Hands the request at the front of the receive buffer to the process.
    fn serve(&mut self, index: usize, thread: usize, id: ConnectionId) {
        let connection = self.network.get_mut(id);
        let Some((cause, request_id, request)) = connection.inbox.pop_front() else {
            return;
        };
        let (from, line) = (connection.client, connection.line);
        let at = RequestRef { connection: id, generation: connection.generation, id: request_id };
        self.hand_over(index, Input::Request { from, line, at, request }, cause);
        let busy = self.now + self.effects.cost();
        if let Some(free) = Arc::make_mut(&mut self.nodes[index]).threads.get_mut(thread) {
            *free = busy;
        }
    }

    fn arrive_at_client(&mut self, id: ConnectionId, index: usize, packet: Packet, cause: FactId) {
        let connection = self.network.get_mut(id);
        let bytes = u64::from(packet.size_bytes());
        if !connection.client_open {
            connection.down.bytes_lost += bytes;
            if matches!(packet, Packet::Fin) {
                connection.server_open = false;
                self.network.release(id);
            } else if self.nodes[index].power != Power::Off {
                let now = self.now;
                self.transmit(id, true, Packet::Fin, now, cause);
            }
            return;
        }
        connection.down.bytes_received += bytes;
        match packet {
            Packet::Response { id: request, response } => {
                self.answer(id, index, request, response, cause)
            }
            Packet::Fin => self.close_client(id, index, false, cause),
            Packet::Request { .. } => unreachable!("requests travel up"),
        }
    }

    fn answer(
        &mut self,
        id: ConnectionId,
        index: usize,
        request: RequestId,
        response: Arc<Response>,
        cause: FactId,
    ) {
        let connection = self.network.get_mut(id);
        let Some(at) = connection.in_flight.iter().position(|flight| flight.id == request) else {
            return;
        };
        connection.in_flight.remove(at);
        let (from, line) = (connection.server, connection.line);
        self.hand_over(index, Input::Response { from, line, id: request, response }, cause);
    }

    fn watch(&mut self, id: ConnectionId, generation: u32) {
        let connection = self.network.get(id);
        if connection.generation != generation || !connection.client_open {
            return;
        }
        let index = self.index_of(connection.client).expect("a connection's client exists");
        if self.nodes[index].power == Power::Paused {
            return self.defer(index, Event::Watch { connection: id, generation });
        }
        if connection.watch.is_none_or(|at| at > self.now) {
            // An earlier check has done its work.
            return;
        }
        let due = connection.in_flight.iter().map(|flight| flight.deadline).min();
        self.network.get_mut(id).watch = None;
        match due {
            Some(deadline) if deadline <= self.now => self.time_out(id, index),
            Some(deadline) => self.keep_watch(id, deadline),
            None => {}
        }
    }

    /// Sees to it that somebody looks at the deadline, also when a check is scheduled for a later one.
    pub(super) fn keep_watch(&mut self, id: ConnectionId, deadline: crate::sim::time::SimTime) {
        let connection = self.network.get_mut(id);
        if connection.watch.is_none_or(|at| at > deadline) {
            connection.watch = Some(deadline);
            let generation = connection.generation;
            self.scheduler.push(deadline, Event::Watch { connection: id, generation });
        }
    }

    fn time_out(&mut self, id: ConnectionId, index: usize) {
        let connection = self.network.get(id);
        let oldest = connection.in_flight.front().map_or(FactId(0), |flight| flight.cause);
        let cause = self.silence(connection.client, connection.server).unwrap_or(oldest);
        self.close_client(id, index, true, cause);
    }

    /// Closes the client side and tells the process what happened to its requests.
    pub(super) fn close_client(
        &mut self,
        id: ConnectionId,
        index: usize,
        timed_out: bool,
        cause: FactId,
    ) {
        let connection = self.network.get_mut(id);
        connection.client_open = false;
        let flights: Vec<InFlight> = connection.in_flight.drain(..).collect();
        let (from, to, line) = (connection.client, connection.server, connection.line);
        let peer_open = connection.server_open;
        self.network.detach(index, id);
        if peer_open {
            let now = self.now;
            self.transmit(id, true, Packet::Fin, now, cause);
        }
        self.network.release(id);
        if flights.is_empty() {
            return self.hand_over(index, Input::Disconnected { to, line }, cause);
        }
        for InFlight { id, request, .. } in flights {
            let api = request.api().name();
            self.record(from, cause, Fact::RequestFailed { from, to, api, timed_out });
            self.hand_over(index, Input::Failed { to, line, id, request, timed_out }, cause);
        }
    }
}

/// Whether a request gets an answer: all but a produce request with acks=0.
pub(super) fn expects_response(request: &Request) -> bool {
    use crate::sim::protocol::data::Acks;
    !matches!(request, Request::Produce(produce) if produce.acks == Acks::None)
}
