//! How a world begins: its nodes, network, costs, version and planted bugs.

use serde::{Deserialize, Serialize};

use crate::limits::{BROKERS_MAX, CLIENTS_MAX, SERVERS_MAX};
use crate::sim::clock::Clock;
use crate::sim::config::BrokerConfig;
use crate::sim::ids::{FIRST_CLIENT, NodeId};
use crate::sim::sorted::{SortedMap, SortedSet};
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
    pub overrides: SortedMap<String, String>,
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
            overrides: SortedMap::new(),
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

    /// Whether a world of this setup with so many clients can be made.
    ///
    /// # Errors
    /// What is wrong, with its number and the bound.
    pub fn validate(&self, clients: usize) -> Result<(), SetupError> {
        let brokers = self.servers.iter().filter(|server| server.roles.is_broker()).count();
        if brokers > BROKERS_MAX {
            return Err(SetupError::TooManyBrokers { asked: brokers });
        }
        if self.servers.len() > SERVERS_MAX {
            return Err(SetupError::TooManyServers { asked: self.servers.len() });
        }
        if clients > CLIENTS_MAX {
            return Err(SetupError::TooManyClients { asked: clients });
        }
        if self.voters().next().is_none() {
            return Err(SetupError::NoController);
        }
        let mut ids = SortedSet::new();
        for NodeId(id) in self.servers.iter().map(|server| server.id) {
            if !(0..FIRST_CLIENT).contains(&id) {
                return Err(SetupError::IdOutOfRange { id });
            }
            if !ids.insert(id) {
                return Err(SetupError::IdTwice { id });
            }
        }
        Ok(())
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

/// Why a world cannot be made, or made larger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetupError {
    TooManyBrokers { asked: usize },
    TooManyServers { asked: usize },
    TooManyClients { asked: usize },
    NoController,
    IdOutOfRange { id: i32 },
    IdTwice { id: i32 },
}

impl std::fmt::Display for SetupError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            SetupError::TooManyBrokers { asked } => {
                write!(
                    f,
                    "{asked} brokers are too many: at most {BROKERS_MAX} fit a cluster; ask for fewer"
                )
            }
            SetupError::TooManyServers { asked } => write!(
                f,
                "{asked} brokers and controllers are too many: at most {SERVERS_MAX} fit a cluster; ask for fewer"
            ),
            SetupError::TooManyClients { asked } => {
                write!(
                    f,
                    "{asked} clients are too many: at most {CLIENTS_MAX} fit a run; ask for fewer"
                )
            }
            SetupError::NoController => {
                write!(f, "a cluster needs a controller; give a server the role")
            }
            SetupError::IdOutOfRange { id } => {
                write!(f, "node.id {id} cannot be used; choose one from 0 to {}", FIRST_CLIENT - 1)
            }
            SetupError::IdTwice { id } => {
                write!(f, "two servers have node.id {id}; give each its own")
            }
        }
    }
}

impl std::error::Error for SetupError {}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(setup: &ClusterSetup, clients: usize) -> String {
        setup.validate(clients).expect_err("it is past a limit").to_string()
    }

    #[test]
    fn the_largest_setup_can_be_made() {
        let servers = (BROKERS_MAX as i32, (SERVERS_MAX - BROKERS_MAX) as i32);
        let setup = ClusterSetup::split(1, servers.0, servers.1);
        assert_eq!(setup.validate(CLIENTS_MAX), Ok(()));
    }

    #[test]
    fn a_setup_past_a_limit_is_refused_with_the_number_and_the_limit() {
        let brokers = refused(&ClusterSetup::split(1, 101, 1), 0);
        assert_eq!(brokers, "101 brokers are too many: at most 100 fit a cluster; ask for fewer");
        let servers = refused(&ClusterSetup::split(1, 100, 11), 0);
        assert!(
            servers.starts_with("111 brokers and controllers") && servers.contains("110"),
            "{servers}"
        );
        let clients = refused(&ClusterSetup::split(1, 1, 1), 501);
        assert!(clients.starts_with("501 clients") && clients.contains("500"), "{clients}");
    }

    #[test]
    fn a_setup_without_a_controller_or_with_impossible_ids_is_refused() {
        let mut setup = ClusterSetup::split(1, 3, 0);
        assert_eq!(setup.validate(0), Err(SetupError::NoController));
        setup.servers.push(ServerSpec::new(2, Roles::Controller));
        assert_eq!(setup.validate(0), Err(SetupError::IdTwice { id: 2 }));
        setup.servers[3].id = NodeId(-1);
        assert_eq!(setup.validate(0), Err(SetupError::IdOutOfRange { id: -1 }));
    }
}
