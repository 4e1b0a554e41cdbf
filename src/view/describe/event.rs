//! Events as sentences.

use super::{node_name, partition_name, partition_names, promise_text};
use crate::view::scene::{Deed, Event, NodeName, What};
use crate::view::text::{Lang, Text, list, plain};

/// An event as a sentence, its names in `**strong**`.
pub fn event(lang: Lang, event: &Event) -> String {
    what(lang, &event.what)
}

/// What happened as a sentence.
pub fn what(lang: Lang, what: &What) -> String {
    server_event(lang, what)
        .or_else(|| partition_event(lang, what))
        .or_else(|| group_event(lang, what))
        .or_else(|| finer_event(lang, what))
        .unwrap_or_else(|| other_event(lang, what))
}

fn server_event(lang: Lang, what: &What) -> Option<String> {
    Some(match what {
        What::ControllerElected { controller, epoch } => {
            Text::ControllerElected.with(lang, &[("controller", controller), ("epoch", epoch)])
        }
        What::ControllerResigned { controller, epoch } => {
            Text::ControllerResigned.with(lang, &[("controller", controller), ("epoch", epoch)])
        }
        What::BrokerUnfenced { broker } => Text::BrokerUnfenced.with(lang, &[("broker", broker)]),
        What::BrokerFenced { broker } => Text::BrokerFenced.with(lang, &[("broker", broker)]),
        What::BrokerShuttingDown { broker } => {
            Text::BrokerShuttingDown.with(lang, &[("broker", broker)])
        }
        What::ProcessExited { node } => {
            Text::ProcessExited.with(lang, &[("node", &node_name(lang, node))])
        }
        _ => return None,
    })
}

fn partition_event(lang: Lang, what: &What) -> Option<String> {
    let name = |topic: &String, partition: &i32| partition_name(topic, *partition);
    Some(match what {
        What::LeaderElected { .. } => leader_event(lang, what)?,
        What::PartitionOffline { topic, partition } => {
            Text::PartitionWentOffline.with(lang, &[("partition", &name(topic, partition))])
        }
        What::IsrShrunk { topic, partitions, brokers } => {
            isr_event(lang, Text::IsrShrunk, topic, partitions, brokers)
        }
        What::IsrExpanded { topic, partitions, brokers } => {
            isr_event(lang, Text::IsrExpanded, topic, partitions, brokers)
        }
        What::LogTruncated { topic, partition, broker, from, to } => Text::LogTruncated.with(
            lang,
            &[
                ("partition", &name(topic, partition)),
                ("broker", broker),
                ("from", from),
                ("to", to),
            ],
        ),
        What::UnflushedLost { topic, partition, broker, records } => Text::UnflushedLost.with(
            lang,
            &[("partition", &name(topic, partition)), ("broker", broker), ("records", records)],
        ),
        What::SendFailed { client, topic, partition, records, error } => Text::SendFailed.with(
            lang,
            &[
                ("client", client),
                ("partition", &name(topic, partition)),
                ("records", records),
                ("error", error),
            ],
        ),
        _ => return None,
    })
}

fn leader_event(lang: Lang, what: &What) -> Option<String> {
    let What::LeaderElected { topic, partition, from, to, leader_epoch, unclean } = what else {
        return None;
    };
    let partition = partition_name(topic, *partition);
    let text = match (unclean, from) {
        (true, _) => Text::LeaderUnclean,
        (false, Some(_)) => Text::LeaderMoved,
        (false, None) => Text::LeaderFound,
    };
    let from = from.unwrap_or(-1);
    Some(text.with(
        lang,
        &[("partition", &partition), ("from", &from), ("to", to), ("epoch", leader_epoch)],
    ))
}

fn isr_event(lang: Lang, text: Text, topic: &str, partitions: &[i32], brokers: &[i32]) -> String {
    let slots: [(&str, &dyn std::fmt::Display); 2] =
        [("partitions", &partition_names(topic, partitions)), ("brokers", &list(lang, brokers))];
    text.with(lang, &slots)
}

fn group_event(lang: Lang, what: &What) -> Option<String> {
    Some(match what {
        What::GroupStable { group, generation, members } => Text::GroupStable
            .with(lang, &[("group", group), ("generation", generation), ("members", members)]),
        What::GroupRebalancing { group } => Text::GroupRebalances.with(lang, &[("group", group)]),
        What::GroupEmpty { group } => Text::GroupEmpty.with(lang, &[("group", group)]),
        What::MemberRemoved { group, member, expired: false } => {
            Text::MemberRemoved.with(lang, &[("member", member), ("group", group)])
        }
        What::MemberRemoved { group, member, expired: true } => {
            Text::MemberExpired.with(lang, &[("member", member), ("group", group)])
        }
        _ => return None,
    })
}

/// What is told only where everything is.
fn finer_event(lang: Lang, what: &What) -> Option<String> {
    let name = |topic: &String, partition: &i32| partition_name(topic, *partition);
    Some(match what {
        What::ProcessStarted { node } => {
            Text::ProcessRuns.with(lang, &[("node", &node_name(lang, node))])
        }
        What::BrokerRegistered { broker } => {
            Text::BrokerRegistered.with(lang, &[("broker", broker)])
        }
        What::ElectionStarted { controller, epoch } => {
            Text::ElectionStarted.with(lang, &[("controller", controller), ("epoch", epoch)])
        }
        What::BecameLeader { topic, partition, broker, leader_epoch } => Text::BecameLeader.with(
            lang,
            &[("broker", broker), ("partition", &name(topic, partition)), ("epoch", leader_epoch)],
        ),
        What::IsrAsked { topic, partition, broker, isr } => Text::IsrAsked.with(
            lang,
            &[
                ("broker", broker),
                ("partition", &name(topic, partition)),
                ("isr", &list(lang, isr)),
            ],
        ),
        What::ProduceRefused { topic, partition, broker, error } => Text::ProduceRefused.with(
            lang,
            &[("broker", broker), ("partition", &name(topic, partition)), ("error", error)],
        ),
        What::SendRetried { client, topic, partition, error } => Text::SendRetried.with(
            lang,
            &[("client", client), ("partition", &name(topic, partition)), ("error", error)],
        ),
        What::RequestFailed { from, to, api, timed_out } => {
            let text = if *timed_out { Text::RequestTimedOut } else { Text::RequestCutOff };
            let [from, to] = [from, to].map(|node| node_name(lang, node));
            text.with(lang, &[("api", api), ("from", &from), ("to", &to)])
        }
        _ => return finer_group_event(lang, what),
    })
}

fn finer_group_event(lang: Lang, what: &What) -> Option<String> {
    Some(match what {
        What::MemberJoined { group, member } => {
            Text::MemberJoined.with(lang, &[("member", member), ("group", group)])
        }
        What::GroupLoaded { group, broker } => {
            Text::GroupLoaded.with(lang, &[("broker", broker), ("group", group)])
        }
        What::CommitRefused { group, member, error } => Text::CommitRefused
            .with(lang, &[("member", member), ("group", group), ("error", error)]),
        What::PartitionsAssigned { member, count } => {
            Text::PartitionsAssigned.with(lang, &[("member", member), ("count", count)])
        }
        What::PartitionsRevoked { member, count } => {
            Text::PartitionsRevoked.with(lang, &[("member", member), ("count", count)])
        }
        _ => return None,
    })
}

fn config_event(lang: Lang, name: &str, value: Option<&(String, String)>) -> String {
    match value {
        Some((topic, value)) => {
            Text::ConfigChanged.with(lang, &[("topic", topic), ("name", &name), ("value", value)])
        }
        None => Text::ConfigChangedSomewhere.with(lang, &[("name", &name)]),
    }
}

fn other_event(lang: Lang, what: &What) -> String {
    match what {
        What::TopicCreated { topic, partitions } => {
            Text::TopicCreated.with(lang, &[("topic", topic), ("partitions", partitions)])
        }
        What::TopicsCreated { count, partitions } => {
            Text::TopicsCreated.with(lang, &[("count", count), ("partitions", partitions)])
        }
        What::TopicDeleted { topic } => Text::TopicDeleted.with(lang, &[("topic", topic)]),
        What::ConfigChanged { name, value } => config_event(lang, name, value.as_ref()),
        What::LinkCut { from, to } => link_event(lang, Text::LinkCut, from, to),
        What::LinkHealed { from, to } => link_event(lang, Text::LinkHealed, from, to),
        What::LinkReset { from, to } => link_event(lang, Text::LinkReset, from, to),
        What::LinkSlowed { from, to, latency_ms: None } => {
            link_event(lang, Text::LinkUnslowed, from, to)
        }
        What::LinkSlowed { from, to, latency_ms: Some(latency) } => Text::LinkSlowed.with(
            lang,
            &[("from", &node_name(lang, from)), ("to", &node_name(lang, to)), ("latency", latency)],
        ),
        What::NetworkChanged { latency_us } => super::asked::network(lang, *latency_us),
        What::Acted { deed, node } => {
            deed_text(*deed).with(lang, &[("node", &node_name(lang, node))])
        }
        What::Evaluated { epoch, accuracy } => {
            let accuracy = format!("{:.1}%", accuracy * 100.0);
            Text::Evaluated.with(lang, &[("epoch", epoch), ("accuracy", &accuracy)])
        }
        What::PromiseBroken { promise } => {
            Text::PromiseBroke.with(lang, &[("promise", &promise_text(*promise).say(lang))])
        }
        What::ExpectedAnomaly { promise } => {
            Text::AnomalySeen.with(lang, &[("promise", &promise_text(*promise).say(lang))])
        }
        told => unreachable!("{told:?} is told by the functions above"),
    }
}

fn link_event(lang: Lang, text: Text, from: &NodeName, to: &NodeName) -> String {
    let slots: [(&str, &dyn std::fmt::Display); 2] =
        [("from", &node_name(lang, from)), ("to", &node_name(lang, to))];
    text.with(lang, &slots)
}

fn deed_text(deed: Deed) -> Text {
    match deed {
        Deed::Killed => Text::ActKilled,
        Deed::PoweredOff => Text::ActPoweredOff,
        Deed::Stopped => Text::ActStopped,
        Deed::Paused => Text::ActPaused,
        Deed::Resumed => Text::ActResumed,
        Deed::Started => Text::ActStarted,
        Deed::Wiped => Text::ActWiped,
        Deed::DiskSlowed => Text::ActDiskSlowed,
        Deed::DiskRestored => Text::ActDiskRestored,
    }
}

/// An event without its strong marks.
pub fn event_plain(lang: Lang, item: &Event) -> String {
    plain(&event(lang, item))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::scene::PromiseKind;

    fn says(what: What) -> [String; 2] {
        let item = Event { id: 1, time_us: 0, what };
        [event_plain(Lang::English, &item), event_plain(Lang::Chinese, &item)]
    }

    #[test]
    fn a_new_leader_is_told_with_its_epoch() {
        let topic = "orders".to_owned();
        let what = What::LeaderElected {
            topic,
            partition: 1,
            from: Some(2),
            to: 3,
            leader_epoch: 1,
            unclean: false,
        };
        assert_eq!(
            says(what),
            ["orders-1 leader 2 → 3, epoch 1", "orders-1 的 Leader 2 → 3，epoch 1"]
        );
    }

    #[test]
    fn every_event_is_told() {
        let deed = |deed| What::Acted { deed, node: NodeName::Broker(2) };
        for what in [
            deed(Deed::Wiped),
            What::BrokerFenced { broker: 2 },
            What::GroupEmpty { group: "billing".to_owned() },
            What::TopicDeleted { topic: "orders".to_owned() },
            What::Evaluated { epoch: 1, accuracy: 0.951 },
            What::PromiseBroken { promise: PromiseKind::NoLoss },
        ] {
            assert!(says(what).iter().all(|sentence| !sentence.is_empty()));
        }
    }

    #[test]
    fn partitions_of_one_topic_are_listed_briefly() {
        let topic = "orders".to_owned();
        let what = What::IsrShrunk { topic, partitions: vec![0, 3], brokers: vec![2] };
        assert_eq!(says(what)[0], "Broker 2 leaves the ISR of orders-0, -3");
    }

    #[test]
    fn counts_choose_the_word() {
        let group = "billing".to_owned();
        let [english, _] = says(What::GroupStable { group, generation: 3, members: 1 });
        assert_eq!(english, "billing generation 3: 1 member divides the partitions");
    }
}
