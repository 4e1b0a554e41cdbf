//! Groups: their coordinators, their members and who reads which partition.
pub mod assignor;
pub mod coordinator_key;
