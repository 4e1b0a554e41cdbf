//! A machine with one process: what reaches it, and what outlives the process.

use std::sync::Arc;

use crate::sim::broker::BrokerTimer;
use crate::sim::client::program::Program;
use crate::sim::client::{Client, ClientTimer};
use crate::sim::clock::Clock;
use crate::sim::controller::ControllerTimer;
use crate::sim::controller::quorum::QuorumTimer;
use crate::sim::effects::{Line, RequestRef};
use crate::sim::group::GroupTimer;
use crate::sim::ids::*;
use crate::sim::protocol::{Request, Response};
use crate::sim::server::Server;
use crate::sim::storage::disk::Disk;
use crate::sim::time::Micros;

/// Something that reaches a process.
#[derive(Clone, Debug)]
pub enum Input<C> {
    /// The process begins to run.
    Start,
    /// A request arrived; exactly one of respond, finish or close ends it.
    Request { from: NodeId, line: Line, at: RequestRef, request: Arc<Request> },
    /// The answer to one of the process's own requests.
    Response { from: NodeId, line: Line, id: RequestId, response: Arc<Response> },
    /// One of the process's own requests ended without an answer: timed out, reset or refused.
    Failed { to: NodeId, line: Line, id: RequestId, request: Arc<Request>, timed_out: bool },
    /// One of the process's own connections was lost while no request waited on it.
    Disconnected { to: NodeId, line: Line },
    /// A timer set by the process.
    Timer(Timer),
    /// SIGTERM: stop cleanly, then exit.
    ShutDown,
    /// A person tells the program to do something.
    Command(C),
}

/// Timers of all roles.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Timer {
    Quorum(QuorumTimer),
    Controller(ControllerTimer),
    Broker(BrokerTimer),
    Group(GroupTimer),
    Client(ClientTimer),
}

macro_rules! timer_from {
    ($($variant:ident($type:ty)),*) => {$(
        impl From<$type> for Timer {
            fn from(timer: $type) -> Timer {
                Timer::$variant(timer)
            }
        }
    )*};
}
timer_from!(
    Quorum(QuorumTimer),
    Controller(ControllerTimer),
    Broker(BrokerTimer),
    Group(GroupTimer),
    Client(ClientTimer)
);

/// What runs on a node.
#[derive(Clone, Debug, Hash)]
pub enum Process<P: Program> {
    /// A broker, a controller, or both.
    Server(Box<Server>),
    /// A client program with its producers, consumers and admin client.
    Client(Box<Client<P>>),
}

/// Whether a node's process runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Power {
    /// The process runs (or boots).
    Running,
    /// SIGSTOP.
    Paused,
    /// The process ended; the machine answers connections with a reset.
    Stopped,
    /// The machine has no power; nothing answers.
    Off,
}

/// A machine: its clock, its disk, its process, and the kernel's bookkeeping about it.
#[derive(Clone, Debug, Hash)]
pub struct Node<P: Program> {
    pub id: NodeId,
    pub clock: Clock,
    pub power: Power,
    /// None while it is down or boots.
    pub process: Option<Process<P>>,
    /// The disk while no process has it.
    pub disk: Option<Disk>,
    /// Counts starts of the process; timers of an earlier one are void.
    pub incarnation: u32,
    /// The fault that stopped or paused the node last.
    pub silenced_by: FactId,
    /// Whether that fault is in force.
    pub silenced: bool,
    pub(super) next_request: u64,
    /// When each request handler thread is free again.
    pub(super) threads: Vec<crate::sim::time::SimTime>,
    /// Connections with a request that waits for a thread.
    pub(super) ready: std::collections::VecDeque<(ConnectionId, u32)>,
    /// Whether an event is pending that looks for a free thread.
    pub(super) thread_awaited: bool,
    /// When the network card is free again, in nanoseconds of the world.
    pub(super) egress_free_ns: u64,
}

impl<P: Program> Node<P> {
    /// Whether the process runs and is not paused.
    pub fn is_running(&self) -> bool {
        self.power == Power::Running && self.process.is_some()
    }

    /// The server process, if it is one and runs.
    pub fn server(&self) -> Option<&Server> {
        match &self.process {
            Some(Process::Server(server)) => Some(server),
            Some(Process::Client(_)) | None => None,
        }
    }

    /// The client process, if it is one and runs.
    pub fn client(&self) -> Option<&Client<P>> {
        match &self.process {
            Some(Process::Client(client)) => Some(client),
            Some(Process::Server(_)) | None => None,
        }
    }
}

/// Converts nanoseconds of declared cost, rounding up to a microsecond.
pub fn nanos(ns: u64) -> Micros {
    Micros(ns.div_ceil(1000))
}
