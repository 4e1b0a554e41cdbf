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
