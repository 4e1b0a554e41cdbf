//! 1,797 handwritten digits of 8 × 8 pixels (Alpaydin and Kaynak 1998, see `data/README.md`).
//!
//! The packed form is one row of 65 bytes per digit: 64 pixels of 0 to 16, then the label.
//! It is also the value of a record in `digits-train` and `digits-test`.

use std::error::Error;
use std::fmt;

use crate::ml::data::packed;
use crate::ml::{Batch, Model};

/// Pixels of a digit, row by row.
pub const PIXELS: usize = 64;
/// The largest value of a pixel.
pub const PIXEL_MAX: u8 = 16;
/// Classes: the digits zero to nine.
pub const CLASSES: u16 = 10;
/// Bytes of a packed digit.
pub const VALUE_BYTES: usize = PIXELS + 1;

/// A digit and where it stands in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Digit {
    /// The zero-based row.
    pub row: u32,
    /// The pixels, 0 (white) to [`PIXEL_MAX`].
    pub pixels: [u8; PIXELS],
    /// The class.
    pub label: u8,
}

/// Why bytes are not a digit: what a preprocessor does with a poisoned record is its own decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DigitError {
    /// The value does not have [`VALUE_BYTES`] bytes.
    Length(u32),
    /// A pixel is above [`PIXEL_MAX`].
    Pixel { index: u8, value: u8 },
    /// The label is above nine.
    Label(u8),
}

impl fmt::Display for DigitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Length(found) => write!(f, "a digit is {VALUE_BYTES} bytes, got {found}"),
            Self::Pixel { index, value } => {
                write!(f, "pixel {index} is {value}, the largest is {PIXEL_MAX}")
            }
            Self::Label(label) => write!(f, "label {label} is not a digit"),
        }
    }
}

impl Error for DigitError {}

impl Digit {
    /// Reads the value of a record.
    ///
    /// # Errors
    /// If the bytes are not a digit.
    pub fn parse(row: u32, value: &[u8]) -> Result<Self, DigitError> {
        let found = value.len() as u32;
        let (pixels, rest) = value.split_first_chunk().ok_or(DigitError::Length(found))?;
        let &[label] = rest else { return Err(DigitError::Length(found)) };
        if let Some(index) = pixels.iter().position(|&pixel: &u8| pixel > PIXEL_MAX) {
            return Err(DigitError::Pixel { index: index as u8, value: pixels[index] });
        }
        if u16::from(label) >= CLASSES {
            return Err(DigitError::Label(label));
        }
        Ok(Self { row, pixels: *pixels, label })
    }

    /// The value of a record: the pixels, then the label.
    pub fn value(&self) -> [u8; VALUE_BYTES] {
        let mut value = [self.label; VALUE_BYTES];
        value[..PIXELS].copy_from_slice(&self.pixels);
        value
    }

    /// The pixels scaled to 0..=1.
    pub fn features(&self) -> [f32; PIXELS] {
        self.pixels.map(|pixel| f32::from(pixel) / f32::from(PIXEL_MAX))
    }

    /// Whether the digit is held out: every fifth row. The file is ordered by writer, so holding
    /// out its last fifth would test on writers that were never seen.
    pub fn is_test(&self) -> bool {
        self.row % 5 == 4
    }
}

/// All digits in the order of the file.
///
/// # Panics
/// If they have not been fetched yet, where they have to be.
pub fn all() -> impl Iterator<Item = Digit> + Clone {
    packed::bytes()
        .expect("who trains has fetched the digits before")
        .chunks_exact(VALUE_BYTES)
        .zip(0..)
        .map(|(value, row)| Digit::parse(row, value).expect("the shipped digits are tested"))
}

/// The 1,438 digits to train on.
pub fn train() -> impl Iterator<Item = Digit> + Clone {
    all().filter(|digit| !digit.is_test())
}

/// The 359 digits held out.
pub fn test() -> impl Iterator<Item = Digit> + Clone {
    all().filter(Digit::is_test)
}

/// Collects digits into a batch of scaled features.
pub fn batch(digits: impl IntoIterator<Item = Digit>) -> Batch {
    let mut batch = Batch::new(PIXELS);
    for digit in digits {
        batch.push(&digit.features(), digit.label);
    }
    batch
}

/// Softmax regression on the pixels.
pub fn softmax() -> Model {
    Model::Softmax { inputs: PIXELS as u16, classes: CLASSES }
}

/// A multilayer perceptron on the pixels.
pub fn mlp(hidden: &[u16]) -> Model {
    Model::Mlp { inputs: PIXELS as u16, hidden: hidden.to_vec(), classes: CLASSES }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ml::hash::fnv1a;

    /// FNV-1a of the comma-separated file the digits were packed from (`data/README.md`).
    const SOURCE: u64 = 0x0b6d_b7d4_442b_bc5d;

    #[test]
    fn the_packed_digits_are_those_of_the_source_file() {
        let line = |digit: Digit| {
            let cells: Vec<String> = digit.value().iter().map(u8::to_string).collect();
            cells.join(",") + "\n"
        };
        let text: String = all().map(line).collect();
        assert_eq!(packed::bytes().map(<[u8]>::len), Some(1797 * VALUE_BYTES));
        assert_eq!(fnv1a(text.bytes()), SOURCE);
    }

    #[test]
    fn every_fifth_digit_is_held_out() {
        assert_eq!((all().count(), train().count(), test().count()), (1797, 1438, 359));
        assert!(test().all(|digit| digit.row % 5 == 4));
        assert_eq!(test().next().map(|digit| (digit.row, digit.label)), Some((4, 4)));
    }

    #[test]
    fn a_digit_survives_its_record() {
        assert!(all().all(|digit| Digit::parse(digit.row, &digit.value()) == Ok(digit)));
    }

    #[test]
    fn a_poisoned_record_is_refused() {
        let mut value = all().next().expect("there are digits").value();
        assert_eq!(Digit::parse(0, &value[1..]), Err(DigitError::Length(64)));
        value[PIXELS] = 10;
        assert_eq!(Digit::parse(0, &value), Err(DigitError::Label(10)));
        value[3] = 17;
        assert_eq!(Digit::parse(0, &value), Err(DigitError::Pixel { index: 3, value: 17 }));
    }
}
