//! The consumer groups of the topic: their members from the setup, their state from the coordinator.

use crate::apps::AnyProgram;
use crate::sim::controller::metadata::TopicImage;
use crate::sim::group::classic_group::ClassicGroup;
use crate::sim::ids::{FIRST_CLIENT, NodeId};
use crate::sim::node::Node;
use crate::sim::protocol::group::NamedPartition;
use crate::sim::world::World;
use crate::view::scene::{Column, Group, Lane, Member, Scene};

use super::access;
use super::cluster::process;

/// Fills in the groups whose members subscribe to the topic, in the order of the setup.
pub fn fill(scene: &mut Scene, world: &World<AnyProgram>, topic: &TopicImage) {
    for (index, spec) in world.client_specs().iter().enumerate() {
        let AnyProgram::ConsumerLoad(load) = &spec.program else { continue };
        let reads = load.spec().topics.contains(&topic.name);
        let node = access::client(world, index);
        let (true, Some(node)) = (reads, node) else { continue };
        let group = group_of(scene, &load.spec().group);
        group.members.push(Member {
            name: spec.name.to_string(),
            node: node.id.0,
            process: process(node),
            owns: false,
        });
    }
    for place in 0..scene.groups.len() {
        coordinate(scene, world, topic, place);
    }
}

fn group_of<'a>(scene: &'a mut Scene, name: &str) -> &'a mut Group {
    let place = scene.groups.iter().position(|group| group.name == name);
    let place = place.unwrap_or_else(|| {
        let lanes = vec![Lane::default(); scene.columns.len()];
        scene.groups.push(Group { name: name.to_owned(), lanes, ..Group::default() });
        scene.groups.len() - 1
    });
    &mut scene.groups[place]
}

/// State and lanes as the coordinator has them, positions as the members have them. While no broker coordinates the group,
/// its members go on with what they were given.
fn coordinate(scene: &mut Scene, world: &World<AnyProgram>, topic: &TopicImage, place: usize) {
    let known = access::group(world, &scene.groups[place].name);
    let members = &scene.groups[place].members;
    let lanes = scene.columns.iter().map(|column| lane(world, topic, column, (known, members)));
    let lanes: Vec<Lane> = lanes.collect();
    let group = &mut scene.groups[place];
    group.state = known.map(access::group_state).unwrap_or_default();
    group.generation = known.map_or(group.generation, |known| known.generation);
    group.lanes = lanes;
    for member in &mut group.members {
        let owns = |lane: &Lane| lane.consumer.as_ref() == Some(&member.name);
        let elsewhere = known.is_some_and(|known| {
            access::owned(known, NodeId(member.node)).any(|owned| owned.topic == topic.name)
        });
        member.owns = elsewhere || group.lanes.iter().any(owns);
    }
}

fn lane(
    world: &World<AnyProgram>,
    topic: &TopicImage,
    column: &Column,
    (group, members): (Option<&ClassicGroup>, &[Member]),
) -> Lane {
    let partition = NamedPartition { topic: topic.name.clone(), partition: column.partition };
    let given = || {
        let nodes = members.iter().filter_map(|member| world.node(NodeId(member.node)));
        nodes.into_iter().find(|node| access::is_assigned(node, &partition))
    };
    let owner = match group {
        Some(group) => access::owner(group, &partition).and_then(|id| world.node(id)),
        None => given(),
    };
    let committed = group.and_then(|group| access::committed(group, &partition));
    Lane {
        consumer: owner.map(|node| name(world, node)),
        position: owner.and_then(|node| access::position(node, &partition)),
        committed,
        lag: committed.map(|committed| (column.high_watermark - committed).max(0)),
    }
}

fn name(world: &World<AnyProgram>, node: &Node<AnyProgram>) -> String {
    let index = (node.id.0 - FIRST_CLIENT).max(0) as usize;
    world.client_specs().get(index).map(|spec| spec.name.to_string()).unwrap_or_default()
}
