//! A run handed from one person to another: as a link, as a file, and told in full as a trace.
//!
//! What comes in is hostile: it is bounded before it is inflated, its checksum comes first, unknown fields are refused, each
//! action is looked at, and nothing is shown before all of it has been repeated.
//!
//! - [`link`]: a run in the fragment of an address. [`mod@file`]: the same as JSON that a person reads.
//! - [`check`]: whether the actions can be those of the run. [`complaint`]: what is wrong, where, and what to do.
//! - [`opening`]: repeats a shared run a little at a time. [`trace`]: every fact of a run, one a line.
//! - [`sharing`]: all of it as the engine does it for the page.

pub mod check;
pub mod complaint;
pub mod file;
pub mod link;
pub mod opening;
pub mod sharing;
#[cfg(test)]
mod tests;
pub mod trace;

use serde::{Deserialize, Serialize};

use crate::playground::history::Position;
use crate::view::protocol::Script;
use crate::view::session::Session;
use crate::view::text::Lang;

/// The version of the engine: another one may play the same script differently.
pub const ENGINE: &str = env!("CARGO_PKG_VERSION");
/// The slowest and the fastest speed that a link may ask for.
const SPEEDS: (f64, f64) = (0.001, 1_000.0);

/// How the page looked when a link was made.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Look {
    pub lang: Lang,
    pub dark: bool,
    /// Virtual seconds per second.
    pub speed: f64,
    /// Whether the speed follows what happens.
    pub auto: bool,
    /// The topic on the board; `None` is the setup's own.
    pub topic: Option<String>,
}

/// A moment of a run: the clock, and how many events have been handled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moment {
    pub time_us: u64,
    /// Without it, as many as there are by then: who changes the time in a file cannot know it.
    pub after_events: Option<u64>,
}

/// A run at a moment, as it is handed on.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Shared {
    /// The version of the engine that it was made by.
    pub engine: String,
    pub script: Script,
    pub moment: Moment,
    /// The world hash at that moment, to see whether the run is repeated exactly.
    pub hash: u64,
    pub look: Option<Look>,
}

impl Shared {
    /// The run of a session at its moment.
    pub fn of(session: &Session, look: Option<Look>) -> Shared {
        let Position { events, time } = session.history.position();
        Shared {
            engine: ENGINE.to_owned(),
            script: session.script(),
            moment: Moment { time_us: time.0, after_events: Some(events) },
            hash: session.history.run().world.hash(),
            look,
        }
    }

    /// With its numbers inside what the page can show.
    fn clamped(mut self) -> Shared {
        if let Some(look) = &mut self.look {
            let speed = if look.speed.is_finite() { look.speed } else { 1.0 };
            look.speed = speed.clamp(SPEEDS.0, SPEEDS.1);
        }
        self
    }
}
