//! What stands on the board: the topic, its columns, and everyone who touches them.

use serde::{Deserialize, Serialize};

/// The topic on the board.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Topic {
    pub name: String,
    pub partitions: u32,
    pub replication_factor: u32,
    pub min_insync_replicas: u32,
}

/// A partition as the active controller believes it to be.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Column {
    pub partition: i32,
    /// `None` while the partition is offline.
    pub leader: Option<i32>,
    pub leader_epoch: i32,
    /// In assignment order; the first is the preferred leader.
    pub replicas: Vec<i32>,
    pub isr: Vec<i32>,
    pub elr: Vec<i32>,
    /// The high watermark of the leader; of the most advanced replica while there is none.
    pub high_watermark: i64,
}

/// What a process is doing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Process {
    /// Starting up: not yet serving.
    Starting,
    #[default]
    Running,
    /// Running, but fenced by the controller.
    Fenced,
    /// Shutting down in order (controlled shutdown).
    Stopping,
    /// Frozen (SIGSTOP).
    Paused,
    /// Not running.
    Stopped,
}

impl Process {
    /// Whether the process can be killed or paused.
    pub fn is_alive(self) -> bool {
        !matches!(self, Process::Stopped)
    }
}

/// What a controller is to its quorum.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum QuorumRole {
    #[default]
    Follower,
    Prospective,
    Candidate,
    Leader,
    Unattached,
    Resigned,
}

/// A voter of the controller quorum.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Controller {
    pub id: i32,
    pub role: QuorumRole,
    pub epoch: i32,
    pub process: Process,
}

/// A producer and the batches it is filling.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Producer {
    pub name: String,
    /// The node the producer runs on.
    pub node: i32,
    /// Records a second that it means to send.
    pub asked_rate: u32,
    /// How many keys it uses in turn; 0 = none.
    pub keys: u32,
    /// Bytes of a value.
    pub value_bytes: u32,
    /// The value of `acks`, as it is written in a configuration: `0`, `1` or `all`.
    pub acks: String,
    /// Records a second, over the last seconds.
    pub rate: u32,
    pub process: Process,
    /// Records waiting in the accumulator, per column.
    pub waiting: Vec<u32>,
}

/// A broker and its replicas of the topic.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Broker {
    pub id: i32,
    pub process: Process,
    /// When the process came into this state.
    pub since_us: u64,
    /// What each write to its disk takes longer, in milliseconds.
    pub slow_disk_ms: u32,
    /// How long the active controller has not heard of it, and after how long it fences it; both in microseconds, and only
    /// while that is worth a look.
    pub silence_us: Option<(u64, u64)>,
    /// One cell per column; `None` where the broker holds no replica.
    pub cells: Vec<Option<Replica>>,
}

/// What a replica is to its partition.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum ReplicaRole {
    Leader,
    #[default]
    Follower,
    OutOfSync,
    /// The broker is down; the log is what it held.
    Stopped,
    /// The broker is down and led the partition when it stopped.
    WasLeader,
}

/// One replica's log.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Replica {
    pub role: ReplicaRole,
    /// The leader epoch this replica itself knows.
    pub leader_epoch: i32,
    pub log_start: i64,
    pub log_end: i64,
    /// This replica's own high watermark.
    pub high_watermark: i64,
    /// First offset from which this log differs from the leader's, if it does: it will be truncated.
    pub diverges_at: Option<i64>,
    /// The start offsets of the leader epochs above the first, within the visible tail.
    pub epoch_starts: Vec<(i32, i64)>,
}

/// The state of a consumer group, named as `kafka-consumer-groups --state` names it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum GroupState {
    /// No broker coordinates the group now.
    #[default]
    NoCoordinator,
    Empty,
    PreparingRebalance,
    CompletingRebalance,
    Stable,
    Dead,
}

/// A consumer group.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Group {
    pub name: String,
    pub state: GroupState,
    pub generation: i32,
    pub members: Vec<Member>,
    /// One lane per column.
    pub lanes: Vec<Lane>,
    /// The lag over all partitions of the topic, where the board shows a page of them only.
    pub whole_lag: Option<i64>,
}

impl Group {
    /// The lag over all partitions that have a committed offset; None where no offset is known, as without a coordinator.
    pub fn lag(&self) -> Option<i64> {
        if self.whole_lag.is_some() {
            return self.whole_lag;
        }
        let mut known = self.lanes.iter().filter_map(|lane| lane.lag).peekable();
        known.peek()?;
        Some(known.sum())
    }
}

/// A client process that is a member of a group.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Member {
    pub name: String,
    /// The node the member runs on.
    pub node: i32,
    pub process: Process,
    /// Whether it owns a partition of the topic on the board.
    pub owns: bool,
}

/// How far a group has read one partition.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Lane {
    /// The member that owns the partition.
    pub consumer: Option<String>,
    /// The next offset it will read.
    pub position: Option<i64>,
    /// The committed offset.
    pub committed: Option<i64>,
    /// High watermark minus committed offset, as `kafka-consumer-groups` counts it.
    pub lag: Option<i64>,
}
