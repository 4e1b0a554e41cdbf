//! Invariant 10.
use super::*;
use crate::checks::delivery::delivered_digest;

fn delivered(next: Offset, digests: &[u64]) -> Fact {
    Fact::Delivered {
        client: NodeId(FIRST_CLIENT),
        consumer: 0,
        partition: T0,
        from: 0,
        next,
        digest: delivered_digest(digests.iter().copied()),
    }
}

/// Reads up to `next`, records of these digests, after one has been committed.
fn read(mut court: Court, next: Offset, digests: &[u64]) -> (Vec<u8>, Vec<u8>) {
    court.append(&[1, 2, 3], 0);
    court.append(&[1], 1);
    court.commit(1, 1);
    court.tell(delivered(next, digests));
    (court.violations(), court.anomalies())
}

#[test]
fn what_is_read_is_committed_and_is_what_was_committed() {
    assert_eq!(read(Court::new(), 1, &[7]), (vec![], vec![]));
    assert_eq!(read(Court::new(), 2, &[7, 7]), (vec![10], vec![]), "1 is not committed");
    assert_eq!(read(Court::new(), 1, &[8]), (vec![10], vec![]), "another record");
}

#[test]
fn without_a_stable_log_reads_may_differ() {
    assert_eq!(read(Court::without_stable_log(), 2, &[7, 7]), (vec![], vec![10]));
    assert_eq!(read(Court::without_stable_log(), 1, &[8]), (vec![], vec![10]));
}

fn acknowledged(last_offset: Offset, acks_all: bool) -> Fact {
    let (broker, base_offset) = (NodeId(1), last_offset);
    Fact::ProduceAcknowledged { broker, partition: T0, base_offset, last_offset, acks_all }
}

fn leads(broker: i32, leader_epoch: i32, log_end_offset: Offset) -> Fact {
    Fact::BecameLeader { broker: NodeId(broker), partition: T0, leader_epoch, log_end_offset }
}

#[test]
fn what_acks_1_acknowledged_and_the_new_leader_lacks_is_an_anomaly_a_record() {
    let mut court = Court::new();
    court.append(&[1, 2, 3], 0);
    court.append(&[1], 1);
    court.append(&[1], 2);
    (0..=2).for_each(|offset| court.tell(acknowledged(offset, false)));
    court.commit(1, 1);
    court.tell(leads(2, 1, 1));
    assert_eq!((court.violations(), court.anomalies()), (vec![], vec![6, 6]));
    let records: Vec<_> = court.hits.iter().map(|hit| hit.records).collect();
    assert_eq!(records, [Some((1, 2)), Some((2, 3))]);
    court.tell(leads(3, 2, 1));
    assert_eq!(court.anomalies().len(), 2, "what is lost is told once");
}
