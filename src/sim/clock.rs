//! A node's clocks: its own offset and drift from the world's time.

use super::time::{Micros, NodeNow, SimTime};

/// Wall clock of the world's start: 2026-01-01T00:00:00Z in milliseconds.
pub const WALL_START_MS: i64 = 1_767_225_600_000;

/// How a node's clocks differ from the world's time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Clock {
    /// Added to the wall clock, in milliseconds.
    pub offset_ms: i64,
    /// Parts per million by which the node's clocks run fast (positive) or slow.
    pub drift_ppm: i32,
}

impl Clock {
    /// What the node's clocks show at `time`.
    pub fn now(&self, time: SimTime) -> NodeNow {
        let monotonic = Micros(self.stretch(time.0));
        NodeNow { monotonic, wall_ms: WALL_START_MS + self.offset_ms + monotonic.as_ms() }
    }

    /// World time after which the node's monotonic clock has advanced by `span`: rounded up, so that no timer fires before the
    /// clock shows its deadline.
    pub fn span_to_world(&self, span: Micros) -> Micros {
        if self.drift_ppm == 0 {
            return span;
        }
        let scaled = (u128::from(span.0) * 1_000_000).div_ceil(u128::from(self.rate_ppm()));
        Micros(u64::try_from(scaled).unwrap_or(u64::MAX))
    }

    fn stretch(&self, micros: u64) -> u64 {
        if self.drift_ppm == 0 {
            return micros;
        }
        let scaled = u128::from(micros) * u128::from(self.rate_ppm()) / 1_000_000;
        u64::try_from(scaled).unwrap_or(u64::MAX)
    }

    fn rate_ppm(&self) -> u64 {
        u64::try_from(1_000_000 + i64::from(self.drift_ppm)).unwrap_or(1).max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fast_clock_reaches_a_deadline_earlier() {
        let clock = Clock { offset_ms: 0, drift_ppm: 100_000 };
        assert_eq!(clock.now(SimTime(1_000_000)).monotonic, Micros(1_100_000));
        assert_eq!(clock.span_to_world(Micros(1_100_000)), Micros(1_000_000));
    }

    #[test]
    fn no_timer_fires_before_its_deadline() {
        for drift_ppm in [-200, -7, 1, 13, 200] {
            let clock = Clock { offset_ms: 0, drift_ppm };
            for start in (0..50_000).step_by(997) {
                let (start, span) = (SimTime(start), Micros(400_000));
                let deadline = clock.now(start).monotonic + span;
                let fires = clock.now(start + clock.span_to_world(span)).monotonic;
                assert!(fires >= deadline, "{drift_ppm} ppm: {fires:?} before {deadline:?}");
            }
        }
    }

    #[test]
    fn the_offset_moves_only_the_wall_clock() {
        let clock = Clock { offset_ms: -500, drift_ppm: 0 };
        let now = clock.now(SimTime(2_000_000));
        assert_eq!((now.monotonic, now.wall_ms), (Micros(2_000_000), WALL_START_MS + 1500));
    }
}
