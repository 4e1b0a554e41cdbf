//! Waiting longer after every failure: Kafka's `ExponentialBackoff`.

use crate::sim::java::math;
use crate::sim::rng::Rng;
use crate::sim::time::Micros;

/// Kafka's `CommonClientConfigs.RETRY_BACKOFF_EXP_BASE`.
const MULTIPLIER: i64 = 2;
/// Kafka's `CommonClientConfigs.RETRY_BACKOFF_JITTER` in percent.
const JITTER_PERCENT: f64 = 20.0;

/// A delay that grows with the attempts up to a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Backoff {
    /// The first delay, milliseconds.
    pub initial_ms: i64,
    /// What a further attempt multiplies it by.
    pub multiplier: i64,
    /// The longest delay, milliseconds.
    pub max_ms: i64,
}

impl Backoff {
    /// A client's delays between `initial_ms` and `max_ms`.
    pub fn new(initial_ms: i64, max_ms: i64) -> Backoff {
        Backoff { initial_ms, multiplier: MULTIPLIER, max_ms }
    }

    /// The delay after so many attempts, without jitter.
    pub fn without_jitter(&self, attempts: u32) -> i64 {
        self.scaled(attempts, 1.0)
    }

    /// The delay after so many attempts, give or take a fifth.
    pub fn after(&self, attempts: u32, rng: &mut Rng) -> Micros {
        let spread = JITTER_PERCENT / 100.0;
        Micros::from_ms(self.scaled(attempts, 1.0 - spread + 2.0 * spread * rng.unit()))
    }

    fn scaled(&self, attempts: u32, factor: f64) -> i64 {
        if self.max_ms <= self.initial_ms {
            return self.max_ms.min(self.initial_ms);
        }
        let base = self.multiplier as f64;
        let range = self.max_ms as f64 / self.initial_ms.max(1) as f64;
        let longest = math::log(range) / math::log(base);
        let exponent = f64::from(attempts).min(longest);
        let delay = self.initial_ms as f64 * math::pow(base, exponent) * factor;
        (delay as i64).min(self.max_ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_double_up_to_the_limit() {
        let backoff = Backoff::new(100, 1000);
        let delays: Vec<i64> = (0..6).map(|n| backoff.without_jitter(n)).collect();
        assert_eq!(delays, [100, 200, 400, 800, 1000, 1000]);
        assert_eq!(Backoff::new(1000, 100).without_jitter(3), 100);
    }

    #[test]
    fn jitter_is_a_fifth_either_way() {
        let mut rng = Rng::new(1, "jitter");
        let backoff = Backoff::new(100, 1000);
        let delays: Vec<i64> = (0..200).map(|_| backoff.after(1, &mut rng).as_ms()).collect();
        assert!(delays.iter().all(|delay| (160..=240).contains(delay)));
        assert!(delays.iter().min() < Some(&170) && delays.iter().max() > Some(&230));
    }
}
