//! The data sets that are shipped with the program; origin and licence are in `data/README.md`.
//!
//! - [`digits`]: 8 × 8 handwritten digits. [`packed`]: where their bytes are.

pub mod digits;
pub mod packed;
