//! The scene: what is visible of a cluster at one virtual time, as plain data.
//!
//! A scene knows no pixels and no words. Names, ids and offsets are Kafka's; sentences are made by [`super::describe`].
//!
//! - [`cluster`] the board: topic, columns, controllers, producers, brokers, groups
//! - [`flight`] what is on its way; [`event`] what happened
//! - [`attention`] what needs attention; [`detail`] the records of one partition with their keys
//! - [`guide`] where the guide of the first run stands
//! - [`dock`] time axis and charts; [`promise`] what the configuration promises

mod attention;
mod cluster;
mod detail;
mod dock;
mod event;
mod flight;
mod guide;
mod promise;

pub use attention::*;
pub use cluster::*;
pub use detail::*;
pub use dock::*;
pub use event::*;
pub use flight::*;
pub use guide::*;
pub use promise::*;

use serde::{Deserialize, Serialize};

use super::inspect::Inspection;
use super::protocol::Selected;

/// Everything the Cluster tab shows at one virtual time.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Scene {
    /// Virtual time in microseconds.
    pub time_us: u64,
    /// The rolling world hash at this time.
    pub hash: u64,
    /// All topics that can be picked, in name order.
    pub topics: Vec<String>,
    /// The topic on the board, if there is one.
    pub topic: Option<Topic>,
    /// One column per partition of the page on the board.
    pub columns: Vec<Column>,
    /// The controller quorum, by id.
    pub controllers: Vec<Controller>,
    /// The producers that write to the topic.
    pub producers: Vec<Producer>,
    /// The brokers, by id; each holds a cell per column.
    pub brokers: Vec<Broker>,
    /// The groups that read the topic.
    pub groups: Vec<Group>,
    /// Requests and responses on their way.
    pub flights: Vec<Flight>,
    /// The same where they are too many or too fast to be told apart.
    pub flows: Vec<Flow>,
    /// What needs attention, the worst first.
    pub attention: Vec<Attention>,
    /// The records of the partition that is looked at most closely.
    pub detail: Option<Detail>,
    /// The latest milestones, oldest first.
    pub events: Vec<Event>,
    /// The time axis of the dock.
    pub timeline: Timeline,
    /// The charts of the dock.
    pub charts: Vec<Chart>,
    /// What the configuration promises, and whether it held so far.
    pub promises: Vec<Promise>,
    /// Links that are cut or slowed.
    pub links: Vec<Link>,
    /// One-way latency of a link without one of its own, in microseconds.
    pub hop_us: u32,
    /// The configs of what is looked at closely, and what that is.
    pub configs: Vec<Config>,
    pub configs_of: Option<Selected>,
    /// What is known of what is looked at.
    pub inspection: Option<Inspection>,
    /// The guided walk, in the setup that has one.
    pub walk: Option<Walk>,
    /// The guide of the first run.
    pub guide: Guide,
}

/// Where a guided walk is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Walk {
    /// Steps begun.
    pub step: u8,
    /// Partition and offset of the message, once it is acknowledged.
    pub stored: Option<(i32, i64)>,
    /// What the subscriber printed.
    pub printed: Option<String>,
}

/// A link that is not as the setup made it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    pub a: i32,
    pub b: i32,
    pub cut: bool,
    /// One-way latency in milliseconds, in place of the setup's.
    pub latency_ms: Option<u32>,
}

/// A config under Kafka's name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Config {
    pub name: String,
    pub value: String,
    /// Whether the value is not Kafka's default.
    pub own: bool,
    /// Whether it needs a restart: Kafka refuses a change.
    pub fixed: bool,
}
