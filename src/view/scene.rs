//! The scene: what is visible of a cluster at one virtual time, as plain data.
//!
//! A scene knows no pixels and no words. Names, ids and offsets are Kafka's; sentences are made by [`super::describe`].

use serde::{Deserialize, Serialize};

use super::protocol::Selected;

/// Everything the Cluster tab shows at one virtual time.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Scene {
    /// Virtual time in microseconds.
    pub time_us: u64,
    /// The rolling world hash at this time.
    pub hash: u64,
    /// All topics that can be picked, in name order.
    pub topics: Vec<String>,
    /// The topic on the board, if there is one.
    pub topic: Option<Topic>,
    /// One column per partition of the topic.
    pub columns: Vec<Column>,
    /// The controller quorum, by id.
    pub controllers: Vec<Controller>,
    /// The producers that write to the topic.
    pub producers: Vec<Producer>,
    /// The brokers, by id; each holds a cell per column.
    pub brokers: Vec<Broker>,
    /// The groups that read the topic.
    pub groups: Vec<Group>,
    /// Requests and responses on their way.
    pub flights: Vec<Flight>,
    /// The latest milestones, oldest first.
    pub events: Vec<Event>,
    /// The time axis of the dock.
    pub timeline: Timeline,
    /// The charts of the dock.
    pub charts: Vec<Chart>,
    /// What the configuration promises, and whether it held so far.
    pub promises: Vec<Promise>,
    /// Links that are cut or slowed.
    pub links: Vec<Link>,
    /// The configs of what is looked at closely, and what that is.
    pub configs: Vec<Config>,
    pub configs_of: Option<Selected>,
    /// The guided walk, in the setup that has one.
    pub walk: Option<Walk>,
}

/// Where a guided walk is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Walk {
    /// Steps begun.
    pub step: u8,
    /// Partition and offset of the message, once it is acknowledged.
    pub stored: Option<(i32, i64)>,
    /// What the subscriber printed.
    pub printed: Option<String>,
}

/// A link that is not as the setup made it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    pub a: i32,
    pub b: i32,
    pub cut: bool,
    /// One-way latency in milliseconds, in place of the setup's.
    pub latency_ms: Option<u32>,
}

/// A config under Kafka's name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Config {
    pub name: String,
    pub value: String,
    /// Whether the value is not Kafka's default.
    pub own: bool,
}

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
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
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
}

impl Group {
    /// The lag over all columns that have a committed offset; None where no offset is known, as without a coordinator.
    pub fn lag(&self) -> Option<i64> {
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

/// Someone a message comes from or goes to: a row of the board.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Row {
    Controller,
    Producer(u8),
    /// The broker at this place in [`Scene::brokers`].
    Broker(u8),
    /// The group at this place in [`Scene::groups`].
    Group(u8),
}

/// What is in flight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Cargo {
    /// Records, with their number.
    Records(u32),
    /// A request without records.
    Request,
    /// A response without records.
    Response,
    /// Control traffic: heartbeats, votes, metadata.
    Control,
}

/// A message on its way between two rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flight {
    pub id: u64,
    /// The column it is drawn in; control traffic has none and goes in the gutter.
    pub column: Option<u16>,
    pub from: Row,
    pub to: Row,
    pub cargo: Cargo,
    pub sent_us: u64,
    pub due_us: u64,
    /// It will not arrive: its receiver is down or the link is cut.
    pub lost: bool,
}

/// A milestone of the run. No prose: [`super::describe`] makes the sentence.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// The id of the journal entry.
    pub id: u64,
    pub time_us: u64,
    pub what: What,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum What {
    ControllerElected {
        controller: i32,
        epoch: i32,
    },
    ControllerResigned {
        controller: i32,
        epoch: i32,
    },
    BrokerUnfenced {
        broker: i32,
    },
    BrokerFenced {
        broker: i32,
    },
    BrokerShuttingDown {
        broker: i32,
    },
    /// A process ended by itself.
    ProcessExited {
        node: NodeName,
    },
    /// Records that were only in the page cache went with the power.
    UnflushedLost {
        topic: String,
        partition: i32,
        broker: i32,
        records: u64,
    },
    TopicCreated {
        topic: String,
        partitions: i32,
    },
    TopicDeleted {
        topic: String,
    },
    LeaderElected {
        topic: String,
        partition: i32,
        /// `None` if the partition had no leader.
        from: Option<i32>,
        to: i32,
        leader_epoch: i32,
        unclean: bool,
    },
    PartitionOffline {
        topic: String,
        partition: i32,
    },
    /// The brokers left the ISR of the partitions.
    IsrShrunk {
        topic: String,
        partitions: Vec<i32>,
        brokers: Vec<i32>,
    },
    /// The brokers joined the ISR of the partitions.
    IsrExpanded {
        topic: String,
        partitions: Vec<i32>,
        brokers: Vec<i32>,
    },
    LogTruncated {
        topic: String,
        partition: i32,
        broker: i32,
        from: i64,
        to: i64,
    },
    GroupStable {
        group: String,
        generation: i32,
        members: i32,
    },
    GroupRebalancing {
        group: String,
    },
    GroupEmpty {
        group: String,
    },
    MemberRemoved {
        group: String,
        member: String,
        /// Its session timed out; else it left by itself.
        expired: bool,
    },
    /// A producer gave up on records.
    SendFailed {
        client: String,
        topic: String,
        partition: i32,
        records: u32,
        /// Kafka's name of the error.
        error: String,
    },
    LinkCut {
        from: NodeName,
        to: NodeName,
    },
    LinkHealed {
        from: NodeName,
        to: NodeName,
    },
    /// The link has a latency of its own; `None` = the setup's again.
    LinkSlowed {
        from: NodeName,
        to: NodeName,
        latency_ms: Option<u32>,
    },
    /// Connections were reset: what was on the way is lost.
    LinkReset {
        from: NodeName,
        to: NodeName,
    },
    /// The person, or a script, did something to a process.
    Acted {
        deed: Deed,
        node: NodeName,
    },
    /// A training evaluated its parameters.
    Evaluated {
        epoch: u32,
        accuracy: f32,
    },
    PromiseBroken {
        promise: PromiseKind,
    },
    ExpectedAnomaly {
        promise: PromiseKind,
    },
}

/// What was done to a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Deed {
    Killed,
    PoweredOff,
    Stopped,
    Paused,
    Resumed,
    Started,
    Wiped,
}

/// A process by the name the board gives it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum NodeName {
    Broker(i32),
    Controller(i32),
    Client(String),
}

/// How an event looks on the timeline.
///
/// Where several events share a place, the latest of this order is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Glyph {
    Started,
    Created,
    Grown,
    Evaluated,
    Exited,
    Rebalanced,
    Shrunk,
    Truncated,
    Elected,
    Fault,
    Alarm,
}

impl What {
    /// The glyph of the event.
    pub fn glyph(&self) -> Glyph {
        match self {
            What::BrokerUnfenced { .. } | What::IsrExpanded { .. } => Glyph::Grown,
            What::TopicCreated { .. } | What::TopicDeleted { .. } => Glyph::Created,
            What::ControllerElected { .. } | What::LeaderElected { .. } => Glyph::Elected,
            What::BrokerFenced { .. }
            | What::BrokerShuttingDown { .. }
            | What::ControllerResigned { .. }
            | What::IsrShrunk { .. } => Glyph::Shrunk,
            What::LogTruncated { .. } => Glyph::Truncated,
            What::GroupStable { .. }
            | What::GroupRebalancing { .. }
            | What::GroupEmpty { .. }
            | What::MemberRemoved { .. } => Glyph::Rebalanced,
            What::Acted { deed: Deed::Started | Deed::Resumed, .. }
            | What::LinkHealed { .. }
            | What::LinkSlowed { latency_ms: None, .. } => Glyph::Started,
            What::Acted { .. }
            | What::LinkCut { .. }
            | What::LinkSlowed { .. }
            | What::LinkReset { .. } => Glyph::Fault,
            What::ProcessExited { .. } => Glyph::Exited,
            What::Evaluated { .. } => Glyph::Evaluated,
            What::UnflushedLost { .. }
            | What::PartitionOffline { .. }
            | What::SendFailed { .. }
            | What::PromiseBroken { .. }
            | What::ExpectedAnomaly { .. } => Glyph::Alarm,
        }
    }
}

/// The time axis: what is known of the run, and what stands on it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Timeline {
    /// How far the run is known; later than the scene's time after a rewind.
    pub known_us: u64,
    pub marks: Vec<Mark>,
    /// The times of the snapshots a seek can start from.
    pub snapshots: Vec<u64>,
}

/// One or more events at one place of the timeline.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Mark {
    pub time_us: u64,
    pub glyph: Glyph,
    /// How many events it stands for.
    pub count: u32,
}

/// A chart of the dock.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Chart {
    pub kind: ChartKind,
    pub lines: Vec<Line>,
}

/// What a chart shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ChartKind {
    /// Records a second: written, and read by a group.
    Throughput { group: Option<String> },
    /// Lag of a group, per partition.
    Lag { group: String },
    /// Partitions whose ISR is smaller than their replicas.
    UnderReplicated { partitions: u32 },
    /// What a person chose.
    Metric(Metric),
}

/// A chart to choose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Metric {
    Records,
    Bytes,
    Lag,
    Drain,
    Partitions,
    Isr,
    Latency,
    Rebalances,
    Elections,
    Errors,
}

impl Metric {
    /// All, in the order of the chooser.
    pub const ALL: [Metric; 10] = [
        Metric::Records,
        Metric::Bytes,
        Metric::Lag,
        Metric::Drain,
        Metric::Partitions,
        Metric::Isr,
        Metric::Latency,
        Metric::Rebalances,
        Metric::Elections,
        Metric::Errors,
    ];

    /// The names of its lines, as Kafka's metrics are called where Kafka has them; lag has a line per partition.
    pub fn names(self) -> &'static [&'static str] {
        match self {
            Metric::Records => &["MessagesInPerSec", "records-consumed-rate"],
            Metric::Bytes => &["BytesInPerSec"],
            Metric::Lag => &["records-lag"],
            Metric::Drain => &["time to drain, s"],
            Metric::Partitions => &["UnderReplicatedPartitions", "OfflinePartitionsCount"],
            Metric::Isr => &["IsrShrinksPerSec", "IsrExpandsPerSec"],
            Metric::Latency => &["Produce TotalTimeMs p50", "Produce TotalTimeMs p99"],
            Metric::Rebalances => &["rebalance-total"],
            Metric::Elections => &["LeaderElections", "UncleanLeaderElections"],
            Metric::Errors => &["records given up", "records truncated"],
        }
    }
}

/// A line of a chart: points of (virtual microseconds, value).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// The column whose hue it wears; `None` is ink.
    pub column: Option<u16>,
    pub points: Vec<(u64, f32)>,
}

/// The promises of the panel, see `checks/promise.rs`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PromiseKind {
    NoLoss,
    StoredOnce,
    Order,
    CommittedOnly,
    Continue,
    ProcessedOnce,
}

/// How a promise stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Standing {
    Holds,
    /// It holds, but the next failure ends it.
    NoSpare,
    NotPromised,
    Broken,
}

/// A promise under the current configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Promise {
    pub kind: PromiseKind,
    pub standing: Standing,
    /// How many cases its judge has looked at.
    pub checked: u64,
    /// Expected anomalies counted where it does not hold.
    pub anomalies: u64,
}
