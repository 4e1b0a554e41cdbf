//! What an evaluation counts. Everything is an integer, so partial results merge exactly and in
//! any order: W evaluators together say what one would say.

use super::gradient::{argmax, softmax_loss};
use super::{Batch, Model, Parameters};

/// How often each class was taken for each class.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ConfusionMatrix {
    classes: u16,
    counts: Vec<u32>,
}

impl ConfusionMatrix {
    /// A matrix of zeros.
    pub fn new(classes: u16) -> Self {
        Self { classes, counts: vec![0; usize::from(classes) * usize::from(classes)] }
    }

    /// Builds a matrix from its counts, row by row, if their number is a square of `classes`.
    pub fn from_counts(classes: u16, counts: Vec<u32>) -> Option<Self> {
        let cells = usize::from(classes) * usize::from(classes);
        (counts.len() == cells).then_some(Self { classes, counts })
    }

    /// Counts one record.
    pub fn count(&mut self, actual: u16, predicted: u16) {
        let cell = self.cell(actual, predicted);
        self.counts[cell] += 1;
    }

    /// Adds the counts of another matrix of the same classes.
    pub fn merge(&mut self, other: &ConfusionMatrix) {
        assert_eq!(self.classes, other.classes, "matrices of different classes");
        for (count, other) in self.counts.iter_mut().zip(&other.counts) {
            *count += other;
        }
    }

    /// How often `actual` was taken for `predicted`.
    pub fn get(&self, actual: u16, predicted: u16) -> u32 {
        self.counts[self.cell(actual, predicted)]
    }

    /// The number of classes.
    pub fn classes(&self) -> u16 {
        self.classes
    }

    /// The counts, one row per actual class.
    pub fn counts(&self) -> &[u32] {
        &self.counts
    }

    /// The rows: for each actual class, how often each class was predicted.
    pub fn rows(&self) -> impl Iterator<Item = &[u32]> {
        self.counts.chunks_exact(usize::from(self.classes).max(1))
    }

    /// The number of records.
    pub fn total(&self) -> u32 {
        self.counts.iter().sum()
    }

    /// The number of records whose class was recognised.
    pub fn correct(&self) -> u32 {
        (0..self.classes).map(|class| self.get(class, class)).sum()
    }

    /// The share of records whose class was recognised; none if there is no record.
    pub fn accuracy(&self) -> Option<f64> {
        share(self.correct(), self.total())
    }

    /// The share of the records of a class that were recognised; none if there is no such record.
    pub fn recall(&self, class: u16) -> Option<f64> {
        let actual = (0..self.classes).map(|predicted| self.get(class, predicted)).sum();
        share(self.get(class, class), actual)
    }

    /// The share of the records taken for a class that belong to it; none if there is no such record.
    pub fn precision(&self, class: u16) -> Option<f64> {
        let predicted = (0..self.classes).map(|actual| self.get(actual, class)).sum();
        share(self.get(class, class), predicted)
    }

    fn cell(&self, actual: u16, predicted: u16) -> usize {
        assert!(actual < self.classes && predicted < self.classes, "an unknown class");
        usize::from(actual) * usize::from(self.classes) + usize::from(predicted)
    }
}

/// The result of scoring records with one version of the parameters.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Evaluation {
    /// What was taken for what.
    pub confusion: ConfusionMatrix,
    /// The summed cross-entropy loss in millionths of a nat, rounded record by record.
    pub loss_micronats: u64,
}

/// The loss counted for one record at most: 1,000 nats. What is not a number counts as this.
const LOSS_MICRONATS_MAX: u64 = 1_000_000_000;

impl Evaluation {
    /// The evaluation of no records.
    pub fn new(classes: u16) -> Self {
        Self { confusion: ConfusionMatrix::new(classes), loss_micronats: 0 }
    }

    /// Scores every record of a batch.
    ///
    /// # Panics
    /// If the batch or the parameters do not fit the model, or a label is not one of its classes.
    pub fn of(model: &Model, parameters: &Parameters, batch: &Batch) -> Self {
        assert_eq!(batch.width(), model.inputs(), "the features of another model");
        let mut evaluation = Self::new(model.classes() as u16);
        let mut scores = model.scores(parameters, batch.features());
        for (row, &label) in scores.chunks_exact_mut(model.classes()).zip(batch.labels()) {
            evaluation.confusion.count(label.into(), argmax(row) as u16);
            evaluation.loss_micronats += micronats(softmax_loss(row, label.into()));
        }
        evaluation
    }

    /// Adds the records of another evaluation.
    pub fn merge(&mut self, other: &Evaluation) {
        self.confusion.merge(&other.confusion);
        self.loss_micronats += other.loss_micronats;
    }

    /// The mean loss of a record in nats; none if there is no record.
    pub fn mean_loss(&self) -> Option<f64> {
        let records = self.confusion.total();
        (records > 0).then(|| self.loss_micronats as f64 / 1e6 / f64::from(records))
    }
}

fn share(part: u32, whole: u32) -> Option<f64> {
    (whole > 0).then(|| f64::from(part) / f64::from(whole))
}

fn micronats(loss: f32) -> u64 {
    if loss.is_nan() {
        return LOSS_MICRONATS_MAX;
    }
    let scaled = libm::round(f64::from(loss) * 1e6);
    (scaled as u64).min(LOSS_MICRONATS_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ml::data::digits;

    #[test]
    fn evaluators_together_say_what_one_would_say() {
        let model = digits::mlp(&[8]);
        let parameters = model.initialise(3);
        let whole = Evaluation::of(&model, &parameters, &digits::batch(digits::test()));
        let mut merged = Evaluation::new(10);
        for part in [2, 0, 3, 1] {
            let rows = digits::test().filter(|digit| digit.row % 4 == part);
            merged.merge(&Evaluation::of(&model, &parameters, &digits::batch(rows)));
        }
        assert_eq!(merged, whole);
        assert_eq!(merged.confusion.total(), 359);
    }

    #[test]
    fn a_matrix_knows_its_rates() {
        let matrix = ConfusionMatrix::from_counts(2, vec![3, 1, 2, 4]).expect("four cells");
        assert_eq!((matrix.total(), matrix.correct()), (10, 7));
        assert_eq!(matrix.accuracy(), Some(0.7));
        assert_eq!((matrix.recall(0), matrix.precision(0)), (Some(0.75), Some(0.6)));
        assert_eq!(ConfusionMatrix::new(2).accuracy(), None);
        assert_eq!(ConfusionMatrix::from_counts(2, vec![0; 3]), None);
    }

    #[test]
    fn a_loss_that_is_no_number_counts_as_the_largest() {
        assert_eq!(micronats(f32::NAN), LOSS_MICRONATS_MAX);
        assert_eq!(micronats(f32::INFINITY), LOSS_MICRONATS_MAX);
        assert_eq!(micronats(0.5), 500_000);
    }
}
