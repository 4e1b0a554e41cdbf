//! What a seed stands for: cluster, traffic and faults.

use crate::checks::liveness::{Bounds, ClientTimes};
use crate::sim::act::Fault;
use crate::sim::config::BrokerConfig;
use crate::sim::ids::{FIRST_CLIENT, NodeId};
use crate::sim::protocol::data::Acks;
use crate::sim::rng::Rng;
use crate::sim::setup::{ClusterSetup, NetworkSpec, Roles};
use crate::sim::sorted::sort_by_key;
use crate::sim::time::{Micros, SimTime};
use crate::sim::version::PlantedBug;

/// The cluster stands and the topic exists by then.
pub const FAULTS_FROM: SimTime = SimTime(8_000_000);
/// Shortest time with faults that a run must have.
const FAULTS_AT_LEAST: Micros = Micros(10_000_000);
/// Every so many seeds, the seed with this rest also breaks disks. No recorded seed is one of them: those keep their plans.
const SEEDS_WITH_DISKS: (u64, u64) = (4, 3);
/// Shortest and longest time that a slow disk adds to a write: the followers of a lively topic still keep up.
const SLOW_WRITE_US: (u64, u64) = (100, 2_000);
/// Times of all clients, so that recovery has a bound that fits into a run.
pub const CLIENT_TIMES: ClientTimes = ClientTimes {
    request_timeout_ms: 3_000,
    session_timeout_ms: 4_000,
    rebalance_timeout_ms: 5_000,
    delivery_timeout_ms: 12_000,
};

/// A whole run as drawn from its seed.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Plan {
    pub seed: u64,
    pub cluster: ClusterSetup,
    pub topic: TopicPlan,
    pub producers: Vec<ProducerPlan>,
    pub groups: Vec<GroupPlan>,
    /// Faults and repairs by time.
    pub faults: Vec<(SimTime, Fault)>,
    /// From then on everything runs and every link is whole.
    pub healed: SimTime,
    /// From then on nothing is sent.
    pub quiet: SimTime,
    pub end: SimTime,
}

/// The topic under traffic.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TopicPlan {
    pub partitions: i32,
    pub replication_factor: i16,
    pub min_insync_replicas: i32,
    pub unclean: bool,
}

/// A producer.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ProducerPlan {
    pub acks: Acks,
    pub idempotent: bool,
    pub linger_ms: i64,
    pub delivery_timeout_ms: i64,
    pub records_per_second: u32,
    /// 0 = records without key.
    pub keys: u32,
}

/// A consumer group.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct GroupPlan {
    pub members: u32,
    pub auto_commit: bool,
    pub session_timeout_ms: i64,
}

/// Kinds of faults that a seed may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Kill,
    PowerLoss,
    CleanStop,
    Pause,
    Cut,
    OneWayCut,
    SlowLink,
    Reset,
    ControllerKill,
    /// Voters are killed and started again in quick succession, in the middle of the elections that this leads to.
    VoterRestarts,
    ClientKill,
}

const KINDS: [Kind; 11] = [
    Kind::Kill,
    Kind::PowerLoss,
    Kind::CleanStop,
    Kind::Pause,
    Kind::Cut,
    Kind::OneWayCut,
    Kind::SlowLink,
    Kind::Reset,
    Kind::ControllerKill,
    Kind::VoterRestarts,
    Kind::ClientKill,
];

impl Plan {
    /// Draws the plan of a seed for a run of `length`.
    pub fn draw(seed: u64, length: Micros, bugs: &[PlantedBug]) -> Plan {
        let mut rng = Rng::new(seed, "swarm");
        let mut cluster = draw_cluster(seed, &mut rng);
        cluster.planted_bugs = bugs.to_vec();
        let brokers = cluster.servers.iter().filter(|s| s.roles.is_broker()).count() as i16;
        let topic = draw_topic(brokers, &mut rng);
        let producers: Vec<_> = (0..rng.between(1, 3)).map(|_| draw_producer(&mut rng)).collect();
        let groups: Vec<_> = (0..rng.between(1, 2)).map(|_| draw_group(&mut rng)).collect();
        let bounds = Bounds::of(&cluster, CLIENT_TIMES);
        let healed = SimTime((FAULTS_FROM + FAULTS_AT_LEAST).0.max((length - bounds.clients).0));
        let mut plan = Plan {
            seed,
            cluster,
            topic,
            producers,
            groups,
            faults: Vec::new(),
            healed,
            quiet: healed + bounds.replicas,
            end: healed + bounds.clients,
        };
        plan.draw_faults(&mut rng);
        if seed % SEEDS_WITH_DISKS.0 == SEEDS_WITH_DISKS.1 {
            plan.draw_disk_faults();
        }
        sort_by_key(&mut plan.faults, |(time, _)| *time);
        plan
    }

    /// Client processes: producers, then the members of the groups; the tool that creates the topic comes first of all.
    pub fn client_count(&self) -> i32 {
        1 + self.producers.len() as i32
            + self.groups.iter().map(|group| group.members as i32).sum::<i32>()
    }

    fn draw_faults(&mut self, rng: &mut Rng) {
        let kinds: Vec<Kind> = KINDS.into_iter().filter(|_| rng.chance(1, 2)).collect();
        let kinds = if kinds.is_empty() { vec![Kind::Kill, Kind::Reset] } else { kinds };
        let mean_gap = rng.between(400_000, 2_500_000);
        let mean_length = rng.between(1_000_000, 8_000_000);
        let mut time = FAULTS_FROM;
        while time < self.healed {
            let kind = kinds[rng.index(kinds.len())];
            let length = Micros(200_000 + rng.exponential(mean_length));
            let until = SimTime((time + length).0.min(self.healed.0));
            self.add(kind, time, until, rng);
            time = time + Micros(100_000 + rng.exponential(mean_gap));
        }
    }

    /// Disks that are slow, and disks that are replaced while their broker is down. Never a voter's: a quorum whose majority
    /// forgets its votes promises nothing.
    fn draw_disk_faults(&mut self) {
        let mut rng = Rng::new(self.seed, "swarm disks");
        if !self.cluster.servers.iter().any(|server| server.roles == Roles::Broker) {
            return;
        }
        let mut time = FAULTS_FROM;
        while time < self.healed {
            let node = self.draw_server(&mut rng, |roles| roles == Roles::Broker);
            let until = SimTime((time.0 + rng.between(500_000, 6_000_000)).min(self.healed.0));
            if rng.chance(1, 2) {
                let write = Some(Micros(rng.between(SLOW_WRITE_US.0, SLOW_WRITE_US.1)));
                self.faults.push((time, Fault::SlowDisk { node, write }));
                self.faults.push((until, Fault::SlowDisk { node, write: None }));
            } else {
                self.faults.push((time, Fault::Kill(node)));
                self.faults.push((time, Fault::WipeDisk(node)));
                self.faults.push((until, Fault::Start(node)));
            }
            time = time + Micros(1_000_000 + rng.exponential(3_000_000));
        }
    }

    fn add(&mut self, kind: Kind, from: SimTime, until: SimTime, rng: &mut Rng) {
        let broker = self.draw_server(rng, |roles| roles.is_broker());
        let controller = self.draw_server(rng, |roles| roles.is_controller());
        let any = self.draw_server(rng, |_| true);
        let client = self.draw_client(rng);
        let (fault, repair) = match kind {
            Kind::Kill => (Fault::Kill(broker), Fault::Start(broker)),
            Kind::PowerLoss => (Fault::PowerLoss(broker), Fault::Start(broker)),
            Kind::CleanStop => (Fault::CleanStop(broker), Fault::Start(broker)),
            Kind::Pause => (Fault::Pause(any), Fault::Resume(any)),
            Kind::ControllerKill => (Fault::Kill(controller), Fault::Start(controller)),
            Kind::VoterRestarts => return self.add_voter_restarts(from, until, rng),
            Kind::ClientKill => (Fault::Kill(client), Fault::Start(client)),
            Kind::Cut | Kind::OneWayCut | Kind::SlowLink | Kind::Reset => {
                return self.add_to_link(kind, from, until, rng);
            }
        };
        self.faults.push((from, fault));
        self.faults.push((until, repair));
    }

    fn add_to_link(&mut self, kind: Kind, begin: SimTime, until: SimTime, rng: &mut Rng) {
        let (from, to) = self.draw_link(rng);
        let mut add = |fault, repair| self.faults.extend([(begin, fault), (until, repair)]);
        match kind {
            Kind::Reset => self.faults.push((begin, Fault::ResetConnections { a: from, b: to })),
            Kind::SlowLink => {
                let latency = Some(Micros(rng.between(20_000, 800_000)));
                let link = |latency| Fault::SetLatency { from, to, latency };
                add(link(latency), link(None));
            }
            _ => {
                add(Fault::CutLink { from, to }, Fault::HealLink { from, to });
                if kind == Kind::Cut {
                    add(
                        Fault::CutLink { from: to, to: from },
                        Fault::HealLink { from: to, to: from },
                    );
                }
            }
        }
    }

    /// Two processes that may have a connection: a broker and a client, two voters, or any two servers.
    fn draw_link(&self, rng: &mut Rng) -> (NodeId, NodeId) {
        let (broker, client) =
            (self.draw_server(rng, |roles| roles.is_broker()), self.draw_client(rng));
        let voters = rng.chance(1, 2);
        let suits = |roles: Roles| !voters || roles.is_controller();
        let (from, to) = (self.draw_server(rng, suits), self.draw_server(rng, suits));
        match from == to || rng.chance(1, 3) {
            true if rng.chance(1, 2) => (client, broker),
            true => (broker, client),
            false => (from, to),
        }
    }

    /// Votes that take about as long as an election timeout make rivals of several voters, who die and return meanwhile.
    fn add_voter_restarts(&mut self, from: SimTime, until: SimTime, rng: &mut Rng) {
        let mean_gap = rng.between(20_000, 400_000);
        self.slow_voters(from, until, Micros(rng.between(1_000, 150_000)));
        let mut time = from;
        while time < until {
            let voter = self.draw_server(rng, Roles::is_controller);
            self.faults.push((time, Fault::Kill(voter)));
            let start = time + Micros(rng.between(1_000, 50_000));
            self.faults.push((start.min(self.healed), Fault::Start(voter)));
            time = time + Micros(10_000 + rng.exponential(mean_gap));
        }
    }

    fn slow_voters(&mut self, begin: SimTime, until: SimTime, latency: Micros) {
        let voters: Vec<NodeId> = self.cluster.voters().collect();
        for (from, to) in voters.iter().flat_map(|a| voters.iter().map(|b| (*a, *b))) {
            let link = |latency| Fault::SetLatency { from, to, latency };
            if from != to {
                self.faults.extend([(begin, link(Some(latency))), (until, link(None))]);
            }
        }
    }

    fn draw_client(&self, rng: &mut Rng) -> NodeId {
        NodeId(FIRST_CLIENT + 1 + rng.below(self.client_count() as u64 - 1) as i32)
    }

    fn draw_server(&self, rng: &mut Rng, suits: impl Fn(Roles) -> bool) -> NodeId {
        let servers: Vec<NodeId> = self
            .cluster
            .servers
            .iter()
            .filter(|server| suits(server.roles))
            .map(|server| server.id)
            .collect();
        servers[rng.index(servers.len())]
    }
}

fn draw_cluster(seed: u64, rng: &mut Rng) -> ClusterSetup {
    let brokers = rng.between(3, 5) as i32;
    let mut cluster = match rng.below(4) {
        0 => ClusterSetup::combined(seed, 3),
        1 => ClusterSetup::split(seed, brokers, 1),
        2 => ClusterSetup::split(seed, brokers, 3),
        _ => ClusterSetup::split(seed, brokers, 5),
    };
    cluster.elr = Some(rng.chance(2, 3));
    cluster.network = NetworkSpec {
        latency: Micros(rng.between(100, 5_000)),
        jitter_mean: Micros(rng.between(0, 2_000)),
        ..NetworkSpec::DATACENTRE
    };
    cluster.costs.boot =
        Micros(if rng.chance(1, 2) { 20_000 } else { rng.between(50_000, 1_000_000) });
    cluster.costs.writeback = Micros(rng.between(100_000, 30_000_000));
    cluster.config = BrokerConfig {
        broker_session_timeout_ms: rng.between(1_500, 3_000) as i64,
        broker_heartbeat_interval_ms: 500,
        controller_socket_timeout_ms: 2_000,
        quorum_election_timeout_ms: if rng.chance(1, 2) {
            rng.between(50, 150)
        } else {
            rng.between(300, 1_000)
        } as i64,
        quorum_fetch_timeout_ms: rng.between(800, 2_000) as i64,
        quorum_election_backoff_max_ms: rng.between(300, 1_000) as i64,
        min_insync_replicas: if rng.chance(3, 4) { 2 } else { 1 },
        replica_lag_time_max_ms: rng.between(1_000, 4_000) as i64,
        replica_fetch_backoff_ms: 200,
        replica_socket_timeout_ms: 2_000,
        group_initial_rebalance_delay_ms: rng.between(0, 1_000) as i64,
        group_min_session_timeout_ms: 1_000,
        offsets_topic_num_partitions: rng.between(1, 8) as i32,
        leader_imbalance_check_interval_seconds: rng.between(5, 60) as i64,
        ..BrokerConfig::default()
    };
    for server in &mut cluster.servers {
        server.clock_offset_ms = rng.between(0, 2_000) as i64 - 1_000;
        server.clock_drift_ppm = rng.between(0, 400) as i32 - 200;
    }
    cluster
}

fn draw_topic(brokers: i16, rng: &mut Rng) -> TopicPlan {
    let replication_factor =
        if rng.chance(4, 5) { 3.min(brokers) } else { rng.between(1, 2) as i16 };
    TopicPlan {
        partitions: rng.between(1, 6) as i32,
        replication_factor,
        min_insync_replicas: if rng.chance(3, 4) {
            2.min(i32::from(replication_factor))
        } else {
            1
        },
        unclean: rng.chance(1, 8),
    }
}

fn draw_producer(rng: &mut Rng) -> ProducerPlan {
    let acks = match rng.below(8) {
        0 => Acks::None,
        1 => Acks::Leader,
        _ => Acks::All,
    };
    ProducerPlan {
        acks,
        idempotent: acks == Acks::All && rng.chance(5, 6),
        linger_ms: rng.between(0, 50) as i64,
        delivery_timeout_ms: rng.between(4_000, CLIENT_TIMES.delivery_timeout_ms as u64) as i64,
        records_per_second: rng.between(40, 200) as u32,
        keys: if rng.chance(1, 3) { 0 } else { rng.between(1, 50) as u32 },
    }
}

fn draw_group(rng: &mut Rng) -> GroupPlan {
    GroupPlan {
        members: rng.between(1, 3) as u32,
        auto_commit: rng.chance(1, 2),
        session_timeout_ms: rng.between(1_500, CLIENT_TIMES.session_timeout_ms as u64) as i64,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_always_gives_the_same_plan() {
        let draw = |seed| Plan::draw(seed, Micros(60_000_000), &[]);
        assert_eq!(draw(7), draw(7));
        assert_ne!(draw(7), draw(8));
    }

    #[test]
    fn some_seeds_break_disks() {
        let wipes = |seed| {
            let plan = Plan::draw(seed, Micros(60_000_000), &[]);
            plan.faults.iter().filter(|(_, fault)| matches!(fault, Fault::WipeDisk(_))).count()
        };
        assert!((0..40).filter(|seed| wipes(*seed) > 0).count() >= 5);
        assert_eq!(wipes(256), 0, "a recorded seed keeps its plan");
    }

    #[test]
    fn nothing_is_broken_after_the_healing() {
        for seed in 0..50 {
            let plan = Plan::draw(seed, Micros(60_000_000), &[]);
            assert!(plan.faults.iter().all(|(time, _)| *time <= plan.healed));
            assert!(plan.faults.iter().any(|(time, _)| *time < plan.healed));
            assert!(plan.end <= SimTime(60_000_000), "recovery fits into a minute");
        }
    }
}
