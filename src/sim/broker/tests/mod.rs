//! Three brokers that talk to each other, and a controller reduced to what they need.
mod trio;

mod failover;
mod replication;
