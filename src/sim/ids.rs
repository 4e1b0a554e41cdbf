//! Names of things: nodes, topics, partitions, requests, facts. Quantities that are computed with (offsets, epochs) are aliases.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Next position to write, or the position of a record, in a partition's log.
pub type Offset = i64;
/// Leader epoch of a partition; -1 = none.
pub type LeaderEpoch = i32;
/// Version of a partition's registration in the controller.
pub type PartitionEpoch = i32;
/// Offset of the broker's registration record (KIP-631); -1 = not registered.
pub type BrokerEpoch = i64;
/// Term of the metadata quorum.
pub type QuorumEpoch = i32;
/// Number of a partition inside its topic.
pub type PartitionIndex = i32;
/// Producer id given out by the controller in blocks; -1 = none.
pub type ProducerId = i64;
/// Epoch of a producer id; -1 = none.
pub type ProducerEpoch = i16;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident($inner:ty)) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub struct $name(pub $inner);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

id!(
    /// Kafka's `node.id`: brokers, controllers and, numbered from [`FIRST_CLIENT`], client processes.
    NodeId(i32)
);
id!(
    /// Identity of a topic, never used again after deletion. Stands for Kafka's random UUID.
    TopicId(u32)
);
id!(
    /// A request in flight, unique for the node that sent it.
    RequestId(u64)
);
id!(
    /// A connection's slot in the network; a slot is not used again while a run lasts.
    ConnectionId(u32)
);
id!(
    /// A journalled fact, in the order things happened; 0 = no fact (the start of the world).
    FactId(u64)
);

/// The first node id of client processes.
pub const FIRST_CLIENT: i32 = 100_000;

/// The topic of committed offsets and group metadata.
pub const OFFSETS_TOPIC: &str = "__consumer_offsets";
/// The topic of the transaction coordinators.
const TRANSACTIONS_TOPIC: &str = "__transaction_state";

/// Whether Kafka makes the topic for itself (`Topic.isInternal`).
pub fn is_internal(topic: &str) -> bool {
    [OFFSETS_TOPIC, TRANSACTIONS_TOPIC].contains(&topic)
}

impl NodeId {
    /// "No node": leader of a leaderless partition, replica id of a consumer's fetch.
    pub const NONE: NodeId = NodeId(-1);

    /// Whether the id belongs to a client process.
    pub fn is_client(self) -> bool {
        self.0 >= FIRST_CLIENT
    }
}

/// A partition by its topic's identity.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct TopicPartition {
    /// Identity of the topic.
    pub topic: TopicId,
    /// Number of the partition.
    pub partition: PartitionIndex,
}

impl TopicPartition {
    /// Partition `partition` of `topic`.
    pub fn new(topic: TopicId, partition: PartitionIndex) -> Self {
        TopicPartition { topic, partition }
    }
}
