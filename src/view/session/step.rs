//! Steps: to the next and the last event that can be seen, to the next and the last milestone.

use super::Session;
use crate::apps::AnyProgram;
use crate::playground::history::History;
use crate::sim::time::SimTime;
use crate::view::protocol::Filter;

/// "Next event" gives up after this much quiet virtual time, in microseconds.
const QUIET_US_MAX: u64 = 60_000_000;
/// A step gives up after this many events that nobody can see.
const STEP_EVENTS_MAX: u64 = 10_000;
/// Step back looks this many events back at once for one that can be seen.
const LOOK_BACK_EVENTS: u64 = 512;

impl Session {
    /// Steps to the next event that the filter lets through.
    pub(super) fn step(&mut self) {
        self.pace.playing = false;
        if self.filter == Filter::Milestones {
            return self.next();
        }
        let first = self.history.position().events;
        let mut messages = self.messages();
        while self.history.position().events < first + STEP_EVENTS_MAX && self.history.step() {
            if self.is_visible(&mut messages) {
                break;
            }
        }
    }

    fn messages(&self) -> usize {
        self.history.run().world.packets().count()
    }

    /// Whether the last step can be seen: it left a trace, or a message left or arrived.
    fn is_visible(&self, messages: &mut usize) -> bool {
        let before = match self.filter {
            Filter::All => std::mem::replace(messages, self.messages()),
            Filter::Protocol | Filter::Milestones => *messages,
        };
        before != *messages || !self.history.run().world.facts().is_empty()
    }

    /// Goes back to the last event before this one that the filter lets through.
    pub(super) fn step_back(&mut self) {
        self.pace.playing = false;
        if self.filter == Filter::Milestones {
            return self.previous();
        }
        let here = self.history.position().events;
        let mut from = here;
        while from > 0 {
            from = from.saturating_sub(LOOK_BACK_EVENTS);
            self.history.seek_event(from);
            let mut messages = self.messages();
            let mut last = None;
            while self.history.position().events + 1 < here && self.history.step() {
                if self.is_visible(&mut messages) {
                    last = Some(self.history.position().events);
                }
            }
            if let Some(last) = last {
                self.history.seek_event(last);
                return;
            }
        }
        self.history.seek_event(0);
    }

    /// Runs to the next milestone.
    pub(super) fn next(&mut self) {
        let newest = |history: &History<AnyProgram>| {
            history.run().journal.milestones().next_back().map(|record| record.id)
        };
        let before = newest(&self.history);
        let limit = self.time_us() + QUIET_US_MAX;
        while newest(&self.history) == before && self.time_us() < limit && self.history.step() {}
    }

    /// Goes back to the last milestone before now.
    pub(super) fn previous(&mut self) {
        let now = self.time_us();
        let last = self.known.iter().rev().find(|mark| mark.time_us < now);
        let time = last.map_or(0, |mark| mark.time_us);
        self.history.seek(SimTime(time));
    }
}
