//! Helps tests to drive a program by hand, without a world.

use std::sync::Arc;

use crate::sim::client::program::{
    AdminResult, Call, ClientCalls, ClientEvent, PolledRecords, Program, SendCall,
};
use crate::sim::ids::{NodeId, Offset, TopicId, TopicPartition};
use crate::sim::protocol::ErrorCode;
use crate::sim::protocol::data::{MetadataPartition, MetadataTopic};
use crate::sim::protocol::group::NamedPartition;
use crate::sim::storage::batch::{Batch, BodyBuilder};
use crate::sim::time::NodeNow;

/// Hands an event to a program and returns its calls.
pub fn on<P: Program>(program: &mut P, event: ClientEvent<P::Command>) -> ClientCalls {
    let mut calls = ClientCalls::default();
    program.on(NodeNow::default(), event, &mut calls);
    calls
}

/// The records that were sent.
pub fn sends(calls: &ClientCalls) -> Vec<SendCall> {
    let send = |call: &Call| if let Call::Send(send) = call { Some(*send) } else { None };
    calls.made().iter().filter_map(send).collect()
}

/// The answer to a [`super::topics::TopicWait`]: these topics exist.
pub fn described<C>(topics: &[&str]) -> ClientEvent<C> {
    let found = topics.iter().map(|name| MetadataTopic {
        error: ErrorCode::None,
        name: Arc::from(*name),
        id: TopicId(1),
        partitions: vec![MetadataPartition {
            error: ErrorCode::None,
            partition: 0,
            leader: NodeId(1),
            leader_epoch: 0,
            replicas: Default::default(),
            isr: Default::default(),
            offline: Vec::new(),
        }],
    });
    let result = AdminResult::Described(found.collect());
    ClientEvent::Admin { token: super::topics::TOKEN, result }
}

/// A partition by name.
pub fn partition(topic: &str, partition: i32) -> NamedPartition {
    NamedPartition { topic: Arc::from(topic), partition }
}

/// Records (key and value) of one partition from an offset on, as a poll returns them.
pub fn polled(
    topic: &str,
    index: i32,
    from: Offset,
    records: &[(Option<&[u8]>, &[u8])],
) -> Vec<PolledRecords> {
    let mut builder = BodyBuilder::default();
    for (key, value) in records {
        builder.push(0, *key, Some(value));
    }
    let mut batch = Batch::new(builder.build());
    batch.header.base_offset = from;
    let next = batch.next_offset();
    let id = TopicPartition::new(TopicId(1), index);
    vec![PolledRecords { partition: partition(topic, index), id, from, next, batches: vec![batch] }]
}
