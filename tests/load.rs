//! Under the load of the engine's benches: causes reach the click, and batching pays.
#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "the benches' load comes with their stopwatch; a test that cannot set its world up has failed"
)]

#[path = "../benches/load/mod.rs"]
mod load;

use kafka_playground::playground::action::Action;
use kafka_playground::playground::run::Run;
use kafka_playground::sim::act::Fault;
use kafka_playground::sim::config::ProducerConfig;
use kafka_playground::sim::fact::Fact;
use kafka_playground::sim::ids::NodeId;
use kafka_playground::sim::setup::ClusterSetup;
use kafka_playground::sim::time::{Micros, SimTime};
use load::{
    Load, TOPIC, batched_clients, client, creator, reader, records_read, sender, until_ready,
};

const SECOND: Micros = Micros(1_000_000);

/// Records that consumers read in a second of simulated time.
fn rate(run: &mut Run<Load>) -> u64 {
    let before = records_read(run);
    run.run_until(run.world.now() + SECOND);
    records_read(run) - before
}

fn partitions_led_by(run: &Run<Load>, broker: NodeId) -> usize {
    let image = run.world.metadata().unwrap();
    let topic = image.topic(TOPIC).unwrap();
    topic.partitions.iter().filter(|partition| partition.leader == broker.0).count()
}

#[test]
fn the_cause_chain_of_a_new_leader_ends_at_the_kill_under_full_load() {
    let run = Run::new(ClusterSetup::split(1, 3, 1), batched_clients()).unwrap();
    let mut run = until_ready(run);
    run.run_until(SimTime(13_000_000));
    let loaded = rate(&mut run);
    assert!(loaded >= 90_000, "{loaded} records/s are no full load");
    let (victim, killed) = (NodeId(2), run.world.now());
    let led = partitions_led_by(&run, victim);
    run.act(&Action::Fault(Fault::Kill(victim))).unwrap();
    run.run_until(killed + Micros(11_000_000));

    let taken_over =
        |fact: &Fact| matches!(fact, Fact::LeaderElected { leader, .. } if *leader != NodeId::NONE);
    let milestones = run.journal.milestones();
    let elections: Vec<_> =
        milestones.filter(|fact| fact.time > killed && taken_over(&fact.fact)).collect();
    assert!(led > 0 && elections.len() == led, "{} new leaders of {led}", elections.len());
    for election in elections {
        let chain = run.journal.why(election.id);
        let facts: Vec<&Fact> = chain.iter().map(|record| &record.fact).collect();
        let kill = Fact::Fault(Fault::Kill(victim));
        assert!(facts.last() == Some(&&kill), "{facts:?}");
        assert!(facts.contains(&&Fact::BrokerFenced { broker: victim }), "{facts:?}");
    }
}

/// Records a second that one producer gets through to its consumers, sending more than it can.
fn throughput(config: ProducerConfig) -> u64 {
    let clients = vec![
        client("creator", creator(6)),
        client("sender", sender(100, 1000, 0, (0..6).collect(), config)),
        client("reader", reader((0..6).collect())),
    ];
    let mut run = until_ready(Run::new(ClusterSetup::split(1, 3, 1), clients).unwrap());
    run.run_until(SimTime(13_000_000));
    rate(&mut run)
}

#[test]
fn batching_raises_simulated_throughput() {
    let default = ProducerConfig::default();
    assert_eq!(default.batch_size, 16_384);
    let single = ProducerConfig { batch_size: 0, linger_ms: 0, ..default.clone() };
    let (batched, single) = (throughput(default), throughput(single));
    println!("{batched} records/s in batches, {single} one by one");
    assert!(single > 0, "one by one is slow, not impossible");
    assert!(batched >= 4 * single, "{batched} records/s in batches, {single} one by one");
}
