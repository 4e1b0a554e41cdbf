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
    if bytes != replica.log.size_bytes() {
        let detail = format!("{bytes} bytes in batches, {} in the log", replica.log.size_bytes());
        found.violation(3, broker, id, detail);
    }
    epoch_cache(broker, replica, &epochs, found);
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
        digest: batch.body.digest(),
    }
}
