//! A follower's log that does not continue the leader's is cut back (KIP-101, KIP-279, KIP-595).

use super::Broker;
use super::replica::{FetchState, Replica};
use crate::sim::effects::Effects;
use crate::sim::fact::Fact;
use crate::sim::ids::*;
use crate::sim::protocol::data::{ListOffsetsPartitionResponse, ListOffsetsResponse};
use crate::sim::storage::epoch_cache::{EpochEndOffset, UNDEFINED_EPOCH};
use crate::sim::time::NodeNow;

impl Broker {
    /// The leader said where the epoch of our last record ends in its log.
    pub(super) fn truncate_on_fetch(
        &mut self,
        now: NodeNow,
        slot: u32,
        source: NodeId,
        leader_end: EpochEndOffset,
        out: &mut Effects,
    ) {
        let Some(replica) = self.replicas.get(slot) else { return };
        let to = truncation_offset(replica, leader_end);
        self.truncate(now, slot, to, out);
        self.mark_changed(source, slot);
    }

    /// Before KIP-101: whatever is above the high watermark goes, although it may be committed.
    pub(super) fn truncate_to_high_watermark(
        &mut self,
        now: NodeNow,
        slot: u32,
        out: &mut Effects,
    ) {
        let Some(high_watermark) = self.replicas.get(slot).map(|r| r.high_watermark) else {
            return;
        };
        self.truncate(now, slot, high_watermark, out);
    }

    fn truncate(&mut self, now: NodeNow, slot: u32, to: Offset, out: &mut Effects) {
        let broker = self.node;
        let Some(replica) = self.replicas.get_mut(slot) else { return };
        let from = replica.log_end_offset();
        if to >= from {
            // A leader that wrote nothing noted its epoch at the end of its log; now that it follows, the new leader may not
            // know that epoch, and would call the log diverging for ever.
            return replica.epochs.truncate_from_end(to);
        }
        let to = replica.truncate_to(to, now);
        out.fact(Fact::Truncated { broker, partition: replica.partition, from, to });
        self.note_checkpoint_due(slot);
    }

    /// The leader told the bounds of logs that ours did not fit into: per partition its start, then its end.
    pub(super) fn on_bounds(
        &mut self,
        now: NodeNow,
        source: NodeId,
        response: &ListOffsetsResponse,
        out: &mut Effects,
    ) {
        for bounds in response.partitions.chunks_exact(2) {
            let [start, end] = bounds else { continue };
            let Some(slot) = self.replicas.find(start.partition) else { continue };
            let follower = self.replicas.get(slot).and_then(Replica::follower);
            let asked =
                follower.is_some_and(|f| f.leader == source && f.fetch == FetchState::OutOfRange);
            if asked && (!start.error.is_none() || !end.error.is_none()) {
                self.delay(now, slot, source, out);
            } else if asked {
                self.fit_into(now, slot, (start, end), out);
                self.mark_changed(source, slot);
            }
        }
    }

    fn fit_into(
        &mut self,
        now: NodeNow,
        slot: u32,
        (start, end): (&ListOffsetsPartitionResponse, &ListOffsetsPartitionResponse),
        out: &mut Effects,
    ) {
        let broker = self.node;
        let Some(replica) = self.replicas.get_mut(slot) else { return };
        let from = replica.log_end_offset();
        if let Some(follower) = replica.follower_mut() {
            follower.fetch = FetchState::Fetching;
        }
        if end.offset < from {
            self.truncate(now, slot, end.offset, out);
        } else if start.offset > from {
            replica.restart_log_at(start.offset, now);
            let (partition, to) = (replica.partition, start.offset);
            out.fact(Fact::Truncated { broker, partition, from, to });
            self.note_checkpoint_due(slot);
        }
    }
}

/// Where the follower's log is cut: at the end of the last epoch that both know, whichever log it ends earlier in. If the
/// follower does not know the leader's epoch it goes back to the one before, and the next fetch compares that.
fn truncation_offset(replica: &Replica, leader: EpochEndOffset) -> Offset {
    let own_end = replica.log_end_offset();
    let own = replica.epochs.end_offset_for(leader.epoch, own_end);
    let to = if own.epoch == UNDEFINED_EPOCH {
        leader.end_offset
    } else if own.epoch == leader.epoch {
        own.end_offset.min(leader.end_offset)
    } else {
        own.end_offset
    };
    to.min(own_end)
}
