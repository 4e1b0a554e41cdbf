//! Groups: their coordinators, their members and who reads which partition.
pub mod assignor;
pub mod coordinator_io;
pub mod coordinator_key;

/// A timer of the group coordinator.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum GroupTimer {}
