//! Timelines: what was done to a real cluster step by step, what it answered and what was seen of it.
//!
//! A recording is replayed on a world of its setup: its steps are done by a client program, its waits are waited, and what
//! was seen must be seen here at some instant before the next step (`COMPARING.md` of the recordings). One file is one case.
mod args;
mod compare;
mod condition;
mod observe;
mod program;
mod recording;
mod replay;
mod setup;
mod stage;
mod step;
mod view;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use super::report::CaseOutcome;
use recording::Recording;
use stage::Producers;

/// The seed of every replay. Recordings are compared where chance does not matter.
const SEED: u64 = 1;

/// Replays a recording.
pub fn check_file(path: &Path) -> Vec<CaseOutcome> {
    let replayed = catch_unwind(AssertUnwindSafe(|| check(path)));
    let result = replayed.unwrap_or_else(|panic| Err(format!("panicked: {}", reason(&*panic))));
    vec![CaseOutcome { name: "timeline".to_owned(), result }]
}

fn check(path: &Path) -> Result<(), String> {
    let recording = Recording::read(path)?;
    let fresh = replay::replay(&recording, Producers::Fresh, SEED);
    let Err(reason) = fresh else {
        return Ok(());
    };
    replay::replay(&recording, Producers::AsBefore, SEED).map_err(|other| match other == reason {
        true => reason,
        false => format!("{reason}; with producers kept between steps: {other}"),
    })
}

fn reason(panic: &(dyn std::any::Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no reason given")
}
