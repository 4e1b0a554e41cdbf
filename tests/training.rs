//! The default plan reaches the reference accuracies on the digits, with one worker and with four.
//!
//! This is the arithmetic of the training programs without Kafka: the partitions are those of
//! the key, each worker takes batches from its own partitions one after the other, the
//! gradients of a round are merged in the order of the workers, and one update follows. The
//! programs on a cluster end with the same bits.

use kafka_playground::apps::training::TrainingJob;
use kafka_playground::ml::data::digits::{self, Digit};
use kafka_playground::ml::{Evaluation, Gradient, Model, Parameters, TrainingPlan};
use kafka_playground::playground::lab::Lab;
use kafka_playground::sim::client::murmur2::partition_for_key;

const PARTITIONS: usize = 4;
const SEEDS: std::ops::RangeInclusive<u64> = 1..=10;

#[test]
fn softmax_with_one_worker() {
    assert_median(&digits::softmax(), 1, 0.95);
}

#[test]
fn softmax_with_four_workers() {
    assert_median(&digits::softmax(), 4, 0.95);
}

#[test]
fn perceptron_with_one_worker() {
    assert_median(&digits::mlp(&[32]), 1, 0.958);
}

#[test]
fn perceptron_with_four_workers() {
    assert_median(&digits::mlp(&[32]), 4, 0.958);
}

#[test]
fn the_cluster_ends_with_the_bits_of_the_plain_loop() {
    for model in [digits::softmax(), digits::mlp(&[32])] {
        let plan = TrainingPlan { epochs: 4, ..TrainingPlan::default() };
        let plain = train(&model, &plan, 4, 7);
        let job = TrainingJob { model: model.clone(), plan, ..TrainingJob::digits(7) };
        // A cluster merges by partition, so that its bits are the same for every number of workers.
        for workers in [3, 4] {
            let lab = Lab::new(&job, workers).expect("it is within the limits");
            let outcome = lab.finish().expect("training comes to an end");
            assert_eq!(outcome.parameters, plain.fingerprint(), "{model:?}, {workers} workers");
            let evaluation = Evaluation::of(&model, &plain, &digits::batch(digits::test()));
            assert_eq!(outcome.score.evaluation.confusion, evaluation.confusion, "{model:?}");
        }
    }
}

fn assert_median(model: &Model, workers: usize, wanted: f64) {
    let mut accuracies: Vec<f64> = SEEDS.map(|seed| accuracy(model, workers, seed)).collect();
    accuracies.sort_by(f64::total_cmp);
    let median = (accuracies[4] + accuracies[5]) / 2.0;
    println!("{model:?}, {workers} workers: median {median:.4} of {accuracies:.4?}");
    assert!(median >= wanted, "median {median:.4} of {accuracies:.4?}, wanted {wanted}");
}

fn accuracy(model: &Model, workers: usize, seed: u64) -> f64 {
    let parameters = train(model, &TrainingPlan::default(), workers, seed);
    let evaluation = Evaluation::of(model, &parameters, &digits::batch(digits::test()));
    evaluation.confusion.accuracy().expect("there are test digits")
}

fn train(model: &Model, plan: &TrainingPlan, workers: usize, seed: u64) -> Parameters {
    let mut parameters = model.initialise(seed);
    let shards = shards(workers);
    for _ in 0..plan.epochs {
        let mut readers: Vec<_> =
            shards.iter().map(|shard| shard.chunks(plan.batch_records.into())).collect();
        loop {
            let batches = readers.iter_mut().filter_map(Iterator::next);
            let gradients: Vec<_> =
                batches.map(|batch| gradient(model, &parameters, batch)).collect();
            if gradients.is_empty() {
                break;
            }
            plan.update(&mut parameters, &merge(model, &gradients));
        }
    }
    parameters
}

fn gradient(model: &Model, parameters: &Parameters, digits: &[Digit]) -> Gradient {
    Gradient::of(model, parameters, &digits::batch(digits.iter().copied()))
}

fn merge(model: &Model, gradients: &[Gradient]) -> Gradient {
    let mut merged = Gradient::zero(model);
    gradients.iter().for_each(|gradient| merged.merge(gradient));
    merged
}

/// The digits of each worker in the order it reads them.
fn shards(workers: usize) -> Vec<Vec<Digit>> {
    let mut partitions = vec![Vec::new(); PARTITIONS];
    for digit in digits::train() {
        let key = digit.row.to_string();
        partitions[partition_for_key(key.as_bytes(), PARTITIONS as i32) as usize].push(digit);
    }
    partitions.chunks(PARTITIONS / workers).map(<[_]>::concat).collect()
}
