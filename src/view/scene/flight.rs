//! What is on its way between two rows of the board.

use serde::{Deserialize, Serialize};

/// Someone a message comes from or goes to: a row of the board.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Row {
    Controller,
    Producer(u8),
    /// The broker at this place in [`Scene::brokers`].
    Broker(u8),
    /// The group at this place in [`Scene::groups`].
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
    /// Control traffic: heartbeats, votes, metadata.
    Control,
}

/// A message on its way between two rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flight {
    pub id: u64,
    /// The column it is drawn in; control traffic has none and goes in the gutter.
    pub column: Option<u16>,
    pub from: Row,
    pub to: Row,
    pub cargo: Cargo,
    pub sent_us: u64,
    pub due_us: u64,
    /// It will not arrive: its receiver is down or the link is cut.
    pub lost: bool,
}
