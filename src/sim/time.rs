//! Simulated time.

use std::fmt;
use std::ops::{Add, AddAssign, Sub};

use serde::{Deserialize, Serialize};

/// An instant of the world in microseconds since its start. Only the kernel sees it; nodes get [`NodeNow`].
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct SimTime(pub u64);

/// A length of time in microseconds.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct Micros(pub u64);

impl SimTime {
    /// The start of the world.
    pub const ZERO: SimTime = SimTime(0);

    /// The time passed since `earlier`, zero if that lies later.
    pub fn since(self, earlier: SimTime) -> Micros {
        Micros(self.0.saturating_sub(earlier.0))
    }
}

impl Micros {
    /// No time.
    pub const ZERO: Micros = Micros(0);

    /// `ms` milliseconds; negative values (Kafka's "never" or "now") become zero.
    pub fn from_ms(ms: i64) -> Micros {
        Micros(u64::try_from(ms).unwrap_or(0).saturating_mul(1000))
    }

    /// Whole milliseconds, rounded down.
    pub fn as_ms(self) -> i64 {
        i64::try_from(self.0 / 1000).unwrap_or(i64::MAX)
    }

    /// This long, at most down to zero, without `other`.
    pub fn saturating_sub(self, other: Micros) -> Micros {
        Micros(self.0.saturating_sub(other.0))
    }
}

impl Add<Micros> for SimTime {
    type Output = SimTime;
    fn add(self, rhs: Micros) -> SimTime {
        SimTime(self.0.saturating_add(rhs.0))
    }
}

impl Add for Micros {
    type Output = Micros;
    fn add(self, rhs: Micros) -> Micros {
        Micros(self.0.saturating_add(rhs.0))
    }
}

impl AddAssign for Micros {
    fn add_assign(&mut self, rhs: Micros) {
        *self = *self + rhs;
    }
}

impl Sub for Micros {
    type Output = Micros;
    fn sub(self, rhs: Micros) -> Micros {
        self.saturating_sub(rhs)
    }
}

impl fmt::Display for SimTime {
    /// `14.200000s`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:06}s", self.0 / 1_000_000, self.0 % 1_000_000)
    }
}

/// What a node's own clocks show; the only time a node may know.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeNow {
    /// Microseconds of the node's monotonic clock, for timeouts.
    pub monotonic: Micros,
    /// Milliseconds of the node's wall clock, for record timestamps.
    pub wall_ms: i64,
}
