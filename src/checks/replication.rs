//! Replication: the shadow logs, and whether replicas, leaders and high watermarks keep to the rules.

use super::Findings;
use super::partition::{Entry, Partitions, Shadow};
use super::promise::Promise;
use crate::sim::act::Fault;
use crate::sim::fact::{Fact, FactRecord};
use crate::sim::ids::*;
use crate::sim::storage::batch::Origin;

/// Elections of a partition that are kept for comparison.
const LEADERS_KEPT: usize = 16;

impl Partitions {
    pub(super) fn observe(&mut self, record: &FactRecord, found: &mut Findings<'_>) {
        match &record.fact {
            Fact::Appended { partition, broker, .. } => {
                if let (Some(shadow), Some(entry)) =
                    (self.get_mut(*partition), entry_of(&record.fact))
                {
                    shadow.append(*broker, entry, found);
                }
            }
            Fact::HighWatermarkAdvanced { broker, partition, high_watermark, as_leader } => {
                if let Some(shadow) = self.get_mut(*partition) {
                    match as_leader {
                        true => shadow.leader_commits(*broker, *high_watermark, found),
                        false => shadow.compare(*broker, *high_watermark, found),
                    }
                }
            }
            Fact::Truncated { broker, partition, from, to } => {
                if let Some(shadow) = self.get_mut(*partition) {
                    match to > from {
                        true => shadow.replica(*broker).restart_at(*to),
                        false => shadow.truncated(*broker, *to, found),
                    }
                }
            }
            Fact::UnflushedLost { node, partition, log_end_offset, .. } => {
                if let Some(shadow) = self.get_mut(*partition) {
                    shadow.replica(*node).truncate(*log_end_offset);
                    shadow.note_loss(*node);
                }
            }
            Fact::Fault(Fault::WipeDisk(node)) => self.disk_wiped(*node),
            Fact::LeaderElected { partition, leader, leader_epoch, unclean } => {
                if let Some(shadow) = self.get_mut(*partition) {
                    shadow.elected((*leader_epoch, *leader), *unclean, found);
                }
            }
            Fact::BecameLeader { broker, partition, leader_epoch, log_end_offset } => {
                if let Some(shadow) = self.get_mut(*partition) {
                    shadow.leads(*broker, *leader_epoch, *log_end_offset, found);
                }
            }
            Fact::IsrShrunk { partition, isr, .. } => {
                if let Some(shadow) = self.get_mut(*partition) {
                    shadow.note_isr(isr.clone(), &[]);
                }
            }
            Fact::IsrExpanded { partition, isr, added } => {
                if let Some(shadow) = self.get_mut(*partition) {
                    shadow.note_isr(isr.clone(), added);
                }
            }
            Fact::BrokerRegistered { broker, .. } => self.registered(*broker),
            Fact::TopicDeleted { topic, name } => self.remove_topic(*topic, name),
            _ => self.observe_delivery(record, found),
        }
    }

    fn disk_wiped(&mut self, node: NodeId) {
        for shadow in self.all_mut() {
            if shadow.replicas.iter().any(|replica| replica.broker == node) {
                shadow.replica(node).truncate(0);
                shadow.note_loss(node);
            }
        }
    }
}

impl Shadow {
    /// Invariant 1: appends continue the log, epochs do not fall.
    fn append(&mut self, broker: NodeId, entry: Entry, found: &mut Findings<'_>) {
        let id = self.id;
        let replica = self.replica(broker);
        if entry.base != replica.log_end_offset {
            let end = replica.log_end_offset;
            let detail = format!("appended at {} but the log ends at {end}", entry.base);
            found.violation(1, broker, Some(id), detail);
        }
        if replica.tail.last().is_some_and(|last| last.epoch > entry.epoch) {
            found.violation(
                1,
                broker,
                Some(id),
                format!("epoch falls to {} at {}", entry.epoch, entry.base),
            );
        }
        replica.log_end_offset = entry.last + 1;
        replica.tail.push(entry);
    }

    /// Invariants 5 and 11, and the growth of the truth.
    fn leader_commits(&mut self, leader: NodeId, high_watermark: Offset, found: &mut Findings<'_>) {
        let (id, epoch) = (self.id, self.leader_epoch);
        let told = &mut self.replica(leader).told;
        if told.0 == epoch && high_watermark < told.1 {
            let detail = format!("high watermark falls from {} to {high_watermark}", told.1);
            found.violation(11, leader, Some(id), detail);
        }
        *told = (epoch, high_watermark);
        self.strong_isr(leader, high_watermark, found);
        self.compare(leader, high_watermark.min(self.truth_end), found);
        let new: Vec<Entry> = self
            .replica(leader)
            .tail
            .iter()
            .filter(|entry| entry.last < high_watermark)
            .copied()
            .collect();
        for entry in new {
            if entry.base >= self.truth_end {
                self.check_sequence(entry, found);
                self.check_origin(entry, found);
                self.commit(entry);
            }
        }
        self.compare(leader, high_watermark, found);
    }

    /// Invariant 5: everybody in the controller's ISR holds what the leader calls committed.
    fn strong_isr(&mut self, leader: NodeId, high_watermark: Offset, found: &mut Findings<'_>) {
        if !self.durability.promises_stable_log() {
            return;
        }
        for member in self.isr.clone().iter().map(|id| NodeId(*id)) {
            let end = self.replica(member).log_end_offset;
            if end < high_watermark && !self.lacking.contains(&member) {
                let detail = format!(
                    "{leader} commits up to {high_watermark}, in-sync {member} ends at {end}"
                );
                found.violation(5, member, Some(self.id), detail);
            }
        }
    }

    /// Invariant 4: below the high watermark a replica holds the truth.
    fn compare(&mut self, broker: NodeId, high_watermark: Offset, found: &mut Findings<'_>) {
        let upto = high_watermark.min(self.truth_end);
        let (id, stable) = (self.id, self.durability.promises_stable_log());
        let at = match self.replicas.iter().position(|replica| replica.broker == broker) {
            Some(at) if self.replicas[at].compared < upto => at,
            Some(_) | None => return,
        };
        let mut replica = std::mem::take(&mut self.replicas[at]);
        let done = replica.tail.partition_point(|entry| entry.last < upto);
        for entry in replica.tail.drain(..done).filter(|entry| entry.base >= self.truth_start()) {
            let same = self
                .truth_between(entry.base, entry.last + 1)
                .any(|true_entry| *true_entry == entry);
            if !same && stable {
                let detail =
                    format!("differs from the committed batch at {}..={}", entry.base, entry.last);
                found.violation(4, broker, Some(id), detail);
            }
        }
        replica.compared = upto;
        self.replicas[at] = replica;
    }

    /// Invariant 9: nothing committed is cut off.
    fn truncated(&mut self, broker: NodeId, to: Offset, found: &mut Findings<'_>) {
        let promised = self.durability.promises_stable_log();
        let compared = self.replica(broker).compared;
        let gone = self.replica(broker).truncate(to);
        let committed = gone.iter().filter(|entry| {
            self.truth_between(entry.base, entry.last + 1).any(|true_entry| true_entry == *entry)
        });
        let records: i64 =
            committed.map(|e| e.last - e.base + 1).sum::<i64>() + (compared - to).max(0);
        if records > 0 {
            let detail = format!("{records} committed records cut off at {to}");
            let promise = (Promise::NoAcknowledgedLoss, promised);
            found.judge_records(9, promise, broker, self.id, (to, to + records, detail));
        }
    }

    /// Invariant 13: the epoch rises with every election.
    fn elected(
        &mut self,
        (epoch, leader): (LeaderEpoch, NodeId),
        unclean: bool,
        found: &mut Findings<'_>,
    ) {
        if epoch <= self.leader_epoch {
            let detail = format!("{leader} elected with epoch {epoch} after {}", self.leader_epoch);
            found.violation(13, leader, Some(self.id), detail);
        }
        self.leader_epoch = self.leader_epoch.max(epoch);
        self.durability.elected_uncleanly |= unclean;
    }

    /// Invariants 6 and 13: one leader an epoch, and it holds everything acknowledged.
    fn leads(&mut self, broker: NodeId, epoch: LeaderEpoch, end: Offset, found: &mut Findings<'_>) {
        let other = *self.leaders.entry(epoch).or_insert(broker);
        if other != broker {
            let detail = format!("{other} and {broker} both lead in epoch {epoch}");
            found.violation(13, broker, Some(self.id), detail);
        }
        while self.leaders.len() > LEADERS_KEPT {
            self.leaders.pop_first();
        }
        if epoch < self.leader_epoch {
            return;
        }
        self.lose_early(broker, end, found);
        let lost = self.acknowledged_end - end.min(self.acknowledged_end);
        if lost > 0 {
            let promise = (Promise::NoAcknowledgedLoss, self.durability.promises_no_loss());
            let detail = format!("the new leader lacks {lost} acknowledged records from {end} on");
            found.judge_records(6, promise, broker, self.id, (end, end + lost, detail));
        }
        if end < self.truth_end {
            if lost == 0 {
                let promise = (Promise::ConsistentReads, self.durability.promises_stable_log());
                let detail =
                    format!("the new leader ends at {end}, committed up to {}", self.truth_end);
                found.judge(6, promise, broker, Some(self.id), detail);
            }
            self.forget_from(end);
        }
    }

    /// Invariant 6 where it is not promised: with acks=1 the new leader may lack what was acknowledged. A case a record.
    fn lose_early(&mut self, broker: NodeId, end: Offset, found: &mut Findings<'_>) {
        let (lost, kept) = self.early.iter().partition(|(_, last)| *last >= end);
        self.early = kept;
        let lost: Vec<(Offset, Offset)> = lost;
        for offset in lost.into_iter().flat_map(|(base, last)| base.max(end)..=last) {
            let detail = format!("the new leader lacks {offset}, acknowledged with acks=1");
            let records = (offset, offset + 1, detail);
            found.judge_records(6, (Promise::NoAcknowledgedLoss, false), broker, self.id, records);
        }
    }

    /// Retries neither store a batch twice nor turn the order round. Promised to an idempotent producer; whoever sends
    /// without sequence numbers sees it happen.
    fn check_origin(&mut self, entry: Entry, found: &mut Findings<'_>) {
        let Origin { producer, number } = entry.origin;
        if producer == 0 {
            return;
        }
        let promised = entry.sequence >= 0 && self.durability.promises_stable_log();
        let (promise, what) = match self.origins.entry(producer).or_default().next(number) {
            Order::Next => return,
            Order::Again => (Promise::StoredOnce, "stored a second time"),
            Order::Late => (Promise::Order, "stored after a later one"),
        };
        let detail = format!("batch {}..={} is {what}", entry.base, entry.last);
        let records = (entry.base, entry.last + 1, detail);
        found.judge_records(23, (promise, promised), NodeId::NONE, self.id, records);
    }

    /// Invariant 23 on committed batches: sequences of a producer are dense and come once.
    fn check_sequence(&mut self, entry: Entry, found: &mut Findings<'_>) {
        let (producer, epoch) = entry.producer;
        if producer < 0 || entry.sequence < 0 {
            return;
        }
        let last = entry.sequence.wrapping_add((entry.last - entry.base) as i32) & i32::MAX;
        let promise = (Promise::StoredOnce, self.durability.promises_stable_log());
        let known = self.sequences.insert(producer, (epoch, last));
        let expected = match known {
            Some((known_epoch, seq)) if known_epoch == epoch => seq.wrapping_add(1) & i32::MAX,
            Some((known_epoch, _)) if known_epoch > epoch => {
                let detail =
                    format!("producer {producer} writes with epoch {epoch} after {known_epoch}");
                let records = (entry.base, entry.last + 1, detail);
                return found.judge_records(23, promise, NodeId::NONE, self.id, records);
            }
            Some(_) => 0,
            None => return,
        };
        if entry.sequence != expected {
            let detail = format!(
                "producer {producer}: sequence {} where {expected} follows",
                entry.sequence
            );
            let records = (entry.base, entry.last + 1, detail);
            found.judge_records(23, promise, NodeId::NONE, self.id, records);
        }
    }
}

/// The newest batches of one producer in a partition, by number. More than the five that can be on their way at a time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Committed {
    newest: [u64; 16],
}

impl Committed {
    /// What the next committed batch is to those before: the next, one of them again, or one that came too late.
    fn next(&mut self, number: u64) -> Order {
        if self.newest.contains(&number) {
            return Order::Again;
        }
        let late = self.newest.iter().any(|other| *other > number);
        let oldest = self.newest.iter_mut().min().expect("never empty");
        *oldest = number.max(*oldest);
        if late { Order::Late } else { Order::Next }
    }
}

/// How a committed batch follows what its producer has committed in the partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    Next,
    Again,
    Late,
}

fn entry_of(fact: &Fact) -> Option<Entry> {
    let Fact::Appended {
        base_offset,
        last_offset,
        leader_epoch,
        producer,
        base_sequence,
        origin,
        digest,
        ..
    } = fact
    else {
        return None;
    };
    Some(Entry {
        base: *base_offset,
        last: *last_offset,
        epoch: *leader_epoch,
        producer: *producer,
        sequence: *base_sequence,
        origin: *origin,
        digest: *digest,
    })
}
