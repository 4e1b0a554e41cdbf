//! The old leader cuts its tail: a record acknowledged with acks=1 that no follower had fetched disappears when the leader
//! dies, even though the leader's disk comes back. On one partition, whose producer sends only when told.

use super::predicate::{At, Name, Predicate, Term, tp};
use super::script::Step;
use crate::apps::AnyCommand;
use crate::apps::load::{
    ConsumerLoad, ConsumerSpec, Pace, ProducerCommand, ProducerLoad, ProducerSpec,
};
use crate::apps::tool::{Tool, ToolCommand};
use crate::checks::promise::Promise;
use crate::playground::action::Action;
use crate::playground::setup::{Setup, TOOL, client};
use crate::sim::act::Fault;
use crate::sim::client::program::AdminCall;
use crate::sim::group::classic_group::GroupState;
use crate::sim::ids::NodeId;
use crate::sim::protocol::admin::{NewTopic, Placement};
use crate::sim::setup::{ClusterSetup, NetworkSpec};
use crate::sim::time::{Micros, SimTime};

const TOPIC: &str = "t";
const GROUP: &str = "g";
/// The producer: the first client after the tool.
const PRODUCER: NodeId = NodeId(TOOL.0 + 1);
const LEADER: i32 = 1;
const FOLLOWERS: [i32; 2] = [2, 3];
/// Between two sends: longer than `linger.ms`, so that each record is a batch of its own.
const APART: Micros = Micros(50_000);

/// The setup: three brokers, one partition, a producer that waits to be told, a group of one member.
pub fn setup(seed: u64) -> Setup {
    let mut cluster = ClusterSetup::split(seed, 3, 3);
    cluster.network = NetworkSpec::TEACHING;
    cluster.costs.boot = Micros(300_000);
    let producer =
        ProducerSpec { pace: Pace::Rate(0), value_bytes: 20, ..ProducerSpec::new(TOPIC) };
    let reader = ConsumerSpec::new(GROUP, TOPIC);
    let topic = NewTopic {
        name: TOPIC.into(),
        placement: Placement::Manual(vec![(0, [1, 2, 3].map(NodeId).to_vec())]),
        configs: vec![("min.insync.replicas".into(), "2".into())],
    };
    let create = ToolCommand::Admin { token: 1, call: AdminCall::CreateTopics(vec![topic]) };
    Setup {
        cluster,
        clients: vec![
            client("tool", Tool::default()),
            client("p", ProducerLoad::new(producer)),
            client("m1", ConsumerLoad::new(reader)),
        ],
        script: vec![(SimTime(1_000_000), create)],
        faults: Vec::new(),
    }
}

/// The script: a pause before the old leader cuts its log.
pub fn script() -> Vec<Step> {
    let mut steps = vec![Step::Until(Predicate::State(GROUP, GroupState::Stable))];
    steps.extend(sends(4));
    steps.push(Step::Until(Predicate::All(vec![told(4), on_all(&[1, 2, 3], 4)])));
    steps.push(Step::Do(tell(ProducerCommand::SetConfig {
        name: "acks".into(),
        value: "1".into(),
    })));
    // What leaves for the followers from here on is lost with the leader.
    steps.extend(links(|from, to| Fault::CutLink { from, to }));
    steps.extend(sends(4));
    steps.push(Step::Until(told(8)));
    steps.push(Step::Do(Action::Fault(Fault::Kill(NodeId(LEADER)))));
    steps.push(Step::Until(Predicate::All(vec![
        Predicate::Equal(Term::Leader(tp(TOPIC, 0)), Term::Number(2)),
        Predicate::Equal(Term::Epoch(tp(TOPIC, 0)), Term::Number(1)),
    ])));
    steps.extend(links(|from, to| Fault::HealLink { from, to }));
    steps.push(Step::Until(Predicate::Equal(
        Term::Anomalies(Promise::NoAcknowledgedLoss),
        Term::Number(4),
    )));
    steps.extend(sends(2));
    steps.push(Step::Until(told(10)));
    steps.push(Step::Holds(on_all(&[1], 8)));
    steps.push(Step::Do(Action::Fault(Fault::Start(NodeId(LEADER)))));
    let cut = Predicate::Fact(Name::Truncated(tp(TOPIC, 0), LEADER));
    steps.push(Step::Before(cut.clone()));
    steps.push(Step::Until(cut));
    steps.push(Step::Holds(on_all(&[1], 4)));
    steps.push(Step::Until(Predicate::All(vec![
        on_all(&[1, 2, 3], 6),
        Predicate::SameLog(tp(TOPIC, 0), At::Broker(LEADER), At::Leader),
    ])));
    steps.push(Step::Holds(Predicate::Equal(
        Term::Anomalies(Promise::NoAcknowledgedLoss),
        Term::Number(4),
    )));
    steps.push(Step::Holds(Predicate::Equal(Term::Violations, Term::Number(0))));
    steps
}

fn tell(command: ProducerCommand) -> Action<AnyCommand> {
    Action::Command { client: PRODUCER, command: command.into() }
}

fn sends(records: usize) -> impl Iterator<Item = Step> {
    let one = || [Step::Do(tell(ProducerCommand::SendNow(1))), Step::Pass(APART)];
    (0..records).flat_map(move |_| one())
}

/// Both directions of the leader's links to its followers.
fn links(fault: impl Fn(NodeId, NodeId) -> Fault) -> Vec<Step> {
    let leader = NodeId(LEADER);
    let both = |follower| [fault(leader, NodeId(follower)), fault(NodeId(follower), leader)];
    FOLLOWERS.into_iter().flat_map(both).map(|fault| Step::Do(Action::Fault(fault))).collect()
}

/// The producer was told of that many records.
fn told(records: i64) -> Predicate {
    Predicate::Equal(Term::Told(PRODUCER), Term::Number(records))
}

/// The logs of the brokers end there.
fn on_all(brokers: &[i32], end: i64) -> Predicate {
    let ends = brokers.iter().map(|broker| {
        Predicate::Equal(Term::Leo(tp(TOPIC, 0), At::Broker(*broker)), Term::Number(end))
    });
    Predicate::All(ends.collect())
}

#[cfg(test)]
mod tests {
    use super::super::script::play;
    use super::*;

    #[test]
    fn what_only_the_dead_leader_had_is_cut_off_and_counted_with_any_seed() {
        for seed in 1..=20 {
            let mut history = setup(seed).open().expect("within the limits");
            let mut pauses = 0;
            let played = play(&mut history, &script(), |_, run| {
                assert!(on_all(&[1], 8).holds(run, crate::sim::ids::FactId(0)), "not yet cut");
                pauses += 1;
            });
            assert_eq!((played, pauses), (Ok(()), 1), "seed {seed}");
        }
    }
}
