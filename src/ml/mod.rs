//! Models, gradients, metrics and data sets: pure functions with the same bits on every target.
//!
//! What makes the bits equal: `f32`, one fixed order for every sum, no fused multiply-add,
//! and `libm` for every transcendental function. A worker's gradient is a function of the
//! parameters and the records alone; who computes it, when and in which thread cannot matter.
//!
//! - [`model`]: which function is trained, its flat parameters and their seeded start.
//! - [`batch`]: the records of one gradient, laid out for the inner loops.
//! - [`gradient`]: the summed loss gradient of a batch; sums merge by addition.
//! - [`sgd`]: the update and its learning rate.
//! - [`metrics`]: confusion matrix and loss that merge exactly, in any order.
//! - [`codec`]: parameters, gradients, examples and evaluations as record values.
//! - [`hash`]: the fingerprint of parameters.
//! - [`plan`]: the settings that reach the reference accuracies.
//! - [`data`]: the data sets that are shipped.
//!
//! Left out on purpose: automatic differentiation, tensors and optimisers with state. The models
//! here are small enough to be read.

pub mod batch;
pub mod codec;
pub mod data;
pub mod gradient;
pub mod hash;
mod kernel;
pub mod metrics;
pub mod model;
pub mod plan;
pub mod sgd;

pub use batch::Batch;
pub use gradient::Gradient;
pub use metrics::{ConfusionMatrix, Evaluation};
pub use model::{Model, Parameters};
pub use plan::TrainingPlan;
