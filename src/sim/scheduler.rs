//! The future: events in the order (time, sequence number).
//!
//! A calendar. The page of the current slice of time has a list of events for each microsecond; of a later slice there is one
//! list, dealt out over a page when its turn comes. Events enter a list in the order of their sequence numbers, so nothing is
//! ever compared or sorted, and the lists run through the slots in which the events lie.

use std::collections::BTreeMap;
use std::hash::{Hash, Hasher};

use crate::sim::time::SimTime;

/// A slice of time is two to this power microseconds long.
const SLICE_BITS: u32 = 10;
const SLICE: usize = 1 << SLICE_BITS;
const WORD_BITS: usize = u64::BITS as usize;
/// No slot: the end of a list.
const NONE: u32 = u32::MAX;

/// Pending events. The sequence number makes the order total, so ties never depend on anything else.
#[derive(Clone, Debug)]
pub struct Scheduler<E> {
    slots: Vec<Slot<E>>,
    free: Vec<u32>,
    page: Page,
    /// The slice that the page is of; no pending event lies before it.
    slice: u64,
    later: BTreeMap<u64, LaterSlice>,
    next_sequence: u64,
}

#[derive(Clone, Debug)]
struct Slot<E> {
    time: SimTime,
    sequence: u64,
    event: Option<E>,
    /// The slot after it in its list.
    next: u32,
}

/// Slots in the order in which they were added.
#[derive(Clone, Copy, Debug)]
struct List {
    first: u32,
    last: u32,
}

#[derive(Clone, Copy, Debug)]
struct LaterSlice {
    list: List,
    first_time: SimTime,
}

/// The lists of one slice by microsecond, and which of them are not empty.
#[derive(Clone, Debug)]
struct Page {
    lists: Box<[List; SLICE]>,
    occupied: [u64; SLICE / WORD_BITS],
    /// Which words of `occupied` are not 0.
    words: u64,
}

impl List {
    const EMPTY: List = List { first: NONE, last: NONE };

    fn push<E>(&mut self, slot: u32, slots: &mut [Slot<E>]) {
        match self.last {
            NONE => self.first = slot,
            last => slots[last as usize].next = slot,
        }
        self.last = slot;
    }
}

impl Page {
    fn push<E>(&mut self, slot: u32, slots: &mut [Slot<E>]) {
        let line = slots[slot as usize].time.0 as usize % SLICE;
        self.lists[line].push(slot, slots);
        self.occupied[line / WORD_BITS] |= 1 << (line % WORD_BITS);
        self.words |= 1 << (line / WORD_BITS);
    }

    fn first_line(&self) -> Option<usize> {
        let word = self.words.trailing_zeros() as usize;
        let line = |bits: &u64| word * WORD_BITS + bits.trailing_zeros() as usize;
        self.occupied.get(word).map(line)
    }

    fn first(&self) -> Option<u32> {
        self.first_line().map(|line| self.lists[line].first)
    }

    fn pop<E>(&mut self, slots: &mut [Slot<E>]) -> Option<u32> {
        let line = self.first_line()?;
        let list = &mut self.lists[line];
        let slot = list.first;
        list.first = std::mem::replace(&mut slots[slot as usize].next, NONE);
        if list.first == NONE {
            list.last = NONE;
            let bits = &mut self.occupied[line / WORD_BITS];
            *bits &= *bits - 1;
            if *bits == 0 {
                self.words &= self.words - 1;
            }
        }
        Some(slot)
    }
}

impl Default for Page {
    fn default() -> Self {
        let lists = Box::new([List::EMPTY; SLICE]);
        Page { lists, occupied: [0; SLICE / WORD_BITS], words: 0 }
    }
}

impl<E> Default for Scheduler<E> {
    fn default() -> Self {
        Scheduler {
            slots: Vec::new(),
            free: Vec::new(),
            page: Page::default(),
            slice: 0,
            later: BTreeMap::new(),
            next_sequence: 0,
        }
    }
}

impl<E> Scheduler<E> {
    /// Adds an event, no earlier than the last one that was taken.
    pub fn push(&mut self, time: SimTime, event: E) {
        let sequence = self.next_sequence;
        self.next_sequence += 1;
        let slot = self.fill(Slot { time, sequence, event: Some(event), next: NONE });
        let slice = time.0 >> SLICE_BITS;
        debug_assert!(slice >= self.slice, "no event lies in the past");
        if slice == self.slice {
            return self.page.push(slot, &mut self.slots);
        }
        let new = LaterSlice { list: List::EMPTY, first_time: time };
        let later = self.later.entry(slice).or_insert(new);
        later.list.push(slot, &mut self.slots);
        later.first_time = later.first_time.min(time);
    }

    /// The next event's time.
    pub fn next_time(&self) -> Option<SimTime> {
        match self.page.first() {
            Some(slot) => Some(self.slots[slot as usize].time),
            None => self.later.first_key_value().map(|(_, later)| later.first_time),
        }
    }

    /// Takes the next event with its time and sequence number.
    pub fn pop(&mut self) -> Option<(SimTime, u64, E)> {
        if self.page.words == 0 {
            self.turn_page();
        }
        let slot = self.page.pop(&mut self.slots)?;
        self.free.push(slot);
        let Slot { time, sequence, event, .. } = &mut self.slots[slot as usize];
        Some((*time, *sequence, event.take().expect("a listed slot holds an event")))
    }

    /// Number of pending events.
    pub fn len(&self) -> usize {
        self.slots.len() - self.free.len()
    }

    /// Whether nothing is pending.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Pending events with time and sequence number, in no particular order.
    pub fn pending(&self) -> impl Iterator<Item = (SimTime, u64, &E)> {
        self.slots.iter().filter_map(|slot| Some((slot.time, slot.sequence, slot.event.as_ref()?)))
    }

    /// Pending events in no particular order.
    pub fn events(&self) -> impl Iterator<Item = &E> {
        self.slots.iter().filter_map(|slot| slot.event.as_ref())
    }

    fn fill(&mut self, slot: Slot<E>) -> u32 {
        match self.free.pop() {
            Some(at) => {
                self.slots[at as usize] = slot;
                at
            }
            None => {
                self.slots.push(slot);
                self.slots.len() as u32 - 1
            }
        }
    }

    /// Deals the next slice out over the page.
    fn turn_page(&mut self) {
        let Some((slice, later)) = self.later.pop_first() else { return };
        self.slice = slice;
        let mut slot = later.list.first;
        while slot != NONE {
            let next = std::mem::replace(&mut self.slots[slot as usize].next, NONE);
            self.page.push(slot, &mut self.slots);
            slot = next;
        }
    }
}

impl<E: Hash> Hash for Scheduler<E> {
    /// In the order of execution: where an entry is kept is no part of the state.
    fn hash<H: Hasher>(&self, state: &mut H) {
        let mut pending: Vec<_> = self.pending().collect();
        pending.sort_unstable_by_key(|(time, sequence, _)| (*time, *sequence));
        pending.hash(state);
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
