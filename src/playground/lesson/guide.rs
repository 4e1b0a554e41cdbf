//! What the first run suggests, one thing at a time: crash a broker, restart it, try acks=1, see what that loses. What a
//! suggestion leads to is waited for, and the clock stops where there is something to look at.
//!
//! Where the guide stands is read off the run and what was done in it, so going back in time goes back in the guide too.

use serde::{Deserialize, Serialize};

use super::predicate::{At, Name, Predicate, Term};
use super::script::Wait;
use crate::apps::load::ProducerCommand;
use crate::apps::{AnyCommand, AnyProgram};
use crate::checks::promise::Promise;
use crate::playground::action::Action;
use crate::playground::history::History;
use crate::playground::run::Run;
use crate::sim::act::Fault;
use crate::sim::fact::{Fact, FactRecord};
use crate::sim::ids::{FactId, NodeId, Offset, PartitionIndex, TopicPartition};
use crate::sim::protocol::data::Acks;
use crate::sim::protocol::group::NamedPartition;

/// The topic that the guide speaks of.
pub const TOPIC: &str = "orders";

/// What the guide would try next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Next {
    /// Nothing has been broken yet: crash a leader.
    Crash,
    /// A broker has died and is back: let the producer be content with the leader's word.
    AcksOne,
    /// The leader's word has cost records: back to acks=all.
    AcksAll,
    /// All has been tried.
    #[default]
    Free,
}

/// Where the clock has stopped, and what there is to look at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Look {
    /// The next event cuts a log off; `told` = a producer was told that some of it is stored.
    Cut { partition: PartitionIndex, broker: i32, from: Offset, to: Offset, told: bool },
    /// Only the leader holds what a producer was told is stored.
    OnlyLeader { partition: PartitionIndex, leader: i32, offset: Offset },
}

/// Where the guide stands with the producer it speaks of.
pub fn next(history: &History<AnyProgram>, producer: NodeId) -> Next {
    let run = history.run();
    let mut killed = false;
    let mut tried = false;
    for stamped in history.actions() {
        match &stamped.action {
            Action::Fault(Fault::Kill(node)) => killed |= !node.is_client(),
            Action::Command {
                command: AnyCommand::Producer(ProducerCommand::SetConfig { name, .. }),
                ..
            } => tried |= name == "acks",
            _ => {}
        }
    }
    match (killed, tried, acks(run, producer)) {
        (false, false, _) => Next::Crash,
        (true, false, Some(Acks::All)) => Next::AcksOne,
        (_, true, Some(Acks::Leader)) if has_lost(run) => Next::AcksAll,
        _ => Next::Free,
    }
}

/// Whether acks=1 has cost a record that was acknowledged.
fn has_lost(run: &Run<AnyProgram>) -> bool {
    let lost = Term::Anomalies(Promise::NoAcknowledgedLoss).value(run);
    lost.is_some_and(|records| records > 0)
}

fn acks(run: &Run<AnyProgram>, producer: NodeId) -> Option<Acks> {
    match &run.world.node(producer)?.client()?.program {
        AnyProgram::ProducerLoad(load) => Some(load.spec().config.acks),
        _ => None,
    }
}

/// After a broker was started: until it cuts off a part of its log of the topic, or needs not to.
pub fn until_cut(run: &Run<AnyProgram>, topic: &str, broker: i32) -> Option<Wait> {
    let partitions = partitions(run, topic)?;
    let cuts = partitions.into_iter().map(|tp| Predicate::Fact(Name::Truncated(tp, broker)));
    Some(Wait::new(run, Predicate::Any(cuts.collect()), true))
}

/// After a producer was set to acks=1: until it was told of a record that only the leader has.
pub fn until_only_leader(run: &Run<AnyProgram>, topic: &str, producer: NodeId) -> Option<Wait> {
    let partitions = partitions(run, topic)?;
    let alone = partitions.into_iter().map(|tp| only_leader(run, &tp, producer));
    Some(Wait::new(run, Predicate::Any(alone.collect()), false))
}

fn only_leader(run: &Run<AnyProgram>, tp: &NamedPartition, producer: NodeId) -> Predicate {
    let told = || Term::ToldEnd(producer, tp.clone());
    let leader = Term::Leader(tp.clone()).value(run).unwrap_or(-1);
    let image = run.world.metadata().and_then(|image| image.topic(&tp.topic));
    let registration = image.and_then(|topic| topic.partitions.get(tp.partition as usize));
    let replicas = registration.iter().flat_map(|registration| registration.replicas.iter());
    let followers = replicas.filter(|broker| i64::from(**broker) != leader);
    let lacks = |broker: &i32| Predicate::Less(Term::Leo(tp.clone(), At::Broker(*broker)), told());
    let mut all: Vec<Predicate> = followers.map(lacks).collect();
    all.push(Predicate::Not(Box::new(Predicate::Copying(tp.clone()))));
    Predicate::All(all)
}

fn partitions(run: &Run<AnyProgram>, topic: &str) -> Option<Vec<NamedPartition>> {
    let image = run.world.metadata()?.topic(topic)?;
    let numbers = 0..image.partitions.len() as PartitionIndex;
    Some(numbers.map(|partition| NamedPartition { topic: topic.into(), partition }).collect())
}

/// What the next event would cut off.
pub fn cut_ahead(run: &Run<AnyProgram>) -> Option<Look> {
    let mut ahead = run.clone();
    ahead.step();
    ahead.world.facts().iter().find_map(|record| match &record.fact {
        Fact::Truncated { broker, partition, from, to } if to < from => Some(Look::Cut {
            partition: partition.partition,
            broker: broker.0,
            from: *from,
            to: *to,
            told: was_told(run, *partition, (*to, *from)),
        }),
        _ => None,
    })
}

/// Whether a producer was told of one of these offsets before the partition's last election; as far as the journal goes back.
fn was_told(run: &Run<AnyProgram>, of: TopicPartition, (first, end): (Offset, Offset)) -> bool {
    let elected = |record: &&FactRecord| matches!(record.fact, Fact::LeaderElected { partition, .. } if partition == of);
    let election = run.journal.milestones().rev().find(elected).map_or(FactId(0), |r| r.id);
    let earlier = run.journal.fine().filter(|record| record.id < election);
    earlier.into_iter().any(|record| match record.fact {
        Fact::SendAcknowledged { partition, base_offset, records, .. } => {
            partition == of && base_offset < end && base_offset + i64::from(records) > first
        }
        _ => false,
    })
}

/// The partition of which only the leader has what the producer was told.
pub fn only_leader_now(run: &Run<AnyProgram>, topic: &str) -> Option<Look> {
    let clients = run.world.nodes().map(|node| node.id).filter(|id| id.is_client());
    let mut producers = clients.filter(|id| acks(run, *id) == Some(Acks::Leader));
    let partitions = partitions(run, topic)?;
    let (producer, found) = producers.find_map(|producer| {
        let mut all = partitions.iter();
        let found = all.find(|tp| only_leader(run, tp, producer).holds(run, FactId(0)))?;
        Some((producer, found.clone()))
    })?;
    Some(Look::OnlyLeader {
        partition: found.partition,
        leader: Term::Leader(found.clone()).value(run)? as i32,
        offset: Term::ToldEnd(producer, found).value(run)? - 1,
    })
}

#[cfg(test)]
mod tests {
    use super::super::script::Waited;
    use super::*;
    use crate::playground::setup::{TOOL, orders};
    use crate::sim::time::{Micros, SimTime};

    const CHECKOUT: NodeId = NodeId(TOOL.0 + 1);

    fn reach(history: &mut History<AnyProgram>, wait: &Wait) -> Waited {
        let end = SimTime(history.position().time.0 + 110_000_000);
        wait.run(history, end, u64::MAX)
    }

    fn settle(history: &mut History<AnyProgram>) {
        let wait = Wait::new(history.run(), Predicate::FullIsr("orders"), false);
        assert_eq!(reach(history, &wait), Waited::Reached);
    }

    #[test]
    fn the_guide_leads_from_a_crash_to_what_acks_1_loses_and_back() {
        for seed in 1..=5 {
            let mut history = orders(seed).open().expect("within the limits");
            history.run_until(SimTime(24_200_000));
            assert_eq!(next(&history, CHECKOUT), Next::Crash);
            history.act(Action::Fault(Fault::Kill(NodeId(2)))).expect("it runs");
            history.run_until(SimTime(40_000_000));
            history.act(Action::Fault(Fault::Start(NodeId(2)))).expect("it is down");
            settle(&mut history);
            assert_eq!(next(&history, CHECKOUT), Next::AcksOne);
            set_acks(&mut history, "1");
            let wait = until_only_leader(history.run(), "orders", CHECKOUT).expect("a topic");
            assert_eq!(reach(&mut history, &wait), Waited::Reached, "seed {seed}");
            let Some(Look::OnlyLeader { leader, offset, partition }) =
                only_leader_now(history.run(), "orders")
            else {
                panic!("seed {seed}: it is reached")
            };
            history.act(Action::Fault(Fault::Kill(NodeId(leader)))).expect("it runs");
            history.run_until(history.position().time + Micros(12_000_000));
            assert_eq!(next(&history, CHECKOUT), Next::AcksAll, "seed {seed}");
            history.act(Action::Fault(Fault::Start(NodeId(leader)))).expect("it is down");
            let is_it = |look: &Look| {
                matches!(look, Look::Cut { partition: of, to, told, .. }
                    if *of == partition && *to <= offset && *told)
            };
            loop {
                let wait = until_cut(history.run(), "orders", leader).expect("a topic");
                assert_eq!(reach(&mut history, &wait), Waited::Reached, "seed {seed}");
                if cut_ahead(history.run()).is_some_and(|look| is_it(&look)) {
                    break;
                }
                history.step();
            }
            set_acks(&mut history, "all");
            history.run_until(history.position().time + Micros(1_000_000));
            assert_eq!(next(&history, CHECKOUT), Next::Free);
            assert_eq!(history.run().judges.violations(), 0);
        }
    }

    fn set_acks(history: &mut History<AnyProgram>, value: &str) {
        let command = ProducerCommand::SetConfig { name: "acks".into(), value: value.into() };
        let command = Action::Command { client: CHECKOUT, command: command.into() };
        history.act(command).expect("it runs");
    }
}
