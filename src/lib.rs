//! Kafka Playground: a deterministic simulation of an Apache Kafka cluster and of the programs that run on it.
//!
//! The rooms, from the bottom up (a room uses only those named before it, see `tests/tidy.rs`):
//! - [`sim`]: the world. Brokers, controllers, clients, network, disks; pure and deterministic.
//! - [`ml`]: models, gradients, metrics and data sets; same bits on every target.
//! - [`apps`]: programs that run on Kafka: load, the tool, the training pipeline.
//! - [`checks`]: judges of what the cluster promises.
//! - [`playground`]: what a person does: run, history, actions, journal, metrics. Bounds are in [`limits`].
//! - `conformance`: comparison with what real Kafka did; native only.
//! - `cli`: the verbs of the command line; native only.
//! - [`view`]: the picture of a run, free of size and of browser.
//! - `ui` (feature `web`): the page, in Yew.
#![forbid(unsafe_code)]

pub mod apps;
pub mod checks;
#[cfg(feature = "cli")]
pub mod cli;
#[cfg(feature = "cli")]
pub mod conformance;
pub mod limits;
pub mod ml;
pub mod playground;
pub mod sim;
#[cfg(feature = "web")]
pub mod ui;
pub mod view;
