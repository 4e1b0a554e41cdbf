//! The name of what is looked at.

use super::{node_name, partition_name, promise_text};
use crate::view::offers::name_of;
use crate::view::protocol::Selected;
use crate::view::scene::{NodeName, Scene};
use crate::view::text::{Lang, Text};
use crate::view::timeline;

/// What is looked at, by its name.
pub fn thing(lang: Lang, scene: &Scene, selected: &Selected) -> String {
    let topic = || scene.topic.as_ref().map_or("", |topic| topic.name.as_str());
    let partition_of = |partition: &i32| partition_name(topic(), *partition);
    match selected {
        Selected::Topic => topic().to_owned(),
        Selected::Group(name) => name.clone(),
        Selected::Node(node) => match name_of(scene, *node) {
            NodeName::Broker(id) => Text::Broker.with(lang, &[("id", &id)]),
            name => node_name(lang, &name),
        },
        Selected::Partition(partition) => partition_of(partition),
        Selected::Replica { partition, broker } => Text::ThingReplica
            .with(lang, &[("partition", &partition_of(partition)), ("broker", broker)]),
        Selected::Record { partition, broker, offset } => Text::ThingRecord.with(
            lang,
            &[("partition", &partition_of(partition)), ("broker", broker), ("offset", offset)],
        ),
        Selected::Lane { group, partition } => {
            Text::ThingLane.with(lang, &[("group", group), ("partition", &partition_of(partition))])
        }
        Selected::Message(_) => Text::ThingMessage.say(lang),
        Selected::Event(id) => {
            let event = scene.events.iter().find(|event| event.id == *id);
            let time = timeline::long(event.map_or(scene.time_us, |event| event.time_us));
            Text::ThingEvent.with(lang, &[("time", &time)])
        }
        Selected::Promise(kind) => promise_text(*kind).say(lang),
    }
}
