//! The controller: what it decides about topics and partitions.
pub mod partition_change;
pub mod partition_registration;
pub mod placer;
pub mod reassignment;
