//! Scenes in words, for the eye and for the screen reader.
//!
//! - [`mod@event`] what happened; [`mod@asked`] what a person asked and what became of it
//! - [`flight`](mod@flight) a message on its way; [`attention`](mod@attention) what needs attention
//! - [`board`] rows and cells; [`mod@thing`] the name of what is looked at

mod asked;
mod attention;
mod board;
mod event;
mod flight;
mod thing;

pub use asked::*;
pub use attention::*;
pub use board::*;
pub use event::*;
pub use flight::*;
pub use thing::*;

use super::scene::{NodeName, PromiseKind, Standing};
use super::text::{Lang, Text};

/// A partition as Kafka's tools write it: `orders-1`.
pub fn partition_name(topic: &str, partition: i32) -> String {
    format!("{topic}-{partition}")
}

/// `orders-0, -1, -3`.
pub fn partition_names(topic: &str, partitions: &[i32]) -> String {
    let names = partitions.iter().enumerate().map(|(place, partition)| match place {
        0 => partition_name(topic, *partition),
        _ => format!("-{partition}"),
    });
    names.collect::<Vec<_>>().join(", ")
}

/// A process by its name.
pub fn node_name(lang: Lang, node: &NodeName) -> String {
    match node {
        NodeName::Broker(id) => Text::NodeBroker.with(lang, &[("id", id)]),
        NodeName::Controller(id) => Text::NodeController.with(lang, &[("id", id)]),
        NodeName::Client(name) => name.clone(),
    }
}

/// The claim of a promise.
pub fn promise_text(kind: PromiseKind) -> Text {
    match kind {
        PromiseKind::NoLoss => Text::PromiseNoLoss,
        PromiseKind::StoredOnce => Text::PromiseStoredOnce,
        PromiseKind::Order => Text::PromiseOrder,
        PromiseKind::CommittedOnly => Text::PromiseCommittedOnly,
        PromiseKind::Continue => Text::PromiseContinue,
        PromiseKind::ProcessedOnce => Text::PromiseProcessedOnce,
    }
}

/// How a promise stands, in a word or two.
pub fn standing_text(standing: Standing) -> Text {
    match standing {
        Standing::Holds => Text::Holds,
        Standing::NoSpare => Text::NoSpare,
        Standing::NotPromised => Text::NotPromised,
        Standing::Broken => Text::Broken,
    }
}
