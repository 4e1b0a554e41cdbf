//! Repeats a shared run up to its moment, a little at a time. Whatever is wrong comes to light before anything is shown.

use super::check::{self, Act};
use super::complaint::{Complaint, Source, Wrong};
use super::{Look, Moment, Shared};
use crate::view::host::setup_of;
use crate::view::protocol::{Script, SetupName, Viewport};
use crate::view::session::Session;

/// A shared run on its way to its moment.
pub struct Opening {
    shared: Shared,
    acts: Vec<Act>,
    done: usize,
    session: Session,
}

impl Opening {
    /// The run at its start.
    ///
    /// # Errors
    /// The first action that can be none of this run.
    pub fn new(mut shared: Shared) -> Result<Opening, Complaint> {
        let acts = check::actions(&shared)?;
        let setup = setup_of(&shared.script).open();
        let history = setup
            .map_err(|error| Complaint::Field { name: "run".to_owned(), why: error.to_string() })?;
        // The session gathers the actions again as they are done.
        let script = Script { acts: Vec::new(), ..shared.script.clone() };
        shared.script.acts = Vec::new();
        Ok(Opening { shared, acts, done: 0, session: Session::at_start(history, script) })
    }

    /// Repeats a little of the run; at its moment, or where it goes wrong, there is an answer.
    pub fn advance(&mut self) -> Option<Result<(), Complaint>> {
        let next = self.acts.get(self.done);
        let goal = next.map_or(self.shared.moment, |act| Moment {
            time_us: act.time.0,
            after_events: Some(act.after_events),
        });
        let arrived = self.session.approach(goal.time_us, goal.after_events)?;
        let complain = |wrong| Some(Err(Complaint::about(self.done, self.acts.len(), wrong)));
        match next {
            None if arrived => Some(Ok(())),
            None => Some(Err(Complaint::NoMoment { time_us: goal.time_us })),
            Some(_) if !arrived => complain(Wrong::NoMoment { time_us: goal.time_us }),
            Some(act) => {
                if let Err(why) = self.session.history.act(act.action.clone()) {
                    return complain(Wrong::Refused(why.to_string()));
                }
                self.done += 1;
                None
            }
        }
    }

    /// How far it is, in percent.
    pub fn percent(&self) -> u8 {
        (self.session.time_us() * 100 / self.shared.moment.time_us.max(1)).min(100) as u8
    }

    /// The seed and the virtual time, for a report.
    pub fn place(&self) -> (u64, u64) {
        (self.session.seed(), self.session.time_us())
    }

    /// The run at its moment, standing still, and what is to be told of it.
    pub fn finish(self, source: Source) -> (Session, Opened) {
        let Shared { engine, script, moment, hash, look } = self.shared;
        let mut session = self.session;
        if let Some(look) = &look {
            (session.pace.speed, session.pace.auto) = (look.speed, look.auto);
            session.viewport = Viewport { topic: look.topic.clone(), ..Viewport::default() };
        }
        let same = moment.after_events.is_none() || session.history.run().world.hash() == hash;
        let opened =
            Opened { source, setup: script.setup, time_us: moment.time_us, engine, same, look };
        (session, opened)
    }
}

/// What was opened.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Opened {
    pub source: Source,
    pub setup: SetupName,
    pub time_us: u64,
    /// The version that it was made by.
    pub engine: String,
    /// Whether it ends in the world hash that it was shared with.
    pub same: bool,
    pub look: Option<Look>,
}
