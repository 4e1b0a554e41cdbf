//! What was asked, and what became of it.

use super::node_name;
use crate::limits::{ACTIONS_MAX, RUN_HOURS_MAX};
use crate::view::offers::name_of;
use crate::view::protocol::{Act, Asked, Order, Outcome, Reply};
use crate::view::scene::Scene;
use crate::view::text::{Lang, Text};

/// What was asked, as a sentence.
pub fn asked(lang: Lang, scene: &Scene, asked: &Asked) -> String {
    match asked {
        Asked::Act(act) => asked_act(lang, scene, *act),
        Asked::Order(order) => asked_order(lang, scene, order),
    }
}

fn asked_act(lang: Lang, scene: &Scene, act: Act) -> String {
    let (text, node) = match act {
        Act::Kill(node) => (Text::ActKilled, node),
        Act::Restart(node) => (Text::ActStarted, node),
        Act::Pause(node) => (Text::ActPaused, node),
        Act::Resume(node) => (Text::ActResumed, node),
        Act::PowerLoss(node) => (Text::ActPoweredOff, node),
        Act::Stop(node) => (Text::ActStopped, node),
        Act::Wipe(node) => (Text::ActWiped, node),
        Act::AddLike(node) => (Text::ActAdded, node),
        Act::Commit(node) => (Text::ActCommit, node),
        Act::Rate(node, _) => (Text::ActRate, node),
        Act::Keys(node, 0) => (Text::ActNoKeys, node),
        Act::Keys(node, _) => (Text::ActKeys, node),
        Act::ValueBytes(node, _) => (Text::ActValueBytes, node),
        Act::Processing(node, _) => (Text::ActProcessing, node),
        Act::SlowDisk(node, 0) => (Text::ActDiskRestored, node),
        Act::SlowDisk(node, _) => (Text::ActDiskSlowed, node),
        Act::Elect { unclean: false } => return Text::AskedPreferred.say(lang),
        Act::Elect { unclean: true } => return Text::AskedUnclean.say(lang),
        Act::Network(latency) => return network(lang, latency),
        Act::Cut(node, _) => (Text::LinkCut, node),
        Act::Heal(node, _) => (Text::LinkHealed, node),
        Act::Slow(node, _, 0) => (Text::LinkUnslowed, node),
        Act::Slow(node, ..) => (Text::LinkSlowed, node),
        Act::Reset(node, _) => (Text::LinkReset, node),
    };
    let (peer, number) = match act {
        Act::Cut(_, peer) | Act::Heal(_, peer) | Act::Reset(_, peer) => (peer, 0),
        Act::Slow(_, peer, latency) => (peer, latency),
        Act::Rate(_, count)
        | Act::Keys(_, count)
        | Act::ValueBytes(_, count)
        | Act::Processing(_, count) => (node, count),
        _ => (node, 0),
    };
    let [node, peer] = [node, peer].map(|id| node_name(lang, &name_of(scene, id)));
    let slots: [(&str, &dyn std::fmt::Display); 6] = [
        ("node", &node),
        ("from", &node),
        ("to", &peer),
        ("latency", &number),
        ("rate", &number),
        ("count", &number),
    ];
    text.with(lang, &slots)
}

/// How long every hop takes.
pub fn network(lang: Lang, latency_us: u32) -> String {
    Text::NetworkChanged.with(lang, &[("latency", &milliseconds(latency_us))])
}

/// Microseconds as milliseconds, with a decimal place where there is something in it.
pub fn milliseconds(micros: u32) -> String {
    let (whole, tenths) = (micros / 1_000, micros % 1_000 / 100);
    match tenths {
        0 => whole.to_string(),
        _ => [whole.to_string(), tenths.to_string()].join("."),
    }
}

fn asked_order(lang: Lang, scene: &Scene, order: &Order) -> String {
    let config = |of: &dyn std::fmt::Display, name: &String, value: &String| {
        Text::AskedConfig.with(lang, &[("of", of), ("name", name), ("value", value)])
    };
    match order {
        Order::TopicConfig { topic, name, value: Some(value) } => config(topic, name, value),
        Order::TopicConfig { topic, name, value: None } => {
            Text::AskedDefault.with(lang, &[("of", topic), ("name", name)])
        }
        Order::BrokerConfig { broker, name, value } => {
            let of = match broker {
                Some(id) => node_name(lang, &name_of(scene, *id)),
                None => Text::AllBrokers.say(lang),
            };
            match value {
                Some(value) => config(&of, name, value),
                None => Text::AskedDefault.with(lang, &[("of", &of), ("name", name)]),
            }
        }
        Order::ClientConfig { node, name, value } => {
            config(&node_name(lang, &name_of(scene, *node)), name, value)
        }
        Order::AddPartitions { topic, total } => {
            Text::AskedPartitions.with(lang, &[("topic", topic), ("count", total)])
        }
        Order::Send { topic, .. } => Text::AskedSend.with(lang, &[("topic", topic)]),
        Order::CreateTopic { name, .. } => Text::AskedCreate.with(lang, &[("topic", name)]),
        Order::DeleteTopic(topic) => Text::AskedDelete.with(lang, &[("topic", topic)]),
    }
}

/// What became of what was asked.
pub fn outcome(lang: Lang, reply: &Reply, playing: bool) -> String {
    match &reply.outcome {
        Outcome::Waiting if !playing => Text::OutcomePaused.say(lang),
        Outcome::Done => Text::OutcomeDone.say(lang),
        Outcome::Waiting => Text::OutcomeWaiting.say(lang),
        Outcome::Stored { partition, offset } => {
            Text::OutcomeStored.with(lang, &[("partition", partition), ("offset", offset)])
        }
        Outcome::Refused(why) => why.clone(),
        Outcome::Impossible => Text::OutcomeImpossible.say(lang),
        Outcome::Limit(limit) => Text::OutcomeLimit.with(lang, &[("limit", limit)]),
        Outcome::TooManyActions => Text::OutcomeTooMany.with(lang, &[("count", &ACTIONS_MAX)]),
        Outcome::RunOver => Text::OutcomeRunOver.with(lang, &[("hours", &RUN_HOURS_MAX)]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_that_cannot_come_says_what_to_press() {
        let (asked, outcome) = (Asked::Act(Act::Elect { unclean: false }), Outcome::Waiting);
        let reply = Reply { number: 1, time_us: 0, asked, outcome };
        assert!(super::outcome(Lang::English, &reply, false).contains("press Play"));
        assert_eq!(super::outcome(Lang::English, &reply, true), "waiting for the cluster");
    }
}
