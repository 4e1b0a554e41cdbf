//! What is done to the world from outside: faults, repairs and commands to programs.

use serde::{Deserialize, Serialize};

use crate::limits::CLIENTS_MAX;
use crate::sim::ids::NodeId;
use crate::sim::time::Micros;

/// A fault, or its repair.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Fault {
    /// SIGKILL: the process is gone, the page cache stays.
    Kill(NodeId),
    /// The machine loses power: what was not written back is gone, peers hear nothing.
    PowerLoss(NodeId),
    /// SIGTERM: controlled shutdown, then exit.
    CleanStop(NodeId),
    /// SIGSTOP: connections stay, nothing is answered.
    Pause(NodeId),
    /// SIGCONT.
    Resume(NodeId),
    /// Starts a process that is not running.
    Start(NodeId),
    /// Removes everything from the disk of a process that is not running.
    WipeDisk(NodeId),
    /// Nothing passes from the first node to the second.
    CutLink { from: NodeId, to: NodeId },
    /// Undoes a cut.
    HealLink { from: NodeId, to: NodeId },
    /// One-way latency between the two nodes; None = back to the setup's.
    SetLatency { from: NodeId, to: NodeId, latency: Option<Micros> },
    /// Resets every connection between the two nodes ("drop this message").
    ResetConnections { a: NodeId, b: NodeId },
    /// Every write to the node's disk takes so much longer; None = as fast as the setup's again.
    SlowDisk { node: NodeId, write: Option<Micros> },
    /// Every link without a latency of its own takes so long, one way, from now on.
    ///
    /// Simplification: a changed network differs in its latency alone; jitter and bandwidth stay the setup's, and what is on its
    /// way keeps its time.
    SetNetwork { latency: Micros },
}

impl Fault {
    /// The process that it starts, stops or freezes, or lets go on.
    pub fn process(self) -> Option<NodeId> {
        match self {
            Fault::Kill(node)
            | Fault::PowerLoss(node)
            | Fault::CleanStop(node)
            | Fault::Pause(node)
            | Fault::Resume(node)
            | Fault::Start(node) => Some(node),
            Fault::WipeDisk(_)
            | Fault::SlowDisk { .. }
            | Fault::CutLink { .. }
            | Fault::HealLink { .. }
            | Fault::SetLatency { .. }
            | Fault::SetNetwork { .. }
            | Fault::ResetConnections { .. } => None,
        }
    }
}

/// Why nothing was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ActError {
    /// There is no such node.
    UnknownNode(NodeId),
    /// The process is not running.
    NotRunning(NodeId),
    /// The process is running already.
    AlreadyRunning(NodeId),
    /// The process is not paused.
    NotPaused(NodeId),
    /// There are as many client processes as a world may have.
    TooManyClients,
}

impl std::fmt::Display for ActError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            ActError::UnknownNode(node) => write!(f, "there is no node {node}"),
            ActError::NotRunning(node) => write!(f, "node {node} is not running; start it first"),
            ActError::AlreadyRunning(node) => write!(f, "node {node} is running; stop it first"),
            ActError::TooManyClients => write!(f, "a world holds at most {CLIENTS_MAX} clients"),
            ActError::NotPaused(node) => write!(f, "node {node} is not paused"),
        }
    }
}

impl std::error::Error for ActError {}
