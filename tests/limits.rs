//! Past a limit there is a refusal that names it, and nothing has changed.
#![allow(clippy::unwrap_used, reason = "a test that cannot set its world up has failed")]

use std::sync::Arc;

use kafka_playground::apps::AnyProgram;
use kafka_playground::apps::tool::{Answer, Tool, ToolCommand};
use kafka_playground::limits::{CLIENTS_MAX, PARTITIONS_MAX, RUN_HOURS_MAX, RUN_MICROS_MAX};
use kafka_playground::playground::action::Action;
use kafka_playground::playground::history::{History, HistoryError};
use kafka_playground::playground::run::Run;
use kafka_playground::playground::setup::{self, TOOL, client};
use kafka_playground::sim::act::Fault;
use kafka_playground::sim::client::program::{AdminCall, AdminResult};
use kafka_playground::sim::ids::NodeId;
use kafka_playground::sim::protocol::ErrorCode;
use kafka_playground::sim::protocol::admin::{ApiError, NewTopic, Placement};
use kafka_playground::sim::setup::{ClusterSetup, SetupError};
use kafka_playground::sim::time::{Micros, SimTime};
use kafka_playground::sim::world::World;

fn tool() -> kafka_playground::sim::client::ClientSpec<AnyProgram> {
    client("tool", Tool::default())
}

#[test]
fn a_run_of_too_many_brokers_is_refused() {
    let refused = Run::<AnyProgram>::new(ClusterSetup::split(1, 101, 3), Vec::new());
    assert_eq!(refused.err(), Some(SetupError::TooManyBrokers { asked: 101 }));
}

#[test]
fn a_setup_of_too_many_clients_cannot_be_opened() {
    let mut setup = setup::orders(1);
    setup.clients = vec![tool(); CLIENTS_MAX + 1];
    assert_eq!(setup.open().err(), Some(SetupError::TooManyClients { asked: CLIENTS_MAX + 1 }));
}

#[test]
fn a_full_world_takes_no_other_client() {
    let clients = vec![tool(); CLIENTS_MAX - 1];
    let mut world = World::new(ClusterSetup::combined(1, 1), clients).unwrap();
    world.add_client(tool()).unwrap();
    let refused = world.add_client(tool()).unwrap_err();
    assert_eq!(refused, SetupError::TooManyClients { asked: CLIENTS_MAX + 1 });
    assert_eq!(world.client_specs().len(), CLIENTS_MAX);
}

/// One broker and an admin client.
struct Cluster {
    world: World<AnyProgram>,
    token: u64,
}

impl Cluster {
    fn up() -> Cluster {
        let mut world = World::new(ClusterSetup::combined(1, 1), vec![tool()]).unwrap();
        world.run_until(SimTime(10_000_000));
        Cluster { world, token: 0 }
    }

    fn ask(&mut self, call: AdminCall) -> ApiError {
        self.token += 1;
        let token = self.token;
        self.world.command(TOOL, ToolCommand::Admin { token, call }.into());
        self.world.run_until(self.world.now() + Micros(10_000_000));
        let AnyProgram::Tool(tool) = &self.world.node(TOOL).unwrap().client().unwrap().program
        else {
            panic!("the first client is the tool");
        };
        match tool.answer(token) {
            Some(Answer::Admin(AdminResult::Topics(topics))) => topics[0].1.clone(),
            other => panic!("unexpected {other:?}"),
        }
    }

    fn create(&mut self, name: &str, partitions: i32) -> ApiError {
        let placement = Placement::Count { partitions, replication_factor: 1 };
        let topic = NewTopic { name: name.into(), placement, configs: Vec::new() };
        self.ask(AdminCall::CreateTopics(vec![topic]))
    }

    fn partitions(&self) -> usize {
        self.world.metadata().unwrap().topics.values().map(|topic| topic.partitions.len()).sum()
    }
}

#[test]
fn a_cluster_never_has_more_partitions_than_the_limit() {
    let mut cluster = Cluster::up();
    assert_eq!(cluster.create("most", PARTITIONS_MAX - 1).error, ErrorCode::None);
    let refused = cluster.create("more", 2);
    assert_eq!(refused.error, ErrorCode::PolicyViolation);
    assert!(refused.message.contains("10001 partitions, but at most 10000"), "{}", refused.message);
    let refused =
        cluster.ask(AdminCall::CreatePartitions { topic: Arc::from("most"), total: i32::MAX });
    assert_eq!(refused.error, ErrorCode::PolicyViolation);
    assert!(refused.message.contains("at most 10000"), "{}", refused.message);
    assert_eq!(cluster.partitions(), PARTITIONS_MAX as usize - 1);
    assert_eq!(cluster.create("last", 1).error, ErrorCode::None);
}

#[test]
fn a_run_ends_after_a_day_and_says_so() {
    let run = Run::<AnyProgram>::new(ClusterSetup::combined(1, 1), Vec::new()).unwrap();
    let mut history = History::new(run);
    // A cluster that is down has nothing to do, so the day is over soon.
    history.run_until(SimTime(20_000_000));
    history.act(Action::Fault(Fault::Kill(NodeId(1)))).unwrap();
    history.run_until(SimTime(u64::MAX));
    assert_eq!(history.position().time, SimTime(RUN_MICROS_MAX));
    let refused = history.act(Action::Fault(Fault::Start(NodeId(1)))).unwrap_err();
    assert_eq!(refused, HistoryError::RunOver);
    assert!(refused.to_string().contains(&format!("{RUN_HOURS_MAX} simulated hours")));
    history.seek(SimTime(30_000_000));
    history.act(Action::Fault(Fault::Start(NodeId(1)))).unwrap();
    assert!(history.step());
}
