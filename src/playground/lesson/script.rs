//! The script of a lesson: what is done, what is waited for, and where the clock stops for a question.

use super::predicate::Predicate;
use crate::apps::{AnyCommand, AnyProgram};
use crate::playground::action::Action;
use crate::playground::history::History;
use crate::playground::run::Run;
use crate::sim::ids::FactId;
use crate::sim::time::{Micros, SimTime};

/// Simulated time after which nobody believes any more that it will happen.
const PATIENCE: Micros = Micros(120_000_000);

/// A step of a script.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// Something is done, stamped like what a person does.
    Do(Action<AnyCommand>),
    /// Simulated time passes.
    Pass(Micros),
    /// The clock runs until it holds: a checkpoint.
    Until(Predicate),
    /// The clock runs and stops just before the event that makes it hold.
    Before(Predicate),
    /// It has to hold here.
    Holds(Predicate),
}

/// Something waited for, from the moment on that it was begun.
#[derive(Clone, Debug, PartialEq)]
pub struct Wait {
    pub until: Predicate,
    /// Whether the clock is to stop before the event instead of after it.
    pub before: bool,
    since: FactId,
    begun: SimTime,
}

/// How far a wait has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waited {
    /// Not yet, and the clock is where it was asked to go.
    Arrived,
    /// Not yet, and there is more to do up to there.
    Busy,
    /// It holds now, or its event is the next one.
    Reached,
    /// It has not come in two simulated minutes, or the run is over.
    GivenUp,
}

/// The newest fact that a run has seen.
fn newest(run: &Run<AnyProgram>) -> FactId {
    let last = |record: Option<&crate::sim::fact::FactRecord>| record.map_or(FactId(0), |r| r.id);
    last(run.journal.milestones().next_back()).max(last(run.journal.fine().next_back()))
}

impl Wait {
    /// A wait that begins now.
    pub fn new(run: &Run<AnyProgram>, until: Predicate, before: bool) -> Wait {
        Wait { until, before, since: newest(run), begun: run.world.now() }
    }

    /// Whether what is waited for has come.
    pub fn is_over(&self, run: &Run<AnyProgram>) -> bool {
        self.until.holds(run, self.since)
    }

    /// Runs up to `time`, for at most `events` events, and no further than what is waited for.
    pub fn run(&self, history: &mut History<AnyProgram>, time: SimTime, events: u64) -> Waited {
        if self.is_over(history.run()) {
            return Waited::Reached;
        }
        for _ in 0..events {
            let world = &history.run().world;
            let due = world.next_event_time().filter(|due| *due <= time);
            let (before, is_new) = (history.position(), history.position() >= history.end());
            if due.is_none() || !history.step() {
                history.run_until(time);
                return self.arrived(history);
            }
            if self.is_over(history.run()) {
                if self.before {
                    match is_new {
                        true => history.unrun(before.events),
                        false => history.seek_event(before.events),
                    }
                    // Everything but that event has happened by then.
                    let due = due.map_or(before.time, |due| SimTime(due.0.saturating_sub(1)));
                    history.run_until(due.max(before.time));
                }
                return Waited::Reached;
            }
        }
        Waited::Busy
    }

    fn arrived(&self, history: &History<AnyProgram>) -> Waited {
        let waited = history.position().time.since(self.begun);
        let reached = self.is_over(history.run());
        match (reached, history.is_over() || waited > PATIENCE) {
            (true, _) => Waited::Reached,
            (false, true) => Waited::GivenUp,
            (false, false) => Waited::Arrived,
        }
    }
}

/// Why a script did not come to its end: the step by number, and what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stuck {
    pub step: usize,
    pub time: SimTime,
    pub why: String,
}

/// Plays a whole script; `paused` sees the run wherever its clock stops for a question.
///
/// # Errors
/// If something cannot be done, does not hold, or never comes.
pub fn play(
    history: &mut History<AnyProgram>,
    steps: &[Step],
    mut paused: impl FnMut(usize, &Run<AnyProgram>),
) -> Result<(), Stuck> {
    for (number, step) in steps.iter().enumerate() {
        take(history, step).map_err(|why| Stuck {
            step: number,
            time: history.position().time,
            why,
        })?;
        if matches!(step, Step::Before(_)) {
            paused(number, history.run());
        }
    }
    Ok(())
}

fn take(history: &mut History<AnyProgram>, step: &Step) -> Result<(), String> {
    match step {
        Step::Do(action) => history.act(action.clone()).map_err(|error| error.to_string()),
        Step::Pass(time) => {
            history.run_until(history.position().time + *time);
            Ok(())
        }
        Step::Until(predicate) => wait(history, Wait::new(history.run(), predicate.clone(), false)),
        Step::Before(predicate) => wait(history, Wait::new(history.run(), predicate.clone(), true)),
        Step::Holds(predicate) => match predicate.holds(history.run(), FactId(0)) {
            true => Ok(()),
            false => Err(format!("{predicate:?} does not hold")),
        },
    }
}

fn wait(history: &mut History<AnyProgram>, wait: Wait) -> Result<(), String> {
    let end = history.position().time + PATIENCE + Micros(1);
    loop {
        match wait.run(history, end, u64::MAX) {
            Waited::Reached => return Ok(()),
            Waited::GivenUp => return Err(format!("{:?} never came", wait.until)),
            Waited::Arrived | Waited::Busy => {}
        }
    }
}
