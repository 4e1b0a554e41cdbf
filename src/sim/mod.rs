//! The world: a Kafka cluster as pure, deterministic state machines.
pub mod java;
