//! The newest of many items, in sealed pages plus an open one: adding is cheap, and clones share the pages.

use std::collections::VecDeque;
use std::sync::Arc;

/// Items in a page before it is sealed.
const PAGE_LEN: usize = 128;

/// Items in the order they were added; the oldest make room.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Ring<T> {
    sealed: VecDeque<Arc<[T]>>,
    open: Vec<T>,
    /// Items of the first page that have made room.
    expired: u64,
}

impl<T> Default for Ring<T> {
    fn default() -> Self {
        Ring { sealed: VecDeque::new(), open: Vec::new(), expired: 0 }
    }
}

impl<T> Ring<T> {
    /// Adds an item; of all no more than `kept` stay.
    pub fn push(&mut self, item: T, kept: usize) {
        self.open.push(item);
        if self.open.len() == PAGE_LEN {
            self.sealed.push_back(self.open.drain(..).collect());
        }
        if self.len() > kept {
            self.expired += 1;
        }
        if self.expired == PAGE_LEN as u64 {
            self.expired = 0;
            self.sealed.pop_front();
        }
    }

    /// Number of items kept.
    pub fn len(&self) -> usize {
        self.sealed.len() * PAGE_LEN + self.open.len() - self.expired as usize
    }

    /// The item that `index` kept ones are older than.
    pub fn get(&self, index: usize) -> Option<&T> {
        let at = index + self.expired as usize;
        let page = self.sealed.get(at / PAGE_LEN).map_or(&*self.open, |page| page);
        if index < self.len() { page.get(at % PAGE_LEN) } else { None }
    }

    /// The items kept, oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &T> + ExactSizeIterator {
        (0..self.len()).map(|index| self.get(index).expect("an index below the length"))
    }

    /// The index of the first item for which `is_before` does not hold; it must hold for a prefix.
    pub fn partition_point(&self, is_before: impl Fn(&T) -> bool) -> usize {
        let (mut from, mut to) = (0, self.len());
        while from < to {
            let middle = from.midpoint(to);
            match self.get(middle).is_some_and(&is_before) {
                true => from = middle + 1,
                false => to = middle,
            }
        }
        from
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_are_kept_whatever_the_page() {
        for kept in [1, 100, 128, 300] {
            let mut ring = Ring::default();
            for item in 0..1000usize {
                ring.push(item, kept);
                let first = (item + 1).saturating_sub(kept);
                assert_eq!(ring.len(), item + 1 - first);
                assert_eq!(ring.get(0), Some(&first));
                assert_eq!(ring.get(ring.len()), None);
                assert_eq!(ring.partition_point(|other| *other < item), ring.len() - 1);
            }
            assert!(ring.iter().copied().eq(1000 - kept..1000));
        }
    }
}
