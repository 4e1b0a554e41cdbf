//! A run that a person drives: commands change it, ticks let it run. Knows no worker and no clock.

mod ask;
mod guide;
mod step;

use crate::apps::{AnyCommand, AnyProgram};
use crate::limits::RUN_MICROS_MAX;
use crate::playground::action::Stamped as StampedAction;
use crate::playground::history::{Check, History, Position};
use crate::playground::lesson::guide::Look;
use crate::playground::lesson::script::Wait;
use crate::playground::walk;
use crate::sim::time::SimTime;
use crate::view::compose::events::Teller;
use crate::view::compose::{branches, going};
use crate::view::deed;
use crate::view::pace::Pace;
use crate::view::protocol::{
    Asked, Command, Desk, Filter, Reply, Script, SetupName, Stamped, Verified, Viewport,
};
use crate::view::scene::{Mark, Metric, Timeline};
use crate::view::training::TrainingSpec;

/// Events of an opening between two looks at the clock.
const OPENING_EVENTS: u64 = 4_096;
/// Events between two looks at the clock: well below a millisecond of work.
const EVENTS_PER_LOOK: u64 = 256;

/// How far a tick came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Nothing was due.
    Nothing,
    /// All that was due is done.
    Arrived,
    /// It had to give way before.
    Behind,
}

/// A run with its pace, its story and what the page wants to see of it.
pub struct Session {
    pub history: History<AnyProgram>,
    pub pace: Pace,
    pub viewport: Viewport,
    pub teller: Teller,
    pub filter: Filter,
    /// What the second chart shows, if a person chose.
    pub metric: Option<Metric>,
    script: Script,
    /// The last thing asked, with the number of actions before it and the token of the answer it waits for.
    asked: Option<(Reply, usize, Option<u64>)>,
    /// How many things were asked, those taken back included.
    asked_so_far: u32,
    /// The letters of the run on show and of its branches.
    letter: u8,
    letters: Vec<u8>,
    /// The branch set beside the run on show.
    beside: Option<Beside>,
    /// Messages that went with a connection that a person reset, and when.
    dropped: Vec<(u64, u64)>,
    check: Option<Check<AnyProgram>>,
    verified: Verified,
    /// What the guide waits for, and where it has stopped the clock.
    wait: Option<Wait>,
    looks: Option<(Look, Position)>,
    /// Marks of everything known, the future of a rewound run included.
    known: Vec<Mark>,
    /// Where the run opens, until it is there.
    opens_at: Option<u64>,
    /// Violations that the judges had found at the last look.
    violations: u64,
}

/// Another future, at the moment of the run on show.
struct Beside {
    letter: u8,
    run: Box<Session>,
}

impl Session {
    /// Opens a run at a virtual time, repeating the script's acts on the way.
    pub fn open(
        history: History<AnyProgram>,
        script: Script,
        at_us: u64,
        playing: bool,
    ) -> Session {
        let mut session = Session::begin(history, script, at_us, playing);
        session.open_on(|| false);
        session
    }

    /// A run at its start, to be brought to a virtual time by [`Session::open_on`].
    pub fn begin(
        mut history: History<AnyProgram>,
        script: Script,
        at_us: u64,
        playing: bool,
    ) -> Session {
        let specs = history.run().world.client_specs();
        let clients = specs.iter().map(|client| client.name.clone()).collect();
        history.foresee(script.acts.iter().filter_map(stamped_action));
        Session {
            history,
            pace: Pace::new(playing),
            viewport: Viewport::default(),
            teller: Teller::new(clients),
            filter: Filter::default(),
            metric: None,
            script,
            asked: None,
            asked_so_far: 0,
            letter: 0,
            letters: Vec::new(),
            beside: None,
            dropped: Vec::new(),
            check: None,
            verified: Verified::No,
            wait: None,
            looks: None,
            known: Vec::new(),
            opens_at: Some(at_us.min(RUN_MICROS_MAX)),
            violations: 0,
        }
    }

    /// Goes on opening; `must_yield` says when to give way.
    pub fn open_on(&mut self, mut must_yield: impl FnMut() -> bool) {
        let Some(at_us) = self.opens_at else { return };
        while !self.history.run_for(SimTime(at_us), OPENING_EVENTS) {
            if must_yield() {
                return;
            }
        }
        self.opens_at = None;
        self.follow();
    }

    /// How much of the way to where it opens is done, in percent; `None` once it is open.
    pub fn opening(&self) -> Option<u8> {
        let at_us = self.opens_at?;
        Some((self.time_us() * 100 / at_us.max(1)) as u8)
    }

    /// A run at its start that is where it opens, to be brought further by [`Session::approach`].
    pub fn at_start(history: History<AnyProgram>, script: Script) -> Session {
        let mut session = Session::begin(history, script, 0, false);
        session.open_on(|| false);
        session
    }

    /// Runs on towards a moment; as [`History::reach`], for a little work. Without a number of events it is the end of all that
    /// happens by that time.
    pub fn approach(&mut self, time_us: u64, events: Option<u64>) -> Option<bool> {
        let time = SimTime(time_us);
        let arrived = match events {
            Some(events) => self.history.reach(Position { events, time }, EVENTS_PER_LOOK),
            None => self.history.run_for(time, EVENTS_PER_LOOK).then_some(true),
        };
        arrived.inspect(|_| self.follow())
    }

    /// The virtual time.
    pub fn time_us(&self) -> u64 {
        self.history.position().time.0
    }

    /// The run as a script: setup, seed and the acts up to now.
    pub fn script(&self) -> Script {
        let acts = self.history.actions().iter().map(stamped_bytes).collect();
        Script { acts, ..self.script.clone() }
    }

    /// Carries out a command about time or the world.
    pub fn command(&mut self, command: &Command) {
        self.stop_waiting(command);
        let waits = matches!(
            command,
            Command::Play
                | Command::Pause
                | Command::Subscribe(_)
                | Command::Chart(_)
                | Command::SetFilter(_)
                | Command::SetSpeed(_)
                | Command::SetAuto(_)
                | Command::Snapshot
        );
        if !waits {
            self.opens_at = None;
        }
        match command {
            Command::Play => self.pace.playing = true,
            Command::Pause => self.pace.playing = false,
            Command::Next => self.next(),
            Command::Previous => self.previous(),
            Command::Step => self.step(),
            Command::StepBack => self.step_back(),
            Command::SetFilter(filter) => self.filter = *filter,
            Command::SetSpeed(speed) => (self.pace.speed, self.pace.auto) = (*speed, false),
            Command::SetAuto(auto) => self.pace.auto = *auto,
            Command::Seek(time_us) => self.history.seek(SimTime(*time_us)),
            Command::Act(act) => self.ask(Asked::Act(*act)),
            Command::Order(order) => self.ask(Asked::Order(order.clone())),
            Command::Undo => self.undo(),
            Command::Fork => self.fork(),
            Command::ForkBefore(place) => self.fork_before(*place as usize),
            Command::Switch(place) => self.switch(usize::from(*place)),
            Command::Compare(place) => self.compare(*place),
            Command::Verify => self.check = Some(self.history.check()),
            Command::Subscribe(viewport) => self.viewport = viewport.clone(),
            Command::Chart(metric) => self.metric = *metric,
            Command::Snapshot => self.history.keep(),
            Command::Recall => {
                self.history.recall();
            }
            Command::Open { .. }
            | Command::Show(..)
            | Command::Sweep(..)
            | Command::Share(_)
            | Command::Drawn(_) => {}
        }
        let looks = matches!(
            command,
            Command::Subscribe(_)
                | Command::Chart(_)
                | Command::Compare(_)
                | Command::Verify
                | Command::Snapshot
        );
        if !looks {
            self.pace.restart();
        }
        self.follow();
    }

    /// Runs as far as is due; `must_yield` says when to give way.
    pub fn tick(&mut self, now_ms: f64, mut must_yield: impl FnMut() -> bool) -> Progress {
        let checked = self.verify(&mut must_yield);
        self.pace.follow(going::of(self));
        let due = self.pace.due_us(now_ms);
        if due == 0 {
            return if checked { Progress::Arrived } else { Progress::Nothing };
        }
        let stop = self.stop();
        let goal = SimTime((self.time_us() + due).min(stop.unwrap_or(u64::MAX)));
        let arrived = match self.wait.take() {
            Some(wait) => self.run_waiting(wait, goal, &mut must_yield),
            None => self.run_to(goal, &mut must_yield),
        };
        self.pace.playing &= !self.history.is_over();
        self.pace.reached(now_ms, self.time_us());
        if stop == Some(self.time_us()) {
            self.pace.playing = false;
        }
        self.follow();
        if arrived { Progress::Arrived } else { Progress::Behind }
    }

    fn run_to(&mut self, goal: SimTime, must_yield: &mut impl FnMut() -> bool) -> bool {
        let mut arrived = self.history.run_for(goal, EVENTS_PER_LOOK);
        while !arrived && !must_yield() {
            arrived = self.history.run_for(goal, EVENTS_PER_LOOK);
        }
        arrived
    }

    /// Whether it is the guided walk.
    pub fn is_walk(&self) -> bool {
        self.script.setup == SetupName::AiData
    }

    /// The setup that it began with.
    pub fn setup(&self) -> SetupName {
        self.script.setup
    }

    /// What is trained in it.
    pub fn training(&self) -> TrainingSpec {
        self.script.training
    }

    /// Where the walk stops next, so that its step can be announced.
    fn stop(&self) -> Option<u64> {
        let now = self.time_us();
        let ahead = walk::STEPS_US.into_iter().find(|stop| *stop > now);
        ahead.filter(|_| self.is_walk())
    }

    /// The seed of the run.
    pub fn seed(&self) -> u64 {
        self.script.seed
    }

    /// The time axis: everything known, and where a seek can start.
    pub fn timeline(&self) -> Timeline {
        Timeline {
            known_us: self.history.end().time.0,
            marks: self.known.clone(),
            snapshots: self.history.snapshots().map(|position| position.time.0).collect(),
            kept: self.history.kept().map(|position| position.time.0).collect(),
        }
    }

    /// What stands beside the picture.
    pub fn desk(&self) -> Desk {
        Desk {
            reply: self.asked.as_ref().map(|(reply, ..)| reply.clone()),
            hash: self.history.run().world.hash(),
            verified: self
                .check
                .as_ref()
                .map_or(self.verified, |check| Verified::Running(check.percent())),
            letter: self.letter,
            branches: branches::branches(&self.history, &self.letters),
            compared: self.compared(),
        }
    }

    /// Whether there is something to do while the run stands still.
    pub fn is_checking(&self) -> bool {
        self.check.is_some()
    }

    /// Repeats a part of the run; false if there is nothing to verify.
    fn verify(&mut self, must_yield: &mut impl FnMut() -> bool) -> bool {
        let Some(check) = &mut self.check else { return false };
        let mut same = check.advance(EVENTS_PER_LOOK);
        while same.is_none() && !must_yield() {
            same = check.advance(EVENTS_PER_LOOK);
        }
        if let Some(same) = same {
            let until = check.until_us();
            self.verified = if same { Verified::Same(until) } else { Verified::Different(until) };
            self.check = None;
        }
        true
    }

    fn follow(&mut self) {
        let run = self.history.run();
        let specs = run.world.client_specs();
        self.teller.know_clients(specs.iter().map(|client| client.name.clone()));
        self.teller.know_orders(deed::config_orders(self.history.actions()));
        self.teller.follow(run.journal.milestones());
        if let Some(image) = run.world.metadata() {
            self.teller.learn(image);
        }
        let now = self.time_us();
        let future = self.known.iter().filter(|mark| mark.time_us > now).cloned();
        self.known = self.teller.marks().chain(future).collect();
        self.hear();
        self.keep_abreast();
        self.stop_at_violation();
    }

    /// A promise that was broken stops the clock: it is what one wants to look at.
    fn stop_at_violation(&mut self) {
        let violations = self.history.run().judges.violations();
        self.pace.playing &= violations <= self.violations;
        self.violations = violations;
    }
}

/// None for bytes that are no action: a script is foreign input.
fn stamped_action(stamped: &Stamped) -> Option<StampedAction<AnyCommand>> {
    Some(StampedAction {
        time: SimTime(stamped.time_us),
        after_events: stamped.after_events,
        action: postcard::from_bytes(&stamped.action).ok()?,
    })
}

fn stamped_bytes(stamped: &StampedAction<AnyCommand>) -> Stamped {
    Stamped {
        time_us: stamped.time.0,
        after_events: stamped.after_events,
        action: postcard::to_allocvec(&stamped.action).expect("plain data can always be encoded"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::playground::run::Run;
    use crate::sim::setup::ClusterSetup;
    use crate::view::protocol::Act;
    use crate::view::scene::{Deed, NodeName, What};

    fn session(acts: Vec<Stamped>, at_us: u64) -> Session {
        let run = Run::new(ClusterSetup::split(1, 3, 3), Vec::new()).unwrap();
        let script = Script { seed: 1, acts, ..Script::default() };
        Session::open(History::new(run), script, at_us, false)
    }

    #[test]
    fn it_opens_at_the_time_asked_for_and_runs_only_while_playing() {
        let mut session = session(Vec::new(), 5_000_000);
        assert_eq!(session.time_us(), 5_000_000);
        session.tick(0.0, || false);
        assert_eq!(session.tick(50.0, || false), Progress::Nothing);
        session.command(&Command::Play);
        session.tick(100.0, || false);
        assert_eq!(session.tick(150.0, || false), Progress::Arrived);
        assert_eq!(session.time_us(), 5_050_000);
    }

    #[test]
    fn an_act_becomes_an_event_and_part_of_the_script() {
        let mut session = session(Vec::new(), 5_000_000);
        session.command(&Command::Act(Act::Kill(2)));
        let what = What::Acted { deed: Deed::Killed, node: NodeName::Broker(2) };
        assert_eq!(session.teller.latest().last().map(|event| &event.what), Some(&what));
        assert_eq!(session.script().acts.len(), 1);
    }

    #[test]
    fn a_refused_act_changes_nothing() {
        let mut session = session(Vec::new(), 5_000_000);
        session.command(&Command::Act(Act::Restart(2)));
        assert!(session.script().acts.is_empty());
    }

    #[test]
    fn a_script_opens_to_the_same_world() {
        let mut first = session(Vec::new(), 5_000_000);
        first.command(&Command::Act(Act::Kill(2)));
        first.command(&Command::Seek(6_000_000));
        let again = session(first.script().acts, 6_000_000);
        assert_eq!(again.history.run().world.hash(), first.history.run().world.hash());
    }

    #[test]
    fn the_future_of_a_rewound_run_stays_known_until_it_is_changed() {
        let mut session = session(Vec::new(), 5_000_000);
        session.command(&Command::Act(Act::Kill(2)));
        session.command(&Command::Seek(1_000_000));
        assert!(session.timeline().known_us >= 5_000_000);
        assert!(session.timeline().marks.iter().any(|mark| mark.time_us == 5_000_000));
        session.command(&Command::Act(Act::Kill(3)));
        assert!(!session.timeline().marks.iter().any(|mark| mark.time_us == 5_000_000));
    }
}
