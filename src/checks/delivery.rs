//! What clients were told: acknowledgements are worth something, reads are committed and stay as they were.

use std::hash::Hasher;

use super::Findings;
use super::partition::{Partitions, Shadow};
use super::promise::Promise;
use crate::sim::fact::{Fact, FactRecord};
use crate::sim::hash::StableHasher;
use crate::sim::ids::*;

/// Batches acknowledged before they are committed that a partition keeps; a loss of older ones goes uncounted.
const EARLY_KEPT: usize = 1_000;

impl Partitions {
    pub(super) fn observe_delivery(&mut self, record: &FactRecord, found: &mut Findings<'_>) {
        match &record.fact {
            Fact::ProduceAcknowledged { broker, partition, base_offset, last_offset, acks_all } => {
                if let Some(shadow) = self.get_mut(*partition) {
                    match acks_all {
                        true => shadow.acknowledged(*broker, *last_offset, found),
                        false => shadow.acknowledged_early(*base_offset, *last_offset),
                    }
                }
            }
            Fact::Delivered { client, partition, from, next, digest, .. } => {
                if let Some(shadow) = self.get_mut(*partition) {
                    shadow.delivered(*client, (*from, *next), *digest, found);
                }
            }
            _ => {}
        }
    }
}

/// Digest of delivered batches: their bodies' digests in order.
pub fn delivered_digest(bodies: impl Iterator<Item = u64>) -> u64 {
    let mut hasher = StableHasher::default();
    bodies.for_each(|digest| hasher.write_u64(digest));
    hasher.value()
}

impl Shadow {
    /// Invariant 13, second half: what is acknowledged with acks=all is committed, also by a leader that does not know yet
    /// that it is stale.
    fn acknowledged(&mut self, broker: NodeId, last: Offset, found: &mut Findings<'_>) {
        if last >= self.truth_end && self.durability.promises_stable_log() {
            let detail = format!("acknowledged up to {last}, committed up to {}", self.truth_end);
            found.violation(13, broker, Some(self.id), detail);
        }
        self.acknowledged_end = self.acknowledged_end.max(last + 1);
    }

    /// With acks=1 a batch is acknowledged before it is committed: nobody promises that it stays.
    fn acknowledged_early(&mut self, base: Offset, last: Offset) {
        if last >= self.truth_end {
            self.early.push((base, last));
            let excess = self.early.len().saturating_sub(EARLY_KEPT);
            self.early.drain(..excess);
        }
    }

    /// Invariant 10: a poll returns committed records, and always the same ones at an offset.
    fn delivered(
        &mut self,
        client: NodeId,
        (from, next): (Offset, Offset),
        digest: u64,
        found: &mut Findings<'_>,
    ) {
        self.delivered += (next - from).max(0) as u64;
        if next > self.truth_end {
            let promise = (Promise::CommittedReadsOnly, self.durability.promises_stable_log());
            let detail = format!("read up to {next}, committed up to {}", self.truth_end);
            return found.judge_records(10, promise, client, self.id, (from, next, detail));
        }
        if from < self.truth_start() {
            return;
        }
        let truth = delivered_digest(self.truth_between(from, next).map(|entry| entry.digest));
        if truth != digest {
            let promise = (Promise::ConsistentReads, self.durability.promises_stable_log());
            let detail = format!("records {from}..{next} are not those committed there");
            found.judge_records(10, promise, client, self.id, (from, next, detail));
        }
    }
}
