//! One TCP connection.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::sim::effects::Line;
use crate::sim::ids::*;
use crate::sim::protocol::{Request, Response};
use crate::sim::time::SimTime;

/// What travels on a connection.
#[derive(Clone, Debug, Hash)]
pub enum Packet {
    Request {
        id: RequestId,
        request: Arc<Request>,
    },
    Response {
        id: RequestId,
        response: Arc<Response>,
    },
    /// The sender closed its side, or resets the peer's.
    Fin,
}

impl Packet {
    /// Bytes on the wire.
    pub fn size_bytes(&self) -> u32 {
        match self {
            Packet::Request { request, .. } => request.size_bytes(),
            Packet::Response { response, .. } => response.size_bytes(),
            Packet::Fin => 0,
        }
    }
}

/// One direction of a connection.
#[derive(Clone, Debug, Default, Hash)]
pub struct Pipe {
    /// Arrival of the last packet sent: later ones arrive no earlier.
    pub last_arrival: SimTime,
    /// Packets held up by a cut link or a machine without power, in order.
    pub stalled: VecDeque<(FactId, Packet)>,
    pub bytes_sent: u64,
    pub bytes_received: u64,
    pub bytes_lost: u64,
}

/// A request that waits for its response at the client.
#[derive(Clone, Debug, Hash)]
pub struct InFlight {
    pub id: RequestId,
    pub request: Arc<Request>,
    pub deadline: SimTime,
    /// Fact that led to the request.
    pub cause: FactId,
}

/// A connection from a client side to a server side.
#[derive(Clone, Debug, Hash)]
pub struct Connection {
    pub generation: u32,
    pub client: NodeId,
    pub server: NodeId,
    pub line: Line,
    pub client_open: bool,
    pub server_open: bool,
    pub released: bool,
    /// Whether the server has received something, so that the handshake is over.
    pub established: bool,
    pub up: Pipe,
    pub down: Pipe,
    pub in_flight: VecDeque<InFlight>,
    /// When the next timeout check is scheduled.
    pub watch: Option<SimTime>,
    /// Whether an event is pending that takes the next request.
    pub ready_pending: bool,
    /// The request that the server handles now, or that waits for a thread.
    pub handling: Option<RequestId>,
    /// When the server is done with the one before.
    pub server_free: SimTime,
    /// The receive buffer: requests that wait their turn.
    pub inbox: VecDeque<(FactId, RequestId, Arc<Request>)>,
}

impl Connection {
    /// A fresh connection.
    pub fn new(client: NodeId, server: NodeId, line: Line) -> Connection {
        Connection {
            generation: 0,
            client,
            server,
            line,
            client_open: true,
            server_open: true,
            released: false,
            established: false,
            up: Pipe::default(),
            down: Pipe::default(),
            in_flight: VecDeque::new(),
            watch: None,
            ready_pending: false,
            handling: None,
            server_free: SimTime::ZERO,
            inbox: VecDeque::new(),
        }
    }

    /// Arrival of the last packet sent in a direction.
    pub fn last_arrival(&self, up: bool) -> SimTime {
        if up { self.up.last_arrival } else { self.down.last_arrival }
    }

    /// The pipe of a direction.
    pub fn pipe(&mut self, up: bool) -> &mut Pipe {
        if up { &mut self.up } else { &mut self.down }
    }
}
