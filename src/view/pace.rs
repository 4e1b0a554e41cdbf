//! How fast virtual time runs: the speed asked for, and the speed reached.
//!
//! The auto pace slows down where there is something to see and hurries where everybody only waits. It changes how fast the
//! run is shown, never the run.

/// A tab that slept does not catch up for more than this, in milliseconds.
const CATCH_UP_MS_MAX: f64 = 100.0;
/// The achieved speed is measured over this time.
const MEASURE_MS: f64 = 1_000.0;

/// What a run is doing, as far as the pace minds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Going {
    /// Something has just happened that is worth seeing.
    Eventful,
    Ordinary,
    /// A timeout has to pass before anything more happens.
    Waiting,
}

impl Going {
    /// The speed of the auto pace.
    fn speed(self) -> f64 {
        match self {
            Going::Eventful => 1.0 / 3.0,
            Going::Ordinary => 1.0,
            Going::Waiting => 8.0,
        }
    }
}

/// The pace of a run. It is told the wall time; it reads no clock.
#[derive(Clone, Debug)]
pub struct Pace {
    /// Virtual seconds per second.
    pub speed: f64,
    /// Whether the speed follows what happens.
    pub auto: bool,
    pub playing: bool,
    /// Virtual microseconds that are owed beyond whole ones.
    owed_us: f64,
    last_ms: Option<f64>,
    measure: Option<(f64, u64)>,
    achieved: f64,
}

impl Pace {
    /// A pace of one virtual second per second.
    pub fn new(playing: bool) -> Pace {
        Pace {
            speed: 1.0,
            auto: false,
            playing,
            owed_us: 0.0,
            last_ms: None,
            measure: None,
            achieved: 0.0,
        }
    }

    /// How many virtual microseconds to run, now that the wall clock shows `now_ms`.
    pub fn due_us(&mut self, now_ms: f64) -> u64 {
        let passed = self.last_ms.map_or(0.0, |last| (now_ms - last).clamp(0.0, CATCH_UP_MS_MAX));
        self.last_ms = Some(now_ms);
        if !self.playing {
            return 0;
        }
        self.owed_us += passed * 1_000.0 * self.speed;
        let due = self.owed_us.floor();
        self.owed_us -= due;
        due as u64
    }

    /// Lets the auto pace see what the run is doing.
    pub fn follow(&mut self, going: Going) {
        if self.auto && self.speed != going.speed() {
            self.speed = going.speed();
            self.measure = None;
            self.achieved = 0.0;
        }
    }

    /// Takes note of where the run is; what was not reached in time is let go, never skipped.
    pub fn reached(&mut self, now_ms: f64, time_us: u64) {
        match self.measure {
            Some((from_ms, from_us)) if now_ms - from_ms >= MEASURE_MS => {
                let virtual_ms = time_us.saturating_sub(from_us) as f64 / 1_000.0;
                self.achieved = virtual_ms / (now_ms - from_ms);
                self.measure = Some((now_ms, time_us));
            }
            Some(_) => {}
            None => self.measure = Some((now_ms, time_us)),
        }
    }

    /// Begins to measure anew, after a jump or a change of speed.
    pub fn restart(&mut self) {
        self.owed_us = 0.0;
        self.last_ms = None;
        self.measure = None;
        self.achieved = 0.0;
    }

    /// Virtual seconds per second over the last second; 0 until there is a measure.
    pub fn achieved(&self) -> f64 {
        self.achieved
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn virtual_time_follows_the_wall_clock_at_the_speed_asked_for() {
        let mut pace = Pace::new(true);
        pace.speed = 0.001;
        assert_eq!(pace.due_us(0.0), 0);
        let due: u64 = (1..=1_000).map(|ms| pace.due_us(f64::from(ms))).sum();
        assert!((999..=1_000).contains(&due), "{due} of 1000 microseconds");
    }

    #[test]
    fn a_paused_run_owes_nothing() {
        let mut pace = Pace::new(false);
        pace.due_us(0.0);
        assert_eq!(pace.due_us(50.0), 0);
        pace.playing = true;
        assert_eq!(pace.due_us(60.0), 10_000);
    }

    #[test]
    fn the_auto_pace_slows_for_events_and_hurries_through_waits() {
        let mut pace = Pace::new(true);
        pace.follow(Going::Waiting);
        assert_eq!(pace.speed, 1.0, "a fixed speed stays");
        pace.auto = true;
        let speeds = [Going::Waiting, Going::Eventful, Going::Ordinary].map(|going| {
            pace.follow(going);
            pace.speed
        });
        assert!(speeds[0] > speeds[2] && speeds[2] > speeds[1], "{speeds:?}");
    }

    #[test]
    fn a_tab_that_slept_does_not_catch_up() {
        let mut pace = Pace::new(true);
        pace.due_us(0.0);
        assert_eq!(pace.due_us(60_000.0), 100_000);
    }

    #[test]
    fn the_achieved_speed_is_that_of_the_last_second() {
        let mut pace = Pace::new(true);
        pace.reached(0.0, 0);
        pace.reached(1_000.0, 500_000);
        assert!((pace.achieved() - 0.5).abs() < 1e-9);
    }
}
