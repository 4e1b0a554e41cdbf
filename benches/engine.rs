//! Speed of the engine: events and records per second of real time; prints one JSON line per measurement.
//!
//! Every run has the world hash, Facts and the journal on and the judges off, but those of checks/*. Records are 4-byte keys
//! and 8-byte values, logs are kept whole. Rates are of one thread.
//!
//! `engine [--quick] [--simulated MS] [NAME]`: with `--simulated` the work is that much simulated time, the same every time, to
//! count instructions: `valgrind --tool=callgrind --collect-atstart=no --toggle-collect='*engine*stretch*'`.
#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "real time is measured")]

mod load;

use std::hint::black_box;
use std::time::Duration;

use kafka_playground::playground::run::Run;
use kafka_playground::sim::client::ClientSpec;
use kafka_playground::sim::config::ProducerConfig;
use kafka_playground::sim::setup::ClusterSetup;
use kafka_playground::sim::time::{Micros, SimTime};
use load::stopwatch::Stopwatch;
use load::{
    Load, batched_clients, client, creator, reader, ready, records_read, sender, until_ready,
};

fn main() {
    take_memory();
    let arguments: Vec<String> = std::env::args().collect();
    let quick = arguments.iter().any(|argument| argument == "--quick");
    let simulated = arguments.iter().position(|argument| argument == "--simulated");
    let simulated = simulated.and_then(|at| arguments.get(at + 1)?.parse().ok());
    let effort = match simulated {
        Some(ms) => Effort::Simulated(Micros::from_ms(ms)),
        None => Effort::Real(Duration::from_millis(if quick { 400 } else { 1500 })),
    };
    // Cargo adds --bench.
    let is_name = |argument: &&String| argument.contains('/');
    let only = arguments.iter().skip(1).find(is_name);
    let wanted = |name: &str| only.is_none_or(|only| name.contains(only.as_str()));
    if wanted("engine/batched") {
        batched(effort);
    }
    if wanted("engine/unbatched") {
        unbatched(effort);
    }
    if wanted("engine/wide") {
        wide(effort);
    }
    if wanted("engine/scale") {
        scale(effort);
    }
    if wanted("engine/idle") {
        idle(effort);
    }
    if wanted("checks/batched") {
        checks("checks/batched", batched_clients(), effort);
    }
    if wanted("checks/unbatched") {
        checks("checks/unbatched", unbatched_clients(), effort);
    }
}

/// Lets the memory of a wasm program grow once: every step of 64 KiB costs the engine a garbage collection, and the logs of
/// a bench are kept whole.
fn take_memory() {
    if cfg!(target_family = "wasm") {
        drop(black_box(Vec::<u8>::with_capacity(1 << 30)));
    }
}

/// How long to measure.
#[derive(Clone, Copy)]
enum Effort {
    /// Until that much real time has gone by.
    Real(Duration),
    /// That much simulated time.
    Simulated(Micros),
}

/// What a stretch of real time brought.
struct Measured {
    events: f64,
    records: f64,
    simulated: f64,
}

/// Runs in slices of simulated time until the effort is made, after a while to get warm: a wasm engine compiles what is hot.
fn measure(run: &mut Run<Load>, slice: Micros, effort: Effort) -> Measured {
    run.run_until(SimTime(13_000_000).max(run.world.now()));
    if let Effort::Real(time) = effort {
        stretch(run, slice, Effort::Real(time / 2), &Stopwatch::start());
    }
    let before = (run.world.events(), records_read(run), run.world.now());
    let start = Stopwatch::start();
    stretch(run, slice, effort, &start);
    let seconds = start.elapsed().as_secs_f64();
    Measured {
        events: (run.world.events() - before.0) as f64 / seconds,
        records: (records_read(run) - before.1) as f64 / seconds,
        simulated: run.world.now().since(before.2).0 as f64 / 1e6 / seconds,
    }
}

#[inline(never)]
fn stretch(run: &mut Run<Load>, slice: Micros, effort: Effort, start: &Stopwatch) {
    let end = match effort {
        Effort::Simulated(time) => {
            run.run_until(run.world.now() + time);
            return println!("world hash {:016x}", run.world.hash());
        }
        Effort::Real(time) => time,
    };
    while start.elapsed() < end {
        run.run_until(run.world.now() + slice);
    }
}

fn print(name: &str, value: f64, unit: &str, target: &str) {
    println!(r#"{{"name":"{name}","value":{value:.3},"unit":"{unit}","target":{target}}}"#);
}

/// W1: 3 brokers, 6 partitions, RF 3, acks=all, 64 keys, bursts of 100 a millisecond, 3 consumers.
fn batched(effort: Effort) {
    let mut run = ready(ClusterSetup::split(1, 3, 1), batched_clients());
    let measured = measure(&mut run, Micros(20_000), effort);
    print("engine/batched", measured.records, "records/s", "5000000");
    print("engine/events, batched", measured.events, "events/s", "2000000");
}

/// One record a request: 64 producers, each with a partition and a connection of its own, bursts of four requests in flight.
/// They offer less than the cluster can commit, so that nothing piles up.
fn unbatched(effort: Effort) {
    let mut run = ready(ClusterSetup::split(1, 3, 1), unbatched_clients());
    let measured = measure(&mut run, Micros(20_000), effort);
    print("engine/unbatched", measured.records, "commits/s", "500000");
    print("engine/events, unbatched", measured.events, "events/s", "2000000");
}

fn unbatched_clients() -> Vec<ClientSpec<Load>> {
    let config = ProducerConfig { batch_size: 0, linger_ms: 0, ..ProducerConfig::default() };
    let mut clients = vec![client("creator", creator(64))];
    clients
        .extend((0..64).map(|i| client("sender", sender(4, 10_000, 0, vec![i], config.clone()))));
    clients.extend((0..4).map(|i| client("reader", reader((i * 16..i * 16 + 16).collect()))));
    clients
}

/// 32 producers, 32 partitions, 32 consumers on 3 brokers.
fn wide(effort: Effort) {
    let mut clients = vec![client("creator", creator(32))];
    let config = ProducerConfig::default;
    clients.extend((0..32).map(|i| client("sender", sender(20, 2000, 0, vec![i], config()))));
    clients.extend((0..32).map(|i| client("reader", reader(vec![i]))));
    let mut run = ready(ClusterSetup::split(1, 3, 1), clients);
    let measured = measure(&mut run, Micros(20_000), effort);
    print("engine/wide", measured.records, "records/s", "2000000");
}

/// The same traffic over 64 hot partitions among 100, 1,000 and 10,000: cost per record against the smallest.
fn scale(effort: Effort) {
    let costs: Vec<f64> =
        [100, 1_000, 10_000].into_iter().map(|n| 1e9 / scale_rate(n, effort)).collect();
    print("engine/scale, 100 partitions", costs[0], "ns/record", "null");
    print("engine/scale, 1000 over 100", costs[1] / costs[0], "times", "2");
    print("engine/scale, 10000 over 100", costs[2] / costs[0], "times", "2");
}

fn scale_rate(partitions: i32, effort: Effort) -> f64 {
    let hot: Vec<i32> = (0..64).collect();
    let mut clients: Vec<ClientSpec<Load>> = vec![client("creator", creator(partitions))];
    let config = ProducerConfig::default;
    clients.extend(
        (0..4).map(|i| {
            client("sender", sender(256, 2000, 0, hot[i * 16..][..16].to_vec(), config()))
        }),
    );
    clients.extend((0..4).map(|i| client("reader", reader(hot[i * 16..][..16].to_vec()))));
    let mut run = ready(ClusterSetup::split(1, 3, 1), clients);
    measure(&mut run, Micros(10_000), effort).records
}

/// 100 brokers, 10,000 partitions, RF 3, no traffic.
fn idle(effort: Effort) {
    let mut run = ready(ClusterSetup::split(1, 100, 3), vec![client("creator", creator(10_000))]);
    let measured = measure(&mut run, Micros(100_000), effort);
    print("engine/idle", measured.simulated, "simulated s/s", "20");
    print("engine/events, idle", measured.events, "events/s", "2000000");
}

/// The same load with the judges on, against its cost with them off.
fn checks(name: &str, clients: Vec<ClientSpec<Load>>, effort: Effort) {
    let setup = ClusterSetup::split(1, 3, 1);
    let mut off = ready(setup.clone(), clients.clone());
    let mut on = until_ready(Run::new(setup, clients).expect("the loads are within the limits"));
    let off = measure(&mut off, Micros(20_000), effort);
    let on = measure(&mut on, Micros(20_000), effort);
    print(name, off.records / on.records, "times", "2");
}
