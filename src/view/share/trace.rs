//! The trace of a run: a line that says which run it is, then a line for every fact up to now. The journal keeps only the
//! latest, so the run is repeated for it.

use serde_json::json;

use super::file::{self, Head};
use super::{ENGINE, Shared};
use crate::apps::AnyProgram;
use crate::limits::TRACE_BYTES_MAX;
use crate::playground::history::Replay;
use crate::sim::fact::FactRecord;
use crate::sim::ids::FactId;
use crate::view::session::Session;

/// The version of the lines.
const FORMAT: u32 = 1;

/// A trace as far as it is told.
pub struct Trace {
    replay: Replay<AnyProgram>,
    head: Option<String>,
    last: FactId,
    bytes: u64,
}

impl Trace {
    /// The trace of the run up to now.
    pub fn of(session: &Session) -> Trace {
        let head = head(&Shared::of(session, None));
        let replay = session.history.replay();
        Trace { replay, head: Some(head), last: FactId(0), bytes: 0 }
    }

    /// Adds the lines of one step of the run; false at its end.
    pub fn step(&mut self, lines: &mut Vec<u8>) -> bool {
        let before = lines.len();
        if let Some(head) = self.head.take() {
            lines.extend(head.into_bytes());
        }
        let mut goes_on = self.replay.step();
        if goes_on {
            self.tell(lines);
        }
        self.bytes += (lines.len() - before) as u64;
        if goes_on && self.bytes >= TRACE_BYTES_MAX {
            lines.extend(cut(self.replay.run().world.now().0).into_bytes());
            goes_on = false;
        }
        goes_on
    }

    /// How much of the run is told, in percent.
    pub fn percent(&self) -> u8 {
        self.replay.percent()
    }

    fn tell(&mut self, lines: &mut Vec<u8>) {
        // A command that nobody was there to hear leaves the facts of the step before it.
        let news = self.replay.run().world.facts().iter().filter(|fact| fact.id > self.last);
        for fact in news {
            line(fact, lines);
        }
        let last = self.replay.run().world.facts().last();
        self.last = last.map_or(self.last, |fact| fact.id.max(self.last));
    }
}

/// A fact as a line of JSON.
pub fn line(fact: &FactRecord, lines: &mut Vec<u8>) {
    serde_json::to_writer(&mut *lines, fact).expect("plain data can always be told in JSON");
    lines.push(b'\n');
}

fn head(shared: &Shared) -> String {
    let Head { run, moment, hash, actions, .. } = file::head(shared);
    let head = json!({
        "kafka_playground": "trace", "format": FORMAT, "engine": ENGINE, "run": run, "until": moment,
        "world_hash": hash, "actions": actions,
    });
    format!("{head}\n")
}

/// The last line of a trace that is not whole.
fn cut(time_us: u64) -> String {
    format!("{}\n", json!({ "cut_at_us": time_us, "bytes_max": TRACE_BYTES_MAX }))
}
