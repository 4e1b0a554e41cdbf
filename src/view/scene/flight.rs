//! What is on its way between two rows of the board.

use serde::{Deserialize, Serialize};

pub use crate::sim::protocol::Api;

/// Someone a message comes from or goes to: a row of the board.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Row {
    Controller,
    Producer(u8),
    /// The broker at this place in [`super::Scene::brokers`].
    Broker(u8),
    /// The group at this place in [`super::Scene::groups`].
    Group(u8),
}

/// What is in flight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Cargo {
    /// Records, with their number.
    Records(u32),
    /// A request without records.
    Request,
    /// A response without records.
    Response,
    /// Control traffic: heartbeats, votes, metadata, group membership.
    Control,
}

/// A message on its way between two rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flight {
    pub id: u64,
    /// The partition it is drawn at; control traffic has none and goes in the gutter.
    pub column: Option<u16>,
    pub from: Row,
    pub to: Row,
    /// The processes it goes between: dropping it resets their connections.
    pub nodes: (i32, i32),
    pub api: Api,
    /// Whether it answers a request.
    pub answers: bool,
    /// The offset that a fetch asks for.
    pub offset: Option<i64>,
    pub cargo: Cargo,
    pub sent_us: u64,
    pub due_us: u64,
    /// It will not arrive: its receiver is down or the link is cut.
    pub lost: bool,
}

/// Messages between two rows that are too many, or too fast, to be drawn one by one.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Flow {
    /// The partition; control traffic has none.
    pub column: Option<u16>,
    pub from: Row,
    pub to: Row,
    /// In flight now.
    pub messages: u32,
    pub records: u32,
    /// Records a second, or messages where none carries records.
    pub per_second: f32,
}
