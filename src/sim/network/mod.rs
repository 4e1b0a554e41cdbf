//! Connections and links.
//!
//! Kafka runs on TCP: a connection is an ordered stream in each direction, with a receive buffer that outlives a pause.
//! Nothing is lost or reordered inside it: trouble on a link appears as delay, and a dead peer as a reset or a timeout.
//! A server handles one request of a connection at a time; the rest waits in the buffer.
mod connection;
mod link;

pub use connection::{Connection, InFlight, Packet, Pipe};
pub use link::{LinkState, Links};

use std::sync::Arc;

use crate::sim::effects::Line;
use crate::sim::ids::{ConnectionId, NodeId};

/// Peer and line of a node to its connection, sorted.
type Lines = Vec<((NodeId, Line), ConnectionId)>;

/// All connections, and which one a node's line to a peer uses.
#[derive(Clone, Debug, Default, Hash)]
pub struct Network {
    slots: Vec<Arc<Connection>>,
    free: Vec<ConnectionId>,
    /// By the index of the client node.
    lines: Vec<Arc<Lines>>,
    /// Cuts and latencies.
    pub links: Links,
    /// Bytes that went with a reset.
    pub bytes_lost: u64,
}

impl Network {
    /// A network of `nodes` machines without connections.
    pub fn new(nodes: usize) -> Network {
        Network { lines: vec![Arc::default(); nodes], ..Network::default() }
    }

    /// Makes room for another machine.
    pub fn add_node(&mut self) {
        self.lines.push(Arc::default());
    }

    /// The open connection of a line.
    pub fn find(&self, client_index: usize, to: NodeId, line: Line) -> Option<ConnectionId> {
        let lines = &self.lines[client_index];
        lines.binary_search_by(|(key, _)| key.cmp(&(to, line))).ok().map(|i| lines[i].1)
    }

    /// Opens a connection; its generation tells it from earlier users of the slot.
    pub fn open(&mut self, client_index: usize, mut connection: Connection) -> ConnectionId {
        let key = (connection.server, connection.line);
        let id = match self.free.pop() {
            Some(id) => {
                connection.generation = self.slots[id.0 as usize].generation + 1;
                self.slots[id.0 as usize] = Arc::new(connection);
                id
            }
            None => {
                self.slots.push(Arc::new(connection));
                ConnectionId(self.slots.len() as u32 - 1)
            }
        };
        let lines = Arc::make_mut(&mut self.lines[client_index]);
        let at = lines.partition_point(|(other, _)| *other < key);
        lines.insert(at, (key, id));
        id
    }

    /// Takes a connection off its line; the next request opens another.
    pub fn detach(&mut self, client_index: usize, id: ConnectionId) {
        let key = (self.get(id).server, self.get(id).line);
        let lines = Arc::make_mut(&mut self.lines[client_index]);
        if let Ok(at) = lines.binary_search_by(|(other, _)| other.cmp(&key))
            && lines[at].1 == id
        {
            lines.remove(at);
        }
    }

    /// Frees the slot of a connection that is closed on both sides.
    pub fn release(&mut self, id: ConnectionId) {
        let connection = self.get(id);
        if !connection.client_open && !connection.server_open && !connection.released {
            self.get_mut(id).released = true;
            self.free.push(id);
        }
    }

    /// The connection in a slot.
    pub fn get(&self, id: ConnectionId) -> &Connection {
        &self.slots[id.0 as usize]
    }

    /// The connection in a slot, to change.
    pub fn get_mut(&mut self, id: ConnectionId) -> &mut Connection {
        Arc::make_mut(&mut self.slots[id.0 as usize])
    }

    /// Every slot with its connection, free ones included.
    pub fn all(&self) -> impl Iterator<Item = (ConnectionId, &Connection)> {
        self.slots.iter().enumerate().map(|(i, c)| (ConnectionId(i as u32), &**c))
    }
}
