//! Stochastic gradient descent.

use super::{Gradient, Parameters, kernel};

/// Moves the parameters against the mean of a gradient; a gradient over no records moves nothing.
///
/// # Panics
/// If the gradient is one of another model.
pub fn step(parameters: &mut Parameters, gradient: &Gradient, learning_rate: f32) {
    assert_eq!(parameters.0.len(), gradient.sum.len(), "the gradient of another model");
    if gradient.records > 0 {
        let scale = -learning_rate / gradient.records as f32;
        kernel::axpy(&mut parameters.0, scale, &gradient.sum);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ml::Model;
    use crate::ml::data::digits;

    /// The same numbers must come out natively and as WebAssembly, with and without vectors.
    #[test]
    fn a_fixed_training_ends_in_these_bits() {
        assert_eq!(fingerprint(&digits::softmax()), 0x0fae_da33_672d_f841);
        assert_eq!(fingerprint(&digits::mlp(&[32])), 0x53ba_14b8_c0c6_b9c8);
        assert_eq!(fingerprint(&digits::mlp(&[21, 13])), 0x0bfc_9d57_1fd2_8bd1);
    }

    #[test]
    fn a_gradient_over_no_records_moves_nothing() {
        let model = digits::softmax();
        let mut parameters = model.initialise(1);
        step(&mut parameters, &Gradient::zero(&model), 0.1);
        assert_eq!(parameters, model.initialise(1));
    }

    /// Two epochs in the order of the file, the last batch of each being short.
    fn fingerprint(model: &Model) -> u64 {
        let rows: Vec<_> = digits::train().collect();
        let mut parameters = model.initialise(7);
        for rows in [&rows, &rows].iter().flat_map(|rows| rows.chunks(16)) {
            let batch = digits::batch(rows.iter().copied());
            let gradient = Gradient::of(model, &parameters, &batch);
            step(&mut parameters, &gradient, 0.1);
        }
        parameters.fingerprint()
    }
}
