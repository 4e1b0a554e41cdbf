//! Scenes in words: events, cells and rows as sentences, for the eye and for the screen reader.

use super::offers::name_of;
use super::protocol::{Act, Asked, Order, Outcome, Reply};
use super::scene::{
    Broker, Column, Controller, Deed, Event, Group, GroupState, Lane, NodeName, Process,
    PromiseKind, QuorumRole, Replica, ReplicaRole, Scene, Standing, What,
};
use super::text::{Lang, Text, list, plain};

/// A partition as Kafka's tools write it: `orders-1`.
pub fn partition_name(topic: &str, partition: i32) -> String {
    format!("{topic}-{partition}")
}

/// An event as a sentence, its names in `**strong**`.
pub fn event(lang: Lang, event: &Event) -> String {
    let what = &event.what;
    server_event(lang, what)
        .or_else(|| partition_event(lang, what))
        .or_else(|| group_event(lang, what))
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

/// `orders-0, -1, -3`.
pub fn partition_names(topic: &str, partitions: &[i32]) -> String {
    let names = partitions.iter().enumerate().map(|(place, partition)| match place {
        0 => partition_name(topic, *partition),
        _ => format!("-{partition}"),
    });
    names.collect::<Vec<_>>().join(", ")
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

fn other_event(lang: Lang, what: &What) -> String {
    match what {
        What::TopicCreated { topic, partitions } => {
            Text::TopicCreated.with(lang, &[("topic", topic), ("partitions", partitions)])
        }
        What::TopicDeleted { topic } => Text::TopicDeleted.with(lang, &[("topic", topic)]),
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
    }
}

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
        Act::Cut(node, _) => (Text::LinkCut, node),
        Act::Heal(node, _) => (Text::LinkHealed, node),
        Act::Slow(node, _, 0) => (Text::LinkUnslowed, node),
        Act::Slow(node, ..) => (Text::LinkSlowed, node),
        Act::Reset(node, _) => (Text::LinkReset, node),
    };
    let (peer, number) = match act {
        Act::Cut(_, peer) | Act::Heal(_, peer) | Act::Reset(_, peer) => (peer, 0),
        Act::Slow(_, peer, latency) => (peer, latency),
        Act::Rate(node, rate) => (node, rate),
        _ => (node, 0),
    };
    let [node, peer] = [node, peer].map(|id| node_name(lang, &name_of(scene, id)));
    let slots: [(&str, &dyn std::fmt::Display); 5] =
        [("node", &node), ("from", &node), ("to", &peer), ("latency", &number), ("rate", &number)];
    text.with(lang, &slots)
}

fn asked_order(lang: Lang, scene: &Scene, order: &Order) -> String {
    let config = |of: &dyn std::fmt::Display, name: &String, value: &String| {
        Text::AskedConfig.with(lang, &[("of", of), ("name", name), ("value", value)])
    };
    match order {
        Order::TopicConfig { topic, name, value } => config(topic, name, value),
        Order::ClientConfig { node, name, value } => {
            config(&node_name(lang, &name_of(scene, *node)), name, value)
        }
        Order::Send { topic, .. } => Text::AskedSend.with(lang, &[("topic", topic)]),
        Order::CreateTopic { name, .. } => Text::AskedCreate.with(lang, &[("topic", name)]),
        Order::DeleteTopic(topic) => Text::AskedDelete.with(lang, &[("topic", topic)]),
    }
}

/// What became of what was asked.
pub fn outcome(lang: Lang, reply: &Reply) -> String {
    match &reply.outcome {
        Outcome::Done => Text::OutcomeDone.say(lang),
        Outcome::Waiting => Text::OutcomeWaiting.say(lang),
        Outcome::Stored { partition, offset } => {
            Text::OutcomeStored.with(lang, &[("partition", partition), ("offset", offset)])
        }
        Outcome::Refused(why) => why.clone(),
        Outcome::Impossible => Text::OutcomeImpossible.say(lang),
    }
}

/// A process by its name.
pub fn node_name(lang: Lang, node: &NodeName) -> String {
    match node {
        NodeName::Broker(id) => Text::NodeBroker.with(lang, &[("id", id)]),
        NodeName::Controller(id) => Text::NodeController.with(lang, &[("id", id)]),
        NodeName::Client(name) => name.clone(),
    }
}

/// The claim of a promise.
pub fn promise_text(kind: PromiseKind) -> Text {
    match kind {
        PromiseKind::NoLoss => Text::PromiseNoLoss,
        PromiseKind::StoredOnce => Text::PromiseStoredOnce,
        PromiseKind::Order => Text::PromiseOrder,
        PromiseKind::CommittedOnly => Text::PromiseCommittedOnly,
        PromiseKind::Continue => Text::PromiseContinue,
        PromiseKind::ProcessedOnce => Text::PromiseProcessedOnce,
    }
}

/// How a promise stands, in a word or two.
pub fn standing_text(standing: Standing) -> Text {
    match standing {
        Standing::Holds => Text::Holds,
        Standing::NoSpare => Text::NoSpare,
        Standing::NotPromised => Text::NotPromised,
        Standing::Broken => Text::Broken,
    }
}

/// The state of a process.
pub fn process_text(process: Process) -> Text {
    match process {
        Process::Starting => Text::Starting,
        Process::Running => Text::Running,
        Process::Fenced => Text::Fenced,
        Process::Stopping => Text::Stopping,
        Process::Paused => Text::Paused,
        Process::Stopped => Text::Stopped,
    }
}

/// The state of a group.
pub fn group_state_text(state: GroupState) -> Text {
    match state {
        GroupState::NoCoordinator => Text::StateNoCoordinator,
        GroupState::Empty => Text::StateEmpty,
        GroupState::PreparingRebalance => Text::StatePreparing,
        GroupState::CompletingRebalance => Text::StateCompleting,
        GroupState::Stable => Text::StateStable,
        GroupState::Dead => Text::StateDead,
    }
}

/// A controller for the screen reader.
pub fn controller(lang: Lang, controller: &Controller) -> String {
    let role = match (controller.process, controller.role) {
        (Process::Stopped | Process::Paused | Process::Starting, _) => {
            process_text(controller.process)
        }
        (_, QuorumRole::Leader) => Text::QuorumLeader,
        (_, QuorumRole::Follower) => Text::QuorumFollower,
        (_, QuorumRole::Prospective | QuorumRole::Candidate) => Text::QuorumCandidate,
        (_, QuorumRole::Unattached | QuorumRole::Resigned) => Text::QuorumUnattached,
    };
    let slots: [(&str, &dyn std::fmt::Display); 3] =
        [("id", &controller.id), ("role", &role.say(lang)), ("epoch", &controller.epoch)];
    Text::ControllerLabel.with(lang, &slots)
}

/// A column for the screen reader.
pub fn column(lang: Lang, topic: &str, column: &Column) -> String {
    let partition = partition_name(topic, column.partition);
    let isr = list(lang, &column.isr);
    let epoch = column.leader_epoch;
    match column.leader {
        Some(leader) => Text::PartitionLabel.with(
            lang,
            &[("partition", &partition), ("leader", &leader), ("epoch", &epoch), ("isr", &isr)],
        ),
        None => Text::PartitionOfflineLabel
            .with(lang, &[("partition", &partition), ("epoch", &epoch), ("isr", &isr)]),
    }
}

/// A broker row for the screen reader.
pub fn broker(lang: Lang, scene: &Scene, broker: &Broker) -> String {
    let count = scene.columns.iter().filter(|column| column.leader == Some(broker.id)).count();
    Text::BrokerLabel.with(
        lang,
        &[
            ("id", &broker.id),
            ("state", &process_text(broker.process).say(lang)),
            ("count", &count),
            ("total", &scene.columns.len()),
        ],
    )
}

/// A replica cell for the screen reader; `behind` counts from the leader's log end.
pub fn replica(lang: Lang, partition: &str, broker: i32, replica: &Replica, behind: i64) -> String {
    let text = match replica.role {
        ReplicaRole::Leader => Text::CellLeader,
        ReplicaRole::Follower => Text::CellFollower,
        ReplicaRole::OutOfSync => Text::CellOutOfSync,
        ReplicaRole::Stopped | ReplicaRole::WasLeader => Text::CellStopped,
    };
    text.with(
        lang,
        &[
            ("partition", &partition),
            ("broker", &broker),
            ("epoch", &replica.leader_epoch),
            ("end", &replica.log_end),
            ("hw", &replica.high_watermark),
            ("behind", &behind.max(0)),
        ],
    )
}

/// A group's lag; a dash as `kafka-consumer-groups` prints it where nothing is known.
pub fn lag(group: &Group) -> String {
    group.lag().map_or_else(|| "-".to_owned(), |lag| lag.to_string())
}

/// A group row for the screen reader.
pub fn group(lang: Lang, group: &Group) -> String {
    Text::GroupLabel.with(
        lang,
        &[
            ("group", &group.name),
            ("lag", &lag(group)),
            ("state", &group_state_text(group.state).say(lang)),
            ("generation", &group.generation),
        ],
    )
}

/// A lane for the screen reader.
pub fn lane(lang: Lang, group: &str, partition: &str, lane: &Lane) -> String {
    let offset =
        |value: Option<i64>| value.map_or_else(|| "–".to_owned(), |value| value.to_string());
    match &lane.consumer {
        None => Text::LaneFree.with(lang, &[("group", &group), ("partition", &partition)]),
        Some(consumer) => Text::LaneLabel.with(
            lang,
            &[
                ("consumer", consumer),
                ("partition", &partition),
                ("position", &offset(lane.position)),
                ("committed", &offset(lane.committed)),
                ("lag", &offset(lane.lag)),
            ],
        ),
    }
}

/// An event without its strong marks.
pub fn event_plain(lang: Lang, item: &Event) -> String {
    plain(&event(lang, item))
}

#[cfg(test)]
mod tests {
    use super::*;

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
            ["orders-1 leader 2 → 3, epoch 1", "orders-1 的 leader 2 → 3，epoch 1"]
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

    #[test]
    fn a_replica_is_described_by_its_role() {
        let cell = Replica { role: ReplicaRole::OutOfSync, log_end: 12, ..Replica::default() };
        let said = replica(Lang::English, "orders-1", 2, &cell, 148);
        assert_eq!(said, "orders-1 on broker 2: follower, out of sync, 148 behind, log end 12");
    }
}
