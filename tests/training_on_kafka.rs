//! The training pipeline on a simulated cluster: the same seed gives the same bits, and what dies on the way costs time,
//! not rows. Medians over ten seeds are measured with `train digits --seeds 1-10` (docs/performance.md).

use kafka_playground::apps::training::TrainingJob;
use kafka_playground::ml::data::digits;
use kafka_playground::playground::lab::{Lab, Outcome, Stand};
use kafka_playground::sim::act::Fault;
use kafka_playground::sim::fact::{Fact, FactRecord};
use kafka_playground::sim::time::{Micros, SimTime};

/// Fingerprint of the parameters that [`short`] ends with for seed 7, natively and as WebAssembly.
const PARAMETERS: u64 = 0x53d7_b9f6_e2ec_6bdc;

/// The rows to train on.
const ROWS: u32 = 1_438;

/// A softmax regression over a few epochs: enough rounds for a fault in their middle.
fn short(seed: u64) -> TrainingJob {
    let mut job = TrainingJob::digits(seed);
    job.model = digits::softmax();
    job.plan.epochs = 8;
    job
}

fn lab(seed: u64, trainers: u16) -> Lab {
    Lab::new(&short(seed), trainers).expect("it is within the limits")
}

fn finish(lab: Lab) -> Outcome {
    lab.finish().expect("training comes to an end")
}

/// Plays until the aggregator has published that version.
fn play_to(lab: &mut Lab, version: u32) {
    let reached = |lab: &Lab| {
        let snapshot = lab.aggregator().and_then(|aggregator| aggregator.snapshot());
        snapshot.is_some_and(|snapshot| snapshot.version >= version)
    };
    while !reached(lab) {
        assert_eq!(lab.step(), Ok(Stand::Training), "at {}", lab.run.world.now());
    }
}

/// Kills a node right now and returns the facts from here to the end with the outcome.
fn kill_and_finish(mut lab: Lab, name: &str) -> (Vec<FactRecord>, Outcome) {
    let node = lab.node(name).expect("a process of the run");
    lab.schedule(lab.run.world.now(), Fault::Kill(node));
    let mut facts = Vec::new();
    loop {
        let stand = lab.step().expect("the process was alive");
        facts.extend_from_slice(lab.facts());
        if stand == Stand::Finished {
            return (facts, lab.outcome().expect("it has finished"));
        }
        assert_eq!(stand, Stand::Training, "at {}", lab.run.world.now());
    }
}

fn assert_every_row_every_epoch(outcome: &Outcome, epochs: usize) {
    assert_eq!(outcome.epochs.len(), epochs);
    for epoch in &outcome.epochs {
        assert_eq!(epoch.rows, ROWS, "different rows in epoch {}", epoch.epoch);
    }
}

#[test]
fn a_seed_gives_the_same_parameters_and_the_same_world_again() {
    let (one, other) = (finish(lab(7, 4)), finish(lab(7, 4)));
    assert_eq!((one.parameters, one.world), (other.parameters, other.world));
    assert_eq!(one.parameters, PARAMETERS, "{:#018x}", one.parameters);
    let another = finish(lab(8, 4));
    assert_ne!(one.parameters, another.parameters);
    assert_ne!(one.world, another.world);
    assert_every_row_every_epoch(&one, 8);
    assert_eq!(one.totals.records_ever, 8 * u64::from(ROWS));
}

#[test]
fn one_worker_computes_what_four_compute_but_takes_longer() {
    let (one, four) = (finish(lab(7, 1)), finish(lab(7, 4)));
    assert_eq!(one.parameters, four.parameters);
    assert_eq!(one.score.evaluation, four.score.evaluation);
    assert!(one.simulated > four.simulated, "{} and {}", one.simulated, four.simulated);
}

#[test]
fn a_trainer_s_death_moves_its_partitions_and_trains_its_uncommitted_records_again() {
    let mut lab = lab(7, 4);
    // Trainers commit every eight rounds and with every epoch, which has 23 or 24; here four rounds are not committed.
    play_to(&mut lab, 60);
    let died = lab.run.world.now();
    let (facts, outcome) = kill_and_finish(lab, "trainer-2");
    let expired = facts.iter().find(|record| {
        matches!(&record.fact, Fact::MemberRemoved { group, expired: true, .. } if **group == *"trainers")
    });
    let expired = expired.expect("the coordinator misses its heartbeats").time;
    let session = Micros(6_000_000);
    assert!(expired.since(died) <= session + Micros(1_000_000), "noticed at {expired}");
    let stable = facts.iter().any(|record| {
        matches!(&record.fact, Fact::GenerationStable { group, members: 3, .. } if **group == *"trainers")
    });
    assert!(stable, "three members share the partitions");
    assert!(outcome.totals.trained_twice > 0);
    assert_eq!(outcome.totals.records_ever, 8 * u64::from(ROWS) + outcome.totals.trained_twice);
    assert_every_row_every_epoch(&outcome, 8);
}

#[test]
fn a_broker_s_death_loses_no_row() {
    for broker in ["broker-1", "broker-2", "broker-3"] {
        let mut lab = lab(7, 4);
        play_to(&mut lab, 60);
        let (facts, outcome) = kill_and_finish(lab, broker);
        let moved = facts.iter().any(|record| matches!(record.fact, Fact::LeaderElected { .. }));
        assert!(moved, "{broker} led something");
        assert_every_row_every_epoch(&outcome, 8);
    }
}

#[test]
fn an_aggregator_that_comes_back_ends_with_the_same_bits() {
    let whole = finish(lab(7, 4));
    let mut lab = lab(7, 4);
    play_to(&mut lab, 60);
    let (node, now) = (lab.node("aggregator").expect("there is one"), lab.run.world.now());
    lab.schedule(now, Fault::Kill(node));
    lab.schedule(now + Micros(2_000_000), Fault::Start(node));
    assert_eq!(finish(lab).parameters, whole.parameters);
}

#[test]
fn a_perceptron_learns_the_digits() {
    let mut job = TrainingJob::digits(7);
    job.plan.epochs = 12;
    let outcome = finish(Lab::new(&job, 4).expect("it is within the limits"));
    let accuracy = outcome.score.evaluation.confusion.accuracy().expect("there are test rows");
    assert!(accuracy > 0.9, "accuracy {accuracy:.3}");
    assert_eq!(outcome.score.evaluation.confusion.total(), 359);
    assert!(outcome.simulated < SimTime(120_000_000));
}
