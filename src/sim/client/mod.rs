//! The clients: what the Java producer, consumer and admin client do on their side of the connection, and the process that
//! hosts them together with a program.
pub mod murmur2;
pub mod partitioner;
pub mod program;

use std::sync::Arc;

use crate::sim::effects::Effects;
use crate::sim::ids::NodeId;
use crate::sim::node::Input;
use crate::sim::rng::Rng;
use crate::sim::setup::ClusterSetup;
use crate::sim::time::NodeNow;
use program::Program;

/// A client process as a setup describes it.
#[derive(Clone, Debug, Hash)]
pub struct ClientSpec<P> {
    /// Name of the process and prefix of its `client.id`s.
    pub name: Arc<str>,
    /// The program in its first state; a restart begins with it again.
    pub program: P,
}

/// A timer of a client process.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ClientTimer {
    /// A timer of the program.
    Program { token: u64 },
}

/// A client process: a program with its producers, consumers and admin client.
#[derive(Clone, Debug, Hash)]
pub struct Client<P: Program> {
    node: NodeId,
    name: Arc<str>,
    /// The program.
    pub program: P,
    setup: Arc<ClusterSetup>,
    rng: Rng,
}

impl<P: Program> Client<P> {
    /// A process that has just been started.
    pub fn boot(
        node: NodeId,
        spec: &ClientSpec<P>,
        setup: Arc<ClusterSetup>,
        rng: Rng,
    ) -> Client<P> {
        Client { node, name: spec.name.clone(), program: spec.program.clone(), setup, rng }
    }

    /// Handles one input.
    pub fn handle(&mut self, _now: NodeNow, _input: Input<P::Command>, _out: &mut Effects) {}
}
