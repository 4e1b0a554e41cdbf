//! What is known of the one thing that is looked at: read from the world, told in Kafka's words.
//!
//! - [`partition`] a partition, its copies, a record. [`server`] brokers and controllers. [`client`] producers and consumers
//! - [`group`] a group and how far it has read. [`message`] what is in flight
//! - [`event`] what happened. [`promise`] what is promised, and the cases where it did not hold
//! - [`why`] how it came to this; [`rules`] what decided

mod client;
mod event;
mod group;
mod message;
mod partition;
mod promise;
mod rules;
mod server;
#[cfg(test)]
mod tests;
mod topic;
mod why;

use std::sync::Arc;

use crate::apps::AnyProgram;
use crate::sim::controller::metadata::TopicImage;
use crate::sim::controller::partition_registration::PartitionRegistration;
use crate::sim::fact::Fact;
use crate::sim::ids::{FactId, NodeId, TopicPartition};
use crate::sim::time::Micros;
use crate::sim::world::World;
use crate::view::compose::configs;
use crate::view::inspect::{Inspection, Row, Step, Why};
use crate::view::protocol::Selected;
use crate::view::says::{Says, Word};
use crate::view::scene::Scene;
use crate::view::session::Session;
use crate::view::text::Text;

/// Set in the id of an event that a judge found: it has the number of the fact that showed it, which may be told as well.
pub const JUDGED: u64 = 1 << 63;

/// What is known of the thing that is looked at; None if it is gone.
pub fn inspection(
    session: &Session,
    scene: &Scene,
    topic: Option<&TopicImage>,
) -> Option<Inspection> {
    let of = session.viewport.selected.clone()?;
    let view = View { session, scene, topic };
    let found = match &of {
        Selected::Topic => topic::topic(&view),
        Selected::Node(node) => process(&view, NodeId(*node)),
        Selected::Group(name) => group::group(&view, name),
        Selected::Partition(partition) => partition::partition(&view, *partition),
        Selected::Replica { partition, broker } => {
            partition::replica(&view, *partition, NodeId(*broker))
        }
        Selected::Record { partition, broker, offset } => {
            partition::record(&view, *partition, NodeId(*broker), *offset)
        }
        Selected::Lane { group, partition } => group::lane(&view, group, *partition),
        Selected::Message(id) => message::message(&view, *id),
        Selected::Event(id) => event::event(&view, *id),
        Selected::Promise(kind) => promise::promise(&view, *kind),
    };
    let Found { rows, cases, why } = found?;
    Some(Inspection { of, rows, cases, why })
}

fn process(view: &View<'_>, node: NodeId) -> Option<Found> {
    let server = view.world().setup().servers.iter().find(|server| server.id == node);
    match server {
        Some(server) if server.roles.is_broker() => server::broker(view, node),
        Some(_) => server::controller(view, node),
        None => client::client(view, node),
    }
}

/// What was found of a thing.
#[derive(Default)]
struct Found {
    rows: Vec<Row>,
    cases: Vec<Step>,
    why: Option<Why>,
}

impl Found {
    fn rows(rows: Vec<Row>) -> Found {
        Found { rows, ..Found::default() }
    }
}

/// What an inspector reads from.
struct View<'a> {
    session: &'a Session,
    scene: &'a Scene,
    topic: Option<&'a TopicImage>,
}

impl<'a> View<'a> {
    fn world(&self) -> &'a World<AnyProgram> {
        &self.session.history.run().world
    }

    /// A partition of the topic on the board, as the metadata has it.
    fn partition(
        &self,
        partition: i32,
    ) -> Option<(TopicPartition, &'a Arc<PartitionRegistration>)> {
        let topic = self.topic?;
        let registration = topic.partitions.get(usize::try_from(partition).ok()?)?;
        Some((TopicPartition::new(topic.id, partition), registration))
    }

    /// The last milestone that is asked for.
    fn last(&self, is_it: impl Fn(&Fact) -> bool) -> Option<FactId> {
        let journal = &self.session.history.run().journal;
        journal.milestones().rev().find(|record| is_it(&record.fact)).map(|record| record.id)
    }

    /// When a fact happened.
    fn time_of(&self, id: FactId) -> Option<u64> {
        self.session.history.run().journal.find(id).map(|record| record.time.0)
    }

    /// The active controller.
    fn active_controller(&self) -> Option<NodeId> {
        let active = |node: &&crate::sim::node::Node<AnyProgram>| {
            let controller = node.server().and_then(|server| server.controller());
            node.is_running() && controller.is_some_and(|controller| controller.is_active())
        };
        self.world().nodes().find(active).map(|node| node.id)
    }

    /// The value in force of a topic's config.
    fn topic_config(&self, topic: &str, name: &str) -> Option<String> {
        configs::topic_config(self.world(), topic)?.get(name)
    }

    /// The monotonic clock of a node.
    fn monotonic(&self, node: NodeId) -> Option<Micros> {
        let world = self.world();
        Some(world.node(node)?.clock.now(world.now()).monotonic)
    }
}

/// A time span as milliseconds.
fn ms(span: Micros) -> Word {
    Says::new(Text::Milliseconds, [("ms", ((span.0 / 1_000) as i64).into())]).into()
}

fn yes(value: bool) -> Word {
    if value { Text::Yes.into() } else { Text::No.into() }
}

/// `2, 3, 1`, or a dash.
fn ids(list: &[i32]) -> Word {
    Word::from(list)
}

fn node(id: i32) -> Word {
    Word::Thing(Selected::Node(id))
}

/// An offset, or a dash where none is known.
fn offset(value: Option<i64>) -> Word {
    value.map_or(Word::from("–"), Word::from)
}
