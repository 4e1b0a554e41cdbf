//! `java.util.Random`: the 48-bit linear congruential generator, bit for bit.

const MULTIPLIER: u64 = 0x5_DEEC_E66D;
const ADDEND: u64 = 0xB;
const MASK: u64 = (1 << 48) - 1;

/// A `java.util.Random`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct JavaRandom {
    state: u64,
}

impl JavaRandom {
    /// Starts the generator as `new Random(seed)` does.
    pub fn new(seed: i64) -> JavaRandom {
        JavaRandom { state: (seed as u64 ^ MULTIPLIER) & MASK }
    }

    /// Draws any `int`.
    pub fn next_int(&mut self) -> i32 {
        self.next(32)
    }

    /// Draws an `int` from `0..bound`.
    ///
    /// # Panics
    /// If `bound` is not positive, where Java throws `IllegalArgumentException`.
    pub fn next_int_below(&mut self, bound: i32) -> i32 {
        assert!(bound > 0, "bound must be positive, got {bound}");
        let mut bits = self.next(31);
        if bound & (bound - 1) == 0 {
            return ((i64::from(bound) * i64::from(bits)) >> 31) as i32;
        }
        // Redraw in the incomplete last interval, which would make small results more likely.
        while (bits - bits % bound).checked_add(bound - 1).is_none() {
            bits = self.next(31);
        }
        bits % bound
    }

    /// Draws any `long`.
    pub fn next_long(&mut self) -> i64 {
        let high = i64::from(self.next(32)) << 32;
        high.wrapping_add(i64::from(self.next(32)))
    }

    /// Draws a `double` from `0.0..1.0`.
    pub fn next_double(&mut self) -> f64 {
        let high = i64::from(self.next(26)) << 27;
        (high + i64::from(self.next(27))) as f64 / (1_i64 << 53) as f64
    }

    /// Draws a `boolean`.
    pub fn next_boolean(&mut self) -> bool {
        self.next(1) != 0
    }

    fn next(&mut self, bits: u32) -> i32 {
        self.state = self.state.wrapping_mul(MULTIPLIER).wrapping_add(ADDEND) & MASK;
        (self.state >> (48 - bits)) as i32
    }
}

/// Shuffles as `Collections.shuffle` does, with `draw(bound)` in place of `Random.nextInt(bound)`.
pub fn shuffle<T>(list: &mut [T], draw: &mut dyn FnMut(i32) -> i32) {
    for size in (2..=list.len()).rev() {
        let bound =
            i32::try_from(size).expect("a Java list has at most Integer.MAX_VALUE elements");
        list.swap(size - 1, draw(bound) as usize);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seed_zero_draws_what_java_draws() {
        let mut random = JavaRandom::new(0);
        assert_eq!(random.next_int(), -1_155_484_576);
        assert_eq!(random.next_int(), -723_955_400);
        assert_eq!(JavaRandom::new(0).next_long(), -4_962_768_465_676_381_896);
        assert_eq!(JavaRandom::new(0).next_double(), 0.730967787376657);
        assert!(JavaRandom::new(0).next_boolean());
    }

    #[test]
    fn a_bound_just_above_half_the_range_is_redrawn() {
        let bound = (1 << 30) + 1;
        let mut random = JavaRandom::new(42);
        let draws: Vec<i32> = (0..100).map(|_| random.next_int_below(bound)).collect();
        assert!(draws.iter().all(|&draw| (0..bound).contains(&draw)));
        let mut raw = JavaRandom::new(42);
        let unfiltered: Vec<i32> = (0..100).map(|_| raw.next(31) % bound).collect();
        assert_ne!(
            draws, unfiltered,
            "about half of the raw draws fall in the incomplete interval"
        );
    }

    #[test]
    fn shuffle_moves_from_the_end_to_the_front() {
        let mut list: Vec<i32> = (0..12).collect();
        let mut random = JavaRandom::new(0);
        shuffle(&mut list, &mut |bound| random.next_int_below(bound));
        assert_eq!(list, [4, 10, 3, 8, 1, 7, 11, 5, 2, 9, 6, 0]);
    }
}
