//! The records of one partition, as closely as they can be looked at.

use serde::{Deserialize, Serialize};

/// The latest records of a partition on every broker that has a copy.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Detail {
    pub partition: i32,
    /// The copies, by broker.
    pub copies: Vec<(i32, Vec<BatchDetail>)>,
}

/// A batch of a log, with the keys of those of its records that are in sight.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchDetail {
    /// Offset of the first record in `keys`.
    pub first: i64,
    /// Whether earlier records of the batch are out of sight.
    pub cut: bool,
    pub epoch: i32,
    /// -1 without idempotence.
    pub producer_id: i64,
    /// Sequence number of the first record in `keys`; -1 without idempotence.
    pub sequence: i32,
    /// `None` for a record without a key.
    pub keys: Vec<Option<String>>,
}
