//! The world: a Kafka cluster as pure, deterministic state machines.
pub mod client;
pub mod group;
pub mod java;
