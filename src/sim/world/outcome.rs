//! Carrying out what a node wants.

use std::sync::Arc;

use super::World;
use super::delivery::expects_response;
use super::event::Event;
use crate::sim::client::program::Program;
use crate::sim::effects::{Effect, Line, RequestRef};
use crate::sim::fact::Fact;
use crate::sim::hash::digest_of;
use crate::sim::ids::*;
use crate::sim::network::{Connection, InFlight, Packet};
use crate::sim::node::Power;
use crate::sim::protocol::{Request, Response};
use crate::sim::time::{Micros, SimTime};

/// Time for a packet between two processes of one machine.
const LOOPBACK: Micros = Micros(10);
/// `socket.connection.setup.timeout.ms`: how long a client waits for a handshake.
const CONNECTION_SETUP_TIMEOUT: Micros = Micros(10_000_000);

/// A request to be sent.
struct Sending {
    to: NodeId,
    line: Line,
    id: RequestId,
    request: Arc<Request>,
    timeout: Micros,
}

impl<P: Program> World<P> {
    /// Carries out the collected effects of a node, in order. A milestone becomes the cause of what follows it;
    /// milestones of one input are all caused by the first of them.
    pub(super) fn carry_out(&mut self, index: usize, cause: FactId) {
        let mut effects = std::mem::take(&mut self.effects.effects);
        let (mut fact_cause, mut send_cause, mut first) = (cause, cause, true);
        for (delay, effect) in effects.drain(..) {
            let at = self.now + delay;
            match effect {
                Effect::Fact { fact, awaited } => {
                    let node = self.nodes[index].id;
                    let silence = awaited.and_then(|awaited| self.silence(node, awaited));
                    let milestone = fact.is_milestone();
                    let id = self.record(node, silence.unwrap_or(fact_cause), fact);
                    if milestone {
                        send_cause = id;
                        if std::mem::take(&mut first) {
                            fact_cause = id;
                        }
                    }
                }
                Effect::Send { to, line, id, request, timeout } => {
                    self.send(index, Sending { to, line, id, request, timeout }, at, send_cause);
                }
                Effect::Respond { to, response } => self.respond(to, response, at, send_cause),
                Effect::Finish { to } => self.finish(to, at),
                Effect::Close { to } => self.close_server(to, at, send_cause),
                Effect::Disconnect { to, line } => {
                    if let Some(id) = self.network.find(index, to, line) {
                        self.abandon(id, index, send_cause);
                    }
                }
                Effect::Timer { after, timer } => {
                    let node = &self.nodes[index];
                    let time = at + node.clock.span_to_world(after);
                    let event = Event::Timer {
                        node: index as u32,
                        incarnation: node.incarnation,
                        timer,
                        cause: send_cause,
                    };
                    self.scheduler.push(time, event);
                }
                Effect::Exit => self.exit(index, send_cause),
            }
        }
        self.effects.effects = effects;
        self.go_on();
    }

    /// Serves what waited for an answer. Only now: its effects must not come between those that are being carried out.
    fn go_on(&mut self) {
        let mut finished = std::mem::take(&mut self.finished);
        for (id, generation) in finished.drain(..) {
            let connection = self.network.get(id);
            if connection.generation == generation && connection.server_open {
                self.take_next(id);
            }
        }
        self.finished = finished;
    }

    fn send(&mut self, index: usize, sending: Sending, at: SimTime, cause: FactId) {
        let Sending { to, line, id, request, timeout } = sending;
        let node = &self.nodes[index];
        let timeout = node.clock.span_to_world(timeout);
        let from = node.id;
        self.hash.mix(digest_of(&(from, to, line, &request)));
        let connection = match self.network.find(index, to, line) {
            Some(connection) => connection,
            None => self.network.open(index, Connection::new(from, to, line)),
        };
        if expects_response(&request) {
            let state = self.network.get_mut(connection);
            let patience =
                if state.established { timeout } else { timeout.min(CONNECTION_SETUP_TIMEOUT) };
            let deadline = at + patience;
            state.in_flight.push_back(InFlight { id, request: request.clone(), deadline, cause });
            self.keep_watch(connection, deadline);
        }
        self.transmit(connection, true, Packet::Request { id, request }, at, cause);
    }

    fn respond(&mut self, to: RequestRef, response: Arc<Response>, at: SimTime, cause: FactId) {
        if !self.is_handling(to) {
            return;
        }
        self.hash.mix(digest_of(&(to.connection, to.id, &response)));
        self.transmit(to.connection, false, Packet::Response { id: to.id, response }, at, cause);
        self.finish(to, at);
    }

    fn finish(&mut self, to: RequestRef, at: SimTime) {
        if !self.is_handling(to) {
            return;
        }
        let connection = self.network.get_mut(to.connection);
        connection.handling = None;
        connection.server_free = at;
        self.finished.push((to.connection, to.generation));
    }

    fn is_handling(&self, to: RequestRef) -> bool {
        let connection = self.network.get(to.connection);
        connection.generation == to.generation
            && connection.server_open
            && connection.handling == Some(to.id)
    }

    fn close_server(&mut self, to: RequestRef, at: SimTime, cause: FactId) {
        if self.is_handling(to) {
            self.hang_up(to.connection, at, cause);
        }
    }

    /// Closes the server side of a connection: the client will hear of it.
    pub(super) fn hang_up(&mut self, id: ConnectionId, at: SimTime, cause: FactId) {
        self.drop_server_side(id);
        self.transmit(id, false, Packet::Fin, at, cause);
    }

    /// Closes the server side without a word.
    pub(super) fn drop_server_side(&mut self, id: ConnectionId) {
        let connection = self.network.get_mut(id);
        connection.server_open = false;
        connection.handling = None;
        let lost: u64 = connection.inbox.drain(..).map(|(_, _, r)| u64::from(r.size_bytes())).sum();
        connection.up.bytes_lost += lost;
        connection.up.bytes_received -= lost;
        self.network.release(id);
    }

    /// Closes the client side on the client's own wish; its process is not told.
    pub(super) fn abandon(&mut self, id: ConnectionId, index: usize, cause: FactId) {
        let connection = self.network.get_mut(id);
        connection.client_open = false;
        connection.in_flight.clear();
        let peer_open = connection.server_open;
        self.network.detach(index, id);
        if peer_open {
            let now = self.now;
            self.transmit(id, true, Packet::Fin, now, cause);
        }
        self.network.release(id);
    }

    /// Puts a packet on its way: the sender's network card, the link, the order of the stream.
    pub(super) fn transmit(
        &mut self,
        id: ConnectionId,
        up: bool,
        packet: Packet,
        at: SimTime,
        cause: FactId,
    ) {
        let connection = self.network.get(id);
        let (from, to) = match up {
            true => (connection.client, connection.server),
            false => (connection.server, connection.client),
        };
        let generation = connection.generation;
        let handshake = up && !connection.established && connection.up.bytes_sent == 0;
        let size = u64::from(packet.size_bytes());
        let mut arrival = self.leave(from, to, size, at);
        if handshake {
            let round_trip = self.latency(from, to) + self.latency(to, from);
            arrival = arrival + round_trip;
        }
        let pipe = self.network.get_mut(id).pipe(up);
        arrival = arrival.max(pipe.last_arrival);
        pipe.last_arrival = arrival;
        pipe.bytes_sent += size;
        self.scheduler
            .push(arrival, Event::Arrive { connection: id, generation, up, packet, cause });
    }

    /// When `size` bytes that are ready at `at` arrive, seen alone.
    fn leave(&mut self, from: NodeId, to: NodeId, size: u64, at: SimTime) -> SimTime {
        let latency = self.latency(from, to);
        if from == to {
            return at + latency;
        }
        let jitter = match self.setup.network.jitter_mean.0 {
            0 => 0,
            mean => self.rng.exponential(mean),
        };
        let sender = self.index_of(from).expect("a sender exists");
        let node = Arc::make_mut(&mut self.nodes[sender]);
        let start = node.egress_free_ns.max(at.0 * 1000);
        node.egress_free_ns = start + size * 1_000_000_000 / self.setup.network.bandwidth.max(1);
        SimTime(node.egress_free_ns.div_ceil(1000)) + latency + Micros(jitter)
    }

    fn latency(&self, from: NodeId, to: NodeId) -> Micros {
        if from == to {
            return LOOPBACK;
        }
        self.network.links.get(from, to).latency.unwrap_or(self.setup.network.latency)
    }

    fn exit(&mut self, index: usize, cause: FactId) {
        let node = self.nodes[index].id;
        let fact = self.record(node, cause, Fact::ProcessExited { node });
        self.end_process(index, Power::Stopped, fact);
    }
}
