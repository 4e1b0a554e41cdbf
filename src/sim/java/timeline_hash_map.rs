//! The order of Kafka's `TimelineHashMap` with whole numbers for keys: how the controller keeps a topic's partitions.

/// Knuth's multiplier for 64-bit Fibonacci hashing.
const FIBONACCI: i64 = -7_046_029_254_386_353_131;

/// The key that iteration begins with when `0..count` were put into an empty map in this order; None if it is empty.
pub fn first_key(count: i32) -> Option<i32> {
    let mut slots: Vec<Vec<i32>> = vec![Vec::new(); 2];
    for key in 0..count {
        if f64::from(key + 1) * 0.75 > slots.len() as f64 {
            let before = std::mem::take(&mut slots);
            slots = vec![Vec::new(); before.len() * 2];
            before.into_iter().flatten().for_each(|key| put(&mut slots, key));
        }
        put(&mut slots, key);
    }
    // A slot with several keys is read from its end.
    slots.iter().find_map(|slot| slot.last().copied())
}

fn put(slots: &mut [Vec<i32>], key: i32) {
    let bits = slots.len().trailing_zeros();
    let hash = i64::from(key).wrapping_mul(FIBONACCI) as u64;
    slots[(hash >> (64 - bits)) as usize].push(key);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_that_share_the_first_slot_come_out_backwards() {
        assert_eq!(first_key(0), None);
        assert_eq!(first_key(1), Some(0));
        assert_eq!(first_key(4), Some(2), "of four slots 0 and 2 have the first");
        assert_eq!(first_key(6), Some(5), "of eight slots 0 and 5 have the first");
    }
}
