//! Scenes in words: events, cells and rows as sentences, for the eye and for the screen reader.

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
    match &event.what {
        What::NodesStarted { brokers, controllers } => {
            Text::NodesStarted.with(lang, &[("brokers", brokers), ("controllers", controllers)])
        }
        What::ControllerElected { controller, epoch } => {
            Text::ControllerElected.with(lang, &[("controller", controller), ("epoch", epoch)])
        }
        What::BrokerRegistered { broker } => {
            Text::BrokerRegistered.with(lang, &[("broker", broker)])
        }
        What::BrokerUnfenced { broker } => Text::BrokerUnfenced.with(lang, &[("broker", broker)]),
        What::BrokerFenced { broker } => Text::BrokerFenced.with(lang, &[("broker", broker)]),
        What::TopicCreated { topic, partitions, replication_factor } => Text::TopicCreated.with(
            lang,
            &[("topic", topic), ("partitions", partitions), ("copies", replication_factor)],
        ),
        What::LeaderElected { .. }
        | What::PartitionOffline { .. }
        | What::IsrShrunk { .. }
        | What::IsrExpanded { .. }
        | What::LogTruncated { .. } => partition_event(lang, &event.what),
        What::GroupStable { group, generation, members } => Text::GroupBecameStable
            .with(lang, &[("group", group), ("generation", generation), ("members", members)]),
        What::GroupRebalancing { group } => Text::GroupRebalances.with(lang, &[("group", group)]),
        What::MemberRemoved { group, member } => {
            Text::MemberRemoved.with(lang, &[("member", member), ("group", group)])
        }
        What::Acted { deed, node } => {
            deed_text(*deed).with(lang, &[("node", &node_name(lang, node))])
        }
        What::PromiseBroken { promise } => {
            Text::PromiseBroke.with(lang, &[("promise", &promise_text(*promise).say(lang))])
        }
        What::ExpectedAnomaly { promise } => {
            Text::AnomalySeen.with(lang, &[("promise", &promise_text(*promise).say(lang))])
        }
    }
}

fn partition_event(lang: Lang, what: &What) -> String {
    let name = |topic: &String, partition: &i32| partition_name(topic, *partition);
    match what {
        What::LeaderElected { topic, partition, from: Some(from), to, leader_epoch } => {
            let partition = name(topic, partition);
            Text::LeaderMoved.with(
                lang,
                &[("partition", &partition), ("from", from), ("to", to), ("epoch", leader_epoch)],
            )
        }
        What::LeaderElected { topic, partition, from: None, to, leader_epoch } => {
            let partition = name(topic, partition);
            let slots: [(&str, &dyn std::fmt::Display); 3] =
                [("partition", &partition), ("to", to), ("epoch", leader_epoch)];
            Text::LeaderFound.with(lang, &slots)
        }
        What::PartitionOffline { topic, partition } => {
            Text::PartitionWentOffline.with(lang, &[("partition", &name(topic, partition))])
        }
        What::IsrShrunk { topic, partition, isr } => Text::IsrShrunk
            .with(lang, &[("partition", &name(topic, partition)), ("isr", &list(lang, isr))]),
        What::IsrExpanded { topic, partition, isr } => Text::IsrExpanded
            .with(lang, &[("partition", &name(topic, partition)), ("isr", &list(lang, isr))]),
        What::LogTruncated { topic, partition, broker, from, to } => Text::LogTruncated.with(
            lang,
            &[
                ("partition", &name(topic, partition)),
                ("broker", broker),
                ("from", from),
                ("to", to),
            ],
        ),
        other => unreachable!("{other:?} is not about a partition"),
    }
}

fn deed_text(deed: Deed) -> Text {
    match deed {
        Deed::Killed => Text::ActKilled,
        Deed::PoweredOff => Text::ActPoweredOff,
        Deed::Stopped => Text::ActStopped,
        Deed::Paused => Text::ActPaused,
        Deed::Resumed => Text::ActResumed,
        Deed::Started => Text::ActStarted,
    }
}

fn node_name(lang: Lang, node: &NodeName) -> String {
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
        GroupState::Empty => Text::GroupEmpty,
        GroupState::PreparingRebalance => Text::GroupPreparing,
        GroupState::CompletingRebalance => Text::GroupCompleting,
        GroupState::Stable => Text::GroupStable,
        GroupState::Dead => Text::GroupDead,
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

/// A group row for the screen reader.
pub fn group(lang: Lang, group: &Group) -> String {
    Text::GroupLabel.with(
        lang,
        &[
            ("group", &group.name),
            ("lag", &group.lag()),
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
        let what =
            What::LeaderElected { topic, partition: 1, from: Some(2), to: 3, leader_epoch: 1 };
        assert_eq!(
            says(what),
            ["orders-1 leader 2 → 3, epoch 1", "orders-1 的 leader 2 → 3，epoch 1"]
        );
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
