//! What the page wants to see.

use serde::{Deserialize, Serialize};

use crate::view::scene::PromiseKind;

/// What the page wants to see.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Viewport {
    /// The topic on the board; `None` is the setup's own.
    pub topic: Option<String>,
    /// Which page of the topic's partitions is on the board, from 0.
    pub page: u16,
    /// The partition whose records are shown with their keys.
    pub detail: Option<i32>,
    /// What is looked at closely.
    pub selected: Option<Selected>,
    /// Whether the event log tells everything, not milestones only.
    pub everything: bool,
}

/// Something that can be looked at closely, and some of it acted on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Selected {
    /// The topic on the board.
    Topic,
    /// A process.
    Node(i32),
    /// A consumer group.
    Group(String),
    /// A partition of the topic on the board.
    Partition(i32),
    /// A partition's copy on a broker.
    Replica { partition: i32, broker: i32 },
    /// A record in a copy.
    Record { partition: i32, broker: i32, offset: i64 },
    /// How far a group has read a partition.
    Lane { group: String, partition: i32 },
    /// A message in flight, by its id.
    Message(u64),
    /// Something that happened, by the id of its journal entry.
    Event(u64),
    /// A promise of the configuration.
    Promise(PromiseKind),
}
