//! What the configuration promises.

use serde::{Deserialize, Serialize};

use crate::view::says::Says;

/// The promises of the panel, see `checks/promise.rs`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum PromiseKind {
    NoLoss,
    StoredOnce,
    Order,
    CommittedOnly,
    Continue,
    ProcessedOnce,
}

/// How a promise stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Standing {
    Holds,
    /// It holds, but the next failure ends it.
    NoSpare,
    NotPromised,
    Broken,
}

/// A promise under the current configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Promise {
    pub kind: PromiseKind,
    pub standing: Standing,
    /// What decides, in a few words.
    pub basis: Option<Says>,
    /// How many cases its judge has looked at.
    pub checked: u64,
    /// Expected anomalies counted where it does not hold.
    pub anomalies: u64,
}
