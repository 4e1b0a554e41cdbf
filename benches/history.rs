//! Speed of going back in time: snapshots and seeks; prints one JSON line per measurement.
#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "real time is measured")]

mod load;

use std::hint::black_box;

use kafka_playground::playground::history::History;
use kafka_playground::playground::setup;
use kafka_playground::sim::client::program::Program;
use kafka_playground::sim::config::ProducerConfig;
use kafka_playground::sim::rng::Rng;
use kafka_playground::sim::setup::ClusterSetup;
use kafka_playground::sim::time::{Micros, SimTime};
use load::stopwatch::Stopwatch;
use load::{Load, Sender, client, ready};

fn main() {
    let quick = std::env::args().any(|argument| argument == "--quick");
    let minutes = if quick { 1 } else { 10 };
    let mut orders = setup::orders(1).open().expect("the first setup is within the limits");
    measure("default scene", &mut orders, minutes, "2");
    let mut large = History::new(ready(ClusterSetup::split(1, 3, 1), thousand_partitions()));
    measure("1000 partitions", &mut large, minutes, "10");
}

/// Seeks to random points of the simulated minutes, and snapshots of a world that has just changed.
fn measure<P: Program>(scene: &str, history: &mut History<P>, minutes: u64, snapshot_target: &str) {
    let end = SimTime(minutes * 60_000_000);
    history.run_until(end);
    let mut rng = Rng::new(1, "seeks");
    let mut seeks: Vec<f64> = (0..20)
        .map(|_| {
            let goal = SimTime(rng.below(end.0));
            millis(|| history.seek(goal))
        })
        .collect();
    seeks.sort_by(f64::total_cmp);
    print(&format!("history/seek, {scene}, median"), seeks[10], "100");
    print(&format!("history/seek, {scene}, slowest"), seeks[19], "100");
    history.seek(end);
    let mut snapshots: Vec<f64> = (0..9)
        .map(|i| {
            history.run_until(end + Micros(200_000 * (i + 1)));
            millis(|| drop(black_box(history.run().clone())))
        })
        .collect();
    snapshots.sort_by(f64::total_cmp);
    print(&format!("history/snapshot, {scene}"), snapshots[4], snapshot_target);
}

fn millis(work: impl FnOnce()) -> f64 {
    let start = Stopwatch::start();
    work();
    start.elapsed().as_secs_f64() * 1e3
}

fn print(name: &str, value: f64, target: &str) {
    println!(r#"{{"name":"{name}","value":{value:.3},"unit":"ms","target":{target}}}"#);
}

fn thousand_partitions() -> Vec<kafka_playground::sim::client::ClientSpec<Load>> {
    let creator =
        Load::Creator { partitions: 1000, replication_factor: 3, topics: 1, created: false };
    let sender = Load::Sender(Sender {
        topic: load::TOPIC.into(),
        burst: 100,
        interval: Micros(100_000),
        keys: 64,
        partitions: Vec::new(),
        config: ProducerConfig::default(),
        start_after: Micros(12_000_000),
        sent: 0,
    });
    vec![client("creator", creator), client("sender", sender)]
}
