//! Recorded situations of a real cluster (`truth/timelines` 01, 01b, 02 and 03) in a world with a client: who leads, who is
//! in sync, what is stored, what is committed.
#![allow(clippy::unwrap_used, reason = "a test that cannot set its world up has failed")]

use std::sync::Arc;

use kafka_playground::apps::tool::{Answer, OneRecord, Source, Tool, ToolCommand};
use kafka_playground::sim::act::Fault;
use kafka_playground::sim::broker::Replica;
use kafka_playground::sim::client::ClientSpec;
use kafka_playground::sim::client::program::{AdminCall, AdminResult, SeekTo};
use kafka_playground::sim::ids::*;
use kafka_playground::sim::protocol::ErrorCode;
use kafka_playground::sim::protocol::admin::{ConfigResource, ElectionType, NewTopic, Placement};
use kafka_playground::sim::protocol::data::Acks;
use kafka_playground::sim::protocol::group::NamedPartition;
use kafka_playground::sim::setup::ClusterSetup;
use kafka_playground::sim::time::{Micros, SimTime};
use kafka_playground::sim::world::World;

const CLIENT: NodeId = NodeId(FIRST_CLIENT);
const T0: TopicPartition = TopicPartition { topic: TopicId(1), partition: 0 };
const LIMIT_MS: i64 = 60_000;

/// A cluster with one topic of one partition, and a person at the terminal.
struct Lab {
    world: World<Tool>,
    token: u64,
}

impl Lab {
    fn new(replicas: &[i32], configs: &[(&str, &str)]) -> Lab {
        let mut setup = ClusterSetup::split(1, 3, 1);
        // The recordings' cluster/fast.properties.
        for (name, value) in [
            ("broker.session.timeout.ms", "3000"),
            ("broker.heartbeat.interval.ms", "500"),
            ("replica.lag.time.max.ms", "4000"),
            ("replica.fetch.wait.max.ms", "200"),
            ("auto.leader.rebalance.enable", "false"),
        ] {
            setup.config.set(name, value).unwrap();
        }
        let tool = ClientSpec { name: "tool".into(), program: Tool::default() };
        let mut lab = Lab { world: World::new(setup, vec![tool]).unwrap(), token: 0 };
        lab.run_ms(6000);
        let replicas = replicas.iter().map(|id| NodeId(*id)).collect();
        let topic = NewTopic {
            name: "t".into(),
            placement: Placement::Manual(vec![(0, replicas)]),
            configs: configs.iter().map(|(n, v)| ((*n).into(), (*v).into())).collect(),
        };
        let created = lab.admin(AdminCall::CreateTopics(vec![topic]));
        let AdminResult::Topics(results) = created else { panic!("{created:?}") };
        assert_eq!(results[0].1.error, ErrorCode::None);
        lab
    }

    fn run_ms(&mut self, ms: i64) {
        let end = self.world.now() + Micros::from_ms(ms);
        self.world.run_until(end);
    }

    fn act(&mut self, fault: Fault) {
        self.world.act(fault).unwrap();
    }

    /// Steps until something is so.
    fn wait(&mut self, what: &str, is_so: impl Fn(&Lab) -> bool) {
        let end: SimTime = self.world.now() + Micros::from_ms(LIMIT_MS);
        while !is_so(self) {
            assert!(self.world.now() < end, "never: {what}");
            assert!(self.world.step());
        }
    }

    fn tell(&mut self, command: impl FnOnce(u64) -> ToolCommand) -> u64 {
        self.token += 1;
        self.world.command(CLIENT, command(self.token));
        self.token
    }

    fn answer(&mut self, token: u64) -> Answer {
        let found = |lab: &Lab| {
            let client = lab.world.node(CLIENT).unwrap().client().unwrap();
            client.program.answer(token).cloned()
        };
        self.wait("an answer", |lab| found(lab).is_some());
        found(self).unwrap()
    }

    fn admin(&mut self, call: AdminCall) -> AdminResult {
        let token = self.tell(|token| ToolCommand::Admin { token, call });
        match self.answer(token) {
            Answer::Admin(result) => result,
            other => panic!("{other:?}"),
        }
    }

    fn send(&mut self, acks: Acks, values: &[&str]) -> Vec<u64> {
        let send = |value: &&str| {
            let value = Some(value.as_bytes().to_vec());
            let (topic, key) = ("t".into(), Some(b"k".to_vec()));
            let record = OneRecord { topic, partition: Some(0), key, value };
            self.tell(|token| ToolCommand::Send { token, record, acks })
        };
        values.iter().map(send).collect()
    }

    fn sent(&mut self, acks: Acks, values: &[&str]) -> Vec<Result<Offset, ErrorCode>> {
        let tokens = self.send(acks, values);
        let result = |token| match self.answer(token) {
            Answer::Sent(_, result) => result,
            other => panic!("{other:?}"),
        };
        tokens.into_iter().map(result).collect()
    }

    fn read(&mut self) -> Vec<String> {
        let partition = NamedPartition { topic: "t".into(), partition: 0 };
        let source = Source::Partition { partition, from: SeekTo::Beginning };
        let within = Micros::from_ms(1500);
        let token = self.tell(|token| ToolCommand::Read { token, source, limit: 100, within });
        let Answer::Read(records) = self.answer(token) else { panic!("not a read") };
        let text = |value: Option<Vec<u8>>| String::from_utf8(value.unwrap()).unwrap();
        records.into_iter().map(|record| text(record.value)).collect()
    }

    fn elect_preferred(&mut self) -> ErrorCode {
        let partitions = Some(vec![(Arc::from("t"), 0)]);
        let election = ElectionType::Preferred;
        match self.admin(AdminCall::ElectLeaders { election, partitions }) {
            AdminResult::Elected(results) => results[0].2.error,
            other => panic!("{other:?}"),
        }
    }

    fn replica(&self, node: i32) -> Option<&Replica> {
        self.world.node(NodeId(node))?.server()?.broker()?.replica(T0)
    }

    /// Log end and high watermark.
    fn ends(&self, node: i32) -> Option<(Offset, Offset)> {
        self.replica(node).map(|r| (r.log_end_offset(), r.high_watermark))
    }

    fn leads(&self, node: i32) -> bool {
        self.replica(node).is_some_and(|r| r.leader().is_some())
    }

    fn epoch(&self, node: i32) -> LeaderEpoch {
        self.replica(node).unwrap().leader_epoch
    }

    fn has_isr(&self, node: i32, isr: &[i32]) -> bool {
        let Some(leader) = self.replica(node).and_then(Replica::leader) else { return false };
        let mut found = leader.isr.to_vec();
        found.sort_unstable();
        found == isr
    }
}

#[test]
fn timeline_01_leader_crash() {
    let mut lab = Lab::new(&[1, 2, 3], &[("min.insync.replicas", "2")]);
    let sent = lab.sent(Acks::All, &["v0", "v1", "v2", "v3", "v4"]);
    assert_eq!(sent, [Ok(0), Ok(1), Ok(2), Ok(3), Ok(4)]);
    lab.act(Fault::Kill(NodeId(1)));
    let start = lab.world.now();
    lab.wait("leader 2", |lab| lab.leads(2));
    let took = lab.world.now().since(start).as_ms();
    assert!((2000..4200).contains(&took), "a session of 3 s, less a heartbeat: {took} ms");
    lab.wait("isr 2, 3", |lab| lab.has_isr(2, &[2, 3]));
    let sent = lab.sent(Acks::All, &["v5", "v6", "v7", "v8", "v9"]);
    assert_eq!(sent, [Ok(5), Ok(6), Ok(7), Ok(8), Ok(9)]);
    lab.act(Fault::Start(NodeId(1)));
    lab.wait("isr 1, 2, 3", |lab| lab.has_isr(2, &[1, 2, 3]));
    lab.wait("high watermark on 1", |lab| lab.ends(1) == Some((10, 10)));
    assert_eq!(lab.elect_preferred(), ErrorCode::None);
    lab.wait("leader 1", |lab| lab.leads(1));
    lab.run_ms(600);
    assert!(lab.has_isr(1, &[1, 2, 3]));
    assert_eq!(lab.epoch(1), 2);
    assert_eq!(lab.elect_preferred(), ErrorCode::ElectionNotNeeded);
    assert_eq!(lab.sent(Acks::All, &["last"]), [Ok(10)]);
    lab.run_ms(600);
    (1..=3).for_each(|node| assert_eq!(lab.ends(node), Some((11, 11))));
    let all = ["v0", "v1", "v2", "v3", "v4", "v5", "v6", "v7", "v8", "v9", "last"];
    assert_eq!(lab.read(), all);
}

#[test]
fn timeline_01b_clean_stop() {
    let mut lab = Lab::new(&[2, 3, 1], &[("min.insync.replicas", "2")]);
    lab.sent(Acks::All, &["v0", "v1"]);
    lab.act(Fault::CleanStop(NodeId(2)));
    let start = lab.world.now();
    lab.wait("leader 3", |lab| lab.leads(3));
    lab.wait("isr 1, 3", |lab| lab.has_isr(3, &[1, 3]));
    assert!(lab.world.now().since(start).as_ms() < 1000, "nobody waits for a session");
    assert_eq!(lab.epoch(3), 1);
    assert_eq!(lab.sent(Acks::All, &["v2"]), [Ok(2)]);
    lab.wait("2 has ended", |lab| lab.world.node(NodeId(2)).unwrap().server().is_none());
    lab.act(Fault::Start(NodeId(2)));
    lab.wait("isr 1, 2, 3", |lab| lab.has_isr(3, &[1, 2, 3]));
    lab.wait("high watermark on 2", |lab| lab.ends(2) == Some((3, 3)));
    assert_eq!(lab.elect_preferred(), ErrorCode::None);
    lab.wait("leader 2", |lab| lab.leads(2));
    assert_eq!(lab.epoch(2), 2);
    assert_eq!(lab.read(), ["v0", "v1", "v2"]);
}

#[test]
fn timeline_02_the_tail_of_acks_1_is_lost_and_cut() {
    let mut lab = Lab::new(&[1, 2, 3], &[]);
    lab.sent(Acks::All, &["c0", "c1", "c2"]);
    lab.sent(Acks::Leader, &["warm"]);
    // The followers' fetches, renewed every 200 ms, are in the middle of their wait then.
    lab.run_ms(700);
    lab.act(Fault::Pause(NodeId(2)));
    lab.act(Fault::Pause(NodeId(3)));
    // The fetches that wait take the first of them along; the sockets keep it for the frozen followers.
    for (n, value) in ["lost0", "lost1", "lost2", "lost3"].into_iter().enumerate() {
        assert_eq!(lab.sent(Acks::Leader, &[value]), [Ok(4 + n as Offset)]);
    }
    assert_eq!(lab.ends(1), Some((8, 4)));
    lab.act(Fault::Kill(NodeId(1)));
    lab.act(Fault::Resume(NodeId(2)));
    lab.act(Fault::Resume(NodeId(3)));
    lab.wait("leader 2", |lab| lab.leads(2));
    lab.run_ms(800);
    assert!(lab.has_isr(2, &[2, 3]));
    assert_eq!((lab.ends(2), lab.ends(3)), (Some((5, 5)), Some((5, 5))));
    assert_eq!(lab.sent(Acks::All, &["new0", "new1"]), [Ok(5), Ok(6)]);
    lab.act(Fault::Start(NodeId(1)));
    lab.wait("isr 1, 2, 3", |lab| lab.has_isr(2, &[1, 2, 3]));
    lab.run_ms(800);
    (1..=3).for_each(|node| assert_eq!(lab.ends(node), Some((7, 7))));
    assert_eq!(lab.read(), ["c0", "c1", "c2", "warm", "lost0", "new0", "new1"]);
}

#[test]
fn timeline_03_min_isr() {
    let mut lab = Lab::new(&[1, 2, 3], &[("min.insync.replicas", "2")]);
    assert_eq!(lab.sent(Acks::All, &["v0", "v1"]), [Ok(0), Ok(1)]);
    lab.act(Fault::Kill(NodeId(3)));
    lab.wait("isr 1, 2", |lab| lab.has_isr(1, &[1, 2]));
    assert_eq!(lab.sent(Acks::All, &["v2"]), [Ok(2)]);
    lab.act(Fault::Kill(NodeId(2)));
    lab.wait("isr 1", |lab| lab.has_isr(1, &[1]));
    let refused = lab.send(Acks::All, &["refused"])[0];
    assert_eq!(lab.sent(Acks::Leader, &["v3", "v4"]), [Ok(3), Ok(4)]);
    assert_eq!(lab.ends(1), Some((5, 3)), "stored, but not committed");
    assert_eq!(lab.sent(Acks::None, &["v5"]), [Ok(-1)]);
    lab.run_ms(300);
    assert_eq!(lab.ends(1), Some((6, 3)));
    assert_eq!(lab.read(), ["v0", "v1", "v2"]);
    lab.act(Fault::Start(NodeId(2)));
    lab.wait("isr 1, 2", |lab| lab.has_isr(1, &[1, 2]));
    let late = lab.answer(refused);
    assert_eq!(late, Answer::Sent(0, Ok(6)), "the producer went on trying");
    lab.run_ms(800);
    assert_eq!((lab.ends(1), lab.ends(2)), (Some((7, 7)), Some((7, 7))));
    lab.act(Fault::Start(NodeId(3)));
    lab.wait("isr 1, 2, 3", |lab| lab.has_isr(1, &[1, 2, 3]));
    lab.run_ms(800);
    assert_eq!(lab.ends(3), Some((7, 7)));
    assert_eq!(lab.read().last().map(String::as_str), Some("refused"));
}

#[test]
fn a_power_loss_takes_what_was_not_on_the_medium_and_the_leader_gives_it_back() {
    let mut lab = Lab::new(&[1, 2, 3], &[("min.insync.replicas", "2")]);
    lab.sent(Acks::All, &["v0", "v1", "v2"]);
    lab.run_ms(1000);
    lab.act(Fault::PowerLoss(NodeId(3)));
    lab.wait("isr 1, 2", |lab| lab.has_isr(1, &[1, 2]));
    lab.sent(Acks::All, &["v3"]);
    lab.act(Fault::Start(NodeId(3)));
    lab.wait("isr 1, 2, 3", |lab| lab.has_isr(1, &[1, 2, 3]));
    lab.run_ms(800);
    assert_eq!(lab.ends(3), Some((4, 4)));
}

#[test]
fn a_follower_with_a_slow_disk_leaves_the_isr_and_returns_when_it_is_fast_again() {
    let mut lab = Lab::new(&[1, 2, 3], &[("min.insync.replicas", "2")]);
    assert_eq!(lab.sent(Acks::All, &["v0"]), [Ok(0)]);
    let slow = |write| Fault::SlowDisk { node: NodeId(3), write };
    lab.act(slow(Some(Micros(9_000_000))));
    let sent: Vec<u64> = lab.send(Acks::All, &["v1"]);
    lab.wait("isr 1, 2", |lab| lab.has_isr(1, &[1, 2]));
    assert_eq!(lab.answer(sent[0]), Answer::Sent(0, Ok(1)));
    lab.act(slow(None));
    lab.wait("isr 1, 2, 3", |lab| lab.has_isr(1, &[1, 2, 3]));
    lab.run_ms(800);
    assert_eq!(lab.ends(3), Some((2, 2)));
}

#[test]
fn brokers_take_dynamic_configs_and_refuse_the_others_as_kafka_does() {
    let mut lab = Lab::new(&[1, 2, 3], &[]);
    let alter = |lab: &mut Lab, resource: ConfigResource, name: &str, value: &str| {
        let changes = vec![(name.into(), Some(value.into()))];
        let answer = lab.admin(AdminCall::AlterConfigs { resource, changes });
        let AdminResult::ConfigsAltered(result) = answer else { panic!("{answer:?}") };
        (result.error, result.message.to_string())
    };
    let all = || ConfigResource::Cluster;
    let one = || ConfigResource::Broker(NodeId(1));
    let lag = alter(&mut lab, one(), "replica.lag.time.max.ms", "1000");
    let words = "Cannot update these configs dynamically: [replica.lag.time.max.ms]";
    assert_eq!(lag, (ErrorCode::InvalidRequest, words.to_owned()));
    let elr = alter(&mut lab, one(), "min.insync.replicas", "3");
    assert_eq!(elr.0, ErrorCode::InvalidConfig, "{}", elr.1);
    assert_eq!(alter(&mut lab, all(), "min.insync.replicas", "3").0, ErrorCode::None);
    lab.run_ms(500);
    assert_eq!(lab.sent(Acks::All, &["v0"]), [Ok(0)]);
    lab.act(Fault::Kill(NodeId(3)));
    lab.wait("isr 1, 2", |lab| lab.has_isr(1, &[1, 2]));
    let short = lab.send(Acks::All, &["v1"])[0];
    lab.run_ms(2_000);
    assert_eq!(alter(&mut lab, all(), "min.insync.replicas", "2").0, ErrorCode::None);
    assert_eq!(lab.answer(short), Answer::Sent(0, Ok(1)), "it was refused until two were enough");
}
