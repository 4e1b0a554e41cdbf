//! The time axis of the dock: how far it reaches, where its ticks stand, how a time is written.

use super::scene::Mark;

/// The axis is never shorter than this.
const SHORTEST_US: u64 = 24_000_000;
/// About this many ticks stand on it.
const TICKS: u64 = 12;
/// Tick distances that a person can add up, in microseconds.
const STEPS: [u64; 17] = [
    1_000,
    2_000,
    5_000,
    10_000,
    20_000,
    50_000,
    100_000,
    200_000,
    400_000,
    1_000_000,
    2_000_000,
    5_000_000,
    10_000_000,
    20_000_000,
    60_000_000,
    300_000_000,
    1_200_000_000,
];

/// The end of the axis for a run known up to `known_us`: a fifth of it stays open, in steps so that it does not creep.
pub fn reach(known_us: u64) -> u64 {
    let mut reach = SHORTEST_US;
    while known_us * 5 > reach * 4 {
        reach = reach * 3 / 2;
    }
    reach
}

/// The end of the axis of a short run, such as a training of a few simulated seconds.
pub fn reach_from(shortest_us: u64, known_us: u64) -> u64 {
    let mut reach = shortest_us.max(1_000);
    while known_us * 5 > reach * 4 {
        reach = reach * 3 / 2;
    }
    reach
}

/// The times of the ticks on an axis of this length.
pub fn ticks(reach_us: u64) -> Vec<u64> {
    let step = STEPS.into_iter().find(|step| reach_us / step <= TICKS).unwrap_or(3_600_000_000);
    (0..=reach_us.saturating_sub(step / 2) / step).map(|tick| tick * step).collect()
}

/// The marks of an axis of this length with room for so many glyphs, neighbours gathered under the most urgent glyph.
pub fn gathered(marks: &[Mark], reach_us: u64, room: u64) -> Vec<Mark> {
    let mut drawn: Vec<Mark> = Vec::new();
    for mark in marks {
        match drawn.last_mut() {
            Some(last) if mark.time_us < last.time_us + reach_us / room.max(1) => {
                last.glyph = last.glyph.max(mark.glyph);
                last.count += mark.count;
            }
            _ => drawn.push(mark.clone()),
        }
    }
    drawn
}

/// A virtual time as minutes and seconds, `0:14`.
pub fn short(time_us: u64) -> String {
    let seconds = time_us / 1_000_000;
    match time_us % 1_000_000 {
        0 => format!("{}:{:02}", seconds / 60, seconds % 60),
        rest => format!("{}:{:02}.{}", seconds / 60, seconds % 60, rest / 100_000),
    }
}

/// A virtual time with milliseconds, `0:14.200`.
pub fn long(time_us: u64) -> String {
    let seconds = time_us / 1_000_000;
    format!("{}:{:02}.{:03}", seconds / 60, seconds % 60, time_us / 1_000 % 1_000)
}

/// The place of a time on an axis, in percent.
pub fn percent(time_us: u64, reach_us: u64) -> f64 {
    (time_us as f64 / reach_us as f64 * 100.0).clamp(0.0, 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::scene::Glyph;

    #[test]
    fn the_axis_grows_in_steps() {
        assert_eq!(reach(0), 24_000_000);
        assert_eq!(reach(19_000_000), 24_000_000);
        assert_eq!(reach(20_000_000), 36_000_000);
    }

    #[test]
    fn ticks_stand_at_round_times() {
        assert_eq!(ticks(24_000_000).len(), 12);
        assert_eq!(ticks(24_000_000)[1], 2_000_000);
        assert!(ticks(3_600_000_000).len() <= 13);
    }

    #[test]
    fn marks_that_would_overlap_are_gathered() {
        let mark = |time_us, glyph| Mark { time_us, glyph, count: 1 };
        let marks = [mark(0, Glyph::Created), mark(100, Glyph::Fault), mark(5_000, Glyph::Grown)];
        let drawn = gathered(&marks, 60_000, 60);
        assert_eq!(drawn.len(), 2);
        assert_eq!(gathered(&marks, 60_000, 10).len(), 1);
        assert_eq!(drawn[0], Mark { time_us: 0, glyph: Glyph::Fault, count: 2 });
    }

    #[test]
    fn times_are_written_as_minutes_and_seconds() {
        assert_eq!(short(74_000_000), "1:14");
        assert_eq!(short(400_000), "0:00.4");
        assert_eq!(long(14_200_000), "0:14.200");
    }
}
