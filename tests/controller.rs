//! The active controller in a world: leaders, in-sync replicas and topics when brokers and controllers fail.
#![allow(clippy::unwrap_used, reason = "a test that cannot set its world up has failed")]

use std::sync::Arc;

use kafka_playground::sim::act::Fault;
use kafka_playground::sim::client::ClientSpec;
use kafka_playground::sim::client::program::{
    AdminCall, AdminResult, Call, ClientCalls, ClientEvent, Program,
};
use kafka_playground::sim::controller::partition_registration::{
    LeaderRecoveryState, PartitionRegistration,
};
use kafka_playground::sim::fact::{Fact, FactRecord};
use kafka_playground::sim::ids::*;
use kafka_playground::sim::protocol::ErrorCode;
use kafka_playground::sim::protocol::admin::*;
use kafka_playground::sim::setup::ClusterSetup;
use kafka_playground::sim::time::{Micros, NodeNow};
use kafka_playground::sim::world::World;

/// Makes the admin calls it is told to make.
#[derive(Clone, Debug, Default, Hash)]
struct Asker {
    answers: Vec<AdminResult>,
}

impl Program for Asker {
    type Command = AdminCall;
    fn on(&mut self, _: NodeNow, event: ClientEvent<AdminCall>, calls: &mut ClientCalls) {
        match event {
            ClientEvent::Command(call) => {
                calls.call(Call::Admin { call: Box::new(call), token: 1 })
            }
            ClientEvent::Admin { result, .. } => self.answers.push(result),
            _ => {}
        }
    }
}

const CLIENT: NodeId = NodeId(FIRST_CLIENT);
const P0: TopicPartition = TopicPartition { topic: TopicId(1), partition: 0 };

/// A world with an admin client, and everything that was told so far.
struct Told {
    world: World<Asker>,
    facts: Vec<FactRecord>,
}

impl Told {
    /// Three brokers, up and running, with topic `t` on all of them: one partition, preferred leader 1.
    fn with_topic(mut setup: ClusterSetup, configs: &[(&str, &str)]) -> Told {
        setup.config.auto_leader_rebalance_enable = false;
        let spec = ClientSpec { name: "admin".into(), program: Asker::default() };
        let mut told = Told { world: World::new(setup, vec![spec]).unwrap(), facts: Vec::new() };
        told.run_ms(15_000);
        let placement = Placement::Manual(vec![(0, [1, 2, 3].map(NodeId).to_vec())]);
        let configs = configs.iter().map(|(k, v)| (Arc::from(*k), Arc::from(*v))).collect();
        let topic = NewTopic { name: "t".into(), placement, configs };
        let created = told.ask(AdminCall::CreateTopics(vec![topic]));
        assert_eq!(created, AdminResult::Topics(vec![("t".into(), ApiError::default())]));
        told.run_ms(1_000);
        told
    }

    fn run_ms(&mut self, ms: i64) {
        let end = self.world.now() + Micros::from_ms(ms);
        while self.world.next_event_time().is_some_and(|next| next <= end) {
            self.world.step();
            self.facts.extend(self.world.facts().iter().cloned());
        }
        self.world.advance_clock(end);
    }

    fn act(&mut self, fault: Fault) -> FactId {
        self.world.act(fault).unwrap();
        self.facts.extend(self.world.facts().iter().cloned());
        self.world.facts()[0].id
    }

    /// Kills brokers one after the other, each fenced before the next dies.
    fn lose(&mut self, brokers: &[i32]) {
        for broker in brokers {
            self.act(Fault::Kill(NodeId(*broker)));
            self.run_ms(12_000);
        }
    }

    fn ask(&mut self, call: AdminCall) -> AdminResult {
        let before = self.answers().len();
        self.world.command(CLIENT, call);
        for _ in 0..100 {
            self.run_ms(100);
            if self.answers().len() > before {
                break;
            }
        }
        self.answers().last().cloned().expect("the call is answered within ten seconds")
    }

    fn elect(&mut self, election: ElectionType) -> ErrorCode {
        let partitions = Some(vec![("t".into(), 0)]);
        match self.ask(AdminCall::ElectLeaders { election, partitions }) {
            AdminResult::Elected(results) => results[0].2.error,
            other => panic!("unexpected {other:?}"),
        }
    }

    fn set_config(&mut self, name: &str, value: &str) -> AdminResult {
        let changes = vec![(Arc::from(name), Some(Arc::from(value)))];
        self.ask(AdminCall::AlterConfigs { resource: ConfigResource::Topic("t".into()), changes })
    }

    fn answers(&self) -> &[AdminResult] {
        &self.world.node(CLIENT).unwrap().client().unwrap().program.answers
    }

    /// The partition as the active controller has it.
    fn partition(&self) -> Arc<PartitionRegistration> {
        let servers = self.world.nodes().filter_map(|node| node.server());
        let mut states = servers.filter_map(|server| server.controller()?.state());
        states.next().expect("a controller is active").image.partition(P0).unwrap().clone()
    }

    /// Leader, ISR and ELR.
    fn shape(&self) -> (i32, Vec<i32>, Vec<i32>) {
        let partition = self.partition();
        (partition.leader, partition.isr.to_vec(), partition.elr.to_vec())
    }

    fn fact(&self, it: impl Fn(&Fact) -> bool) -> &FactRecord {
        self.facts.iter().rev().find(|record| it(&record.fact)).expect("the fact was told")
    }

    /// The chain of causes of a fact, the latest first.
    fn chain<'a>(&'a self, mut record: &'a FactRecord) -> Vec<FactId> {
        let mut chain = Vec::new();
        while let Some(cause) = self.facts.iter().find(|other| other.id == record.cause) {
            chain.push(cause.id);
            record = cause;
        }
        chain
    }
}

fn is_elected(leader: i32) -> impl Fn(&Fact) -> bool {
    move |fact| matches!(fact, Fact::LeaderElected { leader: l, .. } if *l == NodeId(leader))
}

#[test]
fn a_killed_leader_is_replaced_and_the_kill_is_the_reason() {
    for controllers in [1, 3] {
        let mut told = Told::with_topic(ClusterSetup::split(1, 3, controllers), &[]);
        assert_eq!(told.shape(), (1, vec![1, 2, 3], vec![]));
        let kill = told.act(Fault::Kill(NodeId(1)));
        told.run_ms(12_000);
        assert_eq!(told.shape(), (2, vec![2, 3], vec![]));
        let elected = told.fact(is_elected(2));
        let fenced = told.fact(|fact| matches!(fact, Fact::BrokerFenced { .. }));
        assert_eq!(told.chain(elected)[..2], [fenced.id, kill]);
    }
}

#[test]
fn replicas_below_min_isr_stay_eligible_after_clean_stops() {
    let mut told = Told::with_topic(ClusterSetup::split(2, 3, 1), &[("min.insync.replicas", "2")]);
    for broker in [3, 2, 1] {
        told.act(Fault::CleanStop(NodeId(broker)));
        told.run_ms(3_000);
    }
    let partition = told.partition();
    let mut elr = partition.elr.to_vec();
    elr.sort_unstable();
    assert_eq!((partition.leader, partition.isr.len(), elr), (-1, 0, vec![1, 2]));
    assert_eq!(*partition.last_known_elr, [1]);
    told.act(Fault::Start(NodeId(2)));
    told.run_ms(20_000);
    assert_eq!(told.shape(), (2, vec![2], vec![1]));
    assert!(matches!(told.fact(is_elected(2)).fact, Fact::LeaderElected { unclean: false, .. }));
    told.act(Fault::Start(NodeId(1)));
    told.run_ms(20_000);
    let (leader, mut isr, elr) = told.shape();
    isr.sort_unstable();
    assert_eq!((leader, isr, elr), (2, vec![1, 2], vec![]));
}

#[test]
fn an_eligible_replica_that_was_killed_is_not_elected() {
    let mut told = Told::with_topic(ClusterSetup::split(3, 3, 1), &[("min.insync.replicas", "2")]);
    told.lose(&[3, 2, 1]);
    told.act(Fault::Start(NodeId(2)));
    told.run_ms(15_000);
    assert_eq!(told.shape(), (-1, vec![], vec![1]), "2 may have lost records");
    told.act(Fault::Start(NodeId(1)));
    told.run_ms(15_000);
    // The last known leader leads, uncleanly, though unclean election is off (KIP-966).
    assert_eq!(told.partition().leader, 1);
    assert!(matches!(told.fact(is_elected(1)).fact, Fact::LeaderElected { unclean: true, .. }));
    assert_eq!(told.partition().leader_recovery_state, LeaderRecoveryState::Recovered);
}

#[test]
fn without_elr_the_last_member_keeps_the_partition() {
    let mut setup = ClusterSetup::split(4, 3, 1);
    setup.elr = Some(false);
    let mut told = Told::with_topic(setup, &[]);
    told.lose(&[3, 2, 1]);
    assert_eq!(told.shape(), (-1, vec![1], vec![]));
    told.act(Fault::Start(NodeId(2)));
    told.run_ms(15_000);
    assert_eq!(told.elect(ElectionType::Preferred), ErrorCode::PreferredLeaderNotAvailable);
    assert_eq!(told.shape(), (-1, vec![1], vec![]));
    assert_eq!(told.elect(ElectionType::Unclean), ErrorCode::None);
    assert_eq!(told.shape(), (2, vec![2], vec![]));
    assert_eq!(told.elect(ElectionType::Unclean), ErrorCode::ElectionNotNeeded);
}

#[test]
fn unclean_election_by_config_comes_with_the_next_interval() {
    let mut setup = ClusterSetup::split(5, 3, 1);
    setup.elr = Some(false);
    setup.config.unclean_leader_election_interval_ms = 60_000;
    let mut told = Told::with_topic(setup, &[]);
    told.lose(&[3, 2, 1]);
    told.act(Fault::Start(NodeId(2)));
    told.run_ms(6_000);
    let altered = told.set_config("unclean.leader.election.enable", "true");
    assert_eq!(altered, AdminResult::ConfigsAltered(ApiError::default()));
    assert_eq!(told.shape(), (-1, vec![1], vec![]), "not at once");
    told.run_ms(60_000);
    assert_eq!(told.shape(), (2, vec![2], vec![]));
}

#[test]
fn another_min_isr_clears_the_eligible_replicas() {
    let mut told = Told::with_topic(ClusterSetup::split(6, 3, 1), &[("min.insync.replicas", "3")]);
    told.lose(&[3]);
    assert_eq!(told.shape(), (1, vec![1, 2], vec![3]));
    let refused = told.set_config("min.insync.replicas", "many");
    assert!(
        matches!(refused, AdminResult::ConfigsAltered(e) if e.error == ErrorCode::InvalidConfig)
    );
    told.set_config("min.insync.replicas", "2");
    assert_eq!(told.shape(), (1, vec![1, 2], vec![]));
    told.act(Fault::Start(NodeId(3)));
    told.run_ms(15_000);
    assert_eq!(told.partition().isr.len(), 3, "the leader follows the new partition epoch");
}

#[test]
fn leadership_returns_to_the_preferred_replica() {
    let mut told = Told::with_topic(ClusterSetup::split(7, 3, 1), &[]);
    told.act(Fault::CleanStop(NodeId(1)));
    told.run_ms(5_000);
    assert_eq!(told.partition().leader, 2);
    told.act(Fault::Start(NodeId(1)));
    told.run_ms(30_000);
    assert_eq!(told.partition().leader, 2, "the balance is off in these worlds");
    assert_eq!(told.elect(ElectionType::Preferred), ErrorCode::None);
    assert_eq!(told.partition().leader, 1);
    assert_eq!(told.elect(ElectionType::Preferred), ErrorCode::ElectionNotNeeded);
}

#[test]
fn topics_survive_the_failover_of_the_controller() {
    let mut told = Told::with_topic(ClusterSetup::split(8, 3, 3), &[]);
    for name in ["u", "v"] {
        let active = told.fact(|fact| matches!(fact, Fact::QuorumLeaderElected { .. })).node;
        told.act(Fault::Kill(active));
        let placement = Placement::Count { partitions: 6, replication_factor: 3 };
        let topic = NewTopic { name: name.into(), placement, configs: Vec::new() };
        let created = told.ask(AdminCall::CreateTopics(vec![topic]));
        assert_eq!(created, AdminResult::Topics(vec![(name.into(), ApiError::default())]));
        told.act(Fault::Start(active));
        told.run_ms(10_000);
    }
    let fenced = told.facts.iter().any(|record| matches!(record.fact, Fact::BrokerFenced { .. }));
    assert!(!fenced, "a new controller gives every broker a fresh session");
    for broker in [1, 2, 3] {
        let image = told.world.node(NodeId(broker)).unwrap().server().unwrap().image();
        let names: Vec<&str> = image.topic_ids.keys().map(|name| &**name).collect();
        assert_eq!(names, ["t", "u", "v"]);
    }
}

#[test]
fn what_was_committed_is_told_once() {
    let mut told = Told::with_topic(ClusterSetup::split(9, 3, 3), &[]);
    told.lose(&[1]);
    let controllers = [101, 102, 103].map(NodeId);
    controllers.iter().for_each(|node| _ = told.act(Fault::Kill(*node)));
    controllers.iter().for_each(|node| _ = told.act(Fault::Start(*node)));
    told.run_ms(15_000);
    let tells = |it: &dyn Fn(&Fact) -> bool| told.facts.iter().filter(|r| it(&r.fact)).count();
    assert!(tells(&|fact| matches!(fact, Fact::QuorumLeaderElected { .. })) > 1);
    assert_eq!(tells(&|fact| matches!(fact, Fact::TopicCreated { .. })), 1);
    assert_eq!(tells(&|fact| matches!(fact, Fact::BrokerRegistered { .. })), 3);
    assert_eq!(tells(&|fact| matches!(fact, Fact::IsrShrunk { .. })), 1);
    assert_eq!(tells(&is_elected(2)), 1);
    told.lose(&[2]);
    told.fact(is_elected(3));
}
