//!
//! No clock, no I/O, no browser, no hash-map order. Start reading at [`world`]: it pops the next event, hands it to a node
//! and turns the node's [`effects`] into the future.
//!
//! - kernel: [`world`], [`scheduler`], [`node`], [`effects`], [`network`], [`time`], [`clock`], [`rng`], [`hash`], [`fact`]
//! - servers: [`controller`] (metadata quorum, placement, elections), [`broker`] (replicas), [`group`] (coordinator)
//! - clients: [`client`] (producer, consumer, admin), hosting any [`client::program::Program`]
//! - common: [`protocol`], [`storage`], [`config`], [`ids`], [`version`], [`sorted`], [`java`]
pub mod act;
pub mod broker;
pub mod client;
pub mod clock;
pub mod config;
pub mod controller;
pub mod effects;
pub mod fact;
pub mod group;
pub mod hash;
pub mod ids;
pub mod java;
pub mod network;
pub mod node;
pub mod protocol;
pub mod rng;
pub mod scheduler;
pub mod server;
pub mod setup;
pub mod sorted;
pub mod storage;
pub mod time;
pub mod version;
pub mod world;
