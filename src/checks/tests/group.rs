//! Invariants 18, 21 and 22.
use super::*;
use crate::sim::protocol::group::NamedPartition;

fn named() -> NamedPartition {
    NamedPartition { topic: "t".into(), partition: 0 }
}

fn assigned(client: i32, generation: i32) -> Fact {
    Fact::PartitionsAssigned {
        client: NodeId(FIRST_CLIENT + client),
        consumer: 0,
        group: "g".into(),
        generation,
        partitions: [named()].into(),
    }
}

fn commits(offset: Offset, generation: i32) -> Fact {
    Fact::OffsetCommitted { group: "g".into(), partition: named(), offset, generation }
}

fn stable(generation: i32) -> Fact {
    Fact::GenerationStable { group: "g".into(), generation, members: 1 }
}

fn loaded(coordinator: i32, generation: i32) -> Fact {
    Fact::GroupLoaded { coordinator: NodeId(coordinator), group: "g".into(), generation }
}

/// A broker is elected leader of the group's partition in an epoch, and begins to lead it.
fn coordinates(court: &mut Court, broker: i32, leader_epoch: LeaderEpoch) {
    let (partition, leader) = (OFFSETS, NodeId(broker));
    court.tell(Fact::LeaderElected { partition, leader, leader_epoch, unclean: false });
    let log_end_offset = 0;
    court.tell(Fact::BecameLeader { broker: leader, partition, leader_epoch, log_end_offset });
}

#[test]
fn a_partition_has_one_owner_a_generation_as_long_as_generations_are_remembered() {
    let owners = |mut court: Court, generation| {
        court.tell(assigned(1, 1));
        court.tell(assigned(2, generation));
        (court.violations(), court.anomalies())
    };
    assert_eq!(owners(Court::new(), 2), (vec![], vec![]));
    assert_eq!(owners(Court::new(), 1), (vec![18], vec![]));
    assert_eq!(owners(Court::without_stable_log(), 1), (vec![], vec![18]));
}

#[test]
fn a_member_commits_what_it_can_have_read() {
    let commit = |mut court: Court, offset, generation| {
        court.append(&[1, 2, 3], 0);
        court.commit(1, 1);
        court.tell(commits(offset, generation));
        (court.violations(), court.anomalies())
    };
    assert_eq!(commit(Court::new(), 1, 1), (vec![], vec![]));
    assert_eq!(commit(Court::new(), 2, 1), (vec![21], vec![]));
    assert_eq!(commit(Court::new(), 2, -1), (vec![], vec![]), "an administrator may reset");
    assert_eq!(commit(Court::without_stable_log(), 2, 1), (vec![], vec![21]));
}

#[test]
fn the_newest_coordinator_knows_the_last_generation() {
    let takes_over = |mut court: Court, generation| {
        coordinates(&mut court, 1, 1);
        court.tell(stable(3));
        coordinates(&mut court, 2, 2);
        court.tell_from(NodeId(2), loaded(2, generation));
        (court.violations(), court.anomalies())
    };
    assert_eq!(takes_over(Court::new(), 3), (vec![], vec![]));
    assert_eq!(takes_over(Court::new(), 2), (vec![22], vec![]));
    assert_eq!(takes_over(Court::without_stable_log(), 2), (vec![], vec![22]));
}

#[test]
fn a_coordinator_that_has_not_heard_of_a_later_one_may_know_less() {
    let mut court = Court::new();
    coordinates(&mut court, 1, 2);
    court.tell(stable(3));
    let (partition, broker) = (OFFSETS, NodeId(2));
    court.tell(Fact::BecameLeader { broker, partition, leader_epoch: 1, log_end_offset: 0 });
    court.tell_from(broker, loaded(2, 2));
    assert!(court.hits.is_empty());
}

#[test]
fn generations_rise_at_a_coordinator_and_nobody_commits_for_an_earlier_one() {
    let mut court = Court::new();
    coordinates(&mut court, 1, 1);
    court.tell(stable(3));
    court.tell(commits(0, 3));
    court.tell_from(NodeId(2), stable(2));
    assert!(court.hits.is_empty(), "another coordinator may be behind");
    court.tell(commits(0, 2));
    assert_eq!(court.violations(), [22]);
    court.tell(stable(2));
    assert_eq!(court.violations(), [22, 22]);
}
