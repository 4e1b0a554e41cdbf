//! A run that a person drives: commands change it, ticks let it run. Knows no worker and no clock.

use crate::apps::AnyProgram;
use crate::playground::action::{Action, Stamped as StampedAction};
use crate::playground::history::History;
use crate::sim::act::Fault;
use crate::sim::ids::NodeId;
use crate::sim::time::SimTime;
use crate::view::compose::chronicle::Chronicle;
use crate::view::compose::cluster;
use crate::view::compose::events::Teller;
use crate::view::pace::Pace;
use crate::view::protocol::{Act, Command, Script, Stamped, Viewport};
use crate::view::scene::{Mark, Timeline};

/// A run is opened in steps of this much virtual time, so that its charts begin at its start.
const OPENING_STEP_US: u64 = 200_000;
/// Events between two looks at the clock: well below a millisecond of work.
const EVENTS_PER_LOOK: u64 = 256;
/// "Next event" gives up after this much quiet virtual time, in microseconds.
const QUIET_US_MAX: u64 = 60_000_000;
/// A step gives up after this many events that nobody can see.
const STEP_EVENTS_MAX: u64 = 10_000;
/// Step back looks this many events back at once for one that can be seen.
const LOOK_BACK_EVENTS: u64 = 512;

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
    pub chronicle: Chronicle,
    script: Script,
    /// Marks of everything known, the future of a rewound run included.
    known: Vec<Mark>,
}

impl Session {
    /// Opens a run at a virtual time, repeating the script's acts on the way.
    pub fn open(
        mut history: History<AnyProgram>,
        script: Script,
        at_us: u64,
        playing: bool,
    ) -> Session {
        let specs = history.run().world.client_specs();
        let clients = specs.iter().map(|client| client.name.clone()).collect();
        history.foresee(script.acts.iter().map(stamped_action));
        let mut session = Session {
            history,
            pace: Pace::new(playing),
            viewport: Viewport::default(),
            teller: Teller::new(clients),
            chronicle: Chronicle::default(),
            script,
            known: Vec::new(),
        };
        while session.time_us() + OPENING_STEP_US < at_us {
            session.history.run_until(SimTime(session.time_us() + OPENING_STEP_US));
            session.follow();
        }
        session.history.seek(SimTime(at_us));
        session.follow();
        session
    }

    /// The virtual time.
    pub fn time_us(&self) -> u64 {
        self.history.position().time.0
    }

    /// The run as a script: setup, seed and the acts up to now.
    pub fn script(&self) -> Script {
        let acts = self.history.actions().iter().filter_map(stamped_act).collect();
        Script { acts, ..self.script.clone() }
    }

    /// Carries out a command about time or the world.
    pub fn command(&mut self, command: &Command) {
        match command {
            Command::Play => self.pace.playing = true,
            Command::Pause => self.pace.playing = false,
            Command::Next => self.next(),
            Command::Step => self.step(),
            Command::StepBack => self.step_back(),
            Command::SetSpeed(speed) => self.pace.speed = *speed,
            Command::Seek(time_us) => self.history.seek(SimTime(*time_us)),
            Command::Act(act) => self.act(*act),
            Command::Subscribe(viewport) => self.viewport = viewport.clone(),
            Command::Open { .. } | Command::Show(..) | Command::Drawn(_) => {}
        }
        if !matches!(command, Command::Subscribe(_) | Command::Drawn(_)) {
            self.pace.restart();
        }
        self.follow();
    }

    /// Runs as far as is due; `must_yield` says when to give way.
    pub fn tick(&mut self, now_ms: f64, mut must_yield: impl FnMut() -> bool) -> Progress {
        let due = self.pace.due_us(now_ms);
        if due == 0 {
            return Progress::Nothing;
        }
        let goal = SimTime(self.time_us() + due);
        let mut arrived = self.history.run_for(goal, EVENTS_PER_LOOK);
        while !arrived && !must_yield() {
            arrived = self.history.run_for(goal, EVENTS_PER_LOOK);
        }
        self.pace.reached(now_ms, self.time_us());
        self.follow();
        if arrived { Progress::Arrived } else { Progress::Behind }
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
        }
    }

    /// A refused act changes nothing: the process was already so, and the next picture shows it.
    fn act(&mut self, act: Act) {
        let before = self.history.position();
        if self.history.act(Action::Fault(fault(act))).is_ok() {
            self.known.retain(|mark| mark.time_us <= before.time.0);
            self.chronicle.forget_after(before.time.0);
        }
    }

    /// Steps to the next event that leaves a trace.
    fn step(&mut self) {
        self.pace.playing = false;
        let first = self.history.position().events;
        while self.history.position().events < first + STEP_EVENTS_MAX && self.history.step() {
            if !self.history.run().world.facts().is_empty() {
                break;
            }
        }
    }

    /// Goes back to the last event before this one that leaves a trace.
    fn step_back(&mut self) {
        self.pace.playing = false;
        let here = self.history.position().events;
        let mut from = here;
        while from > 0 {
            from = from.saturating_sub(LOOK_BACK_EVENTS);
            self.history.seek_event(from);
            let mut last = None;
            while self.history.position().events + 1 < here && self.history.step() {
                if !self.history.run().world.facts().is_empty() {
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
    fn next(&mut self) {
        let newest = |history: &History<AnyProgram>| {
            history.run().journal.milestones().next_back().map(|record| record.id)
        };
        let before = newest(&self.history);
        let limit = self.time_us() + QUIET_US_MAX;
        while newest(&self.history) == before && self.time_us() < limit && self.history.step() {}
    }

    fn follow(&mut self) {
        let run = self.history.run();
        self.teller.follow(run.journal.milestones());
        if let Some(image) = run.world.metadata() {
            self.teller.learn(image);
        }
        let now = self.time_us();
        let future = self.known.iter().filter(|mark| mark.time_us > now).cloned();
        self.known = self.teller.marks().chain(future).collect();
        if self.chronicle.is_due(now) {
            let scene = cluster::scene(self);
            self.chronicle.take(&scene);
        }
    }
}

fn fault(act: Act) -> Fault {
    match act {
        Act::Kill(node) => Fault::Kill(NodeId(node)),
        Act::Restart(node) => Fault::Start(NodeId(node)),
        Act::Pause(node) => Fault::Pause(NodeId(node)),
        Act::Resume(node) => Fault::Resume(NodeId(node)),
    }
}

fn stamped_action<C>(stamped: &Stamped) -> StampedAction<C> {
    StampedAction {
        time: SimTime(stamped.time_us),
        after_events: stamped.after_events,
        action: Action::Fault(fault(stamped.act)),
    }
}

/// The page offers these acts only; others come with the page that offers them.
fn stamped_act<C>(stamped: &StampedAction<C>) -> Option<Stamped> {
    let act = match stamped.action {
        Action::Fault(Fault::Kill(node)) => Act::Kill(node.0),
        Action::Fault(Fault::Start(node)) => Act::Restart(node.0),
        Action::Fault(Fault::Pause(node)) => Act::Pause(node.0),
        Action::Fault(Fault::Resume(node)) => Act::Resume(node.0),
        _ => return None,
    };
    Some(Stamped { time_us: stamped.time.0, after_events: stamped.after_events, act })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::playground::run::Run;
    use crate::sim::setup::ClusterSetup;
    use crate::view::protocol::SetupName;
    use crate::view::scene::{Deed, NodeName, What};

    fn session(acts: Vec<Stamped>, at_us: u64) -> Session {
        let run = Run::new(ClusterSetup::split(1, 3, 3), Vec::new());
        let script = Script { setup: SetupName::Orders, seed: 1, acts };
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
        assert_eq!(session.script().acts[0].act, Act::Kill(2));
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
