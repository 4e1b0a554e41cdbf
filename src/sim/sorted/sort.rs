//! Stable sorting whose code is there once: only the numbers of the items are sorted, the items then change places.

use std::cmp::Ordering;

/// Sorts, and leaves equal items in their order.
pub fn sort<T: Ord>(items: &mut [T]) {
    sort_by(items, T::cmp);
}

/// Sorts by a key, and leaves items of equal keys in their order.
pub fn sort_by_key<T, K: Ord>(items: &mut [T], key: impl Fn(&T) -> K) {
    sort_by(items, |left, right| key(left).cmp(&key(right)));
}

/// Sorts by a comparison, and leaves equal items in their order.
pub fn sort_by<T>(items: &mut [T], compare: impl Fn(&T, &T) -> Ordering) {
    if items.len() < 2 {
        return;
    }
    let compare = |left: u32, right: u32| compare(&items[left as usize], &items[right as usize]);
    let mut places = places(items.len() as u32, &compare);
    for at in 0..items.len() {
        while places[at] as usize != at {
            let to = places[at] as usize;
            items.swap(at, to);
            places.swap(at, to);
        }
    }
}

/// For each item the place where it belongs.
#[inline(never)]
fn places(len: u32, compare: &dyn Fn(u32, u32) -> Ordering) -> Vec<u32> {
    let mut order: Vec<u32> = (0..len).collect();
    order.sort_by(|left, right| compare(*left, *right));
    let mut places = vec![0; order.len()];
    for (place, item) in (0..).zip(order) {
        places[item as usize] = place;
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_sorts_as_the_standard_library_does() {
        for len in [0, 1, 2, 30, 1_000] {
            let items: Vec<(u32, u32)> = (0..len).map(|n| (n * 7919 % 37, n)).collect();
            let (mut ours, mut theirs) = (items.clone(), items);
            sort_by_key(&mut ours, |(key, _)| *key);
            theirs.sort_by_key(|(key, _)| *key);
            assert_eq!(ours, theirs);
        }
    }
}
