//! What happened, and how it looks on the timeline.

use serde::{Deserialize, Serialize};

use super::PromiseKind;

/// A milestone of the run. No prose: [`crate::view::describe`] makes the sentence.
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
    /// Several at one moment.
    TopicsCreated {
        count: u32,
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
    /// Every link without a latency of its own takes so long from now on.
    NetworkChanged {
        latency_us: u32,
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
    /// A config of a topic has another value; which and what, if a person asked for it.
    ConfigChanged {
        name: String,
        value: Option<(String, String)>,
    },
    // Finer things, told only where everything is.
    ProcessStarted {
        node: NodeName,
    },
    BrokerRegistered {
        broker: i32,
    },
    /// A controller asks for votes.
    ElectionStarted {
        controller: i32,
        epoch: i32,
    },
    BecameLeader {
        topic: String,
        partition: i32,
        broker: i32,
        leader_epoch: i32,
    },
    /// A leader asks the controller for another ISR.
    IsrAsked {
        topic: String,
        partition: i32,
        broker: i32,
        isr: Vec<i32>,
    },
    ProduceRefused {
        topic: String,
        partition: i32,
        broker: i32,
        /// Kafka's name of the error.
        error: String,
    },
    SendRetried {
        client: String,
        topic: String,
        partition: i32,
        error: String,
    },
    MemberJoined {
        group: String,
        member: String,
    },
    /// A broker has become the group's coordinator.
    GroupLoaded {
        group: String,
        broker: i32,
    },
    CommitRefused {
        group: String,
        member: String,
        error: String,
    },
    PartitionsAssigned {
        member: String,
        count: u32,
    },
    PartitionsRevoked {
        member: String,
        count: u32,
    },
    RequestFailed {
        from: NodeName,
        to: NodeName,
        /// The request's name in Kafka's protocol.
        api: String,
        timed_out: bool,
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
    DiskSlowed,
    DiskRestored,
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
    Changed,
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

/// What an event is about, to choose by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    Faults,
    /// Leaders and in-sync replicas.
    Leaders,
    Groups,
    Clients,
    /// Controllers and the metadata.
    Controllers,
}

impl Kind {
    /// All, in the order of the chooser.
    pub const ALL: [Kind; 5] =
        [Kind::Faults, Kind::Leaders, Kind::Groups, Kind::Clients, Kind::Controllers];
}

impl What {
    /// What it is about.
    pub fn kind(&self) -> Kind {
        match self {
            What::LeaderElected { .. }
            | What::PartitionOffline { .. }
            | What::IsrShrunk { .. }
            | What::IsrExpanded { .. }
            | What::IsrAsked { .. }
            | What::BecameLeader { .. }
            | What::LogTruncated { .. } => Kind::Leaders,
            What::GroupStable { .. }
            | What::GroupRebalancing { .. }
            | What::GroupEmpty { .. }
            | What::GroupLoaded { .. }
            | What::MemberJoined { .. }
            | What::MemberRemoved { .. }
            | What::CommitRefused { .. }
            | What::PartitionsAssigned { .. }
            | What::PartitionsRevoked { .. } => Kind::Groups,
            What::SendFailed { .. }
            | What::SendRetried { .. }
            | What::ProduceRefused { .. }
            | What::RequestFailed { .. }
            | What::Evaluated { .. } => Kind::Clients,
            What::ControllerElected { .. }
            | What::ControllerResigned { .. }
            | What::ElectionStarted { .. }
            | What::BrokerRegistered { .. }
            | What::BrokerFenced { .. }
            | What::BrokerUnfenced { .. }
            | What::BrokerShuttingDown { .. }
            | What::TopicCreated { .. }
            | What::TopicsCreated { .. }
            | What::TopicDeleted { .. }
            | What::ConfigChanged { .. } => Kind::Controllers,
            What::Acted { .. }
            | What::ProcessStarted { .. }
            | What::ProcessExited { .. }
            | What::LinkCut { .. }
            | What::LinkHealed { .. }
            | What::LinkSlowed { .. }
            | What::NetworkChanged { .. }
            | What::LinkReset { .. }
            | What::UnflushedLost { .. }
            | What::PromiseBroken { .. }
            | What::ExpectedAnomaly { .. } => Kind::Faults,
        }
    }

    /// The glyph of the event.
    pub fn glyph(&self) -> Glyph {
        match self {
            What::BrokerUnfenced { .. }
            | What::IsrExpanded { .. }
            | What::BrokerRegistered { .. } => Glyph::Grown,
            What::TopicCreated { .. } | What::TopicsCreated { .. } | What::TopicDeleted { .. } => {
                Glyph::Created
            }
            What::ConfigChanged { .. } | What::NetworkChanged { .. } => Glyph::Changed,
            What::ControllerElected { .. }
            | What::LeaderElected { .. }
            | What::ElectionStarted { .. }
            | What::BecameLeader { .. } => Glyph::Elected,
            What::BrokerFenced { .. }
            | What::BrokerShuttingDown { .. }
            | What::ControllerResigned { .. }
            | What::IsrAsked { .. }
            | What::IsrShrunk { .. } => Glyph::Shrunk,
            What::LogTruncated { .. } => Glyph::Truncated,
            What::GroupStable { .. }
            | What::GroupRebalancing { .. }
            | What::GroupEmpty { .. }
            | What::MemberJoined { .. }
            | What::GroupLoaded { .. }
            | What::PartitionsAssigned { .. }
            | What::PartitionsRevoked { .. }
            | What::MemberRemoved { .. } => Glyph::Rebalanced,
            What::Acted { deed: Deed::Started | Deed::Resumed | Deed::DiskRestored, .. }
            | What::ProcessStarted { .. }
            | What::LinkHealed { .. }
            | What::LinkSlowed { latency_ms: None, .. } => Glyph::Started,
            What::Acted { .. }
            | What::LinkCut { .. }
            | What::LinkSlowed { .. }
            | What::LinkReset { .. } => Glyph::Fault,
            What::ProcessExited { .. }
            | What::SendRetried { .. }
            | What::RequestFailed { .. }
            | What::ProduceRefused { .. }
            | What::CommitRefused { .. } => Glyph::Exited,
            What::Evaluated { .. } => Glyph::Evaluated,
            What::UnflushedLost { .. }
            | What::PartitionOffline { .. }
            | What::SendFailed { .. }
            | What::PromiseBroken { .. }
            | What::ExpectedAnomaly { .. } => Glyph::Alarm,
        }
    }
}
