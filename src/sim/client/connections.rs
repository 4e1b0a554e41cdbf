//! What a client knows of its connections: requests in flight by broker, and how long to wait before reconnecting.

use super::backoff::Backoff;
use crate::sim::ids::NodeId;
use crate::sim::rng::Rng;
use crate::sim::sorted::SortedMap;
use crate::sim::time::Micros;

/// The connections of one client to the brokers.
#[derive(Clone, Debug, Hash)]
pub struct Connections {
    backoff: Backoff,
    peers: SortedMap<NodeId, Peer>,
    /// Counts attempts to connect.
    attempts: u64,
}

/// One broker.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
struct Peer {
    in_flight: u32,
    connected: bool,
    failures: u32,
    ready_at: Micros,
    /// Number of the last attempt to connect; 0 = never.
    attempt: u64,
}

impl Connections {
    /// No connections; `reconnect.backoff.ms` and its maximum say how long a failure keeps from trying again.
    pub fn new(reconnect_backoff_ms: i64, reconnect_backoff_max_ms: i64) -> Connections {
        let backoff = Backoff::new(reconnect_backoff_ms, reconnect_backoff_max_ms);
        Connections { backoff, peers: SortedMap::new(), attempts: 0 }
    }

    /// Notes a request that waits for an answer.
    pub fn sent(&mut self, to: NodeId) {
        let peer = self.peers.entry(to).or_default();
        if !peer.connected && peer.in_flight == 0 {
            self.attempts += 1;
            peer.attempt = self.attempts;
        }
        peer.in_flight += 1;
    }

    /// Notes an answer.
    pub fn answered(&mut self, from: NodeId) {
        let peer = self.peers.entry(from).or_default();
        peer.in_flight = peer.in_flight.saturating_sub(1);
        peer.connected = true;
        peer.failures = 0;
    }

    /// Notes a request that failed with its connection; the requests beside it fail at the same moment and count as one.
    /// Tells whether there was a connection at all.
    pub fn failed(&mut self, now: Micros, to: NodeId, rng: &mut Rng) -> bool {
        let backoff = self.backoff;
        let peer = self.peers.entry(to).or_default();
        let was_connected = peer.connected;
        peer.in_flight = peer.in_flight.saturating_sub(1);
        peer.connected = false;
        if peer.ready_at <= now {
            peer.ready_at = now + backoff.after(peer.failures, rng);
            peer.failures += 1;
        }
        was_connected
    }

    /// The brokers there is or was a connection to.
    pub fn peers(&self) -> Vec<NodeId> {
        self.peers.keys().copied().collect()
    }

    /// Requests without an answer yet.
    pub fn in_flight(&self, to: NodeId) -> u32 {
        self.peers.get(&to).map_or(0, |peer| peer.in_flight)
    }

    /// Whether something has been heard on the connection.
    pub fn is_connected(&self, to: NodeId) -> bool {
        self.peers.get(&to).is_some_and(|peer| peer.connected)
    }

    /// How many requests may wait for an answer at once. Kafka sends nothing before it is connected; here the first request
    /// connects, and others wait behind it, so that batches that cannot be sent keep their order.
    pub fn in_flight_max(&self, to: NodeId, max: u32) -> u32 {
        if self.is_connected(to) { max } else { 1 }
    }

    /// Whether a request may be sent.
    pub fn is_ready(&self, now: Micros, to: NodeId) -> bool {
        self.ready_at(to) <= now
    }

    /// When a request may be sent.
    pub fn ready_at(&self, to: NodeId) -> Micros {
        self.peers.get(&to).map_or(Micros::ZERO, |peer| peer.ready_at)
    }

    /// The node with the fewest requests in flight, connected ones first, then the one that was tried longest ago; a
    /// random one among equals. None while all wait for a reconnect.
    pub fn least_loaded(&self, now: Micros, nodes: &[NodeId], rng: &mut Rng) -> Option<NodeId> {
        let rank = |node: &NodeId| {
            let peer = self.peers.get(node).copied().unwrap_or_default();
            let attempt = if peer.connected { 0 } else { peer.attempt };
            (!peer.connected, peer.in_flight, attempt)
        };
        let ready = || nodes.iter().filter(|node| self.is_ready(now, **node));
        let best = ready().map(rank).min()?;
        let equals: Vec<NodeId> = ready().filter(|node| rank(node) == best).copied().collect();
        Some(equals[rng.index(equals.len())])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: NodeId = NodeId(1);
    const B: NodeId = NodeId(2);

    #[test]
    fn a_failed_connection_rests_and_longer_each_time() {
        let mut rng = Rng::new(1, "test");
        let mut connections = Connections::new(50, 1000);
        connections.sent(A);
        connections.sent(A);
        connections.failed(Micros::ZERO, A, &mut rng);
        connections.failed(Micros::ZERO, A, &mut rng);
        let first = connections.ready_at(A);
        assert!((40..=60).contains(&first.as_ms()), "{first:?}: the second loss is the same loss");
        connections.failed(first, A, &mut rng);
        assert!((80..=120).contains(&(connections.ready_at(A) - first).as_ms()));
        connections.answered(A);
        let later = Micros::from_ms(10_000);
        connections.failed(later, A, &mut rng);
        assert!((40..=60).contains(&(connections.ready_at(A) - later).as_ms()));
    }

    #[test]
    fn the_least_loaded_is_connected_and_idle() {
        let mut rng = Rng::new(1, "test");
        let mut connections = Connections::new(50, 1000);
        connections.sent(A);
        connections.answered(A);
        assert_eq!(connections.least_loaded(Micros::ZERO, &[A, B], &mut rng), Some(A));
        connections.sent(B);
        connections.answered(B);
        connections.sent(A);
        assert_eq!(connections.least_loaded(Micros::ZERO, &[A, B], &mut rng), Some(B));
        connections.failed(Micros::ZERO, A, &mut rng);
        connections.failed(Micros::ZERO, B, &mut rng);
        assert_eq!(connections.least_loaded(Micros::ZERO, &[A, B], &mut rng), None);
    }

    #[test]
    fn every_node_is_tried_before_one_is_tried_again() {
        let nodes = [A, B, NodeId(3)];
        for seed in 0..20 {
            let mut rng = Rng::new(seed, "test");
            let mut connections = Connections::new(50, 1000);
            let mut tried = Vec::new();
            for round in 0..3 {
                let now = Micros::from_ms(round * 5000);
                let node =
                    connections.least_loaded(now, &nodes, &mut rng).expect("all have rested");
                connections.sent(node);
                assert!(!connections.failed(now, node, &mut rng));
                tried.push(node);
            }
            tried.sort();
            assert_eq!(tried, nodes);
        }
    }
}
