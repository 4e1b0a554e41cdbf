//! Producers, consumers and the admin client against a simulated cluster, from end to end.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::BTreeMap;
use std::sync::Arc;

use kafka_playground::sim::act::Fault;
use kafka_playground::sim::client::ClientSpec;
use kafka_playground::sim::client::program::*;
use kafka_playground::sim::config::{AutoOffsetReset, ConsumerConfig, ProducerConfig};
use kafka_playground::sim::fact::{Fact, FactRecord};
use kafka_playground::sim::ids::*;
use kafka_playground::sim::protocol::admin::{NewTopic, Placement};
use kafka_playground::sim::protocol::data::Acks;
use kafka_playground::sim::protocol::{ErrorCode, group::NamedPartition};
use kafka_playground::sim::setup::ClusterSetup;
use kafka_playground::sim::time::{Micros, NodeNow, SimTime};
use kafka_playground::sim::world::World;

const TOPIC: &str = "t";
const PARTITIONS: i32 = 6;

/// Creates the topic, and sends numbered records with keys in bursts.
#[derive(Clone, Debug, Hash)]
struct Writer {
    config: ProducerConfig,
    total: u64,
    sent: u64,
    acknowledged: Vec<u64>,
    failed: Vec<(u64, ErrorCode)>,
}

/// Reads everything from the beginning.
#[derive(Clone, Debug, Hash)]
struct Reader {
    group: Option<Arc<str>>,
    config: ConsumerConfig,
    /// Time that a poll's records take to process.
    work: Micros,
    seen: Vec<u64>,
    owned: Vec<NamedPartition>,
    errors: Vec<ErrorCode>,
}

#[derive(Clone, Debug, Hash)]
enum Role {
    Writer(Writer),
    Reader(Reader),
}

impl Program for Role {
    type Command = ();

    fn on(&mut self, _now: NodeNow, event: ClientEvent<()>, calls: &mut ClientCalls) {
        match self {
            Role::Writer(writer) => writer.on(event, calls),
            Role::Reader(reader) => reader.on(event, calls),
        }
    }
}

impl Writer {
    fn on(&mut self, event: ClientEvent<()>, calls: &mut ClientCalls) {
        match event {
            ClientEvent::Started => {
                let placement = Placement::Count { partitions: PARTITIONS, replication_factor: 3 };
                let configs = vec![(Arc::from("min.insync.replicas"), Arc::from("2"))];
                let topic = NewTopic { name: Arc::from(TOPIC), placement, configs };
                let call = Box::new(AdminCall::CreateTopics(vec![topic]));
                calls.call(Call::Admin { call, token: 1 });
            }
            ClientEvent::Admin { result: AdminResult::Topics(topics), .. } => {
                assert!(topics[0].1.error.is_none(), "{topics:?}");
                let config = Box::new(self.config.clone());
                calls.call(Call::CreateProducer { producer: 0, config });
                self.burst(calls);
            }
            ClientEvent::Woken { .. } => self.burst(calls),
            ClientEvent::Sent { token, result, .. } => match result {
                Ok(_) => self.acknowledged.push(token),
                Err(error) => self.failed.push((token, error)),
            },
            ClientEvent::Closing => {
                calls.call(Call::CloseProducer { producer: 0 });
                calls.call(Call::Exit);
            }
            other => panic!("{other:?}"),
        }
    }

    fn burst(&mut self, calls: &mut ClientCalls) {
        let topic = Arc::from(TOPIC);
        for _ in 0..100.min(self.total - self.sent) {
            self.sent += 1;
            let value = self.sent.to_be_bytes();
            let key = format!("user-{}", self.sent % 64);
            let record = ProducerRecord {
                key: Some(key.as_bytes()),
                value: Some(&value),
                ..ProducerRecord::default()
            };
            calls.send(0, &topic, record, self.sent);
        }
        if self.sent < self.total {
            calls.timer(Micros::from_ms(20), 1);
        }
    }
}

impl Reader {
    fn on(&mut self, event: ClientEvent<()>, calls: &mut ClientCalls) {
        match event {
            ClientEvent::Started => {
                let (group, config) = (self.group.clone(), Box::new(self.config.clone()));
                calls.call(Call::CreateConsumer { consumer: 0, group, config });
                let topic: Arc<str> = Arc::from(TOPIC);
                match self.group {
                    Some(_) => calls.call(Call::Subscribe { consumer: 0, topics: vec![topic] }),
                    None => {
                        let partitions = (0..PARTITIONS)
                            .map(|partition| NamedPartition { topic: topic.clone(), partition });
                        let partitions = partitions.collect();
                        calls.call(Call::Assign { consumer: 0, partitions });
                    }
                }
            }
            ClientEvent::Records { records, .. } => {
                let values = records.iter().flat_map(PolledRecords::records);
                let number =
                    |value: Option<&[u8]>| u64::from_be_bytes(value.unwrap().try_into().unwrap());
                self.seen.extend(values.map(|(_, _, record)| number(record.value)));
                if self.work > Micros::ZERO {
                    calls.busy_for(self.work);
                }
            }
            ClientEvent::Assigned { partitions, .. } => self.owned = partitions.to_vec(),
            ClientEvent::Revoked { .. } => self.owned.clear(),
            ClientEvent::ConsumerError { error, .. } => self.errors.push(error),
            ClientEvent::Closing => {
                calls.call(Call::CloseConsumer { consumer: 0, leave: true });
                calls.call(Call::Exit);
            }
            other => panic!("{other:?}"),
        }
    }
}

fn writer(total: u64, config: ProducerConfig) -> ClientSpec<Role> {
    let (acknowledged, failed) = (Vec::new(), Vec::new());
    let writer = Writer { config, total, sent: 0, acknowledged, failed };
    ClientSpec { name: Arc::from("writer"), program: Role::Writer(writer) }
}

fn reader(name: &str, group: Option<&str>) -> ClientSpec<Role> {
    let config = ConsumerConfig {
        auto_offset_reset: AutoOffsetReset::Earliest,
        allow_auto_create_topics: false,
        ..ConsumerConfig::default()
    };
    let reader = Reader {
        group: group.map(Arc::from),
        config,
        work: Micros::ZERO,
        seen: Vec::new(),
        owned: Vec::new(),
        errors: Vec::new(),
    };
    ClientSpec { name: Arc::from(name), program: Role::Reader(reader) }
}

fn client(index: i32) -> NodeId {
    NodeId(FIRST_CLIENT + index)
}

/// A cluster of three brokers and a controller with its clients, and what happened.
struct Run {
    world: World<Role>,
    facts: Vec<FactRecord>,
}

impl Run {
    fn new(clients: Vec<ClientSpec<Role>>) -> Run {
        Run { world: World::new(ClusterSetup::split(7, 3, 1), clients).unwrap(), facts: Vec::new() }
    }

    fn until(&mut self, seconds: u64) {
        let end = SimTime(seconds * 1_000_000);
        while self.world.next_event_time().is_some_and(|next| next <= end) {
            self.world.step();
            self.facts.extend(self.world.facts().iter().cloned());
        }
    }

    fn writer(&self) -> &Writer {
        match &self.world.node(client(0)).unwrap().client().unwrap().program {
            Role::Writer(writer) => writer,
            Role::Reader(_) => panic!("client 0 writes"),
        }
    }

    fn reader(&self, index: i32) -> &Reader {
        match &self.world.node(client(index)).unwrap().client().unwrap().program {
            Role::Reader(reader) => reader,
            Role::Writer(_) => panic!("client {index} reads"),
        }
    }

    fn leader_of(&self, partition: i32) -> NodeId {
        let elected = self.facts.iter().rev().find_map(|record| match &record.fact {
            Fact::BecameLeader { broker, partition: p, .. } if p.partition == partition => {
                Some(*broker)
            }
            _ => None,
        });
        elected.unwrap()
    }

    fn count(&self, wanted: impl Fn(&Fact) -> bool) -> usize {
        self.facts.iter().filter(|record| wanted(&record.fact)).count()
    }
}

/// How often each number was seen.
fn tally<'a>(seen: impl IntoIterator<Item = &'a u64>) -> BTreeMap<u64, u32> {
    let mut tally = BTreeMap::new();
    seen.into_iter().for_each(|number| *tally.entry(*number).or_insert(0) += 1);
    tally
}

fn once(total: u64) -> BTreeMap<u64, u32> {
    (1..=total).map(|number| (number, 1)).collect()
}

#[test]
fn what_is_produced_is_consumed() {
    let mut run = Run::new(vec![writer(5000, ProducerConfig::default()), reader("r", None)]);
    run.until(20);
    assert_eq!(run.writer().failed, []);
    assert_eq!(run.writer().acknowledged.len(), 5000);
    assert_eq!(tally(&run.reader(1).seen), once(5000));
}

#[test]
fn killing_the_leader_loses_and_doubles_nothing() {
    let mut run = Run::new(vec![writer(20_000, ProducerConfig::default()), reader("r", None)]);
    run.until(6);
    assert!(!run.writer().acknowledged.is_empty());
    let leader = run.leader_of(0);
    run.world.act(Fault::Kill(leader)).unwrap();
    run.until(60);
    assert_ne!(run.leader_of(0), leader);
    assert_eq!(run.writer().failed, []);
    assert_eq!(tally(&run.writer().acknowledged), once(20_000));
    assert_eq!(tally(&run.reader(1).seen), once(20_000));
    assert!(run.count(|fact| matches!(fact, Fact::SendRetried { .. })) > 0);
}

#[test]
fn a_group_shares_the_partitions_and_goes_on_when_a_member_stops() {
    let clients = vec![
        writer(20_000, ProducerConfig::default()),
        reader("a", Some("g")),
        reader("b", Some("g")),
    ];
    let mut run = Run::new(clients);
    run.until(14);
    assert_eq!((run.reader(1).owned.len(), run.reader(2).owned.len()), (3, 3));
    run.world.act(Fault::CleanStop(client(2))).unwrap();
    run.until(20);
    assert!(run.world.node(client(2)).unwrap().client().is_none(), "it has exited");
    assert_eq!(run.reader(1).owned.len(), 6);
    assert_eq!(run.reader(1).errors, []);
    let delivered = run.count(|fact| matches!(fact, Fact::OffsetCommitted { .. }));
    assert!(delivered > 0);
}

#[test]
fn acks_0_goes_on_after_the_leader_is_gone() {
    let config = ProducerConfig { acks: Acks::None, ..ProducerConfig::default() };
    let mut run = Run::new(vec![writer(100_000, config), reader("r", None)]);
    run.until(6);
    let leader = run.leader_of(0);
    run.world.act(Fault::Kill(leader)).unwrap();
    run.until(40);
    let seen = tally(&run.reader(1).seen);
    assert_eq!((run.writer().acknowledged.len(), run.writer().failed.len()), (100_000, 0));
    assert!(seen.contains_key(&100_000), "the last record went to the new leader");
    assert!(seen.len() > 99_000, "no more than what was on the way is lost");
}

#[test]
fn a_member_that_is_busy_for_too_long_leaves_and_comes_back() {
    let mut slow = reader("slow", Some("g"));
    if let Role::Reader(reader) = &mut slow.program {
        reader.work = Micros::from_ms(20_000);
        reader.config.session_timeout_ms = 6000;
        reader.config.max_poll_interval_ms = 8000;
    }
    let clients = vec![writer(20_000, ProducerConfig::default()), slow, reader("quick", Some("g"))];
    let mut run = Run::new(clients);
    run.until(60);
    let lost = |fact: &Fact| matches!(fact, Fact::PartitionsRevoked { lost: true, .. });
    assert!(run.count(lost) > 0);
    let expired = |fact: &Fact| matches!(fact, Fact::MemberRemoved { expired: true, .. });
    assert_eq!(run.count(expired), 0, "heartbeats go on while the program works");
    let left = run.facts.iter().find_map(|record| match &record.fact {
        Fact::MemberRemoved { expired: false, .. } => Some(record.time),
        _ => None,
    });
    let delivered = run.facts.iter().find_map(|record| match &record.fact {
        Fact::Delivered { client: at, .. } if *at == client(1) => Some(record.time),
        _ => None,
    });
    let waited = left.unwrap().since(delivered.unwrap());
    assert!((8000..8100).contains(&waited.as_ms()), "max.poll.interval.ms: {waited:?}");
    assert!(tally(&run.reader(2).seen).len() > 10_000);
}

#[test]
fn a_group_outlives_its_coordinator() {
    let clients = vec![
        writer(40_000, ProducerConfig::default()),
        reader("a", Some("g")),
        reader("b", Some("g")),
    ];
    let mut run = Run::new(clients);
    run.until(13);
    let stable = run.facts.iter().rev().find_map(|record| match &record.fact {
        Fact::GenerationStable { generation, .. } => Some((record.node, *generation)),
        _ => None,
    });
    let (coordinator, generation) = stable.unwrap();
    run.world.act(Fault::Kill(coordinator)).unwrap();
    run.until(60);
    let later = |fact: &Fact| matches!(fact, Fact::GenerationStable { generation: later, .. } if *later > generation);
    assert_eq!(run.count(later), 0, "members and generation are in the log");
    let seen = tally(run.reader(1).seen.iter().chain(&run.reader(2).seen));
    assert_eq!(seen, once(40_000));
    let committed = run.facts.iter().rev().find_map(|record| match &record.fact {
        Fact::OffsetCommitted { .. } => Some(record.node),
        _ => None,
    });
    assert_ne!(committed.unwrap(), coordinator, "the next coordinator takes commits");
}
