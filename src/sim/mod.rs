//! The world: a Kafka cluster as pure, deterministic state machines.
pub mod client;
pub mod controller;
pub mod group;
pub mod java;
pub mod storage;
