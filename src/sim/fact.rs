//! Facts: what happened, typed and without prose, each with its cause.
//!
//! Judges, metrics and the journal read facts; nothing in the world does. A milestone is a fact that a person would put
//! on a timeline; milestones are kept long, the finer ones are rebuilt by replay.

use std::sync::Arc;

use serde::Serialize;

use crate::sim::act::Fault;
use crate::sim::controller::partition_registration::BrokerIds;
use crate::sim::ids::*;
use crate::sim::protocol::ErrorCode;
use crate::sim::protocol::group::NamedPartition;
use crate::sim::storage::batch::Origin;
use crate::sim::time::SimTime;

/// A fact with its place in the world.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct FactRecord {
    /// Ascending in the order things happened.
    pub id: FactId,
    /// When.
    #[serde(rename = "time_us")]
    pub time: SimTime,
    /// Where; [`NodeId::NONE`] for acts of a person or of the network.
    pub node: NodeId,
    /// The fact that led to this one; 0 = the start.
    pub cause: FactId,
    /// What.
    #[serde(flatten)]
    pub fact: Fact,
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(tag = "kind", content = "fields")]
pub enum Fact {
    // Acts of a person, a scenario or the swarm.
    /// A fault was injected, or taken back.
    Fault(Fault),

    // Processes.
    /// A process began to run.
    ProcessStarted {
        node: NodeId,
    },
    /// A process ended by itself after a clean shutdown.
    ProcessExited {
        node: NodeId,
    },
    /// Records that were not on the medium went with a power loss.
    UnflushedLost {
        node: NodeId,
        partition: TopicPartition,
        records: u64,
        log_end_offset: Offset,
    },

    // Metadata quorum.
    /// A voter became a candidate (or, in a pre-vote, a prospective).
    QuorumElectionStarted {
        node: NodeId,
        epoch: QuorumEpoch,
        pre_vote: bool,
    },
    /// A voter gave its vote and has it on disk.
    VoteGranted {
        voter: NodeId,
        candidate: NodeId,
        epoch: QuorumEpoch,
    },
    /// A candidate won.
    QuorumLeaderElected {
        node: NodeId,
        epoch: QuorumEpoch,
    },
    /// A leader gave up or lost its majority.
    QuorumLeaderResigned {
        node: NodeId,
        epoch: QuorumEpoch,
    },
    /// A node's knowledge of the committed metadata log advanced.
    QuorumHighWatermark {
        node: NodeId,
        offset: Offset,
        digest: u64,
    },
    /// The log of a node was cut because it diverged.
    QuorumTruncated {
        node: NodeId,
        offset: Offset,
    },
    /// The leader appended a batch.
    QuorumAppended {
        node: NodeId,
        epoch: QuorumEpoch,
        next_offset: Offset,
        digest: u64,
    },

    // Broker lifecycle, as the active controller records it.
    BrokerRegistered {
        broker: NodeId,
        broker_epoch: BrokerEpoch,
    },
    BrokerFenced {
        broker: NodeId,
    },
    BrokerUnfenced {
        broker: NodeId,
    },
    BrokerShuttingDown {
        broker: NodeId,
    },

    // Topics and partitions, as the active controller records them.
    TopicCreated {
        topic: TopicId,
        name: Arc<str>,
        partitions: i32,
    },
    TopicDeleted {
        topic: TopicId,
        name: Arc<str>,
    },
    /// A new leader; `unclean` = it may lack committed records.
    LeaderElected {
        partition: TopicPartition,
        leader: NodeId,
        leader_epoch: LeaderEpoch,
        unclean: bool,
    },
    /// No leader can be had.
    PartitionOffline {
        partition: TopicPartition,
        leader_epoch: LeaderEpoch,
    },
    IsrShrunk {
        partition: TopicPartition,
        isr: BrokerIds,
        removed: BrokerIds,
    },
    IsrExpanded {
        partition: TopicPartition,
        isr: BrokerIds,
        added: BrokerIds,
    },
    ConfigChanged {
        name: Arc<str>,
    },

    // Replicas on brokers.
    BecameLeader {
        broker: NodeId,
        partition: TopicPartition,
        leader_epoch: LeaderEpoch,
        log_end_offset: Offset,
    },
    BecameFollower {
        broker: NodeId,
        partition: TopicPartition,
        leader: NodeId,
        leader_epoch: LeaderEpoch,
    },
    /// A leader asked the controller for another ISR because of followers that lag or have caught up.
    IsrChangeAsked {
        broker: NodeId,
        partition: TopicPartition,
        isr: BrokerIds,
    },
    /// A batch was appended, by a leader or by a follower that copied it.
    Appended {
        broker: NodeId,
        partition: TopicPartition,
        base_offset: Offset,
        last_offset: Offset,
        leader_epoch: LeaderEpoch,
        producer: (ProducerId, ProducerEpoch),
        base_sequence: i32,
        origin: Origin,
        digest: u64,
        as_leader: bool,
    },
    HighWatermarkAdvanced {
        broker: NodeId,
        partition: TopicPartition,
        high_watermark: Offset,
        as_leader: bool,
    },
    Truncated {
        broker: NodeId,
        partition: TopicPartition,
        from: Offset,
        to: Offset,
    },
    /// The leader refused a produce request's batch.
    ProduceRefused {
        broker: NodeId,
        partition: TopicPartition,
        error: ErrorCode,
    },
    /// The leader answered a batch positively.
    ProduceAcknowledged {
        broker: NodeId,
        partition: TopicPartition,
        base_offset: Offset,
        last_offset: Offset,
        acks_all: bool,
    },

    // Groups, as their coordinator records them.
    MemberJoined {
        group: Arc<str>,
        member: Arc<str>,
        client: NodeId,
    },
    /// A member left by itself, or `expired`.
    MemberRemoved {
        group: Arc<str>,
        member: Arc<str>,
        expired: bool,
    },
    RebalanceStarted {
        group: Arc<str>,
        generation: i32,
    },
    GenerationStable {
        group: Arc<str>,
        generation: i32,
        members: i32,
    },
    GroupEmpty {
        group: Arc<str>,
        generation: i32,
    },
    GroupLoaded {
        coordinator: NodeId,
        group: Arc<str>,
        generation: i32,
    },
    OffsetCommitted {
        group: Arc<str>,
        partition: NamedPartition,
        offset: Offset,
        generation: i32,
    },
    CommitRefused {
        group: Arc<str>,
        member: Arc<str>,
        error: ErrorCode,
    },

    // Clients, as the programs see them.
    /// The producer was told that the records are stored (or, with acks=0, assumes it; offset -1).
    SendAcknowledged {
        client: NodeId,
        partition: TopicPartition,
        base_offset: Offset,
        records: u32,
        digest: u64,
        acks_all: bool,
    },
    /// The producer gave up on the records.
    SendFailed {
        client: NodeId,
        partition: TopicPartition,
        records: u32,
        error: ErrorCode,
    },
    /// The producer sends a batch again.
    SendRetried {
        client: NodeId,
        partition: TopicPartition,
        error: ErrorCode,
    },
    /// A poll returned records of one partition. The digest rolls over those of the batches that hold them, in order, also
    /// where only a part of a batch was returned.
    Delivered {
        client: NodeId,
        consumer: u32,
        partition: TopicPartition,
        from: Offset,
        next: Offset,
        digest: u64,
    },
    PartitionsAssigned {
        client: NodeId,
        consumer: u32,
        group: Arc<str>,
        generation: i32,
        partitions: Arc<[NamedPartition]>,
    },
    PartitionsRevoked {
        client: NodeId,
        consumer: u32,
        group: Arc<str>,
        partitions: Arc<[NamedPartition]>,
        lost: bool,
    },
    PositionReset {
        client: NodeId,
        consumer: u32,
        partition: TopicPartition,
        offset: Offset,
    },
    /// A program reached a point worth telling, such as an epoch of training; meaning and numbers are the program's.
    Program {
        client: NodeId,
        code: u16,
        values: [i64; 3],
    },

    // Connections.
    /// A request ended without an answer.
    RequestFailed {
        from: NodeId,
        to: NodeId,
        api: &'static str,
        timed_out: bool,
    },
}

impl Fact {
    /// Whether a person would put it on a timeline.
    pub fn is_milestone(&self) -> bool {
        match self {
            Fact::Fault(_)
            | Fact::ProcessStarted { .. }
            | Fact::ProcessExited { .. }
            | Fact::UnflushedLost { .. }
            | Fact::QuorumLeaderElected { .. }
            | Fact::QuorumLeaderResigned { .. }
            | Fact::BrokerRegistered { .. }
            | Fact::BrokerFenced { .. }
            | Fact::BrokerUnfenced { .. }
            | Fact::BrokerShuttingDown { .. }
            | Fact::TopicCreated { .. }
            | Fact::TopicDeleted { .. }
            | Fact::LeaderElected { .. }
            | Fact::PartitionOffline { .. }
            | Fact::IsrShrunk { .. }
            | Fact::IsrExpanded { .. }
            | Fact::ConfigChanged { .. }
            | Fact::Truncated { .. }
            | Fact::MemberJoined { .. }
            | Fact::MemberRemoved { .. }
            | Fact::RebalanceStarted { .. }
            | Fact::GenerationStable { .. }
            | Fact::GroupEmpty { .. }
            | Fact::GroupLoaded { .. }
            | Fact::SendFailed { .. }
            | Fact::Program { .. } => true,
            Fact::QuorumElectionStarted { .. }
            | Fact::VoteGranted { .. }
            | Fact::QuorumHighWatermark { .. }
            | Fact::QuorumTruncated { .. }
            | Fact::QuorumAppended { .. }
            | Fact::BecameLeader { .. }
            | Fact::BecameFollower { .. }
            | Fact::IsrChangeAsked { .. }
            | Fact::Appended { .. }
            | Fact::HighWatermarkAdvanced { .. }
            | Fact::ProduceRefused { .. }
            | Fact::ProduceAcknowledged { .. }
            | Fact::OffsetCommitted { .. }
            | Fact::CommitRefused { .. }
            | Fact::SendAcknowledged { .. }
            | Fact::SendRetried { .. }
            | Fact::Delivered { .. }
            | Fact::PartitionsAssigned { .. }
            | Fact::PartitionsRevoked { .. }
            | Fact::PositionReset { .. }
            | Fact::RequestFailed { .. } => false,
        }
    }
}
