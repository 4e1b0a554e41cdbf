//! Training throughput on one thread; prints one JSON line per measurement.
#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "real time is measured")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use kafka_playground::ml::data::digits;
use kafka_playground::ml::{Batch, Gradient, Model, sgd};

const BATCH_RECORDS: usize = 32;
const LEARNING_RATE: f32 = 0.01;

fn main() {
    let rounds = if std::env::args().any(|argument| argument == "--quick") { 3 } else { 9 };
    report("ml/softmax", &digits::softmax(), 670_000, rounds);
    report("ml/mlp32", &digits::mlp(&[32]), 299_000, rounds);
    report("ml/mlp64-32", &digits::mlp(&[64, 32]), 88_000, rounds);
}

/// Prints the best of some rounds: on a shared machine the others measure the neighbours.
fn report(name: &str, model: &Model, target: u32, rounds: u32) {
    let digits: Vec<_> = digits::train().map(|digit| (digit.features(), digit.label)).collect();
    let best = (0..rounds).map(|_| samples_per_second(model, &digits)).fold(0.0, f64::max);
    let value = best.round();
    println!(r#"{{"name":"{name}","value":{value},"unit":"samples/s","target":{target}}}"#);
}

/// Trains whole epochs for a while: every batch is gathered, its gradient taken and applied.
fn samples_per_second(model: &Model, digits: &[([f32; digits::PIXELS], u8)]) -> f64 {
    let mut parameters = model.initialise(1);
    let mut batch = Batch::new(digits::PIXELS);
    let mut samples = 0;
    let start = Instant::now();
    while start.elapsed() < Duration::from_millis(200) {
        for digits in digits.chunks(BATCH_RECORDS) {
            batch.clear();
            digits.iter().for_each(|(features, label)| batch.push(features, *label));
            let gradient = Gradient::of(model, &parameters, black_box(&batch));
            sgd::step(&mut parameters, &gradient, LEARNING_RATE);
            samples += batch.len();
        }
    }
    black_box(&parameters);
    samples as f64 / start.elapsed().as_secs_f64()
}
