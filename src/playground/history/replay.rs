//! A run repeated from its start: to be compared, or to be told again in full.

use super::{History, Position};
use crate::playground::run::Run;
use crate::sim::client::program::Program;

impl<P: Program> History<P> {
    /// The run up to now once more, to be compared with this one.
    pub fn check(&self) -> Check<P> {
        Check { again: self.replay(), hash: self.current.world.hash() }
    }

    /// The run up to now once more, from its start.
    pub fn replay(&self) -> Replay<P> {
        let first = self.snapshots[0].run.clone();
        let mut again = History::scripted(first, self.script[..self.scripted].to_vec());
        again.actions = self.actions[..self.done].to_vec();
        again.keeps_snapshots = false;
        Replay { again, goal: self.position() }
    }
}

/// The same history once more, from its start to where the first one was, a step at a time.
pub struct Replay<P: Program> {
    again: History<P>,
    goal: Position,
}

impl<P: Program> Replay<P> {
    /// Handles the next event or action; false at the end.
    pub fn step(&mut self) -> bool {
        if self.again.position().events < self.goal.events {
            self.again.step()
        } else {
            self.again.do_known(self.goal.time)
        }
    }

    /// The run as far as it is repeated.
    pub fn run(&self) -> &Run<P> {
        &self.again.current
    }

    /// Where the repetition ends.
    pub fn goal(&self) -> Position {
        self.goal
    }

    /// How much of the run is done, in percent.
    pub fn percent(&self) -> u8 {
        (self.again.position().events * 100 / self.goal.events.max(1)) as u8
    }
}

/// A repetition that is compared with the run.
pub struct Check<P: Program> {
    again: Replay<P>,
    hash: u64,
}

impl<P: Program> Check<P> {
    /// Handles up to so many events; at the end tells whether the world hash is the same.
    pub fn advance(&mut self, events: u64) -> Option<bool> {
        let mut left = events;
        while left > 0 {
            if !self.again.step() {
                return Some(self.again.run().world.hash() == self.hash);
            }
            left -= 1;
        }
        None
    }

    /// The time up to which the run is compared.
    pub fn until_us(&self) -> u64 {
        self.again.goal().time.0
    }

    /// How much of the run is done, in percent.
    pub fn percent(&self) -> u8 {
        self.again.percent()
    }
}
