//! Driving client machines by hand, without a world: the tests play the brokers.

use std::collections::VecDeque;
use std::sync::Arc;

use super::io::{Io, MachineEvent};
use super::program::{Call, ClientCalls, ProducerRecord, SendCall};
use crate::sim::effects::{Effect, Effects};
use crate::sim::fact::Fact;
use crate::sim::ids::*;
use crate::sim::protocol::data::*;
use crate::sim::protocol::{ErrorCode, Request};
use crate::sim::time::{Micros, NodeNow};

pub const TOPIC: TopicId = TopicId(7);

/// A request that a machine sent.
pub struct Sent {
    pub to: NodeId,
    pub id: RequestId,
    pub request: Arc<Request>,
}

/// The world of a machine under test: a clock, and what the machine has put out.
#[derive(Default)]
pub struct Hand {
    pub now: NodeNow,
    pub out: Effects,
    pub events: VecDeque<MachineEvent>,
    next_request: u64,
}

impl Hand {
    /// Lets the machine act.
    pub fn act<R>(&mut self, act: impl FnOnce(&mut Io<'_>) -> R) -> R {
        let (now, node) = (self.now, NodeId(FIRST_CLIENT));
        act(&mut Io { now, node, out: &mut self.out, events: &mut self.events })
    }

    /// Lets time pass.
    pub fn wait(&mut self, ms: i64) {
        self.now.monotonic += Micros::from_ms(ms);
        self.now.wall_ms += ms;
    }

    /// The requests and facts since the last time.
    pub fn take(&mut self) -> (Vec<Sent>, Vec<Fact>) {
        let (mut sent, mut facts) = (Vec::new(), Vec::new());
        self.next_request = self.out.next_request();
        for effect in self.out.take() {
            match effect {
                Effect::Send { to, id, request, .. } => sent.push(Sent { to, id, request }),
                Effect::Fact { fact, .. } => facts.push(fact),
                _ => {}
            }
        }
        self.out.begin(self.next_request);
        (sent, facts)
    }

    /// The requests since the last time.
    pub fn sent(&mut self) -> Vec<Sent> {
        self.take().0
    }
}

/// A send call with its record.
pub fn record(topic: &Arc<str>, partition: Option<i32>, value: &[u8], token: u64) -> ClientCalls {
    let mut calls = ClientCalls::default();
    let record = ProducerRecord { partition, value: Some(value), ..ProducerRecord::default() };
    calls.send(0, topic, record, token);
    calls
}

/// The one send call of `calls`.
pub fn send_call(calls: &ClientCalls) -> &SendCall {
    match &calls.made()[0] {
        Call::Send(send) => send,
        other => panic!("not a send: {other:?}"),
    }
}

/// Metadata of topic `t` with these leaders and leader epochs.
pub fn metadata(leaders: &[(i32, i32)]) -> MetadataResponse {
    let partition = |(partition, (leader, leader_epoch)): (i32, &(i32, i32))| MetadataPartition {
        error: ErrorCode::None,
        partition,
        leader: NodeId(*leader),
        leader_epoch: *leader_epoch,
        replicas: Default::default(),
        isr: Default::default(),
        offline: Vec::new(),
    };
    let topic = MetadataTopic {
        error: ErrorCode::None,
        name: Arc::from("t"),
        id: TOPIC,
        partitions: (0..).zip(leaders).map(partition).collect(),
    };
    MetadataResponse {
        brokers: vec![NodeId(1), NodeId(2)],
        controller: NodeId(1),
        topics: vec![topic],
    }
}
