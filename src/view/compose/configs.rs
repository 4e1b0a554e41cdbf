//! The configs of what is looked at closely, all that the simulation honours.

use crate::apps::AnyProgram;
use crate::sim::config::{BrokerConfig, ConsumerConfig, ProducerConfig, TopicConfig};
use crate::sim::ids::NodeId;
use crate::sim::protocol::admin::ConfigResource;
use crate::sim::world::World;
use crate::view::protocol::Selected;
use crate::view::scene::{Config, Scene};
use crate::view::session::Session;

/// The configs in the order of Kafka's tables here; none for what has none that can be changed.
pub fn configs(session: &Session, scene: &Scene) -> Vec<Config> {
    match &session.viewport.selected {
        Some(Selected::Topic) => of_topic(session, scene).unwrap_or_default(),
        Some(Selected::Node(node)) => {
            let node = NodeId(*node);
            let found = of_client(session, node).or_else(|| of_broker(session, node));
            found.unwrap_or_default()
        }
        _ => Vec::new(),
    }
}

fn of_topic(session: &Session, scene: &Scene) -> Option<Vec<Config>> {
    let world = &session.history.run().world;
    let name = scene.topic.as_ref()?.name.as_str();
    let config = topic_config(world, name)?;
    Some(table(
        TopicConfig::HONOURED_NAMES,
        |name| config.get(name),
        |name| TopicConfig::default().get(name),
    ))
}

/// What applies to a topic: its own configs over those of all brokers.
pub fn topic_config(world: &World<AnyProgram>, name: &str) -> Option<TopicConfig> {
    let image = world.metadata()?;
    let own = image.configs.get(&ConfigResource::Topic(name.into()));
    TopicConfig::effective(&broker_config(world, None)?, own).ok()
}

/// The configs of a broker as they are in force now, or those of all.
fn broker_config(world: &World<AnyProgram>, node: Option<NodeId>) -> Option<BrokerConfig> {
    let configs = &world.metadata()?.configs;
    let mut config = world.setup().config.clone();
    let spec = world.setup().servers.iter().find(|server| Some(server.id) == node);
    let fixed = spec.into_iter().flat_map(|spec| &spec.overrides);
    fixed.for_each(|(name, value)| drop(config.set(name, value)));
    for resource in [Some(ConfigResource::Cluster), node.map(ConfigResource::Broker)] {
        let dynamic = resource.and_then(|resource| configs.get(&resource));
        dynamic.into_iter().flatten().for_each(|(name, value)| drop(config.set(name, value)));
    }
    Some(config)
}

/// A broker's configs, first those that it changes while it runs.
fn of_broker(session: &Session, node: NodeId) -> Option<Vec<Config>> {
    let world = &session.history.run().world;
    let spec = world.setup().servers.iter().find(|server| server.id == node)?;
    let own = broker_config(world, Some(spec.roles.is_broker().then_some(node)?))?;
    let default = BrokerConfig::default();
    let mut all = table(BrokerConfig::NAMES, |name| own.get(name), |name| default.get(name));
    for config in &mut all {
        config.fixed = !BrokerConfig::DYNAMIC_NAMES.contains(&config.name.as_str());
    }
    all.sort_by_key(|config| config.fixed);
    Some(all)
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
            fixed: false,
        })
    };
    names.iter().filter_map(config).collect()
}
