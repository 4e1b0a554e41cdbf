//! The rule or config that decided that a fact came of its causes.

use super::causes;
use crate::playground::journal::Journal;
use crate::sim::fact::{Fact, FactRecord};
use crate::sim::protocol::ErrorCode;

/// Whose config it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    Server,
    Topic,
    Producer,
    Consumer,
}

/// A rule of Kafka.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// A broker that is not heard for its session is fenced.
    BrokerSession,
    /// The first replica of the assignment that is in the ISR and alive leads.
    FirstInSync,
    /// A replica outside the ISR may lead.
    UncleanAllowed,
    /// Nobody in the ISR is alive.
    NobodyInSync,
    /// The preferred leader gets its partitions back.
    PreferredLeader,
    /// A fenced or stopping broker is in no ISR.
    OutOfIsr,
    /// A follower that has not caught up for so long leaves the ISR.
    ReplicaLag,
    /// A follower that is level with its leader joins the ISR.
    CaughtUp,
    /// A broker that has caught up with the metadata is unfenced.
    CaughtUpMetadata,
    /// A follower cuts off what its leader's epoch does not have.
    EpochEnd,
    /// acks=all needs so many replicas in sync.
    MinInSync,
    /// A producer gives up after so long.
    Delivery,
    /// A member that is not heard for its session is removed.
    MemberSession,
    /// A generation waits for all members to join again.
    AllRejoin,
    /// A group's first generation waits for more members.
    InitialDelay,
    /// An assignment that is not stored in time is dealt out anew.
    StoreAssignment,
    /// Who leads the group's partition of the offsets topic coordinates it.
    CoordinatorLeads,
    /// A controller that is not answered for so long asks for votes; a majority decides.
    Majority,
    /// A leader that no majority fetches from gives up.
    CheckQuorum,
    /// What was not yet on the medium is gone with the power.
    PageCache,
}

impl Rule {
    /// The config that sets it, and whose it is.
    pub fn config(self) -> Option<(Scope, &'static str)> {
        Some(match self {
            Rule::BrokerSession => (Scope::Server, "broker.session.timeout.ms"),
            Rule::ReplicaLag => (Scope::Server, "replica.lag.time.max.ms"),
            Rule::UncleanAllowed | Rule::NobodyInSync => {
                (Scope::Topic, "unclean.leader.election.enable")
            }
            Rule::PreferredLeader => (Scope::Server, "leader.imbalance.check.interval.seconds"),
            Rule::MinInSync => (Scope::Topic, "min.insync.replicas"),
            Rule::Delivery => (Scope::Producer, "delivery.timeout.ms"),
            Rule::MemberSession => (Scope::Consumer, "session.timeout.ms"),
            Rule::AllRejoin => (Scope::Consumer, "max.poll.interval.ms"),
            Rule::InitialDelay => (Scope::Server, "group.initial.rebalance.delay.ms"),
            Rule::StoreAssignment => (Scope::Server, "offsets.commit.timeout.ms"),
            Rule::Majority | Rule::CheckQuorum => {
                (Scope::Server, "controller.quorum.fetch.timeout.ms")
            }
            Rule::FirstInSync
            | Rule::OutOfIsr
            | Rule::CaughtUp
            | Rule::CaughtUpMetadata
            | Rule::EpochEnd
            | Rule::CoordinatorLeads
            | Rule::PageCache => return None,
        })
    }
}

/// The rule that decided.
pub(super) fn of(journal: &Journal, record: &FactRecord) -> Option<Rule> {
    Some(match &record.fact {
        Fact::BrokerFenced { .. } if causes::follows_a_fault(journal, record) => {
            Rule::BrokerSession
        }
        Fact::BrokerUnfenced { .. } => Rule::CaughtUpMetadata,
        Fact::LeaderElected { unclean: true, .. } => Rule::UncleanAllowed,
        Fact::LeaderElected { .. } if causes::of_brokers(journal, record).is_some() => {
            Rule::FirstInSync
        }
        Fact::LeaderElected { .. } => Rule::PreferredLeader,
        Fact::PartitionOffline { .. } => Rule::NobodyInSync,
        Fact::IsrShrunk { .. } if causes::of_brokers(journal, record).is_some() => Rule::OutOfIsr,
        Fact::IsrShrunk { .. } => Rule::ReplicaLag,
        Fact::IsrExpanded { .. } => Rule::CaughtUp,
        Fact::Truncated { .. } => Rule::EpochEnd,
        Fact::MemberRemoved { expired: true, .. } => Rule::MemberSession,
        Fact::RebalanceStarted { .. } if causes::was_not_stored(journal, record) => {
            Rule::StoreAssignment
        }
        Fact::GenerationStable { generation: 1, .. } => Rule::InitialDelay,
        Fact::GenerationStable { .. } => Rule::AllRejoin,
        Fact::GroupLoaded { .. } => Rule::CoordinatorLeads,
        Fact::QuorumLeaderElected { .. } => Rule::Majority,
        Fact::QuorumLeaderResigned { .. } => Rule::CheckQuorum,
        Fact::UnflushedLost { .. } => Rule::PageCache,
        Fact::SendFailed { error, .. } | Fact::ProduceRefused { error, .. }
            if lacks_replicas(*error) =>
        {
            Rule::MinInSync
        }
        Fact::SendFailed { .. } => Rule::Delivery,
        _ => return None,
    })
}

/// Whether a write was refused because too few replicas are in sync.
pub(super) fn lacks_replicas(error: ErrorCode) -> bool {
    matches!(error, ErrorCode::NotEnoughReplicas | ErrorCode::NotEnoughReplicasAfterAppend)
}
