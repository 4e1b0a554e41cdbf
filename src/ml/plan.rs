//! How a training run is set up.

use super::{Gradient, Parameters, sgd};

/// The settings of a run of synchronous stochastic gradient descent.
///
/// The default reaches the reference accuracies of the digits with one, two and four workers and
/// in whatever order a worker reads its partitions; `tests/training.rs` measures it. It was
/// chosen in the middle of a plateau: half of its learning rate learns too little in 40 epochs,
/// and twice of it diverges with four workers on some seeds.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TrainingPlan {
    /// How often every record is read.
    pub epochs: u16,
    /// Records a worker takes for one gradient.
    pub batch_records: u16,
    /// The learning rate of one worker, in millionths: floats have no place in stored state.
    pub learning_rate_millionths: u32,
}

impl Default for TrainingPlan {
    fn default() -> Self {
        Self { epochs: 40, batch_records: 16, learning_rate_millionths: 150_000 }
    }
}

impl TrainingPlan {
    /// The learning rate of an update over `records`: it grows with the size of the merged batch,
    /// so W full batches move W times as far (the linear scaling rule, Goyal et al. 2017). A
    /// worker that is missing or has read its partitions to the end takes its share away.
    pub fn learning_rate(&self, records: u32) -> f32 {
        let of_one_worker = self.learning_rate_millionths as f32 / 1e6;
        of_one_worker * records as f32 / f32::from(self.batch_records)
    }

    /// Updates the parameters with a merged gradient.
    pub fn update(&self, parameters: &mut Parameters, gradient: &Gradient) {
        sgd::step(parameters, gradient, self.learning_rate(gradient.records));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_learning_rate_grows_with_the_workers_that_took_part() {
        let plan = TrainingPlan::default();
        assert_eq!(plan.learning_rate(16), 0.15);
        assert_eq!(plan.learning_rate(64), 0.6);
        assert_eq!(plan.learning_rate(0), 0.0);
    }
}
