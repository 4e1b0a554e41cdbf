//! What led to one fact.

use super::rule::lacks_replicas;
use crate::playground::journal::Journal;
use crate::sim::act::Fault;
use crate::sim::fact::{Fact, FactRecord};
use crate::sim::group::coordinator_key::partition_for;
use crate::sim::ids::{FactId, NodeId, OFFSETS_TOPIC, TopicPartition};

/// The facts that led to a fact.
pub(super) fn of(journal: &Journal, record: &FactRecord) -> Vec<FactId> {
    let one = |cause: Option<FactId>| cause.into_iter().collect();
    let last = |is_it: &dyn Fn(&Fact) -> bool| last(journal, record.id, is_it);
    match &record.fact {
        Fact::Fault(_) | Fact::TopicDeleted { .. } | Fact::TopicCreated { .. } => Vec::new(),
        Fact::Program { .. } | Fact::QuorumTruncated { .. } => Vec::new(),
        Fact::ProcessExited { node } | Fact::BrokerShuttingDown { broker: node } => {
            one(last(&|fact| *fact == Fact::Fault(Fault::CleanStop(*node))))
        }
        Fact::ConfigChanged { .. } => {
            one(at_once(journal, record, |fact| matches!(fact, Fact::TopicCreated { .. })))
        }
        Fact::BrokerRegistered { broker, .. } => {
            one(last(&|fact| matches!(fact, Fact::ProcessStarted { node } if node == broker)))
        }
        Fact::BrokerFenced { broker } => one(noted_fault(journal, record).or_else(|| {
            last(&|fact| {
                matches!(fact, Fact::BrokerShuttingDown { broker: other } | Fact::BrokerRegistered { broker: other, .. } if other == broker)
            })
        })),
        Fact::BrokerUnfenced { broker } => one(last(&|fact| {
            is_return(fact, *broker)
                || matches!(fact, Fact::BrokerRegistered { broker: other, .. } if other == broker)
        })),
        Fact::LeaderElected { .. } | Fact::PartitionOffline { .. } | Fact::IsrShrunk { .. } => {
            of_partition(journal, record)
        }
        Fact::IsrExpanded { partition, added, .. } => {
            one(last(&|fact| added.iter().any(|id| lets_in(fact, *partition, NodeId(*id)))))
        }
        Fact::Truncated { broker, partition, .. } => {
            let led = last(&|fact| is_leader_of(fact, *partition));
            let back = last(&|fact| is_back(fact, *broker)).filter(|back| Some(*back) > led);
            led.into_iter().chain(back).collect()
        }
        Fact::BecameLeader { partition, .. } | Fact::BecameFollower { partition, .. } => {
            one(last(&|fact| is_leader_of(fact, *partition)))
        }
        Fact::SendFailed { .. } | Fact::ProduceRefused { .. } => one(of_write(journal, record)),
        _ => of_group(journal, record),
    }
}

fn of_group(journal: &Journal, record: &FactRecord) -> Vec<FactId> {
    let one = |cause: Option<FactId>| cause.into_iter().collect();
    let last = |is_it: &dyn Fn(&Fact) -> bool| last(journal, record.id, is_it);
    match &record.fact {
        Fact::MemberJoined { group, client, .. } => one(last(&|fact| match fact {
            Fact::GroupLoaded { group: other, .. } => other == group,
            fact => is_back(fact, *client),
        })),
        Fact::RebalanceStarted { group, .. } => {
            let changed = at_once(
                journal,
                record,
                |fact| matches!(fact, Fact::MemberJoined { group: other, .. } | Fact::MemberRemoved { group: other, .. } if other == group),
            );
            match changed {
                None if was_not_stored(journal, record) => one(last(&|fact| silences(fact))),
                changed => one(changed),
            }
        }
        Fact::GenerationStable { group, .. } | Fact::PartitionsRevoked { group, .. } => {
            one(last(&|fact| is_rebalance(fact, group)))
        }
        Fact::PartitionsAssigned { group, .. } => one(last(
            &|fact| matches!(fact, Fact::GenerationStable { group: other, .. } if other == group),
        )),
        Fact::GroupEmpty { group, .. } => one(last(
            &|fact| matches!(fact, Fact::MemberRemoved { group: other, .. } if other == group),
        )),
        Fact::CommitRefused { group, .. } => {
            one(last(&|fact| is_rebalance(fact, group) || is_loading(fact, group)))
        }
        Fact::GroupLoaded { coordinator, group, .. } => {
            let partition = offsets_partition(journal, record, group);
            one(last(&|fact| match fact {
                Fact::LeaderElected { partition: led, leader, .. } => {
                    leader == coordinator && Some(*led) == partition
                }
                _ => false,
            }))
        }
        // A vote and what a client asks again are told with the silence that led to them, or with nothing.
        Fact::QuorumLeaderElected { .. } => one(noted_fault(journal, record).or_else(|| {
            last(&|fact| matches!(fact, Fact::QuorumLeaderResigned { .. }))
                .or_else(|| Some(record.cause).filter(|cause| is_kept(journal, *cause)))
        })),
        Fact::ProcessStarted { .. } => one(noted_fault(journal, record)),
        _ => one(noted_fault(journal, record)),
    }
}

fn is_kept(journal: &Journal, id: FactId) -> bool {
    journal.find(id).is_some()
}

/// Whether the world noted something that a person did as the cause.
pub(super) fn follows_a_fault(journal: &Journal, record: &FactRecord) -> bool {
    noted_fault(journal, record).is_some()
}

fn noted_fault(journal: &Journal, record: &FactRecord) -> Option<FactId> {
    let cause = journal.find(record.cause)?;
    matches!(cause.fact, Fact::Fault(_)).then_some(cause.id)
}

/// What the controller did with a broker at the same moment, for a change of a partition.
pub(super) fn of_brokers(journal: &Journal, record: &FactRecord) -> Option<FactId> {
    let concerned = |broker: &NodeId| match &record.fact {
        Fact::IsrShrunk { removed, .. } => removed.contains(&broker.0),
        Fact::LeaderElected { leader, .. } => leader != broker,
        _ => true,
    };
    at_once(journal, record, |fact| match (fact, &record.fact) {
        (Fact::BrokerFenced { broker } | Fact::BrokerShuttingDown { broker }, _) => {
            concerned(broker)
        }
        (Fact::BrokerUnfenced { broker }, Fact::LeaderElected { leader, .. }) => leader == broker,
        _ => false,
    })
}

fn of_partition(journal: &Journal, record: &FactRecord) -> Vec<FactId> {
    let last = |is_it: &dyn Fn(&Fact) -> bool| last(journal, record.id, is_it);
    let cause = of_brokers(journal, record).or_else(|| match &record.fact {
        Fact::IsrShrunk { removed, .. } => noted_fault(journal, record)
            .or_else(|| last(&|fact| removed.iter().any(|id| hinders(fact, NodeId(*id))))),
        Fact::LeaderElected { partition, leader, .. } => last(&|fact| match fact {
            Fact::IsrExpanded { partition: other, added, .. } => {
                other == partition && added.contains(&leader.0)
            }
            _ => false,
        }),
        _ => noted_fault(journal, record),
    });
    cause.into_iter().collect()
}

/// Why a write was refused or given up.
fn of_write(journal: &Journal, record: &FactRecord) -> Option<FactId> {
    let (Fact::SendFailed { partition, error, .. } | Fact::ProduceRefused { partition, error, .. }) =
        &record.fact
    else {
        return None;
    };
    let shrunk = |fact: &Fact| matches!(fact, Fact::IsrShrunk { partition: other, .. } if other == partition);
    let led = |fact: &Fact| {
        is_leader_of(fact, *partition)
            || matches!(fact, Fact::PartitionOffline { partition: other, .. } if other == partition)
    };
    match lacks_replicas(*error) {
        true => last(journal, record.id, &shrunk),
        false => noted_fault(journal, record)
            .or_else(|| last(journal, record.id, &led))
            .or_else(|| last(journal, record.id, &silences)),
    }
}

/// Whether a rebalance begins anew because the last one's assignment was not stored in time.
pub(super) fn was_not_stored(journal: &Journal, record: &FactRecord) -> bool {
    let Fact::RebalanceStarted { group, generation } = &record.fact else { return false };
    let before = journal.before(record.id).find(|other| match &other.fact {
        Fact::RebalanceStarted { group: other, .. }
        | Fact::GenerationStable { group: other, .. }
        | Fact::MemberJoined { group: other, .. }
        | Fact::MemberRemoved { group: other, .. } => other == group,
        _ => false,
    });
    // A generation that did not become stable, and nobody came or went at this moment.
    let pending = before.is_some_and(|before| {
        before.time != record.time && !matches!(before.fact, Fact::GenerationStable { .. })
    });
    pending && *generation > 0
}

/// The partition of the offsets topic that holds a group.
fn offsets_partition(
    journal: &Journal,
    record: &FactRecord,
    group: &str,
) -> Option<TopicPartition> {
    journal.before(record.id).find_map(|other| match &other.fact {
        Fact::TopicCreated { topic, name, partitions } if **name == *OFFSETS_TOPIC => {
            Some(TopicPartition::new(*topic, partition_for(group, *partitions)))
        }
        _ => None,
    })
}

/// The last milestone before a fact.
fn last(journal: &Journal, before: FactId, is_it: &dyn Fn(&Fact) -> bool) -> Option<FactId> {
    journal.before(before).find(|record| is_it(&record.fact)).map(|record| record.id)
}

/// The last milestone of the same moment before a fact.
fn at_once(
    journal: &Journal,
    record: &FactRecord,
    is_it: impl Fn(&Fact) -> bool,
) -> Option<FactId> {
    let same = journal.before(record.id).take_while(|other| other.time == record.time);
    same.into_iter().find(|other| is_it(&other.fact)).map(|other| other.id)
}

fn is_leader_of(fact: &Fact, partition: TopicPartition) -> bool {
    matches!(fact, Fact::LeaderElected { partition: other, .. } if *other == partition)
}

fn is_rebalance(fact: &Fact, group: &str) -> bool {
    matches!(fact, Fact::RebalanceStarted { group: other, .. } if **other == *group)
}

fn is_loading(fact: &Fact, group: &str) -> bool {
    matches!(fact, Fact::GroupLoaded { group: other, .. } if **other == *group)
}

/// Whether it lets a running process be heard again.
fn is_return(fact: &Fact, node: NodeId) -> bool {
    match fact {
        Fact::Fault(Fault::Resume(other)) => *other == node,
        Fact::Fault(Fault::HealLink { from, to }) => [from, to].contains(&&node),
        _ => false,
    }
}

/// Whether it brings a process back, dead or silent before.
fn is_back(fact: &Fact, node: NodeId) -> bool {
    is_return(fact, node) || matches!(fact, Fact::ProcessStarted { node: other } if *other == node)
}

/// Whether it opens the way into the ISR for a broker.
fn lets_in(fact: &Fact, partition: TopicPartition, broker: NodeId) -> bool {
    match fact {
        Fact::BrokerUnfenced { broker: other } => *other == broker,
        Fact::IsrShrunk { partition: other, removed, .. } => {
            *other == partition && removed.contains(&broker.0)
        }
        fact => is_return(fact, broker),
    }
}

/// Whether it keeps anybody from answering.
fn silences(fact: &Fact) -> bool {
    matches!(
        fact,
        Fact::Fault(
            Fault::Kill(_)
                | Fault::PowerLoss(_)
                | Fault::Pause(_)
                | Fault::CleanStop(_)
                | Fault::CutLink { .. }
        )
    )
}

/// Whether it keeps a process from being heard in time.
fn hinders(fact: &Fact, node: NodeId) -> bool {
    match fact {
        Fact::Fault(
            Fault::Kill(other)
            | Fault::PowerLoss(other)
            | Fault::Pause(other)
            | Fault::CleanStop(other),
        ) => *other == node,
        Fact::Fault(
            Fault::CutLink { from, to } | Fault::SetLatency { from, to, latency: Some(_) },
        ) => [from, to].contains(&&node),
        _ => false,
    }
}
