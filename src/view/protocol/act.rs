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
    /// How many keys a producer uses in turn; 0 = records without a key.
    Keys(i32, u32),
    /// Bytes of a producer's values.
    ValueBytes(i32, u32),
    /// Milliseconds that a consumer works on a record.
    Processing(i32, u32),
    /// What each write to a server's disk takes longer, in milliseconds; 0 is the setup's own speed again.
    SlowDisk(i32, u32),
    /// Elects leaders everywhere: those that the assignment prefers, or any where there is none.
    Elect {
        unclean: bool,
    },
    /// One-way latency of every link without one of its own, in microseconds.
    Network(u32),
}

/// What a person asks of the cluster and its clients in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Order {
    /// Without a value, the config has its default again.
    TopicConfig {
        topic: String,
        name: String,
        value: Option<String>,
    },
    /// A dynamic config of one broker, or of all. Without a value, the default again.
    BrokerConfig {
        broker: Option<i32>,
        name: String,
        value: Option<String>,
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
    /// So many partitions in all.
    AddPartitions {
        topic: String,
        total: i32,
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
    /// The playground allows no more than that.
    Limit(u32),
    /// The run holds no more actions.
    TooManyActions,
    /// The run is as long as a run can be.
    RunOver,
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
