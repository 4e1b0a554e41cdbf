//! What a run keeps in memory over ten simulated hours.
//!
//! Kafka keeps records for a week (`retention.ms`), so what stands in logs may grow, by so many bytes a record. Nothing else may:
//! rings, series, snapshots, marks and timers have bounds. A binary of its own with one test, because the counter counts the
//! whole process; native only, as it counts through the allocator.
#![allow(clippy::unwrap_used, reason = "a test that cannot set its world up has failed")]

use std::alloc::System;

use kafka_playground::limits::{SERIES_POINTS_MAX, SNAPSHOTS_MAX};
use kafka_playground::playground::setup::TOOL;
use kafka_playground::view::host::setup_of;
use kafka_playground::view::protocol::{Act, Command, Script, SetupName};
use kafka_playground::view::session::Session;
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};

#[global_allocator]
static COUNTED: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

const HOUR_US: u64 = 3_600_000_000;
/// As far as the page comes between two frames at its highest speed.
const STRIDE_US: u64 = 20_000_000;
/// By then rings, series and snapshots are as full as they get.
const FULL_H: u64 = 4;
const END_H: u64 = 10;
/// Series and snapshots are thinned by halves, so how full they are goes up and down.
const THINNING_BYTES: i64 = 6 * 1024 * 1024;
/// A record in a replica: its share of the batch, of the index over batches and of the body that replicas share; 95 measured.
const RECORD_BYTES: i64 = 120;

/// Bytes that are held, and records in all logs of all replicas.
#[derive(Clone, Copy, Debug)]
struct Kept {
    bytes: i64,
    records: i64,
}

fn kept(session: &Session) -> Kept {
    let stats = COUNTED.stats();
    let bytes = stats.bytes_allocated as i64 - stats.bytes_deallocated as i64;
    let brokers = session.history.run().world.nodes().filter_map(|node| node.server()?.broker());
    let replicas = brokers.flat_map(|broker| broker.replicas());
    Kept { bytes, records: replicas.map(|replica| replica.log.log_end_offset()).sum() }
}

fn run_to(session: &mut Session, until_us: u64) {
    while session.time_us() < until_us {
        session.command(&Command::Seek((session.time_us() + STRIDE_US).min(until_us)));
    }
}

/// What is kept when everything is full, and at the end.
fn long_run(setup: SetupName, acts: &[Act]) -> [Kept; 2] {
    let script = Script::first(setup);
    let history = setup_of(&script).open().unwrap();
    let mut session = Session::open(history, script, 30_000_000, false);
    acts.iter().for_each(|act| session.command(&Command::Act(*act)));
    let kept = [FULL_H, END_H].map(|hour| {
        run_to(&mut session, hour * HOUR_US);
        let kept = kept(&session);
        println!("{setup:?} at {hour} h: {kept:?}, {} events", session.history.position().events);
        kept
    });
    let run = session.history.run();
    assert!(session.history.snapshots().count() <= SNAPSHOTS_MAX + 1);
    assert!(run.metrics.samples().len() <= SERIES_POINTS_MAX);
    assert!(session.timeline().marks.len() <= 5_000);
    kept
}

#[test]
fn nothing_but_the_logs_grows_over_ten_hours() {
    // A cluster that idles: heartbeats, fetches, metadata; three commands at the start.
    let [full, end] = long_run(SetupName::AiData, &[]);
    let grown = end.bytes - full.bytes;
    assert!(grown <= THINNING_BYTES, "{grown} bytes more after {END_H} h than after {FULL_H} h");

    // The first setup with a record a second, read by two groups that commit.
    let checkout = TOOL.0 + 1;
    let [full, end] = long_run(SetupName::Orders, &[Act::Rate(checkout, 1)]);
    let (grown, records) = (end.bytes - full.bytes, end.records - full.records);
    assert!(records > 10_000, "a run in which nothing is written proves nothing");
    let allowed = THINNING_BYTES + records * RECORD_BYTES;
    assert!(grown <= allowed, "{grown} bytes more for {records} records more in replicas");
}
