//! Time that a measurement took: CPU time of the process. For wasm, `tests/wasm/run.mjs` lets the monotonic clock show it.

use std::time::Duration;

/// A running stopwatch.
pub struct Stopwatch(
    #[cfg(not(target_family = "wasm"))] cpu_time::ProcessTime,
    #[cfg(target_family = "wasm")] std::time::Instant,
);

impl Stopwatch {
    /// Starts.
    pub fn start() -> Stopwatch {
        #[cfg(not(target_family = "wasm"))]
        return Stopwatch(cpu_time::ProcessTime::now());
        #[cfg(target_family = "wasm")]
        Stopwatch(std::time::Instant::now())
    }

    /// Time since the start.
    pub fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}
