//! A set as a sorted vector.

use std::borrow::Borrow;
use std::hash::{Hash, Hasher};
use std::{fmt, slice, vec};

/// A set that iterates in order.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct SortedSet<K> {
    keys: Vec<K>,
}

impl<K> SortedSet<K> {
    /// An empty set.
    pub const fn new() -> SortedSet<K> {
        SortedSet { keys: Vec::new() }
    }

    /// Keys.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Removes everything.
    pub fn clear(&mut self) {
        self.keys.clear();
    }

    /// The keys in order.
    pub fn iter(&self) -> slice::Iter<'_, K> {
        self.keys.iter()
    }

    /// The lowest key.
    pub fn first(&self) -> Option<&K> {
        self.keys.first()
    }

    /// The highest key.
    pub fn last(&self) -> Option<&K> {
        self.keys.last()
    }

    /// Takes the lowest key out.
    pub fn pop_first(&mut self) -> Option<K> {
        (!self.keys.is_empty()).then(|| self.keys.remove(0))
    }

    /// Keeps what `keep` agrees to.
    pub fn retain(&mut self, keep: impl FnMut(&K) -> bool) {
        self.keys.retain(keep);
    }
}

impl<K: Ord> SortedSet<K> {
    /// Where a key is, or would be.
    fn place<Q: Ord + ?Sized>(&self, key: &Q) -> Result<usize, usize>
    where
        K: Borrow<Q>,
    {
        self.keys.binary_search_by(|own| own.borrow().cmp(key))
    }

    /// Whether the key is there.
    pub fn contains<Q: Ord + ?Sized>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
    {
        self.place(key).is_ok()
    }

    /// All keys, from one on and then from the start.
    pub fn around(&self, key: &K) -> impl Iterator<Item = &K> {
        let (below, from) = self.keys.split_at(self.place(key).unwrap_or_else(|free| free));
        from.iter().chain(below)
    }

    /// Puts a key in; whether it was not there.
    pub fn insert(&mut self, key: K) -> bool {
        let place = self.place(&key);
        if let Err(at) = place {
            self.keys.insert(at, key);
        }
        place.is_err()
    }

    /// Takes a key out; whether it was there.
    pub fn remove<Q: Ord + ?Sized>(&mut self, key: &Q) -> bool
    where
        K: Borrow<Q>,
    {
        let place = self.place(key);
        if let Ok(at) = place {
            self.keys.remove(at);
        }
        place.is_ok()
    }
}

impl<K: Hash> Hash for SortedSet<K> {
    /// Key by key, as a `BTreeSet`: a slice of numbers would be hashed as bytes.
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_usize(self.keys.len());
        self.keys.iter().for_each(|key| key.hash(state));
    }
}

impl<K> Default for SortedSet<K> {
    fn default() -> Self {
        SortedSet::new()
    }
}

impl<K: fmt::Debug> fmt::Debug for SortedSet<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self).finish()
    }
}

impl<K: Ord> Extend<K> for SortedSet<K> {
    fn extend<I: IntoIterator<Item = K>>(&mut self, keys: I) {
        for key in keys {
            self.insert(key);
        }
    }
}

impl<K: Ord> FromIterator<K> for SortedSet<K> {
    fn from_iter<I: IntoIterator<Item = K>>(keys: I) -> Self {
        let mut set = SortedSet::new();
        set.extend(keys);
        set
    }
}

impl<K: Ord, const N: usize> From<[K; N]> for SortedSet<K> {
    fn from(keys: [K; N]) -> Self {
        keys.into_iter().collect()
    }
}

impl<K> IntoIterator for SortedSet<K> {
    type Item = K;
    type IntoIter = vec::IntoIter<K>;

    fn into_iter(self) -> Self::IntoIter {
        self.keys.into_iter()
    }
}

impl<'a, K> IntoIterator for &'a SortedSet<K> {
    type Item = &'a K;
    type IntoIter = slice::Iter<'a, K>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::sim::hash::digest_of;

    #[test]
    fn it_does_what_a_btree_does() {
        let numbers = (1..200_u64).map(|n| n * 7919 % 101);
        let (mut ours, mut theirs): (SortedSet<u64>, BTreeSet<u64>) =
            (numbers.clone().collect(), numbers.collect());
        assert!(ours.iter().eq(&theirs));
        assert_eq!(digest_of(&ours), digest_of(&theirs));
        assert_eq!((ours.insert(7), ours.remove(&8)), (theirs.insert(7), theirs.remove(&8)));
        assert_eq!((ours.pop_first(), ours.last()), (theirs.pop_first(), theirs.last()));
        assert_eq!(format!("{ours:?}"), format!("{theirs:?}"));
    }
}
