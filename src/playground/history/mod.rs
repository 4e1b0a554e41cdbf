//! A run with its past: actions, snapshots, seek, step back and fork.
//!
//! Time travel is replay, never undoing: the nearest snapshot before the goal, then the same events and actions again.
//!
//! Two kinds of actions lie in the future of a run. What a person did is stamped with the number of events before it, and
//! is dropped when something else is done in its past. What the setup scripts has a time only, and comes in every future.

mod replay;

pub use replay::{Check, Replay};

use crate::limits::{
    ACTIONS_MAX, RUN_HOURS_MAX, RUN_MICROS_MAX, SNAPSHOT_EVERY_EVENTS, SNAPSHOT_EVERY_MICROS,
    SNAPSHOTS_KEPT_MAX, SNAPSHOTS_MAX,
};
use crate::playground::action::{Action, Stamped};
use crate::playground::run::Run;
use crate::sim::act::ActError;
use crate::sim::client::program::Program;
use crate::sim::hash::digest_of;
use crate::sim::sorted::sort_by_key;
use crate::sim::time::SimTime;

const END: SimTime = SimTime(RUN_MICROS_MAX);

/// Why an action was not done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HistoryError {
    /// The world refuses it.
    Act(ActError),
    /// There are too many actions already.
    TooManyActions,
    /// The run is as long as a run can be.
    RunOver,
}

impl std::fmt::Display for HistoryError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            HistoryError::Act(error) => error.fmt(f),
            HistoryError::TooManyActions => {
                write!(f, "a run holds at most {ACTIONS_MAX} actions; start a new one")
            }
            HistoryError::RunOver => {
                write!(
                    f,
                    "a run ends after {RUN_HOURS_MAX} simulated hours; go back in it or start a new one"
                )
            }
        }
    }
}

impl std::error::Error for HistoryError {}

/// A place in a run: how many events have been handled, and what the clock shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    pub events: u64,
    pub time: SimTime,
}

/// A future that was left when something else was done in its past.
#[derive(Clone, Debug)]
pub struct Branch<C> {
    /// Where it was left.
    pub fork: Position,
    /// All its actions from the start.
    pub actions: Vec<Stamped<C>>,
    /// How far it had been run.
    pub end: Position,
}

struct Snapshot<P: Program> {
    position: Position,
    /// Actions done before it.
    actions: usize,
    /// Actions of the setup's script done before it.
    scripted: usize,
    run: Run<P>,
    /// Whether a person asked for it: such a one is not thinned out.
    kept: bool,
}

/// A run that can go back in time. It ends after [`RUN_HOURS_MAX`]: nothing goes further, and nothing is done there.
pub struct History<P: Program> {
    current: Run<P>,
    /// What the setup does at its time in every future: not the person's doing, so never dropped.
    script: Vec<(SimTime, Action<P::Command>)>,
    scripted: usize,
    /// Actions done before the current moment come first; those after it are the known future.
    actions: Vec<Stamped<P::Command>>,
    done: usize,
    snapshots: Vec<Snapshot<P>>,
    /// The furthest moment that this branch has been run to.
    end: Position,
    branches: Vec<Branch<P::Command>>,
    /// Whether it takes snapshots as it goes; a repetition that is dropped at its end needs none.
    keeps_snapshots: bool,
}

impl<P: Program> History<P> {
    /// A history that begins with `run`.
    pub fn new(run: Run<P>) -> History<P> {
        History::scripted(run, Vec::new())
    }

    /// A history that begins with `run` and does what the script says, in the order of its times.
    pub fn scripted(run: Run<P>, mut script: Vec<(SimTime, Action<P::Command>)>) -> History<P> {
        sort_by_key(&mut script, |(time, _)| *time);
        let position = position_of(&run);
        let first = Snapshot { position, actions: 0, scripted: 0, run: run.clone(), kept: false };
        History {
            current: run,
            script,
            scripted: 0,
            actions: Vec::new(),
            done: 0,
            snapshots: vec![first],
            end: position,
            branches: Vec::new(),
            keeps_snapshots: true,
        }
    }

    /// Adds actions to the known future: seeking or stepping repeats them. What lies before the current moment is dropped.
    pub fn foresee(&mut self, actions: impl IntoIterator<Item = Stamped<P::Command>>) {
        let here = self.position().events;
        self.actions.extend(actions.into_iter().filter(|stamped| stamped.after_events >= here));
        sort_by_key(&mut self.actions[self.done..], |stamped| stamped.after_events);
        if let Some(last) = self.actions.last() {
            let end = Position { events: last.after_events, time: last.time };
            self.end = self.end.max(end);
        }
    }

    /// The run at the current moment.
    pub fn run(&self) -> &Run<P> {
        &self.current
    }

    /// The current moment.
    pub fn position(&self) -> Position {
        position_of(&self.current)
    }

    /// The furthest moment that is known.
    pub fn end(&self) -> Position {
        self.end
    }

    /// Whether the run is as long as a run can be.
    pub fn is_over(&self) -> bool {
        self.position().time >= END
    }

    /// Actions before the current moment.
    pub fn actions(&self) -> &[Stamped<P::Command>] {
        &self.actions[..self.done]
    }

    /// Futures that were left.
    pub fn branches(&self) -> &[Branch<P::Command>] {
        &self.branches
    }

    /// Keeps the current moment for as long as this future lasts; of more than [`SNAPSHOTS_KEPT_MAX`] the oldest goes.
    pub fn keep(&mut self) {
        let here = (self.position(), self.done, self.scripted);
        let place =
            |snapshot: &Snapshot<P>| (snapshot.position, snapshot.actions, snapshot.scripted);
        let at = self.snapshots.partition_point(|snapshot| place(snapshot) < here);
        if self.snapshots.get(at).is_none_or(|snapshot| place(snapshot) != here) {
            self.snapshots.insert(at, self.snapshot());
        }
        self.snapshots[at].kept = true;
        if self.kept().count() > SNAPSHOTS_KEPT_MAX
            && let Some(oldest) = self.snapshots.iter_mut().find(|snapshot| snapshot.kept)
        {
            oldest.kept = false;
        }
        self.thin();
    }

    fn snapshot(&self) -> Snapshot<P> {
        Snapshot {
            position: self.position(),
            actions: self.done,
            scripted: self.scripted,
            run: self.current.clone(),
            kept: false,
        }
    }

    /// Goes back to the last moment before this one that was kept; false if there is none.
    pub fn recall(&mut self) -> bool {
        let here = self.position();
        let before = |snapshot: &Snapshot<P>| snapshot.kept && snapshot.position < here;
        let found = self.snapshots.iter().any(before);
        if found {
            self.restore(before);
        }
        found
    }

    /// Moments that a person asked to keep.
    pub fn kept(&self) -> impl Iterator<Item = Position> {
        self.snapshots.iter().filter(|snapshot| snapshot.kept).map(|snapshot| snapshot.position)
    }

    /// Moments of the snapshots.
    pub fn snapshots(&self) -> impl Iterator<Item = Position> {
        self.snapshots.iter().map(|snapshot| snapshot.position)
    }

    /// Does something now. In the past, this leaves the known future as a branch.
    ///
    /// # Errors
    /// If it cannot be done; then nothing has changed.
    pub fn act(&mut self, action: Action<P::Command>) -> Result<(), HistoryError> {
        if self.done >= ACTIONS_MAX {
            return Err(HistoryError::TooManyActions);
        }
        if self.is_over() {
            return Err(HistoryError::RunOver);
        }
        let position = self.position();
        // The script comes first at its moment, as it does when the action is repeated.
        while self.script_due().is_some_and(|time| time <= position.time) {
            self.follow_script(position.time);
        }
        self.current.act(&action).map_err(HistoryError::Act)?;
        if position < self.end {
            self.leave_future(position);
        }
        self.actions.push(Stamped { time: position.time, after_events: position.events, action });
        self.done += 1;
        self.end = self.position();
        self.find_forks();
        Ok(())
    }

    /// Handles the next event, or does the next known action; false if nothing is left to happen.
    pub fn step(&mut self) -> bool {
        if self.do_known(END) {
            return true;
        }
        if self.current.world.next_event_time().is_some_and(|next| next > END) {
            return false;
        }
        let stepped = self.current.step();
        self.moved();
        stepped
    }

    /// Runs until the clock shows `time` or the run is over, actions of the known future included.
    pub fn run_until(&mut self, time: SimTime) {
        self.run_for(time, u64::MAX);
    }

    /// As [`History::run_until`], but for at most `events` events; true if it came that far.
    pub fn run_for(&mut self, time: SimTime, mut events: u64) -> bool {
        let time = time.min(END);
        loop {
            if self.do_known(time) {
                continue;
            }
            if self.current.world.next_event_time().is_none_or(|next| next > time) {
                break;
            }
            if events == 0 {
                return false;
            }
            events -= 1;
            self.current.step();
            self.moved();
        }
        self.current.world.advance_clock(time);
        self.end = self.end.max(self.position());
        true
    }

    /// Runs on towards a position, for at most so many events. None while it is on its way; at the end whether the run comes by
    /// there, which a position that was made up does not promise.
    pub fn reach(&mut self, goal: Position, events: u64) -> Option<bool> {
        let stop = self.position().events.saturating_add(events).min(goal.events);
        while self.position().events < stop {
            if self.position().time > goal.time || !self.step() {
                return Some(false);
            }
        }
        if self.position().events < goal.events {
            return None;
        }
        while self.do_known(goal.time) {}
        let next = self.current.world.next_event_time();
        if self.position().time < goal.time && next.is_none_or(|next| next > goal.time) {
            self.current.world.advance_clock(goal.time);
            self.end = self.end.max(self.position());
        }
        Some(self.position() == goal)
    }

    /// Goes to the moment when the clock shows `time`, forward or back.
    pub fn seek(&mut self, time: SimTime) {
        if time < self.position().time {
            self.restore(|snapshot| snapshot.position.time <= time);
        } else {
            self.restore_if_ahead(|snapshot| snapshot.position.time <= time);
        }
        self.run_until(time);
    }

    /// Goes to just after the event number `events`.
    pub fn seek_event(&mut self, events: u64) {
        if events < self.position().events {
            self.restore(|snapshot| snapshot.position.events <= events);
        }
        while self.position().events < events && self.step() {}
    }

    /// Goes back to just after the event number `events` as if nothing had been run since: acting there leaves no branch.
    /// Where something was done since, it is a seek.
    pub fn unrun(&mut self, events: u64) {
        self.seek_event(events);
        if self.done == self.actions.len() {
            self.end = self.position();
        }
    }

    /// Goes back by one event.
    pub fn step_back(&mut self) {
        self.seek_event(self.position().events.saturating_sub(1));
    }

    /// Takes back all but the first actions: goes to just before the next one, and leaves what came then as a branch.
    pub fn undo_to(&mut self, actions: usize) {
        let Some(stamped) = self.actions.get(actions) else { return };
        let events = stamped.after_events;
        if self.done > actions {
            self.restore(|snapshot| {
                snapshot.actions <= actions && snapshot.position.events <= events
            });
        }
        while (self.done < actions || self.position().events < events) && self.step() {}
        self.fork();
    }

    /// Leaves the known future as a branch, so that playing on does not repeat it.
    pub fn fork(&mut self) {
        let here = self.position();
        if here < self.end {
            self.leave_future(here);
            self.end = here;
        }
    }

    /// The run of a branch, in a history of its own: where it parts or a little before.
    ///
    /// # Panics
    /// If there is no such branch.
    pub fn visit(&self, index: usize) -> History<P> {
        let branch = &self.branches[index];
        let mut visit = History::scripted(self.snapshots[0].run.clone(), self.script.clone());
        let before = |snapshot: &&Snapshot<P>| snapshot.position <= branch.fork;
        if let Some(nearest) = self.snapshots.iter().rev().find(before) {
            visit.current = nearest.run.clone();
            (visit.done, visit.scripted) = (nearest.actions, nearest.scripted);
        }
        visit.actions = branch.actions.clone();
        visit
    }

    /// Goes over to a branch; the one left becomes a branch itself.
    ///
    /// # Panics
    /// If there is no such branch.
    pub fn switch(&mut self, index: usize) {
        let branch = self.branches.remove(index);
        let here =
            Branch { fork: branch.fork, actions: std::mem::take(&mut self.actions), end: self.end };
        self.branches.push(here);
        self.snapshots.retain(|snapshot| snapshot.position <= branch.fork);
        self.actions = branch.actions;
        self.end = branch.end;
        self.find_forks();
        self.restore(|snapshot| snapshot.position <= branch.fork);
        self.run_until(branch.end.time);
    }

    /// Runs the whole history again from its start and tells whether the world hash is the same.
    pub fn verify(&self) -> bool {
        let mut check = self.check();
        loop {
            if let Some(same) = check.advance(u64::MAX) {
                return same;
            }
        }
    }

    /// Does the next action of script or known future, if it is due by `until` and nothing happens before it.
    fn do_known(&mut self, until: SimTime) -> bool {
        let events = self.current.world.events();
        let stamped = self.actions.get(self.done).filter(|next| next.after_events == events);
        let known = stamped.map(|next| next.time);
        let scripted = self.script_due().filter(|time| known.is_none_or(|known| *time <= known));
        match scripted.or(known) {
            Some(time) if time <= until => {
                match scripted {
                    Some(time) => self.follow_script(time),
                    None => self.repeat_action(),
                }
                true
            }
            _ => false,
        }
    }

    /// When the script goes on, if no event comes before that.
    fn script_due(&self) -> Option<SimTime> {
        let (time, _) = self.script.get(self.scripted)?;
        let next = self.current.world.next_event_time();
        next.is_none_or(|next| next > *time).then_some(*time)
    }

    fn follow_script(&mut self, time: SimTime) {
        self.current.world.advance_clock(time);
        // In a future of the person's making its process may not run: then the script has no one to tell.
        let _ = self.current.act(&self.script[self.scripted].1);
        self.scripted += 1;
        self.end = self.end.max(self.position());
    }

    fn repeat_action(&mut self) {
        let next = &self.actions[self.done];
        self.current.world.advance_clock(next.time);
        self.current.act(&next.action).expect("an action that was done once can be done again");
        self.done += 1;
    }

    fn leave_future(&mut self, fork: Position) {
        let branch = Branch { fork, actions: self.actions.clone(), end: self.end };
        self.branches.push(branch);
        self.actions.truncate(self.done);
        self.snapshots
            .retain(|snapshot| snapshot.position <= fork && snapshot.actions <= self.done);
    }

    /// Where each branch parts from the current run: at the first action that only one of the two has.
    fn find_forks(&mut self) {
        for branch in &mut self.branches {
            let pairs = branch.actions.iter().zip(&self.actions);
            let alike = pairs.take_while(|(a, b)| digest_of(*a) == digest_of(*b)).count();
            let apart = [branch.actions.get(alike), self.actions.get(alike)];
            let apart = apart.into_iter().flatten();
            let position = |stamped: &Stamped<P::Command>| Position {
                events: stamped.after_events,
                time: stamped.time,
            };
            branch.fork = apart.map(position).min().unwrap_or(branch.fork);
        }
    }

    fn restore_if_ahead(&mut self, suits: impl Fn(&Snapshot<P>) -> bool) {
        let here = self.position();
        let ahead = self.snapshots.iter().rev().find(|snapshot| suits(snapshot));
        if ahead.is_some_and(|snapshot| snapshot.position > here) {
            self.restore(suits);
        }
    }

    fn restore(&mut self, suits: impl Fn(&Snapshot<P>) -> bool) {
        let snapshot = self.snapshots.iter().rev().find(|snapshot| suits(snapshot));
        let snapshot = snapshot.unwrap_or(&self.snapshots[0]);
        self.current = snapshot.run.clone();
        self.done = snapshot.actions;
        self.scripted = snapshot.scripted;
    }

    fn moved(&mut self) {
        let position = self.position();
        if position > self.end {
            self.end = position;
        }
        let last = self.snapshots.last().expect("the first snapshot stays").position;
        let due = position.events >= last.events + SNAPSHOT_EVERY_EVENTS
            || position.time.0 >= last.time.0 + SNAPSHOT_EVERY_MICROS;
        if due && self.keeps_snapshots {
            self.snapshots.push(self.snapshot());
            self.thin();
        }
    }

    /// Drops every second snapshot of the older half, but never the first nor one that is kept.
    fn thin(&mut self) {
        if self.snapshots.len() > SNAPSHOTS_MAX {
            let half = self.snapshots.len() / 2;
            let mut index = 0;
            self.snapshots.retain(|snapshot| {
                index += 1;
                index > half || index % 2 == 1 || snapshot.kept
            });
        }
    }
}

fn position_of<P: Program>(run: &Run<P>) -> Position {
    Position { events: run.world.events(), time: run.world.now() }
}
