//! Programs and worlds that the engine and history benches share.
#![allow(dead_code, reason = "each bench uses its own part")]

pub mod stopwatch;

use std::sync::Arc;

use kafka_playground::playground::run::Run;
use kafka_playground::sim::client::ClientSpec;
use kafka_playground::sim::client::program::{
    AdminCall, AdminResult, Call, ClientCalls, ClientEvent, ProducerRecord, Program, SeekTo,
};
use kafka_playground::sim::config::{AutoOffsetReset, ConsumerConfig, ProducerConfig};
use kafka_playground::sim::protocol::admin::{NewTopic, Placement};
use kafka_playground::sim::protocol::group::NamedPartition;
use kafka_playground::sim::setup::ClusterSetup;
use kafka_playground::sim::time::{Micros, NodeNow, SimTime};

/// When senders begin: topics exist by then.
const START: Micros = Micros(12_000_000);

/// The topic under load.
pub const TOPIC: &str = "load";

/// Creates topics, sends bursts, or reads.
#[derive(Clone, Debug, Hash)]
pub enum Load {
    Creator { partitions: i32, replication_factor: i16, topics: i32, created: bool },
    Sender(Sender),
    Reader { partitions: Vec<i32>, records: u64, digest: u64 },
}

/// Sends `burst` records every `interval`, keyed or to partitions in turn.
#[derive(Clone, Debug, Hash)]
pub struct Sender {
    pub topic: Arc<str>,
    pub burst: u32,
    pub interval: Micros,
    /// 0 = no keys: partitions in turn.
    pub keys: u32,
    pub partitions: Vec<i32>,
    pub config: ProducerConfig,
    pub start_after: Micros,
    pub sent: u64,
}

impl Program for Load {
    type Command = ();

    fn on(&mut self, _now: NodeNow, event: ClientEvent<()>, calls: &mut ClientCalls) {
        match self {
            Load::Creator { partitions, replication_factor, topics, created } => match event {
                ClientEvent::Started => create(*partitions, *replication_factor, *topics, calls),
                ClientEvent::Admin { result: AdminResult::Topics(results), .. } => {
                    *created = results.iter().all(|(_, error)| error.error.is_none());
                    if !*created {
                        calls.timer(Micros(200_000), 1);
                    }
                }
                ClientEvent::Woken { .. } => {
                    create(*partitions, *replication_factor, *topics, calls)
                }
                _ => {}
            },
            Load::Sender(sender) => sender.on(event, calls),
            Load::Reader { partitions, records, digest } => match event {
                ClientEvent::Started => read(partitions, calls),
                ClientEvent::Records { records: polled, .. } => {
                    for part in &polled {
                        *records += (part.next - part.from) as u64;
                        *digest ^= part.batches.iter().fold(0, |d, batch| d ^ batch.body.digest());
                    }
                }
                _ => {}
            },
        }
    }
}

fn create(partitions: i32, replication_factor: i16, topics: i32, calls: &mut ClientCalls) {
    let topics = (0..topics).map(|i| NewTopic {
        name: topic_name(i),
        placement: Placement::Count { partitions, replication_factor },
        configs: vec![("min.insync.replicas".into(), "2".into())],
    });
    calls.call(Call::Admin { call: Box::new(AdminCall::CreateTopics(topics.collect())), token: 1 });
}

/// Names of the topics that a creator creates: the first is [`TOPIC`].
pub fn topic_name(i: i32) -> Arc<str> {
    if i == 0 { TOPIC.into() } else { format!("{TOPIC}-{i}").into() }
}

fn read(partitions: &[i32], calls: &mut ClientCalls) {
    let config = ConsumerConfig {
        enable_auto_commit: false,
        allow_auto_create_topics: false,
        auto_offset_reset: AutoOffsetReset::Earliest,
        max_poll_records: 5000,
        ..ConsumerConfig::default()
    };
    calls.call(Call::CreateConsumer { consumer: 0, group: None, config: Box::new(config) });
    let named: Vec<_> =
        partitions.iter().map(|p| NamedPartition { topic: TOPIC.into(), partition: *p }).collect();
    calls.call(Call::Assign { consumer: 0, partitions: named.clone() });
    for partition in named {
        calls.call(Call::Seek { consumer: 0, partition, to: SeekTo::Beginning });
    }
}

impl Sender {
    fn on(&mut self, event: ClientEvent<()>, calls: &mut ClientCalls) {
        match event {
            ClientEvent::Started => {
                let config = Box::new(self.config.clone());
                calls.call(Call::CreateProducer { producer: 0, config });
                calls.timer(self.start_after, 1);
            }
            ClientEvent::Woken { .. } => {
                for _ in 0..self.burst {
                    self.send(calls);
                }
                calls.timer(self.interval, 1);
            }
            _ => {}
        }
    }

    fn send(&mut self, calls: &mut ClientCalls) {
        let number = self.sent;
        self.sent += 1;
        let value = number.to_le_bytes();
        let key = (number % u64::from(self.keys.max(1))) as u32;
        let key_bytes = key.to_le_bytes();
        let record = match self.keys {
            0 => ProducerRecord {
                partition: Some(self.partitions[number as usize % self.partitions.len()]),
                value: Some(&value),
                ..ProducerRecord::default()
            },
            _ => ProducerRecord {
                key: Some(&key_bytes),
                value: Some(&value),
                ..ProducerRecord::default()
            },
        };
        calls.send(0, &self.topic, record, 0);
    }
}

/// A client of a bench.
pub fn client(name: &str, program: Load) -> ClientSpec<Load> {
    ClientSpec { name: name.into(), program }
}

/// Sends `burst` records every so often.
pub fn sender(
    burst: u32,
    interval_us: u64,
    keys: u32,
    partitions: Vec<i32>,
    config: ProducerConfig,
) -> Load {
    Load::Sender(Sender {
        topic: TOPIC.into(),
        burst,
        interval: Micros(interval_us),
        keys,
        partitions,
        config,
        start_after: START,
        sent: 0,
    })
}

/// Reads partitions from their beginning.
pub fn reader(partitions: Vec<i32>) -> Load {
    Load::Reader { partitions, records: 0, digest: 0 }
}

/// Creates the topic.
pub fn creator(partitions: i32) -> Load {
    Load::Creator { partitions, replication_factor: 3, topics: 1, created: false }
}

/// The clients of W1: 6 partitions, 64 keys, bursts of 100 records a millisecond, 3 consumers.
pub fn batched_clients() -> Vec<ClientSpec<Load>> {
    let mut clients = vec![client("creator", creator(6))];
    clients.push(client("sender", sender(100, 1000, 64, Vec::new(), ProducerConfig::default())));
    clients.extend((0..3).map(|i| client("reader", reader(vec![2 * i, 2 * i + 1]))));
    clients
}

/// A run whose topics exist and whose replicas are in sync, with judges off.
pub fn ready(setup: ClusterSetup, clients: Vec<ClientSpec<Load>>) -> Run<Load> {
    until_ready(Run::without_judges(setup, clients).expect("the loads are within the limits"))
}

/// Runs until the topics exist and the replicas are in sync.
pub fn until_ready(mut run: Run<Load>) -> Run<Load> {
    for second in 1..60 {
        run.run_until(SimTime(second * 1_000_000));
        if second >= 10 && created(&run) {
            return run;
        }
    }
    panic!("the topics were not created within a minute of simulated time");
}

fn created(run: &Run<Load>) -> bool {
    programs(run).all(|program| !matches!(program, Load::Creator { created: false, .. }))
}

/// The programs of a run.
pub fn programs(run: &Run<Load>) -> impl Iterator<Item = &Load> {
    run.world.nodes().filter_map(|node| node.client()).map(|client| &client.program)
}

/// Records that all readers have read.
pub fn records_read(run: &Run<Load>) -> u64 {
    programs(run).map(|p| if let Load::Reader { records, .. } = p { *records } else { 0 }).sum()
}
