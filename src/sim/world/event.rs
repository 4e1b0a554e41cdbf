//! Events of the future.

use crate::sim::ids::*;
use crate::sim::network::Packet;
use crate::sim::node::Timer;

/// Something that will happen. Nodes are named by their index.
#[derive(Clone, Debug, Hash)]
pub(super) enum Event {
    /// A packet reaches the other side of its connection.
    Arrive { connection: ConnectionId, generation: u32, up: bool, packet: Packet, cause: FactId },
    /// The client side looks whether a request has waited too long.
    Watch { connection: ConnectionId, generation: u32 },
    /// The server may take the connection's next request.
    Ready { connection: ConnectionId, generation: u32 },
    /// A request handler thread of a node becomes free.
    ThreadFree { node: u32 },
    /// A timer of a process.
    Timer { node: u32, incarnation: u32, timer: Timer, cause: FactId },
    /// A process begins to run.
    Boot { node: u32, incarnation: u32, cause: FactId },
}
