//! Liveness in a running world: records on their way are unsettled, and settled once nothing is sent any more.
#![allow(clippy::unwrap_used, reason = "a test that cannot set its world up has failed")]

use kafka_playground::apps::load::{Pace, ProducerCommand, ProducerLoad, ProducerSpec};
use kafka_playground::apps::tool::{Tool, ToolCommand};
use kafka_playground::apps::{AnyCommand, AnyProgram};
use kafka_playground::checks::liveness::Goal;
use kafka_playground::playground::action::Action;
use kafka_playground::playground::run::Run;
use kafka_playground::sim::act::Fault;
use kafka_playground::sim::client::ClientSpec;
use kafka_playground::sim::client::program::AdminCall;
use kafka_playground::sim::config::ProducerConfig;
use kafka_playground::sim::ids::*;
use kafka_playground::sim::protocol::admin::{NewTopic, Placement};
use kafka_playground::sim::setup::ClusterSetup;
use kafka_playground::sim::time::SimTime;

const TOOL: NodeId = NodeId(FIRST_CLIENT);
const PRODUCER: NodeId = NodeId(FIRST_CLIENT + 1);

/// A cluster to whose topic `t` a producer sends, which lingers for seconds.
fn sending() -> Run<AnyProgram> {
    let config = ProducerConfig { linger_ms: 3_000, ..ProducerConfig::default() };
    let spec = ProducerSpec { pace: Pace::Rate(100), config, ..ProducerSpec::new("t") };
    let clients = vec![
        ClientSpec { name: "tool".into(), program: Tool::default().into() },
        ClientSpec { name: "producer".into(), program: ProducerLoad::new(spec).into() },
    ];
    let mut run = Run::new(ClusterSetup::split(1, 3, 1), clients).unwrap();
    run.run_until(SimTime(5_000_000));
    let placement = Placement::Count { partitions: 1, replication_factor: 3 };
    let topic = NewTopic { name: "t".into(), placement, configs: Vec::new() };
    let call = AdminCall::CreateTopics(vec![topic]);
    command(&mut run, TOOL, ToolCommand::Admin { call, token: 1 });
    run.run_until(SimTime(20_000_000));
    run
}

fn command(run: &mut Run<AnyProgram>, client: NodeId, command: impl Into<AnyCommand>) {
    run.act(&Action::Command { client, command: command.into() }).unwrap();
}

/// Invariants that do not hold if recovery is asked for now.
fn missed(run: &Run<AnyProgram>) -> Vec<u8> {
    let mut asked = run.clone();
    asked.judges.ask(&asked.world, Goal::Clients);
    asked.judges.hits().map(|hit| hit.invariant).collect()
}

#[test]
fn what_is_being_sent_is_not_settled() {
    let mut run = sending();
    assert!(run.metrics.totals().records_acknowledged > 0);
    assert!(missed(&run).contains(&30), "records linger");
    command(&mut run, PRODUCER, ProducerCommand::SetPace(Pace::Rate(0)));
    run.run_until(SimTime(30_000_000));
    assert_eq!(missed(&run), Vec::<u8>::new());
}

#[test]
fn a_replica_without_what_was_acknowledged_is_found() {
    let mut run = sending();
    run.act(&Action::Fault(Fault::Kill(NodeId(3)))).unwrap();
    run.run_until(SimTime(40_000_000));
    command(&mut run, PRODUCER, ProducerCommand::SetPace(Pace::Rate(0)));
    run.run_until(SimTime(50_000_000));
    run.act(&Action::Fault(Fault::Start(NodeId(3)))).unwrap();
    let mut lacks = (1..=500).map(|turn| {
        run.run_until(SimTime(50_000_000 + turn * 10_000));
        missed(&run).contains(&30)
    });
    assert!(lacks.any(|lacks| lacks), "3 returns without what was acknowledged meanwhile");
    run.run_until(SimTime(70_000_000));
    assert_eq!(missed(&run), Vec::<u8>::new());
}
