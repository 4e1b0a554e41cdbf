//! The scene of a run: what is visible of its cluster and of one topic.

use std::ops::Range;

use super::charts::Source;
use super::flights::{self, FLIGHTS_MAX, OnBoard, Rows};
use super::{access, attention, configs, detail, groups, inspect, promises, replicas, story, walk};
use crate::apps::AnyProgram;
use crate::apps::load::Pace;
use crate::sim::broker::BrokerState;
use crate::sim::config::ConfigValue;
use crate::sim::controller::metadata::{MetadataImage, TopicImage};
use crate::sim::controller::partition_registration::PartitionRegistration;
use crate::sim::controller::quorum::Role;
use crate::sim::ids::{FIRST_CLIENT, is_internal};
use crate::sim::node::{Node, Power};
use crate::sim::protocol::group::NamedPartition;
use crate::sim::sorted::sort_by_key;
use crate::sim::world::World;
use crate::view::scene::{
    Column, Controller, Flight, Flow, Link, Process, Producer, QuorumRole, Row, Scene, Topic,
};
use crate::view::session::Session;
use crate::view::zoom::COLUMNS_MAX;

/// Faster than this, in virtual seconds per second, no message could be followed by the eye.
const FLOW_SPEED: f64 = 30.0;

/// The picture of the current moment.
pub fn scene(session: &Session) -> Scene {
    let run = session.history.run();
    let world = &run.world;
    let image = world.metadata();
    let mut scene = Scene {
        time_us: session.time_us(),
        hash: world.hash(),
        topics: image.map(topic_names).unwrap_or_default(),
        controllers: controllers(world),
        events: story::events(session),
        timeline: session.timeline(),
        hop_us: world.setup().network.latency.0 as u32,
        ..Scene::default()
    };
    if let Some(topic) = shown(session) {
        fill(&mut scene, session, topic);
        if topic.partitions.len() > COLUMNS_MAX {
            whole_lags(&mut scene, session, topic);
        }
        scene.producers = producers(&scene, session, topic);
        scene.detail = detail::detail(session, &scene, topic);
        (scene.flights, scene.flows) = flights(session, &scene);
    } else {
        replicas::fill_without_topic(&mut scene, session);
    }
    scene.links = links(world);
    scene.configs = configs::configs(session, &scene);
    scene.configs_of = session.viewport.selected.clone();
    scene.charts = source(session, &scene).charts(session.metric);
    scene.walk = session.is_walk().then(|| walk::walk(world, scene.time_us));
    scene.promises = promises::promises(run, &scene);
    scene.attention = attention::attention(&scene, world);
    scene.inspection = inspect::inspection(session, &scene, shown(session));
    scene.guide = session.guide(&scene);
    scene
}

/// What the charts of a scene are drawn of.
pub fn source<'a>(session: &'a Session, scene: &'a Scene) -> Source<'a> {
    let topic = shown(session).map(|topic| topic.id);
    Source::new(&session.history.run().metrics, topic, scene)
}

/// Only what flies, for the moments between two pictures.
pub fn flights(session: &Session, scene: &Scene) -> (Vec<Flight>, Vec<Flow>) {
    let world = &session.history.run().world;
    let board = shown(session).map_or(OnBoard::default(), |topic| {
        let page = page(session, topic);
        OnBoard { topic: Some(topic.id), from: page.start, to: page.end }
    });
    let flights = flights::flights(world, board, &rows(scene, world));
    if flights.len() > FLIGHTS_MAX || session.pace.speed > FLOW_SPEED {
        return (Vec::new(), flights::flows(&flights));
    }
    (flights, Vec::new())
}

/// Topic, columns, replicas and groups of the page that is on the board.
fn fill(scene: &mut Scene, session: &Session, topic: &TopicImage) {
    let world = &session.history.run().world;
    scene.topic = Some(summary(world, topic));
    let partitions = page(session, topic);
    let all = topic.partitions.iter().enumerate();
    let on_page = all.skip(partitions.start as usize).take(partitions.len());
    scene.columns = on_page.map(column).collect();
    replicas::fill(scene, session, topic);
    groups::fill(scene, world, topic);
}

/// The lag of each group beyond the page, as the last sample of the metrics has it.
fn whole_lags(scene: &mut Scene, session: &Session, topic: &TopicImage) {
    let Some(sample) = session.history.run().metrics.samples().next_back() else { return };
    for group in &mut scene.groups {
        let of_group = sample
            .lags
            .iter()
            .filter(|lag| *lag.group == *group.name && lag.partition.topic == topic.name);
        group.whole_lag = Some(of_group.map(|lag| lag.records as i64).sum());
    }
}

/// The partitions of the page that is on the board.
fn page(session: &Session, topic: &TopicImage) -> Range<i32> {
    let count = topic.partitions.len();
    let last = count.saturating_sub(1) / COLUMNS_MAX;
    let first = usize::from(session.viewport.page).min(last) * COLUMNS_MAX;
    first as i32..count.min(first + COLUMNS_MAX) as i32
}

/// The topic on the board: the one asked for, else the first that is not internal.
fn shown(session: &Session) -> Option<&TopicImage> {
    let image = session.history.run().world.metadata()?;
    let asked = session.viewport.topic.as_deref().and_then(|name| image.topic(name));
    let first = || image.topics.values().find(|topic| !is_internal(&topic.name));
    asked.or_else(first)
}

fn topic_names(image: &MetadataImage) -> Vec<String> {
    image.topic_ids.keys().map(|name| name.to_string()).collect()
}

fn summary(world: &World<AnyProgram>, topic: &TopicImage) -> Topic {
    let config = configs::topic_config(world, &topic.name).unwrap_or_default();
    Topic {
        name: topic.name.to_string(),
        partitions: topic.partitions.len() as u32,
        replication_factor: topic.partitions.iter().map(|p| p.replicas.len()).max().unwrap_or(0)
            as u32,
        min_insync_replicas: config.min_insync_replicas as u32,
    }
}

/// A partition as the metadata has it; the high watermark comes with the replicas.
fn column((partition, registration): (usize, &std::sync::Arc<PartitionRegistration>)) -> Column {
    Column {
        partition: partition as i32,
        leader: registration.has_leader().then_some(registration.leader),
        leader_epoch: registration.leader_epoch,
        replicas: registration.replicas.to_vec(),
        isr: registration.isr.to_vec(),
        elr: registration.elr.to_vec(),
        high_watermark: 0,
    }
}

fn controllers(world: &World<AnyProgram>) -> Vec<Controller> {
    let voters = world.setup().voters().filter_map(|id| world.node(id));
    voters
        .map(|node| {
            let (role, epoch) = quorum_role(node);
            Controller { id: node.id.0, role, epoch, process: process(node) }
        })
        .collect()
}

fn quorum_role(node: &Node<AnyProgram>) -> (QuorumRole, i32) {
    let Some(server) = node.server() else { return (QuorumRole::Unattached, 0) };
    let role = match server.quorum().role() {
        Role::Unattached => QuorumRole::Unattached,
        Role::Prospective(_) => QuorumRole::Prospective,
        Role::Candidate(_) => QuorumRole::Candidate,
        Role::Leader(_) => QuorumRole::Leader,
        Role::Follower { .. } => QuorumRole::Follower,
        Role::Resigned { .. } => QuorumRole::Resigned,
    };
    (role, server.quorum().epoch())
}

/// What a process is doing, as far as its machine knows.
pub fn process(node: &Node<AnyProgram>) -> Process {
    match node.power {
        Power::Running if node.process.is_none() => Process::Starting,
        Power::Running => serving(node),
        Power::Paused => Process::Paused,
        Power::Stopped | Power::Off => Process::Stopped,
    }
}

/// A broker counts as running once it serves.
fn serving(node: &Node<AnyProgram>) -> Process {
    let broker = node.server().and_then(|server| server.broker());
    match broker.map(|broker| broker.lifecycle().state) {
        None | Some(BrokerState::Running) => Process::Running,
        Some(BrokerState::Starting | BrokerState::Recovery) => Process::Starting,
        Some(BrokerState::PendingControlledShutdown | BrokerState::ShuttingDown) => {
            Process::Stopping
        }
    }
}

fn producers(scene: &Scene, session: &Session, topic: &TopicImage) -> Vec<Producer> {
    let world = &session.history.run().world;
    let rate = source(session, scene).rate_in().round() as u32;
    let specs = world.client_specs().iter().enumerate();
    specs
        .filter_map(|(index, spec)| {
            let node = access::client(world, index)?;
            let program = node.client().map_or(&spec.program, |client| &client.program);
            let AnyProgram::ProducerLoad(load) = program else { return None };
            let config = &load.spec().config;
            (*load.spec().topic == *topic.name).then(|| Producer {
                name: spec.name.to_string(),
                node: node.id.0,
                asked_rate: asked_rate(load.spec().pace),
                keys: load.spec().keys,
                value_bytes: load.spec().value_bytes,
                acks: config.acks.text(),
                rate,
                process: process(node),
                waiting: waiting(scene, node, topic),
            })
        })
        .collect()
}

fn asked_rate(pace: Pace) -> u32 {
    match pace {
        Pace::Rate(rate) => rate,
        Pace::Burst { records, every } => {
            (u64::from(records) * 1_000_000 / every.0.max(1)).min(u64::from(u32::MAX)) as u32
        }
    }
}

/// Links that are not as the setup made them; the page changes both directions alike.
fn links(world: &World<AnyProgram>) -> Vec<Link> {
    let changed = world.network().links.iter().filter(|((from, to), _)| from < to);
    changed
        .map(|((from, to), state)| Link {
            a: from.0,
            b: to.0,
            cut: state.cut_by.is_some(),
            latency_ms: state.latency.map(|latency| (latency.0 / 1_000) as u32),
        })
        .collect()
}

fn waiting(scene: &Scene, node: &Node<AnyProgram>, topic: &TopicImage) -> Vec<u32> {
    let partitions = scene
        .columns
        .iter()
        .map(|column| NamedPartition { topic: topic.name.clone(), partition: column.partition });
    partitions.map(|partition| access::waiting(node, &partition)).collect()
}

/// Where each process stands on the board.
fn rows(scene: &Scene, world: &World<AnyProgram>) -> Rows {
    let mut places = Vec::new();
    for node in world.nodes() {
        let index = (node.id.0 - FIRST_CLIENT).max(0) as usize;
        let row = match world.client_specs().get(index).filter(|_| node.id.is_client()) {
            Some(spec) => client_row(scene, &spec.name),
            None => server_row(scene, node.id.0),
        };
        places.extend(row.map(|row| (node.id, row)));
    }
    sort_by_key(&mut places, |(node, _)| *node);
    Rows { places }
}

fn client_row(scene: &Scene, name: &str) -> Option<Row> {
    if let Some(place) = scene.producers.iter().position(|producer| producer.name == name) {
        return Some(Row::Producer(place as u8));
    }
    let has = |group: &crate::view::scene::Group| group.members.iter().any(|m| m.name == name);
    scene.groups.iter().position(has).map(|place| Row::Group(place as u8))
}

fn server_row(scene: &Scene, id: i32) -> Option<Row> {
    if scene.controllers.iter().any(|controller| controller.id == id) {
        return Some(Row::Controller);
    }
    let broker = scene.brokers.iter().position(|broker| broker.id == id);
    broker.map(|place| Row::Broker(place as u8))
}
