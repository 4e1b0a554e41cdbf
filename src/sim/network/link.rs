//! Links between machines: cuts and latencies, each direction on its own.

use std::sync::Arc;

use crate::sim::ids::{FactId, NodeId};
use crate::sim::sorted::SortedMap;
use crate::sim::time::Micros;

/// How a direction of a link differs from the setup's network.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct LinkState {
    /// The fault that cut it.
    pub cut_by: Option<FactId>,
    /// One-way latency in place of the setup's.
    pub latency: Option<Micros>,
}

/// Links that differ from the setup's network.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Links(Arc<SortedMap<(NodeId, NodeId), LinkState>>);

impl Links {
    /// The state of the direction from one node to another.
    pub fn get(&self, from: NodeId, to: NodeId) -> LinkState {
        if self.0.is_empty() {
            return LinkState::default();
        }
        self.0.get(&(from, to)).copied().unwrap_or_default()
    }

    /// Changes a direction.
    pub fn update(&mut self, from: NodeId, to: NodeId, change: impl FnOnce(&mut LinkState)) {
        let links = Arc::make_mut(&mut self.0);
        let state = links.entry((from, to)).or_default();
        change(state);
        if *state == LinkState::default() {
            links.remove(&(from, to));
        }
    }

    /// Directions that are cut or have a latency of their own.
    pub fn iter(&self) -> impl Iterator<Item = ((NodeId, NodeId), LinkState)> {
        self.0.iter().map(|(link, state)| (*link, *state))
    }
}
