//! What lies on a node's disk: record batches, partition logs, epoch caches, checkpoints.
//!
//! A batch's body is shared by everyone who holds a copy of it; a log is sealed chunks plus a small open tail, so that a
//! snapshot of the world costs what changed. Left out until later issues: segments, indexes, recovery, disk faults.
pub mod batch;
pub mod disk;
pub mod epoch_cache;
pub mod log;
pub mod producer_append;
pub mod producer_error;
pub mod producer_state;
pub mod transaction;
