//! Which records are committed: the high watermark of a leader (facts/kafka.md §0.1, §0.2, §3.2).

use super::Broker;
use super::fetch::Wake;
use super::leader::FollowerProgress;
use super::replica::Replica;
use crate::sim::effects::Effects;
use crate::sim::fact::Fact;
use crate::sim::ids::*;
use crate::sim::time::NodeNow;

impl Broker {
    /// Raises the high watermark of a led partition as far as its followers allow, and tells everybody who waits for it.
    pub(super) fn advance_high_watermark(&mut self, now: NodeNow, slot: u32, out: &mut Effects) {
        let Some(replica) = self.replicas.get(slot) else { return };
        let Some(high_watermark) = self.possible_high_watermark(now, replica) else { return };
        if high_watermark <= replica.high_watermark {
            return;
        }
        let (broker, partition) = (self.node, replica.partition);
        self.set_high_watermark(slot, high_watermark);
        out.fact(Fact::HighWatermarkAdvanced {
            broker,
            partition,
            high_watermark,
            as_leader: true,
        });
        self.complete_produces(slot, out);
        self.wake_fetches(slot, Wake::HighWatermark, out);
    }

    /// Sets the high watermark and remembers that the checkpoint file is to follow.
    pub(super) fn set_high_watermark(&mut self, slot: u32, high_watermark: Offset) {
        let Some(replica) = self.replicas.get_mut(slot) else { return };
        replica.high_watermark = high_watermark;
        if !std::mem::replace(&mut replica.checkpoint_due, true) {
            self.checkpoint.due.push(slot);
        }
    }

    /// The smallest end among the leader, the maximal ISR, and followers that are about to join it; None if the high watermark
    /// must stand still because the ISR is too small.
    fn possible_high_watermark(&self, now: NodeNow, replica: &Replica) -> Option<Offset> {
        let leader = replica.leader()?;
        let too_few = leader.isr.len() < replica.effective_min_isr();
        if too_few && self.context.setup.version.high_watermark_needs_min_isr() {
            return None;
        }
        let leader_end = replica.log_end_offset();
        if self.bugs.high_watermark_without_follower {
            return Some(leader_end);
        }
        let max_lag = self.replica_lag_time_max();
        let must_wait_for = |follower: &&FollowerProgress| {
            leader.is_in_maximal_isr(follower.broker)
                || (follower.is_caught_up(leader_end, now.monotonic, max_lag)
                    && self.may_join_isr(follower))
        };
        let behind = leader.followers.iter().filter(|f| f.log_end_offset < leader_end);
        let ends = behind.filter(must_wait_for).map(|follower| follower.log_end_offset);
        Some(ends.fold(leader_end, Offset::min))
    }
}
