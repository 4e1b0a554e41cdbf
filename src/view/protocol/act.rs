//! What a person asks for, and what became of it.

use serde::{Deserialize, Serialize};

/// What a person does to processes and links, by node id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Act {
    Kill(i32),
    Restart(i32),
    Pause(i32),
    Resume(i32),
    PowerLoss(i32),
    /// Stops the process in order.
    Stop(i32),
    /// Removes everything from the disk of a process that does not run.
    Wipe(i32),
    /// Cuts the link in both directions.
    Cut(i32, i32),
    Heal(i32, i32),
    /// One-way latency in milliseconds, both ways; 0 is the setup's own again.
    Slow(i32, i32, u32),
    /// Resets every connection of the link.
    Reset(i32, i32),
    /// Starts one more client of the same program.
    AddLike(i32),
    /// Lets a consumer commit its positions now.
    Commit(i32),
    /// Records a second that a producer sends.
    Rate(i32, u32),
}

/// What a person asks of the cluster and its clients in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Order {
    TopicConfig {
        topic: String,
        name: String,
        value: String,
    },
    ClientConfig {
        node: i32,
        name: String,
        value: String,
    },
    /// A record without a key if the key is empty.
    Send {
        topic: String,
        key: String,
        value: String,
    },
    CreateTopic {
        name: String,
        partitions: i32,
        copies: i16,
    },
    DeleteTopic(String),
}

/// Anything a person asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Asked {
    Act(Act),
    Order(Order),
}

/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outcome {
    Done,
    /// The cluster has not answered yet.
    Waiting,
    /// The record is stored.
    Stored {
        partition: i32,
        offset: i64,
    },
    /// Kafka says no, in its own words.
    Refused(String),
    /// The thing is in another state, or there are too many.
    Impossible,
}

/// The answer to the last thing asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reply {
    /// Counts up with every thing asked.
    pub number: u32,
    pub time_us: u64,
    pub asked: Asked,
    pub outcome: Outcome,
}
