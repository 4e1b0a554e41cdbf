//! The large built-in setups: ten brokers with 24 partitions and a fault, a hundred brokers with 10,000 partitions.

use std::sync::Arc;

use crate::apps::AnyProgram;
use crate::apps::load::{CommitMode, ConsumerLoad, ConsumerSpec, Pace, ProducerLoad, ProducerSpec};
use crate::apps::tool::{Tool, ToolCommand};
use crate::playground::setup::{Setup, client};
use crate::sim::act::Fault;
use crate::sim::client::ClientSpec;
use crate::sim::client::program::AdminCall;
use crate::sim::config::{AutoOffsetReset, ConsumerConfig};
use crate::sim::ids::NodeId;
use crate::sim::protocol::admin::{NewTopic, Placement};
use crate::sim::setup::{ClusterSetup, NetworkSpec};
use crate::sim::time::{Micros, SimTime};

/// The topic that is written to and read.
const TOPIC: &str = "orders";
/// Partitions of the topic of ten brokers.
const PARTITIONS: i32 = 24;
/// The broker whose links are cut, and the peers it cannot reach: leaders of partitions that it copies.
const LONELY: NodeId = NodeId(7);
const UNREACHED: [i32; 4] = [1, 4, 5, 6];
/// When its links are cut: the groups have joined.
const CUT_AT: SimTime = SimTime(15_000_000);

/// Topics of the large cluster besides `orders` and the offsets: with their 50 partitions each that makes 10,000.
const TOPICS: i32 = 99;
const TOPIC_PARTITIONS: i32 = 100;
const ORDERS_PARTITIONS: i32 = 50;
/// Topics that one request creates: the controller writes at most 10,000 records for a request.
const TOPICS_A_REQUEST: i32 = 11;

/// Ten brokers and 24 partitions on the teaching network: five groups, one of them too slow for what is written, one with
/// more members than partitions; broker 7 cannot reach four others, so that it leaves the ISR of what they lead.
pub fn ten_brokers(seed: u64) -> Setup {
    let mut cluster = ClusterSetup::split(seed, 10, 3);
    cluster.network = NetworkSpec::TEACHING;
    cluster.costs.boot = Micros(300_000);
    let mut clients = vec![client("tool", Tool::default()), client("checkout", producer(240))];
    for (group, stem, members, processing) in [
        ("billing", 'b', 8, Micros(10_000)),
        ("analytics", 'a', 3, Micros(14_000)),
        ("fraud", 'f', 26, Micros(20_000)),
        ("search", 's', 2, Micros(3_000)),
        ("audit", 'u', 1, Micros(1_000)),
    ] {
        clients.extend(members_of(group, stem, members, processing));
    }
    let cut = |(from, to)| (CUT_AT, Fault::CutLink { from, to });
    let both = |peer| [(LONELY, NodeId(peer)), (NodeId(peer), LONELY)];
    Setup {
        cluster,
        clients,
        script: vec![(SimTime(1_000_000), create(vec![spread_topic()]))],
        faults: UNREACHED.into_iter().flat_map(both).map(cut).collect(),
    }
}

/// A hundred brokers, 10,000 partitions with three copies each, a datacentre network; only one topic has traffic.
pub fn hundred_brokers(seed: u64) -> Setup {
    let mut cluster = ClusterSetup::split(seed, 100, 3);
    cluster.costs.boot = Micros(300_000);
    let mut clients = vec![client("tool", Tool::default()), client("checkout", producer(40))];
    clients.extend(members_of("billing", 'b', 4, Micros(2_000)));
    let orders =
        topic(TOPIC, Placement::Count { partitions: ORDERS_PARTITIONS, replication_factor: 3 });
    let mut script = vec![(SimTime(2_000_000), create(vec![orders]))];
    for (request, first) in (0..TOPICS).step_by(TOPICS_A_REQUEST as usize).enumerate() {
        let topics = (first..TOPICS.min(first + TOPICS_A_REQUEST)).map(|number| {
            let placement =
                Placement::Count { partitions: TOPIC_PARTITIONS, replication_factor: 3 };
            topic(&format!("tenant-{number:02}"), placement)
        });
        script.push((SimTime(2_500_000 + request as u64 * 250_000), create(topics.collect())));
    }
    Setup { cluster, clients, script, faults: Vec::new() }
}

fn producer(rate: u32) -> AnyProgram {
    let spec = ProducerSpec {
        pace: Pace::Rate(rate),
        keys: 200,
        value_bytes: 60,
        ..ProducerSpec::new(TOPIC)
    };
    ProducerLoad::new(spec).into()
}

/// Members that start at the earliest record and commit every second.
fn members_of(
    group: &'static str,
    stem: char,
    members: u16,
    processing: Micros,
) -> impl Iterator<Item = ClientSpec<AnyProgram>> {
    (1..=members).map(move |number| {
        let config = ConsumerConfig {
            auto_offset_reset: AutoOffsetReset::Earliest,
            auto_commit_interval_ms: 1_000,
            max_poll_records: 50,
            ..ConsumerConfig::default()
        };
        let spec = ConsumerSpec {
            processing,
            commit: CommitMode::Auto,
            config,
            ..ConsumerSpec::new(group, TOPIC)
        };
        client(&format!("{stem}{number}"), ConsumerLoad::new(spec))
    })
}

fn create(topics: Vec<NewTopic>) -> ToolCommand {
    ToolCommand::Admin { token: 1, call: AdminCall::CreateTopics(topics) }
}

fn topic(name: &str, placement: Placement) -> NewTopic {
    let configs = vec![("min.insync.replicas".into(), "2".into())];
    NewTopic { name: Arc::from(name), placement, configs }
}

/// Copies on neighbours for the first ten partitions, then three and seven brokers apart: every broker shares a partition
/// with most others.
fn spread_topic() -> NewTopic {
    let broker = |partition: i32, copy: i32| match partition {
        0..10 => partition + copy,
        10..20 => partition * 7 + copy * 3,
        _ => partition * 3 + copy * 7 + 1,
    };
    let replicas =
        |partition| (0..3).map(|copy| NodeId(broker(partition, copy) % 10 + 1)).collect();
    let placement = (0..PARTITIONS).map(|partition| (partition, replicas(partition)));
    topic(TOPIC, Placement::Manual(placement.collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lonely_broker_leaves_the_isr_of_what_it_cannot_reach() {
        let mut history = ten_brokers(1).open().expect("within the limits");
        history.run_until(SimTime(75_000_000));
        let image = history.run().world.metadata().expect("a controller runs");
        let topic = image.topic(TOPIC).expect("it was created");
        let short = topic.partitions.iter().enumerate().filter(|(_, p)| p.isr.len() < 3);
        let short: Vec<usize> = short.map(|(partition, _)| partition).collect();
        assert_eq!(short, [4, 5, 10, 19]);
    }

    #[test]
    fn the_large_cluster_has_ten_thousand_partitions() {
        let setup = hundred_brokers(1);
        let partitions = setup.script.iter().map(|(_, command)| match command {
            ToolCommand::Admin { call: AdminCall::CreateTopics(topics), .. } => {
                let counts = topics.iter().map(|topic| match topic.placement {
                    Placement::Count { partitions, .. } => partitions,
                    Placement::Manual(_) => 0,
                });
                counts.sum()
            }
            _ => 0,
        });
        let offsets = setup.cluster.config.offsets_topic_num_partitions;
        assert_eq!(partitions.sum::<i32>() + offsets, 10_000);
    }
}
