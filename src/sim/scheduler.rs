//! The future: events in the order (time, sequence number).
//!
//! Most events lie far ahead (long polls, timeouts) and only a few are next. A small heap orders those of the current slice
//! of time; the rest waits unordered, by slice, so that its number does not slow the next event down.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::hash::{Hash, Hasher};

use crate::sim::time::SimTime;

/// A slice of time is two to this power microseconds long.
const SLICE_BITS: u32 = 10;

/// Time, sequence number, slot.
type Key = (SimTime, u64, u32);

/// Pending events. The sequence number makes the order total, so ties never depend on anything else.
#[derive(Clone, Debug)]
pub struct Scheduler<E> {
    /// Events of slices up to `slice`; empty only if nothing is pending.
    near: BinaryHeap<Reverse<Key>>,
    slice: u64,
    /// Events of later slices.
    far: BTreeMap<u64, Vec<Reverse<Key>>>,
    slots: Vec<Option<E>>,
    free: Vec<u32>,
    next_sequence: u64,
}

impl<E> Default for Scheduler<E> {
    fn default() -> Self {
        Scheduler {
            near: BinaryHeap::new(),
            slice: 0,
            far: BTreeMap::new(),
            slots: Vec::new(),
            free: Vec::new(),
            next_sequence: 0,
        }
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
        let key = Reverse((time, self.next_sequence, slot));
        self.next_sequence += 1;
        let slice = time.0 >> SLICE_BITS;
        if slice <= self.slice {
            self.near.push(key);
        } else {
            self.far.entry(slice).or_default().push(key);
            self.refill();
        }
    }

    /// The next event's time.
    pub fn next_time(&self) -> Option<SimTime> {
        self.near.peek().map(|Reverse((time, _, _))| *time)
    }

    /// Takes the next event with its time and sequence number.
    pub fn pop(&mut self) -> Option<(SimTime, u64, E)> {
        let Reverse((time, sequence, slot)) = self.near.pop()?;
        self.refill();
        self.free.push(slot);
        let event = self.slots[slot as usize].take().expect("a queued slot holds an event");
        Some((time, sequence, event))
    }

    /// Number of pending events.
    pub fn len(&self) -> usize {
        self.slots.len() - self.free.len()
    }

    /// Whether nothing is pending.
    pub fn is_empty(&self) -> bool {
        self.near.is_empty()
    }

    /// Pending events with time and sequence number, in no particular order.
    pub fn pending(&self) -> impl Iterator<Item = (SimTime, u64, &E)> {
        self.keys().filter_map(|(time, sequence, slot)| {
            Some((*time, *sequence, self.slots[*slot as usize].as_ref()?))
        })
    }

    /// Pending events in no particular order.
    pub fn events(&self) -> impl Iterator<Item = &E> {
        self.slots.iter().flatten()
    }

    fn refill(&mut self) {
        if self.near.is_empty()
            && let Some((slice, keys)) = self.far.pop_first()
        {
            self.slice = slice;
            self.near = keys.into();
        }
    }

    fn keys(&self) -> impl Iterator<Item = &Key> {
        self.near.iter().chain(self.far.values().flatten()).map(|Reverse(key)| key)
    }
}

impl<E: Hash> Hash for Scheduler<E> {
    /// In the order of execution: where an entry is kept is no part of the state.
    fn hash<H: Hasher>(&self, state: &mut H) {
        let mut pending: Vec<_> = self.keys().collect();
        pending.sort_unstable();
        for (time, sequence, slot) in pending {
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

    #[test]
    fn events_of_any_distance_come_in_order() {
        let mut rng = crate::sim::rng::Rng::new(1, "scheduler");
        let mut scheduler = Scheduler::default();
        let (mut now, mut popped) = (SimTime::ZERO, 0);
        for _ in 0..2000 {
            for _ in 0..rng.below(4) {
                let far = rng.below(5) == 0;
                let time = SimTime(now.0 + rng.below(if far { 40_000_000 } else { 2_000 }));
                scheduler.push(time, time);
            }
            let expected = scheduler.pending().map(|(time, sequence, _)| (time, sequence)).min();
            assert_eq!(scheduler.next_time(), expected.map(|(time, _)| time));
            let Some((time, sequence, event)) = scheduler.pop() else {
                continue;
            };
            assert_eq!((Some((time, sequence)), event), (expected, time));
            now = time;
            popped += 1;
        }
        assert!(popped > 1000 && scheduler.len() > 100);
    }
}
