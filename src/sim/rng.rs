//! Randomness: one generator per name, so that a new draw in one part does not reshuffle another.
//!
//! Only `next_u64` comes from a library; bounded draws, shuffle and the exponential are our own and pinned by golden tests.

use std::hash::{Hash, Hasher};

use rand::Rng as _;
use rand::SeedableRng as _;
use rand_xoshiro::Xoshiro256PlusPlus;

use super::hash::digest_of;

/// A named, seeded generator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rng(Xoshiro256PlusPlus);

impl Rng {
    /// The generator of `name` in the world with `seed`.
    pub fn new(seed: u64, name: &str) -> Rng {
        Rng(Xoshiro256PlusPlus::seed_from_u64(digest_of(&(seed, name))))
    }

    /// A generator of its own for `name`, drawn from this one.
    pub fn fork(&mut self, name: &str) -> Rng {
        Rng::new(self.bits(), name)
    }

    /// 64 random bits.
    pub fn bits(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// A number in `0..bound`; `bound` must not be 0. Multiply-shift with rejection, so without bias.
    pub fn below(&mut self, bound: u64) -> u64 {
        assert!(bound > 0, "a draw needs a bound above 0");
        let threshold = bound.wrapping_neg() % bound;
        loop {
            let wide = u128::from(self.bits()) * u128::from(bound);
            if (wide as u64) >= threshold {
                return (wide >> 64) as u64;
            }
        }
    }

    /// An index into something of `len` elements.
    pub fn index(&mut self, len: usize) -> usize {
        self.below(len as u64) as usize
    }

    /// True in `numerator` of `denominator` draws.
    pub fn chance(&mut self, numerator: u64, denominator: u64) -> bool {
        self.below(denominator) < numerator
    }

    /// A number in `low..=high`.
    pub fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.below(high - low + 1)
    }

    /// A number in [0, 1) with 53 bits.
    pub fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 * (1.0 / (1u64 << 53) as f64)
    }

    /// A draw from the exponential distribution with the given mean, rounded down.
    pub fn exponential(&mut self, mean: u64) -> u64 {
        (-libm::log(1.0 - self.unit()) * mean as f64) as u64
    }

    /// Fisher-Yates from the end, as Collections.shuffle does.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for i in (1..items.len()).rev() {
            items.swap(i, self.index(i + 1));
        }
    }
}

impl Hash for Rng {
    /// The generator's state cannot be read, but its next four draws determine it.
    fn hash<H: Hasher>(&self, state: &mut H) {
        let mut ahead = self.0.clone();
        for _ in 0..4 {
            state.write_u64(ahead.next_u64());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn golden_draws() {
        let mut rng = Rng::new(7, "network");
        let draws: Vec<u64> = (0..4).map(|_| rng.below(1000)).collect();
        assert_eq!(draws, [969, 193, 346, 139]);
        assert_eq!((rng.exponential(1000), rng.between(5, 6)), (694, 5));
        let mut items = [0, 1, 2, 3, 4, 5, 6, 7];
        rng.shuffle(&mut items);
        assert_eq!(items, [3, 7, 0, 4, 1, 5, 6, 2]);
    }

    #[test]
    fn names_are_independent() {
        assert_ne!(Rng::new(1, "a").bits(), Rng::new(1, "b").bits());
        assert_ne!(Rng::new(1, "a").bits(), Rng::new(2, "a").bits());
    }

    #[test]
    fn hashing_sees_a_draw() {
        let rng = Rng::new(1, "a");
        let mut other = rng.clone();
        other.bits();
        assert_ne!(digest_of(&rng), digest_of(&other));
    }
}
