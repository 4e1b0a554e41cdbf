//! Parameters, gradients, examples and evaluations as the values of records.
//!
//! Everything is little-endian and has no header: which model, version or partition a value
//! belongs to is the business of the program that sends it. A float that is not finite is
//! refused when it is read, so a run that diverged is noticed at the first reader.

use std::error::Error;
use std::fmt;

use super::{ConfusionMatrix, Evaluation, Gradient, Model, Parameters, hash};

/// Why a value could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DecodeError {
    /// The value has another length than the model asks for.
    Length { expected: u32, found: u32 },
    /// A float is infinite or not a number.
    Diverged,
    /// The label is not one of the model's classes.
    Label(u8),
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Length { expected, found } => write!(f, "expected {expected} bytes, got {found}"),
            Self::Diverged => write!(f, "a number is not finite: training has diverged"),
            Self::Label(label) => write!(f, "label {label} is not one of the classes"),
        }
    }
}

impl Error for DecodeError {}

/// Encodes parameters as consecutive floats.
pub fn encode_parameters(parameters: &Parameters) -> Vec<u8> {
    let mut out = Vec::with_capacity(4 * parameters.0.len());
    put_floats(&mut out, &parameters.0);
    out
}

/// Decodes the parameters of a model.
///
/// # Errors
/// If the length is not that of the model, or a float is not finite.
pub fn decode_parameters(model: &Model, bytes: &[u8]) -> Result<Parameters, DecodeError> {
    check_length(bytes, 4 * model.parameter_count())?;
    take_floats(bytes).map(Parameters)
}

/// Encodes a gradient: records, correct, loss, then the sum.
pub fn encode_gradient(gradient: &Gradient) -> Vec<u8> {
    let mut out = Vec::with_capacity(GRADIENT_HEAD + 4 * gradient.sum.len());
    out.extend(gradient.records.to_le_bytes());
    out.extend(gradient.correct.to_le_bytes());
    put_floats(&mut out, &[gradient.loss]);
    put_floats(&mut out, &gradient.sum);
    out
}

/// Decodes a gradient of a model.
///
/// # Errors
/// If the length is not that of the model, or a float is not finite.
pub fn decode_gradient(model: &Model, bytes: &[u8]) -> Result<Gradient, DecodeError> {
    check_length(bytes, GRADIENT_HEAD + 4 * model.parameter_count())?;
    let loss = take_floats(&bytes[8..GRADIENT_HEAD])?[0];
    let sum = take_floats(&bytes[GRADIENT_HEAD..])?;
    Ok(Gradient { records: take_u32(bytes, 0), correct: take_u32(bytes, 4), loss, sum })
}

/// Encodes a labelled feature row: the label, then the features.
pub fn encode_example(features: &[f32], label: u8) -> Vec<u8> {
    let mut out = Vec::with_capacity(1 + 4 * features.len());
    out.push(label);
    put_floats(&mut out, features);
    out
}

/// Decodes a labelled feature row for a model.
///
/// # Errors
/// If the length is not that of the model's inputs, a float is not finite or the label unknown.
pub fn decode_example(model: &Model, bytes: &[u8]) -> Result<(Vec<f32>, u8), DecodeError> {
    check_length(bytes, 1 + 4 * model.inputs())?;
    let label = bytes[0];
    if usize::from(label) >= model.classes() {
        return Err(DecodeError::Label(label));
    }
    Ok((take_floats(&bytes[1..])?, label))
}

/// Encodes an evaluation: the loss, then the confusion matrix row by row.
pub fn encode_evaluation(evaluation: &Evaluation) -> Vec<u8> {
    let counts = evaluation.confusion.counts();
    let mut out = Vec::with_capacity(EVALUATION_HEAD + 4 * counts.len());
    out.extend(evaluation.loss_micronats.to_le_bytes());
    out.extend(counts.iter().flat_map(|count| count.to_le_bytes()));
    out
}

/// Decodes an evaluation over a number of classes.
///
/// # Errors
/// If the length is not that of the classes.
pub fn decode_evaluation(classes: u16, bytes: &[u8]) -> Result<Evaluation, DecodeError> {
    let cells = usize::from(classes) * usize::from(classes);
    check_length(bytes, EVALUATION_HEAD + 4 * cells)?;
    let (head, tail) = bytes.split_at(EVALUATION_HEAD);
    let counts = (0..cells).map(|cell| take_u32(tail, 4 * cell)).collect();
    Ok(Evaluation {
        confusion: ConfusionMatrix::from_counts(classes, counts).expect("the length was checked"),
        loss_micronats: u64::from_le_bytes(head.try_into().expect("the head is eight bytes")),
    })
}

const GRADIENT_HEAD: usize = 12;
const EVALUATION_HEAD: usize = 8;

fn check_length(bytes: &[u8], expected: usize) -> Result<(), DecodeError> {
    if bytes.len() == expected {
        return Ok(());
    }
    Err(DecodeError::Length { expected: expected as u32, found: bytes.len() as u32 })
}

fn put_floats(out: &mut Vec<u8>, values: &[f32]) {
    out.extend(values.iter().flat_map(|&value| hash::bits(value).to_le_bytes()));
}

fn take_floats(bytes: &[u8]) -> Result<Vec<f32>, DecodeError> {
    let (words, _) = bytes.as_chunks::<4>();
    let values: Vec<f32> = words.iter().map(|&word| f32::from_le_bytes(word)).collect();
    let finite = values.iter().all(|value| value.is_finite());
    if finite { Ok(values) } else { Err(DecodeError::Diverged) }
}

fn take_u32(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ml::data::digits;

    #[test]
    fn every_value_comes_back_as_it_was() {
        let model = digits::mlp(&[4]);
        let parameters = model.initialise(1);
        let batch = digits::batch(digits::train().take(16));
        let gradient = Gradient::of(&model, &parameters, &batch);
        let evaluation = Evaluation::of(&model, &parameters, &batch);
        let bytes = encode_parameters(&parameters);
        assert_eq!(decode_parameters(&model, &bytes), Ok(parameters));
        let bytes = encode_gradient(&gradient);
        assert_eq!(decode_gradient(&model, &bytes), Ok(gradient));
        let bytes = encode_evaluation(&evaluation);
        assert_eq!(decode_evaluation(10, &bytes), Ok(evaluation));
        let features = digits::train().next().expect("there are digits").features();
        let bytes = encode_example(&features, 7);
        assert_eq!(decode_example(&model, &bytes), Ok((features.to_vec(), 7)));
    }

    #[test]
    fn a_number_that_is_not_finite_is_refused() {
        let model = digits::softmax();
        let mut parameters = model.initialise(1);
        for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            parameters.0[17] = bad;
            let bytes = encode_parameters(&parameters);
            assert_eq!(decode_parameters(&model, &bytes), Err(DecodeError::Diverged));
        }
        let mut gradient = Gradient::zero(&model);
        gradient.loss = f32::NAN;
        let bytes = encode_gradient(&gradient);
        assert_eq!(decode_gradient(&model, &bytes), Err(DecodeError::Diverged));
    }

    #[test]
    fn a_value_of_another_model_is_refused() {
        let bytes = encode_parameters(&digits::softmax().initialise(1));
        let expected = DecodeError::Length { expected: 9640, found: 2600 };
        assert_eq!(decode_parameters(&digits::mlp(&[32]), &bytes), Err(expected));
        let bytes = encode_example(&[0.0; 64], 10);
        assert_eq!(decode_example(&digits::softmax(), &bytes), Err(DecodeError::Label(10)));
        assert!(decode_evaluation(10, &[0; 12]).is_err());
    }
}
