//! The consumer groups of the topic: their members from the setup, their state from the coordinator.

use crate::apps::AnyProgram;
use crate::sim::controller::metadata::TopicImage;
use crate::sim::ids::{FIRST_CLIENT, NodeId};
use crate::sim::world::World;
use crate::view::scene::{Group, Lane, Member, Scene};

use super::cluster::process;

/// Fills in the groups whose members subscribe to the topic, in the order of the setup.
pub fn fill(scene: &mut Scene, world: &World<AnyProgram>, topic: &TopicImage) {
    for (index, spec) in world.client_specs().iter().enumerate() {
        let AnyProgram::ConsumerLoad(load) = &spec.program else { continue };
        let reads = load.spec().topics.iter().any(|name| *name == topic.name);
        let node = world.node(NodeId(FIRST_CLIENT + index as i32));
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
        lanes(scene, world, topic, place);
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

fn lanes(scene: &mut Scene, world: &World<AnyProgram>, topic: &TopicImage, place: usize) {
    let _ = (scene, world, topic, place);
}
