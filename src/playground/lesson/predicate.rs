//! What a lesson waits for: predicates over the state of a run and over what has happened in it, in the words of Kafka.
//!
//! They read the run and keep nothing of their own, so they mean the same after a rewind.

use crate::apps::AnyProgram;
use crate::checks::promise::Promise;
use crate::playground::run::Run;
use crate::sim::act::Fault;
use crate::sim::controller::partition_registration::PartitionRegistration;
use crate::sim::fact::{Fact, FactRecord};
use crate::sim::group::classic_group::{ClassicGroup, GroupState};
use crate::sim::ids::{FactId, NodeId, Offset, TopicPartition};
use crate::sim::network::Packet;
use crate::sim::node::Node;
use crate::sim::protocol::group::NamedPartition;
use crate::sim::protocol::{ErrorCode, Response};
use crate::sim::storage::log::Log;

/// Where a log is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum At {
    /// The broker that the controllers call the leader.
    Leader,
    Broker(i32),
}

/// A number in a run; one that is not known makes every comparison false.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Term {
    Number(i64),
    /// The leader in the metadata; -1 = none.
    Leader(NamedPartition),
    Epoch(NamedPartition),
    /// How many replicas are in sync.
    InSync(NamedPartition),
    /// High watermark.
    Hw(NamedPartition, At),
    /// Log end offset.
    Leo(NamedPartition, At),
    /// Log start offset.
    Start(NamedPartition, At),
    /// Records that a producer's program was told are stored.
    Told(NodeId),
    /// The end of what a producer was told last that a partition has stored.
    ToldEnd(NodeId, NamedPartition),
    /// Records that a consumer's program was given.
    Got(NodeId),
    /// The committed offset of a group.
    Committed(&'static str, NamedPartition),
    /// The client that owns a partition, as the coordinator has it.
    Owner(&'static str, NamedPartition),
    /// Expected anomalies of a promise that the judges have counted.
    Anomalies(Promise),
    /// Violations that the judges have found.
    Violations,
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Name {
    Killed(i32),
    BrokerFenced(i32),
    ProcessExited(i32),
    LeaderElected(NamedPartition),
    /// A broker cut off a part of its log.
    Truncated(NamedPartition, i32),
    Refused(ErrorCode),
    SendFailed(NodeId),
    RebalanceStarted(&'static str),
    GenerationStable(&'static str),
}

/// A predicate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Predicate {
    Equal(Term, Term),
    Less(Term, Term),
    Isr(NamedPartition, Vec<i32>),
    /// Eligible leader replicas.
    Elr(NamedPartition, Vec<i32>),
    /// Every partition of a topic has all its replicas in sync.
    FullIsr(&'static str),
    State(&'static str, GroupState),
    /// It has happened since the wait began.
    Fact(Name),
    /// Records of the partition are on their way to a broker that copies it.
    Copying(NamedPartition),
    /// Both logs hold the same batches.
    SameLog(NamedPartition, At, At),
    All(Vec<Predicate>),
    Any(Vec<Predicate>),
    Not(Box<Predicate>),
}

/// A partition by its topic's name.
pub fn tp(topic: &str, partition: i32) -> NamedPartition {
    NamedPartition { topic: topic.into(), partition }
}

impl Predicate {
    /// Whether it holds now, of a wait that began after the fact `since`.
    pub fn holds(&self, run: &Run<AnyProgram>, since: FactId) -> bool {
        match self {
            Predicate::Equal(a, b) => both(run, a, b).is_some_and(|(a, b)| a == b),
            Predicate::Less(a, b) => both(run, a, b).is_some_and(|(a, b)| a < b),
            Predicate::Isr(tp, ids) => registration(run, tp).is_some_and(|r| same(&r.isr, ids)),
            Predicate::Elr(tp, ids) => registration(run, tp).is_some_and(|r| same(&r.elr, ids)),
            Predicate::FullIsr(topic) => has_full_isr(run, topic),
            Predicate::State(name, state) => group(run, name).is_some_and(|g| g.state == *state),
            Predicate::Fact(name) => has_happened(run, since, name),
            Predicate::Copying(tp) => is_copying(run, tp),
            Predicate::SameLog(tp, a, b) => same_log(run, tp, *a, *b),
            Predicate::All(all) => all.iter().all(|one| one.holds(run, since)),
            Predicate::Any(any) => any.iter().any(|one| one.holds(run, since)),
            Predicate::Not(not) => !not.holds(run, since),
        }
    }
}

fn both(run: &Run<AnyProgram>, a: &Term, b: &Term) -> Option<(i64, i64)> {
    Some((a.value(run)?, b.value(run)?))
}

/// The same brokers in any order.
fn same(ids: &[i32], others: &[i32]) -> bool {
    ids.len() == others.len() && ids.iter().all(|id| others.contains(id))
}

impl Term {
    /// Its value now, if it is known.
    pub fn value(&self, run: &Run<AnyProgram>) -> Option<i64> {
        match self {
            Term::Number(number) => Some(*number),
            Term::Leader(tp) => Some(i64::from(registration(run, tp)?.leader)),
            Term::Epoch(tp) => Some(i64::from(registration(run, tp)?.leader_epoch)),
            Term::InSync(tp) => Some(registration(run, tp)?.isr.len() as i64),
            Term::Hw(tp, at) => on_log(run, tp, *at, |_, high_watermark| high_watermark),
            Term::Leo(tp, at) => on_log(run, tp, *at, |log, _| log.log_end_offset()),
            Term::Start(tp, at) => on_log(run, tp, *at, |log, _| log.log_start_offset()),
            Term::Told(client) => told(run, *client),
            Term::ToldEnd(client, tp) => told_end(run, *client, tp),
            Term::Got(client) => got(run, *client),
            Term::Committed(name, tp) => Some(group(run, name)?.offsets.get(tp)?.committed.offset),
            Term::Owner(name, tp) => {
                let mut members = group(run, name)?.members.values();
                let owner = members.find(|member| member.assignment.contains(tp))?;
                Some(i64::from(owner.client.0))
            }
            Term::Anomalies(promise) => {
                let hits = run.judges.hits().filter(|hit| !hit.violation);
                Some(hits.filter(|hit| hit.promise == Some(*promise)).count() as i64)
            }
            Term::Violations => Some(run.judges.violations() as i64),
        }
    }
}

fn id(run: &Run<AnyProgram>, tp: &NamedPartition) -> Option<TopicPartition> {
    let topic = run.world.metadata()?.topic(&tp.topic)?;
    Some(TopicPartition::new(topic.id, tp.partition))
}

fn registration<'a>(
    run: &'a Run<AnyProgram>,
    tp: &NamedPartition,
) -> Option<&'a PartitionRegistration> {
    run.world.metadata()?.partition(id(run, tp)?).map(|registration| &**registration)
}

fn has_full_isr(run: &Run<AnyProgram>, topic: &str) -> bool {
    let topic = run.world.metadata().and_then(|image| image.topic(topic));
    topic.is_some_and(|topic| topic.partitions.iter().all(|p| p.isr.len() == p.replicas.len()))
}

fn is_copying(run: &Run<AnyProgram>, tp: &NamedPartition) -> bool {
    let Some(id) = id(run, tp) else { return false };
    let carries = |packet: &Packet| match packet {
        Packet::Response { response, .. } => match &**response {
            Response::Fetch(fetch) => {
                fetch.partitions.iter().any(|part| part.partition == id && !part.batches.is_empty())
            }
            _ => false,
        },
        _ => false,
    };
    run.world.packets().any(|flight| !flight.to.is_client() && carries(flight.packet))
}

/// Reads a replica's log and high watermark, on a running broker or on the disk of one that is down.
fn on_log<T>(
    run: &Run<AnyProgram>,
    tp: &NamedPartition,
    at: At,
    read: impl FnOnce(&Log, Offset) -> T,
) -> Option<T> {
    let broker = match at {
        At::Leader => registration(run, tp)?.leader,
        At::Broker(broker) => broker,
    };
    let (node, id): (&Node<AnyProgram>, _) = (run.world.node(NodeId(broker))?, id(run, tp)?);
    let Some(server) = node.server() else {
        let disk = node.disk.as_ref()?;
        let high_watermark = disk.high_watermarks.get(&id).copied().unwrap_or(0);
        return Some(read(disk.logs.get(&id)?, high_watermark));
    };
    match server.broker()?.replica(id) {
        Some(replica) => Some(read(&replica.log, replica.high_watermark)),
        None => {
            let (log, high_watermark) = server.broker()?.closed_log(id)?;
            Some(read(log, high_watermark))
        }
    }
}

fn same_log(run: &Run<AnyProgram>, tp: &NamedPartition, a: At, b: At) -> bool {
    let batches = |at| {
        on_log(run, tp, at, |log, _| {
            let headers = log.entries().map(|entry| entry.batch.header);
            headers.map(|h| (h.base_offset, h.leader_epoch)).collect::<Vec<_>>()
        })
    };
    batches(a).is_some_and(|a| Some(a) == batches(b))
}

fn program(run: &Run<AnyProgram>, client: NodeId) -> Option<&AnyProgram> {
    run.world.node(client)?.client().map(|client| &client.program)
}

fn told(run: &Run<AnyProgram>, client: NodeId) -> Option<i64> {
    match program(run, client)? {
        AnyProgram::ProducerLoad(load) => Some(load.counts().1 as i64),
        _ => None,
    }
}

fn got(run: &Run<AnyProgram>, client: NodeId) -> Option<i64> {
    match program(run, client)? {
        AnyProgram::ConsumerLoad(load) => Some(load.records() as i64),
        _ => None,
    }
}

fn told_end(run: &Run<AnyProgram>, client: NodeId, tp: &NamedPartition) -> Option<i64> {
    let id = id(run, tp)?;
    run.journal.fine().rev().find_map(|record| match record.fact {
        Fact::SendAcknowledged { client: who, partition, base_offset, records, .. }
            if who == client && partition == id && base_offset >= 0 =>
        {
            Some(base_offset + i64::from(records))
        }
        _ => None,
    })
}

fn group<'a>(run: &'a Run<AnyProgram>, name: &str) -> Option<&'a ClassicGroup> {
    let brokers = run.world.nodes().filter_map(|node| node.server()?.broker());
    let known = brokers.filter_map(|broker| broker.coordinator().group(name));
    known.max_by_key(|group| (group.state != GroupState::Dead, group.generation))
}

fn has_happened(run: &Run<AnyProgram>, since: FactId, name: &Name) -> bool {
    let later = |record: &&FactRecord| record.id > since;
    let is_it = |record: &FactRecord| is_named(run, &record.fact, name);
    run.journal.milestones().rev().take_while(later).any(is_it)
        || (name.is_fine() && run.journal.fine().rev().take_while(later).any(is_it))
}

impl Name {
    /// Whether it is a fact that the journal keeps briefly.
    fn is_fine(&self) -> bool {
        matches!(self, Name::Refused(_))
    }
}

fn is_named(run: &Run<AnyProgram>, fact: &Fact, name: &Name) -> bool {
    match (name, fact) {
        (Name::Killed(node), Fact::Fault(Fault::Kill(killed))) => killed.0 == *node,
        (Name::BrokerFenced(node), Fact::BrokerFenced { broker }) => broker.0 == *node,
        (Name::ProcessExited(node), Fact::ProcessExited { node: exited }) => exited.0 == *node,
        (Name::LeaderElected(tp), Fact::LeaderElected { partition, .. }) => {
            id(run, tp) == Some(*partition)
        }
        (Name::Truncated(tp, node), Fact::Truncated { broker, partition, from, to }) => {
            broker.0 == *node && to < from && id(run, tp) == Some(*partition)
        }
        (Name::Refused(code), Fact::ProduceRefused { error, .. }) => error == code,
        (Name::SendFailed(client), Fact::SendFailed { client: who, .. }) => who == client,
        (Name::RebalanceStarted(name), Fact::RebalanceStarted { group, .. })
        | (Name::GenerationStable(name), Fact::GenerationStable { group, .. }) => **group == **name,
        _ => false,
    }
}
