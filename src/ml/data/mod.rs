//! The data sets that are shipped inside the program; origin and licence are in `data/README.md`.
//!
//! - [`digits`]: 8 × 8 handwritten digits.

pub mod digits;
