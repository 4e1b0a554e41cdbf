//! Rows and cells of the board for the screen reader.

use super::partition_name;
use crate::view::scene::{
    Broker, Column, Controller, Group, GroupState, Lane, Process, QuorumRole, Replica, ReplicaRole,
    Scene,
};
use crate::view::text::{Lang, Text, list};

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_replica_is_described_by_its_role() {
        let cell = Replica { role: ReplicaRole::OutOfSync, log_end: 12, ..Replica::default() };
        let said = replica(Lang::English, "orders-1", 2, &cell, 148);
        assert_eq!(said, "orders-1 on broker 2: follower, out of sync, 148 behind, log end 12");
    }
}
