//! What a configuration promises is told apart from what it merely allows, on whole runs with faults.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use kafka_playground::apps::AnyProgram;
use kafka_playground::apps::load::ProducerSpec;
use kafka_playground::checks::promise::Promise;
use kafka_playground::playground::action::Action;
use kafka_playground::playground::run::Run;
use kafka_playground::playground::setup::{self, Setup};
use kafka_playground::sim::act::Fault;
use kafka_playground::sim::ids::{FIRST_CLIENT, NodeId};
use kafka_playground::sim::time::SimTime;

/// The second client of the teaching setup, after the tool.
const PRODUCER: NodeId = NodeId(FIRST_CLIENT + 1);

/// The teaching setup with another producer, whose connections are reset again and again: answers get lost, requests not.
fn with_resets(configure: impl FnOnce(&mut ProducerSpec)) -> Run<AnyProgram> {
    let Setup { cluster, mut clients, script, faults } = setup::orders(5);
    let AnyProgram::ProducerLoad(load) = &clients[1].program else { panic!("no producer") };
    let mut spec = load.spec().clone();
    configure(&mut spec);
    clients[1].program = kafka_playground::apps::load::ProducerLoad::new(spec).into();
    let mut history = Setup { cluster, clients, script, faults }.open().unwrap();
    for moment in 1..60_u64 {
        history.run_until(SimTime(5_000_000 + moment * 730_000));
        let broker = NodeId(1 + (moment % 3) as i32);
        let reset = Fault::ResetConnections { a: PRODUCER, b: broker };
        history.act(Action::Fault(reset)).unwrap();
    }
    history.run_until(SimTime(120_000_000));
    history.run().clone()
}

fn hits(run: &Run<AnyProgram>, promise: Promise) -> usize {
    run.judges.hits().filter(|hit| hit.promise == Some(promise)).count()
}

#[test]
fn an_idempotent_producer_stores_once_and_in_order() {
    let run = with_resets(|_| {});
    assert_eq!(run.judges.violations(), 0, "{:?}", run.judges.first_violation());
    assert_eq!((hits(&run, Promise::StoredOnce), hits(&run, Promise::Order)), (0, 0));
}

#[test]
fn without_idempotence_duplicates_and_disorder_are_expected_anomalies() {
    let run = with_resets(|spec| spec.config.enable_idempotence = false);
    assert_eq!(run.judges.violations(), 0, "{:?}", run.judges.first_violation());
    assert!(hits(&run, Promise::StoredOnce) > 0, "no retry stored anything twice");
    assert!(hits(&run, Promise::Order) > 0, "no retry came late");
}

#[test]
fn one_request_in_flight_keeps_the_order_but_not_the_duplicates_away() {
    let run = with_resets(|spec| {
        spec.config.enable_idempotence = false;
        spec.config.max_in_flight_requests_per_connection = 1;
    });
    assert!(hits(&run, Promise::StoredOnce) > 0, "no retry stored anything twice");
    assert_eq!(hits(&run, Promise::Order), 0);
}
