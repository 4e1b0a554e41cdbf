//! The controller: the metadata quorum, and what its leader decides about brokers, topics and partitions.
pub mod metadata;
pub mod partition_change;
pub mod partition_registration;
pub mod placer;
pub mod quorum;
pub mod reassignment;

/// A timer of the active controller.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ControllerTimer {}
