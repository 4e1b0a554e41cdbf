//! Replicas as the brokers hold them: bounds, offsets, epochs, bytes, and the committed part against the truth.

use super::Depth;
use crate::checks::Findings;
use crate::checks::partition::{Entry, Partitions, Shadow};
use crate::sim::broker::Replica;
use crate::sim::client::program::Program;
use crate::sim::ids::*;
use crate::sim::node::Node;
use crate::sim::storage::batch::Batch;
use crate::sim::storage::epoch_cache::EpochCache;
use crate::sim::world::World;

pub(super) fn audit<P: Program>(
    world: &World<P>,
    partitions: &Partitions,
    depth: Depth,
    found: &mut Findings<'_>,
) {
    let mut place = 0;
    for broker in world.nodes().filter_map(Node::server).filter_map(|server| server.broker()) {
        for replica in broker.replicas() {
            let shadow = partitions.get(replica.partition);
            bounds(broker.node(), replica, shadow, found);
            place += 1;
            if depth.reads(place) {
                log(broker.node(), replica, shadow, found);
            }
        }
    }
}

/// Invariant 1, first half; and the shadow knows where the log ends.
fn bounds(broker: NodeId, replica: &Replica, shadow: Option<&Shadow>, found: &mut Findings<'_>) {
    let (start, end) = (replica.log.log_start_offset(), replica.log_end_offset());
    let high_watermark = replica.high_watermark;
    if !(start <= high_watermark && high_watermark <= end) {
        let detail = format!("log start {start}, high watermark {high_watermark}, end {end}");
        found.violation(1, broker, Some(replica.partition), detail);
    }
    let told = shadow.and_then(|shadow| shadow.replicas.iter().find(|r| r.broker == broker));
    let told = told.map_or(0, |replica| replica.log_end_offset);
    if shadow.is_some() && told != end {
        let detail = format!("the log ends at {end}, the facts tell of {told}");
        found.violation(1, broker, Some(replica.partition), detail);
    }
}

/// Invariants 1 (second half), 2, 3 and 4 on a whole log.
fn log(broker: NodeId, replica: &Replica, shadow: Option<&Shadow>, found: &mut Findings<'_>) {
    let id = Some(replica.partition);
    let mut next = None;
    let (mut epoch, mut bytes) = (-1, 0);
    let mut epochs = EpochCache::default();
    for batch in replica.log.entries().map(|entry| &entry.batch) {
        let header = batch.header;
        if next.is_some_and(|next| header.base_offset != next) || header.leader_epoch < epoch {
            let (at, epoch) = (header.base_offset, header.leader_epoch);
            found.violation(
                1,
                broker,
                id,
                format!("batch of epoch {epoch} at {at} does not follow"),
            );
        }
        if header.leader_epoch != epoch {
            let _negative = epochs.assign(header.leader_epoch, header.base_offset);
        }
        (next, epoch) = (Some(batch.next_offset()), header.leader_epoch);
        bytes += u64::from(batch.size_bytes());
        committed(broker, replica, shadow, batch, found);
    }
    size(broker, replica, bytes, found);
    epoch_cache(broker, replica, &epochs, found);
}

/// Invariant 3.
fn size(broker: NodeId, replica: &Replica, in_batches: u64, found: &mut Findings<'_>) {
    let in_log = replica.log.size_bytes();
    if in_batches != in_log {
        let detail = format!("{in_batches} bytes in batches, {in_log} in the log");
        found.violation(3, broker, Some(replica.partition), detail);
    }
}

/// Invariant 2. Before it has written anything a leader notes its own epoch at the end of the log.
fn epoch_cache(broker: NodeId, replica: &Replica, read: &EpochCache, found: &mut Findings<'_>) {
    let (kept, read) = (replica.epochs.entries(), read.entries());
    let end = replica.log_end_offset();
    let own = kept.last().is_some_and(|last| last.start_offset == end);
    let kept = if own && kept.len() > read.len() { &kept[..kept.len() - 1] } else { kept };
    if kept != read {
        let detail = format!("epoch cache {kept:?}, in the log {read:?}");
        found.violation(2, broker, Some(replica.partition), detail);
    }
}

/// Invariant 4, on the log itself: below its high watermark a replica holds the truth.
fn committed(
    broker: NodeId,
    replica: &Replica,
    shadow: Option<&Shadow>,
    batch: &Batch,
    found: &mut Findings<'_>,
) {
    let Some(shadow) = shadow.filter(|shadow| shadow.durability.promises_stable_log()) else {
        return;
    };
    let (base, next) = (batch.header.base_offset, batch.next_offset());
    let upto = replica.high_watermark.min(shadow.truth_end);
    if next > upto || base < shadow.truth_start() {
        return;
    }
    let entry = entry_of(batch);
    if !shadow.truth_between(base, next).any(|committed| *committed == entry) {
        let detail = format!("differs from what was committed at {base}..{next}");
        found.violation(4, broker, Some(replica.partition), detail);
    }
}

fn entry_of(batch: &Batch) -> Entry {
    let header = batch.header;
    Entry {
        base: header.base_offset,
        last: batch.last_offset(),
        epoch: header.leader_epoch,
        producer: (header.producer_id, header.producer_epoch),
        sequence: header.base_sequence,
        origin: header.origin,
        digest: batch.body.digest(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::checks::tests::{Court, T0, found};
    use crate::sim::storage::batch::Body;
    use crate::sim::storage::log::Log;
    use crate::sim::time::Micros;

    const BROKER: NodeId = NodeId(1);

    /// A replica with a record of each of these epochs, all of them committed as far as it knows.
    fn replica(epochs: &[LeaderEpoch]) -> Replica {
        let mut log = Log::default();
        for (offset, epoch) in (0..).zip(epochs) {
            let mut batch = Batch::new(Body::single(0, None, Some(b"v")));
            (batch.header.base_offset, batch.header.leader_epoch) = (offset, *epoch);
            log.append(batch, Micros::ZERO);
        }
        Replica::open(T0, log, epochs.len() as Offset, Arc::default(), 0)
    }

    fn reads(replica: &Replica, shadow: Option<&Shadow>) -> Vec<u8> {
        found(|found| {
            bounds(BROKER, replica, shadow, found);
            log(BROKER, replica, shadow, found);
        })
        .0
    }

    /// What facts told of the replica, and that its records are committed.
    fn told(court: &mut Court, replica: &Replica) -> Shadow {
        let shadow = court.shadow();
        replica.log.entries().for_each(|entry| shadow.commit(entry_of(&entry.batch)));
        shadow.replica(BROKER).log_end_offset = replica.log_end_offset();
        shadow.clone()
    }

    #[test]
    fn a_sound_replica_passes() {
        let replica = replica(&[0, 0, 1]);
        let shadow = told(&mut Court::new(), &replica);
        assert!(reads(&replica, Some(&shadow)).is_empty());
        assert!(reads(&replica, None).is_empty(), "a partition that no judge knows");
    }

    #[test]
    fn bounds_and_epochs_of_a_log_are_checked() {
        let mut beyond = replica(&[0]);
        beyond.high_watermark = 2;
        assert_eq!(reads(&beyond, None), [1]);
        let sound = replica(&[0]);
        let mut shadow = told(&mut Court::new(), &sound);
        shadow.replica(BROKER).log_end_offset = 5;
        assert_eq!(reads(&sound, Some(&shadow)), [1], "the facts tell of another end");
        assert!(reads(&replica(&[1, 0]), None).contains(&1), "epochs do not fall");
    }

    #[test]
    fn a_log_is_as_large_as_its_batches() {
        let replica = replica(&[0, 0]);
        let bytes = replica.log.size_bytes();
        assert!(found(|found| size(BROKER, &replica, bytes, found)).0.is_empty());
        assert_eq!(found(|found| size(BROKER, &replica, bytes + 1, found)).0, [3]);
    }

    #[test]
    fn the_epoch_cache_is_that_of_the_log_but_for_a_leaders_own_epoch() {
        let mut replica = replica(&[0, 1]);
        replica.epochs.assign(2, 2).expect("a valid entry");
        assert!(reads(&replica, None).is_empty(), "a leader that has written nothing");
        replica.epochs.clear();
        assert_eq!(reads(&replica, None), [2]);
    }

    #[test]
    fn committed_records_are_the_true_ones_where_the_log_is_stable() {
        let other = replica(&[1]);
        for (mut court, expected) in
            [(Court::new(), vec![4]), (Court::without_stable_log(), vec![])]
        {
            let shadow = told(&mut court, &replica(&[0]));
            assert_eq!(reads(&other, Some(&shadow)), expected);
        }
        let shadow = told(&mut Court::new(), &replica(&[0]));
        let uncommitted = Replica { high_watermark: 0, ..other };
        assert!(reads(&uncommitted, Some(&shadow)).is_empty());
    }
}
