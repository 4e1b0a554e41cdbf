//! What a person does with a world: act on it, watch it, go back in time, try another future.
//!
//! - [`run`] the world with everything that watches it: the unit of a snapshot
//! - [`history`] the actions so far, snapshots, seek, step back, fork
//! - [`action`] what can be done, and its stamp
//! - [`lesson`] scripts that act, wait and pause: lessons, and what the first run suggests
//! - [`lab`] a training run from its beginning to its last score
//! - [`journal`] what happened and why
//! - [`why`] what led to it, back to what a person did
//! - [`setup`] what a run begins with, and the built-in setups
//! - [`scale`] the large built-in setups
//! - [`walk`] the article's walk on `ai_data`
//! - [`sweep`] the same training with more and more workers
//! - [`swarm`] whole runs drawn from a seed, broken, healed and judged
//! - [`metrics`] what Kafka's metrics would show, with the [`gauges`] of each moment
pub mod action;
pub mod gauges;
pub mod history;
pub mod journal;
pub mod lab;
pub mod lesson;
pub mod metrics;
mod ring;
pub mod run;
pub mod scale;
pub mod setup;
pub mod swarm;
pub mod sweep;
pub mod walk;
pub mod why;
