//! The gradient of the loss over a batch: a pure function of parameters and records.

use std::hash::{Hash, Hasher};

use super::model::{Layer, Model, Parameters};
use super::{Batch, hash, kernel};

/// A summed gradient with what it was summed over.
///
/// It is the sum, not the mean, so that the gradients of several workers merge by addition and
/// each record weighs the same whichever worker saw it.
#[derive(Clone, Debug)]
pub struct Gradient {
    /// The sum over the records, laid out as the parameters are.
    pub sum: Vec<f32>,
    /// The sum of the cross-entropy losses, in nats.
    pub loss: f32,
    /// Records that were classified correctly before the update.
    pub correct: u32,
    /// The number of records.
    pub records: u32,
}

impl Gradient {
    /// The gradient over no records.
    pub fn zero(model: &Model) -> Self {
        Self { sum: vec![0.0; model.parameter_count()], loss: 0.0, correct: 0, records: 0 }
    }

    /// Computes the gradient of a batch.
    ///
    /// # Panics
    /// If the batch or the parameters do not fit the model, or a label is not one of its classes.
    pub fn of(model: &Model, parameters: &Parameters, batch: &Batch) -> Self {
        assert_eq!(batch.width(), model.inputs(), "the features of another model");
        let mut gradient = Self::zero(model);
        gradient.records = batch.len() as u32;
        let mut activations = model.forward(parameters, batch.features());
        let mut errors = activations.pop().expect("a model has at least one layer");
        gradient.take_loss(&mut errors, batch.labels(), model.classes());
        let layers = model.layers();
        for (index, layer) in layers.iter().enumerate().rev() {
            let input = if index == 0 { batch.features() } else { &activations[index - 1] };
            gradient.take_layer(layer, input, &errors);
            if index > 0 {
                errors = back(layer, &parameters.0, &errors, input);
            }
        }
        gradient
    }

    /// Adds the records of another gradient.
    ///
    /// Float addition is not associative: merge in one fixed order, that of the partitions.
    pub fn merge(&mut self, other: &Gradient) {
        assert_eq!(self.sum.len(), other.sum.len(), "gradients of different models");
        kernel::axpy(&mut self.sum, 1.0, &other.sum);
        self.loss += other.loss;
        self.correct += other.correct;
        self.records += other.records;
    }

    /// The mean loss of a record; zero when there is none.
    pub fn mean_loss(&self) -> f32 {
        if self.records == 0 { 0.0 } else { self.loss / self.records as f32 }
    }

    /// Whether any part has left the finite numbers.
    pub fn diverged(&self) -> bool {
        !self.loss.is_finite() || !self.sum.iter().all(|value| value.is_finite())
    }

    /// Turns scores into errors (probability minus one-hot label), counting loss and hits.
    fn take_loss(&mut self, scores: &mut [f32], labels: &[u8], classes: usize) {
        for (row, &label) in scores.chunks_exact_mut(classes).zip(labels) {
            let label = usize::from(label);
            self.correct += u32::from(argmax(row) == label);
            self.loss += softmax_loss(row, label);
            row[label] -= 1.0;
        }
    }

    fn take_layer(&mut self, layer: &Layer, input: &[f32], errors: &[f32]) {
        kernel::accumulate_outer(&mut self.sum[layer.weights()], input, errors, layer.outputs);
        kernel::accumulate_rows(&mut self.sum[layer.biases()], errors);
    }

    fn counts(&self) -> (u32, u32, u32) {
        (self.records, self.correct, hash::bits(self.loss))
    }
}

impl PartialEq for Gradient {
    fn eq(&self, other: &Self) -> bool {
        self.counts() == other.counts()
            && self.sum.iter().copied().map(hash::bits).eq(other
                .sum
                .iter()
                .copied()
                .map(hash::bits))
    }
}

impl Eq for Gradient {}

impl Hash for Gradient {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.counts().hash(state);
        hash::fingerprint(&self.sum).hash(state);
    }
}

/// The errors of a layer's inputs, where the rectifier let them through.
fn back(layer: &Layer, parameters: &[f32], errors: &[f32], input: &[f32]) -> Vec<f32> {
    let weights = &parameters[layer.weights()];
    let mut transposed = vec![0.0; weights.len()];
    kernel::transpose(&mut transposed, weights, layer.outputs);
    let mut out = vec![0.0; input.len()];
    for (errors, out) in errors.chunks_exact(layer.outputs).zip(out.chunks_exact_mut(layer.inputs))
    {
        kernel::accumulate(out, errors, &transposed);
    }
    for (out, &input) in out.iter_mut().zip(input) {
        *out = if input > 0.0 { *out } else { 0.0 };
    }
    out
}

/// Replaces scores by probabilities and returns the loss of the true class.
pub(super) fn softmax_loss(row: &mut [f32], label: usize) -> f32 {
    let largest = row[argmax(row)];
    let true_score = row[label] - largest;
    let mut sum = 0.0;
    for score in row.iter_mut() {
        *score = libm::expf(*score - largest);
        sum += *score;
    }
    row.iter_mut().for_each(|value| *value /= sum);
    libm::logf(sum) - true_score
}

/// The index of the largest score; the first of equals.
pub(super) fn argmax(row: &[f32]) -> usize {
    let mut best = 0;
    for (index, &score) in row.iter().enumerate() {
        if score > row[best] {
            best = index;
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ml::data::digits;

    #[test]
    fn gradients_are_those_of_a_plain_f64_loss() {
        for model in [digits::softmax(), digits::mlp(&[6]), digits::mlp(&[7, 5])] {
            let parameters = model.initialise(11);
            let batch = digits::batch(digits::train().take(5));
            let gradient = Gradient::of(&model, &parameters, &batch);
            let mut wide: Vec<f64> = parameters.0.iter().map(|&value| value.into()).collect();
            assert!((f64::from(gradient.loss) - loss(&model, &wide, &batch)).abs() < 1e-5);
            for index in (0..wide.len()).step_by(13) {
                let slope = slope(&model, &mut wide, &batch, index);
                let got = f64::from(gradient.sum[index]);
                assert!((got - slope).abs() < 1e-5, "{model:?} {index}: {got} {slope}");
            }
        }
    }

    #[test]
    fn a_record_weighs_the_same_whichever_worker_saw_it() {
        let model = digits::mlp(&[32]);
        let parameters = model.initialise(2);
        let of = |from, to| {
            let rows = digits::train().skip(from).take(to - from);
            Gradient::of(&model, &parameters, &digits::batch(rows))
        };
        let whole = of(0, 20);
        let mut merged = Gradient::zero(&model);
        [of(0, 16), of(16, 17), of(17, 20)].iter().for_each(|part| merged.merge(part));
        assert_eq!((merged.records, merged.correct), (whole.records, whole.correct));
        assert!((merged.mean_loss() - whole.mean_loss()).abs() < 1e-5);
        let pairs = merged.sum.iter().zip(&whole.sum);
        assert!(pairs.clone().all(|(merged, whole)| (merged - whole).abs() < 1e-4));
        assert!(pairs.clone().any(|(_, whole)| whole.abs() > 0.1));
    }

    #[test]
    fn what_is_not_a_number_is_seen_and_hashes_alike() {
        let model = digits::softmax();
        let mut parameters = model.initialise(1);
        parameters.0[40] = f32::NAN;
        let gradient = Gradient::of(&model, &parameters, &digits::batch(digits::train().take(3)));
        assert!(parameters.diverged() && gradient.diverged());
        let fingerprint = parameters.fingerprint();
        parameters.0[40] = -f32::NAN;
        assert_eq!(parameters.fingerprint(), fingerprint);
        assert!(!Gradient::zero(&model).diverged());
    }

    /// The central difference of the loss along one parameter.
    fn slope(model: &Model, parameters: &mut [f64], batch: &Batch, index: usize) -> f64 {
        const STEP: f64 = 1e-6;
        let at = parameters[index];
        parameters[index] = at + STEP;
        let above = loss(model, parameters, batch);
        parameters[index] = at - STEP;
        let below = loss(model, parameters, batch);
        parameters[index] = at;
        (above - below) / (2.0 * STEP)
    }

    /// The summed loss, written down once more in the plainest way.
    fn loss(model: &Model, parameters: &[f64], batch: &Batch) -> f64 {
        let rows = batch.features().chunks_exact(batch.width());
        rows.zip(batch.labels()).map(|(row, &label)| row_loss(model, parameters, row, label)).sum()
    }

    fn row_loss(model: &Model, parameters: &[f64], row: &[f32], label: u8) -> f64 {
        let layers = model.layers();
        let mut values: Vec<f64> = row.iter().map(|&value| value.into()).collect();
        for (index, layer) in layers.iter().enumerate() {
            let (weights, biases) = (&parameters[layer.weights()], &parameters[layer.biases()]);
            let score = |output: usize| {
                let inputs = values.iter().enumerate();
                let terms = inputs.map(|(i, value)| value * weights[i * layer.outputs + output]);
                biases[output] + terms.sum::<f64>()
            };
            let scores: Vec<f64> = (0..layer.outputs).map(score).collect();
            let last = index + 1 == layers.len();
            values = scores.iter().map(|&s| if last { s } else { s.max(0.0) }).collect();
        }
        let sum: f64 = values.iter().map(|&score| libm::exp(score)).sum();
        libm::log(sum) - values[usize::from(label)]
    }
}
