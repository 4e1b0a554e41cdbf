//! The configs of what is looked at closely, all that the simulation honours.

use crate::apps::AnyProgram;
use crate::sim::config::{ConsumerConfig, ProducerConfig, TopicConfig};
use crate::sim::ids::NodeId;
use crate::sim::protocol::admin::ConfigResource;
use crate::view::protocol::Selected;
use crate::view::scene::{Config, Scene};
use crate::view::session::Session;

/// The configs in the order of Kafka's tables here; none for what has none that can be changed.
pub fn configs(session: &Session, scene: &Scene) -> Vec<Config> {
    match &session.viewport.selected {
        Some(Selected::Topic) => of_topic(session, scene).unwrap_or_default(),
        Some(Selected::Node(node)) => of_client(session, NodeId(*node)).unwrap_or_default(),
        _ => Vec::new(),
    }
}

fn of_topic(session: &Session, scene: &Scene) -> Option<Vec<Config>> {
    let world = &session.history.run().world;
    let name = scene.topic.as_ref()?.name.as_str();
    let own = world.metadata()?.configs.get(&ConfigResource::Topic(name.into()));
    let config = TopicConfig::effective(&world.setup().config, own).ok()?;
    Some(table(
        TopicConfig::NAMES,
        |name| config.get(name),
        |name| TopicConfig::default().get(name),
    ))
}

fn of_client(session: &Session, node: NodeId) -> Option<Vec<Config>> {
    let client = session.history.run().world.node(node)?.client()?;
    Some(match &client.program {
        AnyProgram::ProducerLoad(load) => {
            let (own, default) = (&load.spec().config, ProducerConfig::default());
            table(ProducerConfig::NAMES, |name| own.get(name), |name| default.get(name))
        }
        AnyProgram::ConsumerLoad(load) => {
            let (own, default) = (&load.spec().config, ConsumerConfig::default());
            table(ConsumerConfig::NAMES, |name| own.get(name), |name| default.get(name))
        }
        _ => return None,
    })
}

fn table(
    names: &[&'static str],
    value: impl Fn(&str) -> Option<String>,
    default: impl Fn(&str) -> Option<String>,
) -> Vec<Config> {
    let config = |name: &&'static str| {
        let value = value(name)?;
        Some(Config {
            name: (*name).to_owned(),
            own: default(name).as_ref() != Some(&value),
            value,
        })
    };
    names.iter().filter_map(config).collect()
}
