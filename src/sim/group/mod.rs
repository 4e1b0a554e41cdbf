//! Groups: their coordinators, their members and who reads which partition.
//!
//! - [`coordinator`]: the groups a broker coordinates; loading, dispatch, outcomes of appends
//! - [`classic_group`]: state and membership of one group; `join`, `rebalance`, `sync`, `heartbeat`, `offsets` are what happens to it
//! - [`record`]: what `__consumer_offsets` holds
//! - [`assignor`]: the client-side assignors of the leader
mod bytes;
mod heartbeat;
mod join;
mod rebalance;
mod sync;
mod turn;

pub mod assignor;
pub mod classic_group;
pub mod coordinator;
pub mod coordinator_io;
pub mod coordinator_key;
pub mod member;
pub mod offsets;
pub mod record;
pub mod timer;

pub use timer::GroupTimer;

#[cfg(test)]
mod tests;
