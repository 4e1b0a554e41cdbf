//! `java.util.HashMap` and `HashSet` as far as their iteration order goes.
//!
//! A table of 16·2^k buckets, doubled when it is more than three quarters full; a key sits in the bucket of
//! `h ^ h >>> 16` and a bucket keeps the order of insertion, also when the table doubles. Java 17's rules.
//!
//! Simplification: Java turns a bucket of more than eight keys into a tree once the table has 64 buckets, and then
//! puts the root of the tree first. That takes nine keys with the same low bits of the hash; it is not modelled.
use std::hash::{Hash, Hasher};

use super::hash::JavaHash;

const DEFAULT_CAPACITY: usize = 16;
const TREEIFY_THRESHOLD: usize = 8;
const MIN_TREEIFY_CAPACITY: usize = 64;

/// A map that iterates in the order of `java.util.HashMap`.
#[derive(Clone, Debug)]
pub struct JavaHashMap<K, V> {
    buckets: Vec<Vec<(K, V)>>,
    len: usize,
}

/// A set that iterates in the order of `java.util.HashSet`.
#[derive(Clone, Debug)]
pub struct JavaHashSet<K> {
    map: JavaHashMap<K, ()>,
}

impl<K: JavaHash + Eq, V> JavaHashMap<K, V> {
    /// `new HashMap<>()`.
    pub fn new() -> JavaHashMap<K, V> {
        JavaHashMap::with_table(DEFAULT_CAPACITY)
    }

    /// `new HashMap<>(initialCapacity)`: the table gets the next power of two.
    pub fn with_capacity(initial_capacity: usize) -> JavaHashMap<K, V> {
        JavaHashMap::with_table(initial_capacity.next_power_of_two())
    }

    /// `new HashMap<>(map)` of a map with these entries in this order of iteration.
    pub fn copy_of(entries: impl ExactSizeIterator<Item = (K, V)>) -> JavaHashMap<K, V> {
        // Java 17 computes (float) size / 0.75f + 1.0f; an empty map leaves the table to the first put.
        let mut map = match entries.len() {
            0 => JavaHashMap::new(),
            size => JavaHashMap::with_capacity(size * 4 / 3 + 1),
        };
        map.extend(entries);
        map
    }

    /// Puts a value, and returns the one it replaces; a replaced key keeps its place in the order.
    pub fn insert(&mut self, key: K, value: V) -> Option<V> {
        if let Some(old) = self.get_mut(&key) {
            return Some(std::mem::replace(old, value));
        }
        let bucket = self.bucket_of(&key);
        self.buckets[bucket].push((key, value));
        // A table too small for trees is doubled instead when a bucket grows past the threshold.
        let crowded = self.buckets[bucket].len() > TREEIFY_THRESHOLD;
        if crowded && self.buckets.len() < MIN_TREEIFY_CAPACITY {
            self.double();
        }
        self.len += 1;
        if self.len > self.buckets.len() * 3 / 4 {
            self.double();
        }
        None
    }

    /// Returns the value of a key.
    pub fn get(&self, key: &K) -> Option<&V> {
        let bucket = &self.buckets[self.bucket_of(key)];
        bucket.iter().find(|(other, _)| other == key).map(|(_, value)| value)
    }

    /// Returns the value of a key to change it in place.
    pub fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        let bucket = self.bucket_of(key);
        self.buckets[bucket].iter_mut().find(|(other, _)| other == key).map(|(_, value)| value)
    }

    /// Tells whether the key is in the map.
    pub fn contains_key(&self, key: &K) -> bool {
        self.get(key).is_some()
    }

    /// Returns the value of a key, which is put first if it is missing (`computeIfAbsent`).
    pub fn get_or_insert_with(&mut self, key: K, make: impl FnOnce() -> V) -> &mut V
    where
        K: Clone,
    {
        if !self.contains_key(&key) {
            self.insert(key.clone(), make());
        }
        self.get_mut(&key).expect("the key was put above")
    }

    /// Removes a key and returns its value; the table never shrinks.
    pub fn remove(&mut self, key: &K) -> Option<V> {
        let bucket = self.bucket_of(key);
        let place = self.buckets[bucket].iter().position(|(other, _)| other == key)?;
        self.len -= 1;
        Some(self.buckets[bucket].remove(place).1)
    }

    /// Returns the number of keys.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Tells whether there is no key.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Iterates over the entries in Java's order.
    pub fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        self.buckets.iter().flatten().map(|(key, value)| (key, value))
    }

    /// Iterates over the keys in Java's order.
    pub fn keys(&self) -> impl Iterator<Item = &K> {
        self.iter().map(|(key, _)| key)
    }

    /// Iterates over the values in Java's order.
    pub fn values(&self) -> impl Iterator<Item = &V> {
        self.iter().map(|(_, value)| value)
    }

    /// Iterates over the values in Java's order, to change them in place.
    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut V> {
        self.buckets.iter_mut().flatten().map(|(_, value)| value)
    }

    fn with_table(buckets: usize) -> JavaHashMap<K, V> {
        JavaHashMap { buckets: std::iter::repeat_with(Vec::new).take(buckets).collect(), len: 0 }
    }

    fn bucket_of(&self, key: &K) -> usize {
        let hash = key.hash_code() as u32;
        (hash ^ (hash >> 16)) as usize & (self.buckets.len() - 1)
    }

    fn double(&mut self) {
        let doubled = JavaHashMap::with_table(self.buckets.len() * 2);
        let old = std::mem::replace(&mut self.buckets, doubled.buckets);
        for (key, value) in old.into_iter().flatten() {
            let bucket = self.bucket_of(&key);
            self.buckets[bucket].push((key, value));
        }
    }
}

impl<K: Hash, V: Hash> Hash for JavaHashMap<K, V> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.buckets.hash(state);
    }
}

impl<K: JavaHash + Eq, V> Default for JavaHashMap<K, V> {
    fn default() -> Self {
        JavaHashMap::new()
    }
}

impl<K: JavaHash + Eq, V> Extend<(K, V)> for JavaHashMap<K, V> {
    fn extend<I: IntoIterator<Item = (K, V)>>(&mut self, entries: I) {
        for (key, value) in entries {
            self.insert(key, value);
        }
    }
}

impl<K: JavaHash + Eq, V> FromIterator<(K, V)> for JavaHashMap<K, V> {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Self {
        let mut map = JavaHashMap::new();
        map.extend(entries);
        map
    }
}

impl<K: JavaHash + Eq> JavaHashSet<K> {
    /// `new HashSet<>()`.
    pub fn new() -> JavaHashSet<K> {
        JavaHashSet { map: JavaHashMap::new() }
    }

    /// `new HashSet<>(collection)`.
    pub fn copy_of(keys: impl ExactSizeIterator<Item = K>) -> JavaHashSet<K> {
        let capacity = (keys.len() * 4 / 3 + 1).max(DEFAULT_CAPACITY);
        let mut set = JavaHashSet { map: JavaHashMap::with_capacity(capacity) };
        set.extend(keys);
        set
    }

    /// Adds a key, and tells whether it is new.
    pub fn insert(&mut self, key: K) -> bool {
        self.map.insert(key, ()).is_none()
    }

    /// Removes a key, and tells whether it was there.
    pub fn remove(&mut self, key: &K) -> bool {
        self.map.remove(key).is_some()
    }

    /// Tells whether the key is in the set.
    pub fn contains(&self, key: &K) -> bool {
        self.map.contains_key(key)
    }

    /// Returns the number of keys.
    pub fn len(&self) -> usize {
        self.map.len()
    }

    /// Tells whether there is no key.
    pub fn is_empty(&self) -> bool {
        self.map.is_empty()
    }

    /// Iterates over the keys in Java's order.
    pub fn iter(&self) -> impl Iterator<Item = &K> {
        self.map.keys()
    }
}

impl<K: JavaHash + Eq> Default for JavaHashSet<K> {
    fn default() -> Self {
        JavaHashSet::new()
    }
}

impl<K: JavaHash + Eq> Extend<K> for JavaHashSet<K> {
    fn extend<I: IntoIterator<Item = K>>(&mut self, keys: I) {
        self.map.extend(keys.into_iter().map(|key| (key, ())));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order<const N: usize>(keys: [i32; N]) -> Vec<i32> {
        let mut set = JavaHashSet::new();
        set.extend(keys);
        set.iter().copied().collect()
    }

    #[test]
    fn small_integers_come_out_sorted_and_larger_ones_by_bucket() {
        assert_eq!(order([3, 1, 2]), [1, 2, 3]);
        assert_eq!(
            order([17, 1, 33, 16]),
            [16, 17, 1, 33],
            "one bucket keeps the order of insertion"
        );
    }

    #[test]
    fn the_upper_half_of_the_hash_counts() {
        assert_eq!(order([1 << 16, 0]), [0, 1 << 16], "65536 sits in bucket 1");
        assert_eq!(order([1, (1 << 16) + 1]), [(1 << 16) + 1, 1], "65537 sits in bucket 0");
    }

    #[test]
    fn the_thirteenth_key_doubles_the_table() {
        let mut set = JavaHashSet::new();
        set.extend([16, 0]);
        set.extend(1..=10);
        assert_eq!(set.iter().copied().next(), Some(16));
        set.insert(11);
        assert_eq!(set.iter().copied().next(), Some(0));
        assert_eq!(set.iter().copied().last(), Some(16));
    }

    #[test]
    fn nine_keys_in_one_bucket_double_a_small_table() {
        assert_eq!(order([32, 16, 48, 64, 80, 96, 112, 128])[..2], [32, 16]);
        let nine = order([32, 16, 48, 64, 80, 96, 112, 128, 144]);
        assert_eq!(nine, [32, 64, 96, 128, 16, 48, 80, 112, 144]);
    }

    #[test]
    fn a_copy_may_have_another_table_than_its_original() {
        // Twelve keys fit 16 buckets, but the copy constructor asks for 12 / 0.75 + 1 = 17 and gets 32.
        let original: JavaHashMap<i32, ()> =
            [16, 0].into_iter().chain(1..=10).map(|key| (key, ())).collect();
        let keys: Vec<(i32, ())> = original.iter().map(|(key, ())| (*key, ())).collect();
        let copy = JavaHashMap::copy_of(keys.into_iter());
        assert_eq!(original.keys().next(), Some(&16));
        assert_eq!(copy.keys().next(), Some(&0));
    }

    #[test]
    fn a_replaced_value_keeps_its_place_and_a_removed_key_returns_to_the_end() {
        let mut map: JavaHashMap<i32, &str> = [(1, "a"), (17, "b")].into_iter().collect();
        assert_eq!(map.insert(1, "c"), Some("a"));
        assert_eq!(map.keys().collect::<Vec<_>>(), [&1, &17]);
        assert_eq!(map.remove(&1), Some("c"));
        map.insert(1, "d");
        assert_eq!(map.keys().collect::<Vec<_>>(), [&17, &1]);
        assert_eq!(map.len(), 2);
    }
}
