//! Which function is trained, and its parameters.

use std::hash::{Hash, Hasher};

use super::hash;
use super::kernel;

/// A classifier with a softmax output and the cross-entropy loss.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Model {
    /// Multinomial logistic regression.
    Softmax { inputs: u16, classes: u16 },
    /// A multilayer perceptron with rectified linear units; `hidden` holds the layer widths.
    Mlp { inputs: u16, hidden: Vec<u16>, classes: u16 },
}

/// The parameters of a model, flat: for each layer its weights (one row per input), then its biases.
///
/// Equality and hash are those of the bits, with one representation for NaN: WebAssembly leaves
/// the bits of a NaN open.
#[derive(Clone, Debug)]
pub struct Parameters(pub Vec<f32>);

/// Where a fully connected layer lies in the flat parameters.
#[derive(Clone, Copy, Debug)]
pub(super) struct Layer {
    pub inputs: usize,
    pub outputs: usize,
    offset: usize,
}

impl Model {
    /// The width of a feature row.
    pub fn inputs(&self) -> usize {
        match self {
            Model::Softmax { inputs, .. } | Model::Mlp { inputs, .. } => usize::from(*inputs),
        }
    }

    /// The number of classes.
    pub fn classes(&self) -> usize {
        match self {
            Model::Softmax { classes, .. } | Model::Mlp { classes, .. } => usize::from(*classes),
        }
    }

    /// The number of parameters.
    pub fn parameter_count(&self) -> usize {
        self.layers().iter().map(Layer::len).sum()
    }

    /// Draws weights uniformly within ±√(6 / (inputs + outputs)) of each layer (Glorot and Bengio
    /// 2010, as scikit-learn does); biases start at zero.
    pub fn initialise(&self, seed: u64) -> Parameters {
        let mut parameters = vec![0.0; self.parameter_count()];
        let mut state = seed;
        for layer in self.layers() {
            let bound = libm::sqrtf(6.0 / (layer.inputs + layer.outputs) as f32);
            for weight in &mut parameters[layer.weights()] {
                *weight = bound * (2.0 * unit(splitmix64(&mut state)) - 1.0);
            }
        }
        Parameters(parameters)
    }

    /// The scores (unnormalised log-probabilities) of every feature row, row after row.
    pub fn scores(&self, parameters: &Parameters, features: &[f32]) -> Vec<f32> {
        let mut activations = self.forward(parameters, features);
        activations.pop().expect("a model has at least one layer")
    }

    /// The outputs of every layer for every row; hidden layers are rectified.
    pub(super) fn forward(&self, parameters: &Parameters, features: &[f32]) -> Vec<Vec<f32>> {
        self.check(parameters);
        let layers = self.layers();
        let mut activations: Vec<Vec<f32>> = Vec::with_capacity(layers.len());
        for (index, layer) in layers.iter().enumerate() {
            let input = activations.last().map_or(features, Vec::as_slice);
            let mut output = layer.apply(&parameters.0, input);
            if index + 1 < layers.len() {
                output.iter_mut().for_each(|value| *value = rectify(*value));
            }
            activations.push(output);
        }
        activations
    }

    /// The layers, input first.
    pub(super) fn layers(&self) -> Vec<Layer> {
        let mut offset = 0;
        let widths = self.widths();
        let pairs = widths.windows(2);
        pairs
            .map(|pair| {
                let layer = Layer { inputs: pair[0].into(), outputs: pair[1].into(), offset };
                offset += layer.len();
                layer
            })
            .collect()
    }

    fn widths(&self) -> Vec<u16> {
        match self {
            Model::Softmax { inputs, classes } => vec![*inputs, *classes],
            Model::Mlp { inputs, hidden, classes } => {
                [&[*inputs], hidden.as_slice(), &[*classes]].concat()
            }
        }
    }

    fn check(&self, parameters: &Parameters) {
        assert_eq!(parameters.0.len(), self.parameter_count(), "parameters of another model");
    }
}

impl Layer {
    fn len(&self) -> usize {
        (self.inputs + 1) * self.outputs
    }

    pub fn weights(&self) -> std::ops::Range<usize> {
        self.offset..self.offset + self.inputs * self.outputs
    }

    pub fn biases(&self) -> std::ops::Range<usize> {
        self.weights().end..self.offset + self.len()
    }

    fn apply(&self, parameters: &[f32], rows: &[f32]) -> Vec<f32> {
        let biases = &parameters[self.biases()];
        let mut out = biases.repeat(rows.len() / self.inputs);
        let weights = &parameters[self.weights()];
        for (row, out) in rows.chunks_exact(self.inputs).zip(out.chunks_exact_mut(self.outputs)) {
            kernel::accumulate(out, row, weights);
        }
        out
    }
}

impl Parameters {
    /// Whether training has left the finite numbers.
    pub fn diverged(&self) -> bool {
        !self.0.iter().all(|value| value.is_finite())
    }

    /// The fingerprint of all bits.
    pub fn fingerprint(&self) -> u64 {
        hash::fingerprint(&self.0)
    }
}

impl PartialEq for Parameters {
    fn eq(&self, other: &Self) -> bool {
        self.0.iter().copied().map(hash::bits).eq(other.0.iter().copied().map(hash::bits))
    }
}

impl Eq for Parameters {}

impl Hash for Parameters {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.fingerprint());
    }
}

/// Rectification written as a comparison: `f32::max` leaves the sign of a zero open.
fn rectify(value: f32) -> f32 {
    if value < 0.0 { 0.0 } else { value }
}

/// Sebastiano Vigna's splitmix64.
fn splitmix64(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// The upper 24 bits as a number in [0, 1), exact in `f32`.
fn unit(draw: u64) -> f32 {
    (draw >> 40) as f32 / (1u64 << 24) as f32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ml::data::digits;

    #[test]
    fn parameters_are_counted_with_their_biases() {
        assert_eq!(digits::softmax().parameter_count(), 650);
        assert_eq!(digits::mlp(&[32]).parameter_count(), 2410);
        assert_eq!(digits::mlp(&[64, 32]).parameter_count(), 6570);
    }

    #[test]
    fn the_seed_decides_the_start() {
        let model = digits::mlp(&[32]);
        assert_eq!(model.initialise(7), model.initialise(7));
        assert_ne!(model.initialise(7), model.initialise(8));
        let Parameters(values) = model.initialise(7);
        assert!(values[..2048].iter().all(|weight| weight.abs() <= 0.25));
        assert!(values[2048..2080].iter().all(|&bias| bias == 0.0));
        assert!(values[..2048].iter().any(|&weight| weight > 0.2));
    }

    /// The first outputs of the reference implementation from the state 1234567.
    #[test]
    fn draws_are_those_of_splitmix64() {
        let mut state = 1_234_567;
        let draws = [(); 3].map(|()| splitmix64(&mut state));
        let reference =
            [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423];
        assert_eq!(draws, reference);
    }

    #[test]
    fn a_row_alone_scores_as_it_does_among_others() {
        let model = digits::mlp(&[32]);
        let parameters = model.initialise(7);
        let batch = digits::batch(digits::test().take(9));
        let together = model.scores(&parameters, batch.features());
        let rows = batch.features().chunks_exact(batch.width());
        let alone: Vec<f32> = rows.flat_map(|row| model.scores(&parameters, row)).collect();
        assert_eq!(together, alone);
    }
}
