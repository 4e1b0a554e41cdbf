//! What needs attention in words.

use super::{partition_name, process_text, promise_text};
use crate::view::scene::{Attention, Process, Scene};
use crate::view::text::{Lang, Text, list};

/// What needs attention, in how much, and why; both may be empty.
pub struct Said {
    pub what: String,
    pub much: String,
    pub why: String,
}

/// Something that needs attention.
pub fn attention(lang: Lang, scene: &Scene, of: &Attention) -> Said {
    let (what, much, why) = match of {
        Attention::Broken(kind) => {
            (promise_text(*kind).say(lang), Text::Broken.say(lang), String::new())
        }
        Attention::Offline { count, topic, partition } => {
            let first = partition_name(topic, *partition);
            let what = Text::NeedsLeader.with(lang, &[("count", count)]);
            (what, String::new(), Text::FirstOfThem.with(lang, &[("partition", &first)]))
        }
        Attention::Down { broker, process } => {
            let state = process_text(*process).say(lang);
            let what = Text::NeedsBroker.with(lang, &[("broker", broker), ("state", &state)]);
            (what, String::new(), Text::StillCountedIn.say(lang))
        }
        Attention::UnderReplicated { broker, count, topic, partition } => {
            let what = Text::NeedsReplicas.with(lang, &[("count", count)]);
            let first = partition_name(topic, *partition);
            let slots: [(&str, &dyn std::fmt::Display); 2] =
                [("broker", broker), ("partition", &first)];
            let why = reason(scene, *broker).with(lang, &slots);
            (what, Text::NodeBroker.with(lang, &[("id", broker)]), why)
        }
        Attention::CutOff { broker, links } => {
            let what = Text::NeedsLinks.with(lang, &[("broker", broker), ("links", links)]);
            (what, String::new(), Text::CutOffWhy.say(lang))
        }
        Attention::Behind { group, lag, partitions, members } => {
            let partitions = list(lang, partitions);
            let slots: [(&str, &dyn std::fmt::Display); 2] =
                [("group", group), ("partitions", &partitions)];
            let what = Text::NeedsReading.with(lang, &slots);
            let much = Text::Lag.with(lang, &[("lag", lag)]);
            (what, much, Text::BehindWhy.with(lang, &[("members", members)]))
        }
        Attention::Idle { group, idle, members } => {
            let slots: [(&str, &dyn std::fmt::Display); 3] =
                [("group", group), ("idle", idle), ("members", members)];
            let what = Text::NeedsPartitions.with(lang, &slots);
            (what, Text::ByDesign.say(lang), Text::IdleWhy.say(lang))
        }
    };
    Said { what, much, why }
}

/// Why copies on a broker are missing from the ISR.
fn reason(scene: &Scene, id: i32) -> Text {
    let broker = scene.brokers.iter().find(|broker| broker.id == id);
    let cut = scene.links.iter().any(|link| link.cut && (link.a == id || link.b == id));
    match broker.map_or(Process::Running, |broker| broker.process) {
        Process::Stopped => Text::MissingStopped,
        Process::Paused => Text::MissingPaused,
        _ if cut => Text::MissingCut,
        _ => Text::MissingBehind,
    }
}
