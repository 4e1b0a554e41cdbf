//! How a world begins: its nodes, network, costs, version and planted bugs.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::sim::clock::Clock;
use crate::sim::config::BrokerConfig;
use crate::sim::ids::NodeId;
use crate::sim::time::Micros;
use crate::sim::version::{KafkaVersion, PlantedBug};

/// Roles of a server process (`process.roles`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Roles {
    Broker,
    Controller,
    /// Both in one process.
    Combined,
}

impl Roles {
    /// Whether the process is a broker.
    pub fn is_broker(self) -> bool {
        matches!(self, Roles::Broker | Roles::Combined)
    }

    /// Whether the process is a voter of the metadata quorum.
    pub fn is_controller(self) -> bool {
        matches!(self, Roles::Controller | Roles::Combined)
    }
}

/// A server process.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ServerSpec {
    pub id: NodeId,
    pub roles: Roles,
    pub rack: Option<String>,
    /// Configs that differ from the cluster's, by Kafka's name.
    pub overrides: BTreeMap<String, String>,
    /// Wall clock offset in milliseconds.
    pub clock_offset_ms: i64,
    /// Clock drift in parts per million.
    pub clock_drift_ppm: i32,
}

impl ServerSpec {
    /// A server with an exact clock, no rack and the cluster's configs.
    pub fn new(id: i32, roles: Roles) -> ServerSpec {
        ServerSpec {
            id: NodeId(id),
            roles,
            rack: None,
            overrides: BTreeMap::new(),
            clock_offset_ms: 0,
            clock_drift_ppm: 0,
        }
    }

    /// The node's clock.
    pub fn clock(&self) -> Clock {
        Clock { offset_ms: self.clock_offset_ms, drift_ppm: self.clock_drift_ppm }
    }
}

/// One-way latency and bandwidth between two machines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct NetworkSpec {
    /// Shortest one-way latency.
    pub latency: Micros,
    /// Mean of the exponential part added to it; 0 = none.
    pub jitter_mean: Micros,
    /// Bytes per second that a machine can send.
    pub bandwidth: u64,
}

impl NetworkSpec {
    /// A datacentre: half a millisecond a hop, 10 Gbit/s.
    pub const DATACENTRE: NetworkSpec =
        NetworkSpec { latency: Micros(500), jitter_mean: Micros(50), bandwidth: 1_250_000_000 };
    /// The teaching network: 150 ms a hop, so that a message can be seen.
    pub const TEACHING: NetworkSpec =
        NetworkSpec { latency: Micros(150_000), jitter_mean: Micros(0), bandwidth: 1_250_000_000 };
}

/// Declared service times. They are shown beside every number that depends on them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ServiceCosts {
    /// A server's time per request, in nanoseconds.
    pub request_ns: u64,
    /// A server's time per record appended or read, in nanoseconds.
    pub record_ns: u64,
    /// A server's time per kilobyte appended or read, in nanoseconds.
    pub kilobyte_ns: u64,
    /// An fsync of the metadata log or the quorum state.
    pub fsync: Micros,
    /// Age at which the operating system writes a page back to the medium.
    pub writeback: Micros,
    /// Time from a process start to its first action.
    pub boot: Micros,
}

impl ServiceCosts {
    /// A server's time for records that it appends or reads.
    pub fn of_records(&self, records: u64, bytes: u64) -> Micros {
        crate::sim::node::nanos(records * self.record_ns + bytes * self.kilobyte_ns / 1000)
    }
}

impl Default for ServiceCosts {
    fn default() -> Self {
        ServiceCosts {
            request_ns: 20_000,
            record_ns: 200,
            kilobyte_ns: 500,
            fsync: Micros(500),
            writeback: Micros(30_000_000),
            boot: Micros(2_000_000),
        }
    }
}

/// Everything that a world begins with, but its client programs.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ClusterSetup {
    pub seed: u64,
    pub version: KafkaVersion,
    pub servers: Vec<ServerSpec>,
    /// Cluster-wide broker and controller configs.
    pub config: BrokerConfig,
    /// `eligible.leader.replicas.version` at format time; None = the version's default.
    pub elr: Option<bool>,
    pub network: NetworkSpec,
    pub costs: ServiceCosts,
    pub planted_bugs: Vec<PlantedBug>,
}

impl ClusterSetup {
    /// Brokers 1..=`brokers` and dedicated controllers 101..=100+`controllers`, in a datacentre.
    pub fn split(seed: u64, brokers: i32, controllers: i32) -> ClusterSetup {
        let controllers = (1..=controllers).map(|i| ServerSpec::new(100 + i, Roles::Controller));
        let brokers = (1..=brokers).map(|i| ServerSpec::new(i, Roles::Broker));
        ClusterSetup::of(seed, controllers.chain(brokers).collect())
    }

    /// Nodes 1..=`nodes`, each broker and controller, in a datacentre.
    pub fn combined(seed: u64, nodes: i32) -> ClusterSetup {
        ClusterSetup::of(seed, (1..=nodes).map(|i| ServerSpec::new(i, Roles::Combined)).collect())
    }

    fn of(seed: u64, servers: Vec<ServerSpec>) -> ClusterSetup {
        ClusterSetup {
            seed,
            version: KafkaVersion::default(),
            servers,
            config: BrokerConfig::default(),
            elr: None,
            network: NetworkSpec::DATACENTRE,
            costs: ServiceCosts::default(),
            planted_bugs: Vec::new(),
        }
    }

    /// The voters of the metadata quorum.
    pub fn voters(&self) -> impl Iterator<Item = NodeId> {
        self.servers.iter().filter(|s| s.roles.is_controller()).map(|s| s.id)
    }

    /// Whether eligible leader replicas are on.
    pub fn elr_enabled(&self) -> bool {
        self.elr.unwrap_or(self.version.elr_by_default())
    }

    /// Whether the bug is planted.
    pub fn has_bug(&self, bug: PlantedBug) -> bool {
        self.planted_bugs.contains(&bug)
    }
}
