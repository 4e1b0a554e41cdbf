//! Sequence numbers of one partition, as the Java client's `TransactionManager` keeps them for idempotence.

use super::batch::{ProducerBatch, after};
use crate::sim::ids::*;

/// Which producer id and epoch a partition uses, and its sequence under it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Sequences {
    /// Producer id and epoch in use; other partitions may be ahead until this one has nothing in flight.
    pub producer: (ProducerId, ProducerEpoch),
    /// The number of the next new record.
    pub next: i32,
    /// The number of the last acknowledged record, -1 = none.
    pub last_acked: i32,
    /// Offset of the last acknowledged record, -1 = none.
    pub last_acked_offset: Offset,
    /// First numbers of the batches that have some and are not done, ascending.
    in_flight: Vec<i32>,
    /// Number after a batch whose fate is unknown: nothing new is sent before that is settled.
    pub unresolved: Option<i32>,
}

impl Default for Sequences {
    fn default() -> Self {
        Sequences {
            producer: (-1, -1),
            next: 0,
            last_acked: -1,
            last_acked_offset: -1,
            in_flight: Vec::new(),
            unresolved: None,
        }
    }
}

impl Sequences {
    /// Gives a new batch the next numbers, under the newest producer id if nothing is in flight under an older.
    pub fn number(&mut self, batch: &mut ProducerBatch, newest: (ProducerId, ProducerEpoch)) {
        if self.producer != newest && self.in_flight.is_empty() {
            *self = Sequences { producer: newest, ..Sequences::default() };
        }
        batch.set_sequence(self.producer.0, self.producer.1, self.next);
        self.next = after(batch.batch().last_sequence());
        self.track(batch.base_sequence());
    }

    /// Adds a numbered batch to those not done.
    pub fn track(&mut self, base_sequence: i32) {
        let at = self.in_flight.partition_point(|other| *other < base_sequence);
        self.in_flight.insert(at, base_sequence);
    }

    /// Takes a batch off those not done.
    pub fn forget(&mut self, base_sequence: i32) {
        self.in_flight.retain(|other| *other != base_sequence);
    }

    /// Notes an acknowledgement.
    pub fn acknowledged(&mut self, batch: &ProducerBatch, last_offset: Offset) {
        self.forget(batch.base_sequence());
        self.last_acked = self.last_acked.max(batch.batch().last_sequence());
        self.last_acked_offset = self.last_acked_offset.max(last_offset);
    }

    /// The first number in flight.
    pub fn first_in_flight(&self) -> Option<i32> {
        self.in_flight.first().copied()
    }

    /// Whether nothing numbered is on its way.
    pub fn is_idle(&self) -> bool {
        self.in_flight.is_empty()
    }

    /// Whether the broker must expect this number.
    pub fn is_next(&self, sequence: i32) -> bool {
        i64::from(sequence) - i64::from(self.last_acked) == 1
    }

    /// Whether the batch may leave its queue now: a retried one only in its turn, a new one only when the older ones'
    /// fate is known and no other epoch is in flight.
    pub fn allow(&self, batch: &ProducerBatch, newest: (ProducerId, ProducerEpoch)) -> bool {
        if batch.has_sequence() {
            return self.first_in_flight().is_none_or(|first| first == batch.base_sequence());
        }
        let stale = self.producer != newest && !self.in_flight.is_empty();
        !stale && self.unresolved.is_none()
    }

    /// Numbers the batches that are not done from 0 again under a new epoch.
    pub fn restart<'a>(
        &mut self,
        producer: (ProducerId, ProducerEpoch),
        batches: impl Iterator<Item = &'a mut ProducerBatch>,
    ) {
        *self = Sequences { producer, ..Sequences::default() };
        for batch in batches {
            self.number(batch, producer);
            batch.sequence_reset = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::client::producer::accumulator::NewRecord;
    use crate::sim::time::Micros;

    fn batch(serial: u64, records: i32) -> ProducerBatch {
        let mut batch = ProducerBatch::new(serial, Micros(0), 0);
        for _ in 0..records {
            let record = NewRecord { timestamp: 0, key: None, value: None, size: 10, token: 0 };
            batch.try_append(1000, record);
        }
        batch
    }

    #[test]
    fn a_retried_batch_waits_for_its_turn() {
        let mut sequences = Sequences::default();
        let (mut first, mut second) = (batch(1, 3), batch(2, 2));
        sequences.number(&mut first, (7, 0));
        sequences.number(&mut second, (7, 0));
        assert_eq!((first.base_sequence(), second.base_sequence(), sequences.next), (0, 3, 5));
        assert!(sequences.allow(&first, (7, 0)) && !sequences.allow(&second, (7, 0)));
        sequences.acknowledged(&first, 2);
        assert!(sequences.allow(&second, (7, 0)) && sequences.is_next(3));
    }

    #[test]
    fn a_new_epoch_waits_until_the_old_one_is_done() {
        let mut sequences = Sequences::default();
        let (mut old, mut new) = (batch(1, 1), batch(2, 1));
        sequences.number(&mut old, (7, 0));
        assert!(!sequences.allow(&new, (7, 1)));
        sequences.acknowledged(&old, 0);
        assert!(sequences.allow(&new, (7, 1)));
        sequences.number(&mut new, (7, 1));
        assert_eq!((new.base_sequence(), new.batch().header.producer_epoch), (0, 1));
    }

    #[test]
    fn restarting_numbers_from_zero() {
        let mut sequences = Sequences::default();
        let mut batches = [batch(1, 2), batch(2, 2)];
        for batch in &mut batches {
            sequences.number(batch, (7, 0));
        }
        sequences.restart((7, 1), batches.iter_mut());
        assert_eq!(batches.each_ref().map(ProducerBatch::base_sequence), [0, 2]);
        assert!(batches.iter().all(|b| b.sequence_reset) && sequences.next == 4);
    }
}
