//! What a node wants to happen: collected while it handles an input, carried out by the world afterwards.

use std::sync::Arc;

use crate::sim::fact::Fact;
use crate::sim::ids::*;
use crate::sim::node::Timer;
use crate::sim::protocol::{Request, Response};
use crate::sim::time::Micros;

/// What a connection is for. A node has one connection per line to each peer, as the real clients and threads do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Line {
    /// Votes and metadata fetches of the quorum.
    Quorum,
    /// Broker registration and heartbeats.
    Heartbeat,
    /// AlterPartition.
    AlterPartition,
    /// Admin requests and producer id blocks that a broker passes on to the active controller.
    Forward,
    /// Replica fetches.
    Replica,
    /// A producer's, by its number in the client process.
    Producer(u16),
    /// A consumer's fetches and metadata.
    Consumer(u16),
    /// A consumer's requests to its group coordinator.
    Coordinator(u16),
    /// The admin client's.
    Admin,
}

/// A request that waits for its answer at a server; lost when the connection is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestRef {
    /// The connection's slot.
    pub connection: ConnectionId,
    /// Tells uses of the slot apart.
    pub generation: u32,
    /// The sender's number for the request.
    pub id: RequestId,
}

/// One thing to do.
#[derive(Clone, Debug)]
pub enum Effect {
    /// Send a request; it ends in exactly one response or one failure.
    Send { to: NodeId, line: Line, id: RequestId, request: Arc<Request>, timeout: Micros },
    /// Answer a request.
    Respond { to: RequestRef, response: Arc<Response> },
    /// Finish a request that wants no answer (acks=0).
    Finish { to: RequestRef },
    /// Close the connection that a request came on.
    Close { to: RequestRef },
    /// Close this node's own connection on a line, as a client does.
    Disconnect { to: NodeId, line: Line },
    /// Wake the node after a time on its own clock.
    Timer { after: Micros, timer: Timer },
    /// Record a fact. `awaited` = the node whose silence is the reason.
    Fact { fact: Fact, awaited: Option<NodeId> },
    /// End the process.
    Exit,
}

/// Collects effects. Each leaves after the service time charged so far.
#[derive(Clone, Debug, Default)]
pub struct Effects {
    pub(super) effects: Vec<(Micros, Effect)>,
    cost: Micros,
    /// What a slow disk adds to every write.
    write_delay: Micros,
    next_request: u64,
    /// End of the metadata log as far as its facts have been told; stays from one collection to the next.
    metadata_told: Offset,
}

impl Effects {
    /// Starts a collection; request ids go on from `next_request`.
    pub fn begin(&mut self, next_request: u64) {
        self.effects.clear();
        self.cost = Micros::ZERO;
        self.write_delay = Micros::ZERO;
        self.next_request = next_request;
    }

    /// The next free request id.
    pub fn next_request(&self) -> u64 {
        self.next_request
    }

    /// Service time so far.
    pub fn cost(&self) -> Micros {
        self.cost
    }

    /// Lets time pass in the node: what follows leaves that much later.
    pub fn charge(&mut self, time: Micros) {
        self.cost += time;
    }

    /// Lets the disk be as slow as that until the next collection begins.
    pub fn slow_writes(&mut self, delay: Micros) {
        self.write_delay = delay;
    }

    /// As [`Effects::charge`], for a write to the disk of the partition logs; the metadata log has a disk of its own.
    ///
    /// Simplification: the bytes are there at once, and only what follows waits for them. Writes of several threads do not
    /// queue for the disk.
    pub fn charge_write(&mut self, time: Micros) {
        self.charge(time + self.write_delay);
    }

    /// Sends a request to a node; connects first if there is no connection on that line.
    pub fn send(
        &mut self,
        to: NodeId,
        line: Line,
        request: impl Into<Request>,
        timeout_ms: i64,
    ) -> RequestId {
        let id = RequestId(self.next_request);
        self.next_request += 1;
        let request = Arc::new(request.into());
        self.push(Effect::Send { to, line, id, request, timeout: Micros::from_ms(timeout_ms) });
        id
    }

    /// Answers a request.
    pub fn respond(&mut self, to: RequestRef, response: impl Into<Response>) {
        self.push(Effect::Respond { to, response: Arc::new(response.into()) });
    }

    /// Answers a request with a response that others share.
    pub fn respond_shared(&mut self, to: RequestRef, response: Arc<Response>) {
        self.push(Effect::Respond { to, response });
    }

    /// Finishes a request that wants no answer.
    pub fn finish(&mut self, to: RequestRef) {
        self.push(Effect::Finish { to });
    }

    /// Closes the connection that a request came on.
    pub fn close(&mut self, to: RequestRef) {
        self.push(Effect::Close { to });
    }

    /// Closes this node's own connection on a line; its requests in flight fail.
    pub fn disconnect(&mut self, to: NodeId, line: Line) {
        self.push(Effect::Disconnect { to, line });
    }

    /// Wakes the node after `after` on its own clock. There is no cancelling: the node ignores a stale timer.
    pub fn timer(&mut self, after: Micros, timer: impl Into<Timer>) {
        self.push(Effect::Timer { after, timer: timer.into() });
    }

    /// Records a fact caused by the input being handled.
    pub fn fact(&mut self, fact: Fact) {
        self.push(Effect::Fact { fact, awaited: None });
    }

    /// Records a fact caused by the silence of `awaited`: its cause becomes whatever silenced that node.
    pub fn fact_for_silence_of(&mut self, awaited: NodeId, fact: Fact) {
        self.push(Effect::Fact { fact, awaited: Some(awaited) });
    }

    /// Whether nobody has told of the committed metadata `from..to` yet: an active controller that commits again what one
    /// before it had committed does not tell it again. Only the facts know of this, no node does.
    pub fn is_news(&mut self, from: Offset, to: Offset) -> bool {
        let news = from >= self.metadata_told;
        self.metadata_told = self.metadata_told.max(to);
        news
    }

    /// End of the metadata log as far as its facts have been told.
    pub fn metadata_told(&self) -> Offset {
        self.metadata_told
    }

    /// Ends the process.
    pub fn exit(&mut self) {
        self.push(Effect::Exit);
    }

    /// Takes back the wish to end the process, and tells whether there was one.
    pub fn take_exit(&mut self) -> bool {
        let before = self.effects.len();
        self.effects.retain(|(_, effect)| !matches!(effect, Effect::Exit));
        self.effects.len() < before
    }

    /// What was collected; for tests of a machine without a world.
    pub fn take(&mut self) -> Vec<Effect> {
        std::mem::take(&mut self.effects).into_iter().map(|(_, effect)| effect).collect()
    }

    fn push(&mut self, effect: Effect) {
        self.effects.push((self.cost, effect));
    }
}
