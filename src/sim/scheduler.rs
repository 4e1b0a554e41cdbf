//! The future: events in the order (time, sequence number).

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::hash::{Hash, Hasher};

use crate::sim::time::SimTime;

/// Pending events. The sequence number makes the order total, so ties never depend on anything else.
#[derive(Clone, Debug)]
pub struct Scheduler<E> {
    heap: BinaryHeap<Reverse<(SimTime, u64, u32)>>,
    slots: Vec<Option<E>>,
    free: Vec<u32>,
    next_sequence: u64,
}

impl<E> Default for Scheduler<E> {
    fn default() -> Self {
        Scheduler { heap: BinaryHeap::new(), slots: Vec::new(), free: Vec::new(), next_sequence: 0 }
    }
}

impl<E> Scheduler<E> {
    /// Adds an event.
    pub fn push(&mut self, time: SimTime, event: E) {
        let slot = match self.free.pop() {
            Some(slot) => {
                self.slots[slot as usize] = Some(event);
                slot
            }
            None => {
                self.slots.push(Some(event));
                self.slots.len() as u32 - 1
            }
        };
        self.heap.push(Reverse((time, self.next_sequence, slot)));
        self.next_sequence += 1;
    }

    /// The next event's time.
    pub fn next_time(&self) -> Option<SimTime> {
        self.heap.peek().map(|Reverse((time, _, _))| *time)
    }

    /// Takes the next event with its time and sequence number.
    pub fn pop(&mut self) -> Option<(SimTime, u64, E)> {
        let Reverse((time, sequence, slot)) = self.heap.pop()?;
        self.free.push(slot);
        let event = self.slots[slot as usize].take().expect("a queued slot holds an event");
        Some((time, sequence, event))
    }

    /// Number of pending events.
    pub fn len(&self) -> usize {
        self.heap.len()
    }

    /// Whether nothing is pending.
    pub fn is_empty(&self) -> bool {
        self.heap.is_empty()
    }

    /// Pending events with time and sequence number, in no particular order.
    pub fn pending(&self) -> impl Iterator<Item = (SimTime, u64, &E)> {
        self.heap.iter().filter_map(|Reverse((time, sequence, slot))| {
            Some((*time, *sequence, self.slots[*slot as usize].as_ref()?))
        })
    }

    /// Pending events in no particular order.
    pub fn events(&self) -> impl Iterator<Item = &E> {
        self.slots.iter().flatten()
    }
}

impl<E: Hash> Hash for Scheduler<E> {
    /// In the order of execution: where the heap keeps an entry is no part of the state.
    fn hash<H: Hasher>(&self, state: &mut H) {
        let mut pending: Vec<_> = self.heap.iter().collect();
        pending.sort_unstable_by(|a, b| b.cmp(a));
        for Reverse((time, sequence, slot)) in pending {
            (time, sequence, &self.slots[*slot as usize]).hash(state);
        }
        state.write_u64(self.next_sequence);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_times_keep_the_order_of_pushing() {
        let mut scheduler = Scheduler::default();
        scheduler.push(SimTime(5), "b");
        scheduler.push(SimTime(3), "a");
        scheduler.push(SimTime(5), "c");
        let order: Vec<_> = std::iter::from_fn(|| scheduler.pop()).map(|(_, _, e)| e).collect();
        assert_eq!(order, ["a", "b", "c"]);
    }
}
