//! Invariants 1, 4, 5, 6, 9, 11, 13 and 23.
use super::*;

fn elected(leader: i32, leader_epoch: LeaderEpoch) -> Fact {
    Fact::LeaderElected { partition: T0, leader: NodeId(leader), leader_epoch, unclean: false }
}

fn leads(broker: i32, leader_epoch: LeaderEpoch, log_end_offset: Offset) -> Fact {
    Fact::BecameLeader { broker: NodeId(broker), partition: T0, leader_epoch, log_end_offset }
}

fn truncated(broker: i32, from: Offset, to: Offset) -> Fact {
    Fact::Truncated { broker: NodeId(broker), partition: T0, from, to }
}

fn let_in(broker: i32) -> Fact {
    Fact::IsrExpanded { partition: T0, isr: [1, 2, 3].into(), added: [broker].into() }
}

fn registered(broker: i32) -> Fact {
    Fact::BrokerRegistered { broker: NodeId(broker), broker_epoch: 9 }
}

fn acknowledged(last_offset: Offset) -> Fact {
    Fact::ProduceAcknowledged {
        broker: NodeId(1),
        partition: T0,
        base_offset: 0,
        last_offset,
        acks_all: true,
    }
}

/// A record with a sequence number of producer 5.
fn numbered(broker: i32, offset: Offset, epoch: ProducerEpoch, sequence: i32) -> Fact {
    match appended(broker, offset, 7) {
        Fact::Appended { partition, leader_epoch, origin, digest, as_leader, .. } => {
            Fact::Appended {
                broker: NodeId(broker),
                partition,
                base_offset: offset,
                last_offset: offset,
                leader_epoch,
                producer: (5, epoch),
                base_sequence: sequence,
                origin,
                digest,
                as_leader,
            }
        }
        other => other,
    }
}

/// Three replicas with a committed record at 0.
fn committed(mut court: Court) -> Court {
    court.append(&[1, 2, 3], 0);
    court.commit(1, 1);
    assert!(court.hits.is_empty());
    court
}

#[test]
fn a_gap_in_a_log_is_found_but_no_start_further_on() {
    let mut court = committed(Court::new());
    court.append(&[2], 5);
    assert_eq!(court.violations(), [1]);
    let mut court = committed(Court::new());
    court.tell(truncated(2, 1, 5));
    court.append(&[2], 5);
    assert!(court.hits.is_empty(), "the leader's log begins at 5");
}

#[test]
fn replicas_that_differ_below_the_high_watermark_are_found_where_the_log_is_stable() {
    let differ = |mut court: Court| {
        court.append(&[1, 3], 0);
        court.tell(appended(2, 0, 8));
        court.commit(1, 1);
        court.tell(advanced(2, 1, false));
        court.violations()
    };
    assert_eq!(differ(Court::new()), [4]);
    assert!(differ(Court::without_stable_log()).is_empty());
}

#[test]
fn an_in_sync_replica_without_the_record_is_found_unless_its_loss_is_unnoticed() {
    let mut court = Court::new();
    court.append(&[1, 2], 0);
    court.commit(1, 1);
    assert_eq!(court.violations(), [5], "3 is in sync and has nothing");
    let mut court = committed(Court::new());
    court.append(&[1, 2, 3], 1);
    court.tell(lost(3, 0));
    court.commit(1, 2);
    assert!(court.hits.is_empty(), "nobody knows of the loss yet");
    court.tell(let_in(3));
    court.append(&[1, 2], 2);
    court.commit(1, 3);
    assert!(court.hits.is_empty(), "3 was let in on a request made before the loss");
    court.tell(registered(3));
    court.tell(let_in(3));
    court.append(&[1, 2], 3);
    court.commit(1, 4);
    assert_eq!(court.violations(), [5]);
}

#[test]
fn a_new_leader_that_lacks_acknowledged_records_breaks_the_promise_of_two_in_sync() {
    let lacks = |court: Court| {
        let mut court = committed(court);
        court.tell(acknowledged(0));
        court.tell(elected(2, 1));
        court.tell(leads(2, 1, 0));
        (court.violations(), court.anomalies())
    };
    assert_eq!(lacks(Court::new()), (vec![6], vec![]));
    assert_eq!(lacks(Court::with_min_insync("1")), (vec![], vec![6]));
}

#[test]
fn a_leader_of_an_old_epoch_may_lack_records() {
    let mut court = committed(Court::new());
    court.tell(acknowledged(0));
    court.tell(elected(1, 3));
    court.tell(leads(2, 2, 0));
    assert!(court.hits.is_empty());
}

#[test]
fn a_committed_record_that_is_cut_off_is_found() {
    let cut = |court: Court| {
        let mut court = committed(court);
        court.tell(truncated(2, 1, 0));
        (court.violations(), court.anomalies())
    };
    assert_eq!(cut(Court::new()), (vec![9], vec![]));
    assert_eq!(cut(Court::without_stable_log()), (vec![], vec![9]));
}

#[test]
fn a_high_watermark_falls_only_with_a_new_epoch() {
    let mut court = committed(Court::new());
    court.tell(elected(1, 1));
    court.commit(1, 0);
    assert!(court.hits.is_empty(), "a new leader may know less");
    court.commit(1, 1);
    court.commit(1, 0);
    assert_eq!(court.violations(), [11]);
}

#[test]
fn an_epoch_has_one_election_and_one_leader() {
    let mut court = Court::new();
    court.tell(elected(1, 1));
    court.tell(elected(2, 2));
    court.tell(leads(1, 1, 0));
    court.tell(leads(2, 2, 0));
    assert!(court.hits.is_empty());
    court.tell(elected(3, 2));
    assert_eq!(court.violations(), [13]);
    court.tell(leads(3, 2, 0));
    assert_eq!(court.violations(), [13, 13]);
}

#[test]
fn what_is_acknowledged_is_committed_where_the_log_is_stable() {
    let early = |mut court: Court| {
        court.append(&[1], 0);
        court.tell(acknowledged(0));
        court.violations()
    };
    assert_eq!(early(Court::new()), [13]);
    assert!(early(Court::without_stable_log()).is_empty());
}

#[test]
fn sequences_are_dense_and_epochs_rise_where_the_log_is_stable() {
    let after = |mut court: Court, epoch, sequence| {
        for (offset, epoch, sequence) in [(0, 1, 0), (1, epoch, sequence)] {
            [1, 2, 3].iter().for_each(|b| court.tell(numbered(*b, offset, epoch, sequence)));
        }
        court.commit(1, 2);
        (court.violations(), court.anomalies())
    };
    assert_eq!(after(Court::new(), 1, 1), (vec![], vec![]));
    assert_eq!(after(Court::new(), 2, 0), (vec![], vec![]), "a new epoch begins at 0");
    for (epoch, sequence) in [(1, 0), (1, 2), (0, 1)] {
        assert_eq!(after(Court::new(), epoch, sequence), (vec![23], vec![]));
        let unstable = after(Court::without_stable_log(), epoch, sequence);
        assert_eq!(unstable, (vec![], vec![23]));
    }
}
