//! Setups: what a run begins with, and the built-in ones.

use std::sync::Arc;

use crate::apps::load::{CommitMode, ConsumerLoad, ConsumerSpec, Pace, ProducerLoad, ProducerSpec};
use crate::apps::tool::{Tool, ToolCommand};
use crate::apps::training::TrainingJob;
use crate::apps::{AnyCommand, AnyProgram};
use crate::playground::action::Action;
use crate::playground::history::History;
use crate::playground::run::Run;
use crate::sim::act::Fault;
use crate::sim::client::ClientSpec;
use crate::sim::client::program::AdminCall;
use crate::sim::config::{AutoOffsetReset, ConsumerConfig};
use crate::sim::ids::{FIRST_CLIENT, NodeId};
use crate::sim::protocol::admin::{NewTopic, Placement};
use crate::sim::setup::{ClusterSetup, NetworkSpec, SetupError};
use crate::sim::time::{Micros, SimTime};

/// The admin tool of a setup: always its first client.
pub const TOOL: NodeId = NodeId(FIRST_CLIENT);

/// A cluster with its programs, and what the tool is told at the start.
#[derive(Clone, Debug)]
pub struct Setup {
    pub cluster: ClusterSetup,
    /// The tool first.
    pub clients: Vec<ClientSpec<AnyProgram>>,
    /// Commands to the tool, by time.
    pub script: Vec<(SimTime, ToolCommand)>,
    /// What goes wrong by itself, by time.
    pub faults: Vec<(SimTime, Fault)>,
}

impl Setup {
    /// A history of the setup, at its start.
    ///
    /// # Errors
    /// If the setup is past a limit or impossible.
    pub fn open(&self) -> Result<History<AnyProgram>, SetupError> {
        let run = Run::new(self.cluster.clone(), self.clients.clone())?;
        let script = self.script.iter().map(|(time, command)| {
            let command = AnyCommand::Tool(command.clone());
            (*time, Action::Command { client: TOOL, command })
        });
        let faults = self.faults.iter().map(|(time, fault)| (*time, Action::Fault(*fault)));
        Ok(History::scripted(run, script.chain(faults).collect()))
    }
}

/// A client process.
pub fn client(name: &str, program: impl Into<AnyProgram>) -> ClientSpec<AnyProgram> {
    ClientSpec { name: Arc::from(name), program: program.into() }
}

/// The first setup: three brokers, three controllers, the topic `orders`, a shop that writes and two groups that read.
///
/// It uses the teaching network (150 ms a hop) and quick starts of processes; everything else is Kafka's default.
pub fn orders(seed: u64) -> Setup {
    let mut cluster = ClusterSetup::split(seed, 3, 3);
    cluster.network = NetworkSpec::TEACHING;
    cluster.costs.boot = Micros(300_000);
    let checkout = ProducerSpec {
        pace: Pace::Rate(8),
        keys: 12,
        value_bytes: 60,
        ..ProducerSpec::new("orders")
    };
    Setup {
        cluster,
        clients: vec![
            client("tool", Tool::default()),
            client("checkout", ProducerLoad::new(checkout)),
            client("c1", reader("billing", Micros(90_000))),
            client("c2", reader("billing", Micros(90_000))),
            client("a1", reader("analytics", Micros(110_000))),
        ],
        script: vec![(SimTime(1_000_000), create_orders())],
        faults: Vec::new(),
    }
}

/// The training of a classifier on handwritten digits: three brokers, three controllers, a datacentre network.
pub fn digits(job: &TrainingJob, trainers: u16) -> Setup {
    let mut clients = vec![client("tool", Tool::default())];
    clients.extend(job.clients(trainers));
    Setup {
        cluster: ClusterSetup::split(job.seed, 3, 3),
        clients,
        script: Vec::new(),
        faults: Vec::new(),
    }
}

/// A member that starts at the earliest record and commits every second.
///
/// A commit takes four hops here, and a broker answers one request of a connection at a time: commits after every poll
/// would pile up on the teaching network.
fn reader(group: &str, processing: Micros) -> ConsumerLoad {
    let config = ConsumerConfig {
        auto_offset_reset: AutoOffsetReset::Earliest,
        auto_commit_interval_ms: 1_000,
        max_poll_records: 4,
        ..ConsumerConfig::default()
    };
    let spec = ConsumerSpec {
        processing,
        commit: CommitMode::Auto,
        config,
        ..ConsumerSpec::new(group, "orders")
    };
    ConsumerLoad::new(spec)
}

fn create_orders() -> ToolCommand {
    let replicas = [[1, 2, 3], [2, 3, 1], [3, 1, 2], [1, 3, 2]];
    let placement = replicas.iter().enumerate().map(|(p, r)| (p as i32, r.map(NodeId).to_vec()));
    let topic = NewTopic {
        name: "orders".into(),
        placement: Placement::Manual(placement.collect()),
        configs: vec![("min.insync.replicas".into(), "2".into())],
    };
    ToolCommand::Admin { token: 1, call: AdminCall::CreateTopics(vec![topic]) }
}
