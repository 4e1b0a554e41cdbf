//! What is asked of the run, taken back, and the other futures that come of it.

use super::{Beside, Session};
use crate::apps::AnyProgram;
use crate::playground::history::{History, HistoryError};
use crate::view::compose::branches;
use crate::view::deed;
use crate::view::protocol::{Act, Asked, Command, Ending, Outcome, Reply, Script};

impl Session {
    /// Does what was asked, now. What is refused changes nothing.
    pub(super) fn ask(&mut self, asked: Asked) {
        let before = self.history.actions().len();
        self.asked_so_far += 1;
        let number = self.asked_so_far;
        let doomed = self.doomed(&asked);
        let (outcome, token) = match deed::actions(&self.history, &asked) {
            Err(why) => (why, None),
            Ok((actions, token)) => (self.act(actions), token),
        };
        let token = token.filter(|_| outcome == Outcome::Waiting);
        if outcome == Outcome::Done {
            self.expect(&asked);
            self.dropped.extend(doomed);
        }
        let reply = Reply { number, time_us: self.time_us(), asked, outcome };
        self.asked = Some((reply, before, token));
    }

    /// The messages that a reset of connections takes with it, each with the time.
    fn doomed(&self, asked: &Asked) -> Vec<(u64, u64)> {
        let Asked::Act(Act::Reset(a, b)) = asked else { return Vec::new() };
        let (now, ends) = (self.time_us(), [(*a, *b), (*b, *a)]);
        let packets = self.history.run().world.packets();
        let between = packets.filter(|packet| ends.contains(&(packet.from.0, packet.to.0)));
        between.map(|packet| (packet.sequence, now)).collect()
    }

    /// When a person dropped the message of this number, if one did in this future.
    pub fn dropped_at(&self, message: u64) -> Option<u64> {
        let now = self.time_us();
        self.dropped.iter().rev().find(|(id, at)| *id == message && *at <= now).map(|(_, at)| *at)
    }

    fn act(&mut self, actions: Vec<deed::Deed>) -> Outcome {
        let now = self.time_us();
        let waits = actions.iter().any(deed::is_answered);
        for action in actions {
            let branches = self.history.branches().len();
            match self.history.act(action) {
                Ok(()) => {}
                Err(HistoryError::Act(_)) => return Outcome::Impossible,
                Err(HistoryError::TooManyActions) => return Outcome::TooManyActions,
                Err(HistoryError::RunOver) => return Outcome::RunOver,
            }
            self.name_branches(branches);
            self.forget_after(now);
        }
        if waits { Outcome::Waiting } else { Outcome::Done }
    }

    /// A future that was left keeps its letter; the new one gets the next.
    fn name_branches(&mut self, before: usize) {
        if self.history.branches().len() > before {
            self.letters.push(self.letter);
            self.letter = self.letters.len() as u8;
        }
    }

    fn forget_after(&mut self, time_us: u64) {
        self.known.retain(|mark| mark.time_us <= time_us);
        self.dropped.retain(|(_, at)| *at <= time_us);
    }

    pub(super) fn undo(&mut self) {
        if let Some((_, actions, _)) = self.asked.take() {
            self.fork_before(actions);
        }
    }

    /// Goes back to before an action, and leaves what came of it as a branch.
    pub(super) fn fork_before(&mut self, actions: usize) {
        self.asked = None;
        let branches = self.history.branches().len();
        self.history.undo_to(actions);
        self.name_branches(branches);
        let now = self.time_us();
        self.dropped.retain(|(_, at)| *at < now);
        self.forget_after(now);
    }

    /// Leaves what was rewound as a branch, so that playing on makes another future.
    pub(super) fn fork(&mut self) {
        let branches = self.history.branches().len();
        self.history.fork();
        self.name_branches(branches);
        self.forget_after(self.time_us());
    }

    pub(super) fn switch(&mut self, place: usize) {
        if place >= self.history.branches().len() {
            return;
        }
        self.history.switch(place);
        let letter = self.letters.remove(place);
        self.letters.push(std::mem::replace(&mut self.letter, letter));
        (self.asked, self.beside) = (None, None);
        self.forget_after(self.history.branches().last().map_or(0, |branch| branch.fork.time.0));
    }

    pub(super) fn compare(&mut self, place: Option<u8>) {
        let place = place.map(usize::from).filter(|place| *place < self.letters.len());
        self.beside = place.map(|place| {
            let run = Box::new(self.visiting(self.history.visit(place)));
            Beside { letter: self.letters[place], run }
        });
    }

    /// Brings the run beside to the moment of the run on show: two runs are compared at one time. Past its end a branch goes
    /// on as it would have, had nothing more been done.
    pub(super) fn keep_abreast(&mut self) {
        let now = self.time_us();
        if let Some(beside) = self.beside.as_mut().filter(|beside| beside.run.time_us() != now) {
            beside.run.command(&Command::Seek(now));
        }
    }

    /// The run on show and the one beside it.
    pub(super) fn compared(&self) -> Option<[Ending; 2]> {
        let beside = self.beside.as_ref()?;
        let place = self.letters.iter().position(|letter| *letter == beside.letter)?;
        let fork_us = self.history.branches().get(place)?.fork.time.0;
        let ending = |session, letter| branches::ending(session, letter, fork_us);
        Some([ending(self, self.letter), ending(&beside.run, beside.letter)])
    }

    /// Another history with the same eyes.
    fn visiting(&self, history: History<AnyProgram>) -> Session {
        let viewport = self.viewport.clone();
        let script = Script { acts: Vec::new(), ..self.script.clone() };
        let here = history.position().time.0;
        Session { viewport, ..Session::open(history, script, here, false) }
    }

    /// Looks for the answer to the last thing asked.
    pub(super) fn hear(&mut self) {
        let Some((reply, _, Some(token))) = &mut self.asked else { return };
        if let Some(outcome) = deed::outcome(&self.history, *token)
            && reply.outcome == Outcome::Waiting
        {
            reply.outcome = outcome;
        }
    }
}
