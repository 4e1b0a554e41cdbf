//! The engine's side of the page: keeps the opened runs, and answers with frames when the page can take one.

use crate::apps::training::job::TrainingJob;
use crate::ml::data::{digits, packed};
use crate::playground::lab::Stand;
use crate::playground::scale;
use crate::playground::setup::{self, Setup};
use crate::playground::sweep::{self, Measure, Sweep};
use crate::playground::walk;
use crate::view::compose::{cluster, training};
use crate::view::protocol::{
    Command, FRAME_INTERVAL_MS, Frame, HURRIED_INTERVAL_MS, HURRIED_SPEED, Moving, Picture, Script,
    SetupName, Update, fit,
};
use crate::view::scene::Scene;
use crate::view::session::{Progress, Session};
use crate::view::share::sharing::Sharing;
use crate::view::training::{ModelName, SweepReport, SweepRow, TrainingSpec};

/// More trainers than the page offers come from a damaged script only.
const TRAINERS_MAX: u16 = 8;
/// Events of a comparison between two looks at the clock.
const SWEEP_EVENTS: u32 = 256;

/// The host of the engine worker. It knows no worker and reads no clock.
#[derive(Default)]
pub struct Host {
    runs: [Option<Session>; SetupName::ALL.len()],
    shown: SetupName,
    /// The number of the last frame.
    number: u32,
    /// Whether the page has not yet drawn the last frame.
    awaiting: bool,
    /// Whether something has changed since the last frame.
    changed: bool,
    /// Whether the change is a person's doing, which is shown at once.
    urgent: bool,
    last_frame_ms: f64,
    behind: bool,
    /// Whether the last picture had something in flight.
    flying: bool,
    /// The last scene of the cluster: between two frames it tells where rows are.
    scene: Option<Scene>,
    /// A comparison under way, and when it began.
    sweep: Option<(Sweep, Option<f64>)>,
    sharing: Sharing,
}

impl Host {
    /// Carries out a command.
    pub fn command(&mut self, command: Command) {
        match command {
            Command::Drawn(number) => {
                self.awaiting &= number != self.number;
                return;
            }
            Command::Share(command) => {
                let shown = self.runs[self.shown.place()].as_ref();
                return self.sharing.command(command, shown);
            }
            Command::Open { script, at_us, playing } => self.open(script, at_us, playing),
            Command::Show(setup, at_us) => self.show(setup, at_us),
            Command::Sweep(seed, spec) => self.sweep = Some((Sweep::new(job(seed, spec)), None)),
            command => {
                if let Some(session) = self.session_mut() {
                    session.command(&command);
                }
            }
        }
        self.changed = true;
        self.urgent = true;
    }

    /// Whether a command leads to a training whose digits have not been fetched yet: they are needed first.
    pub fn lacks_digits(&self, command: &Command) -> bool {
        let trains = match command {
            Command::Open { script, .. } => script.setup.is_training(),
            Command::Show(setup, _) => setup.is_training(),
            Command::Sweep(..) => true,
            Command::Share(command) => command.opens_training(),
            _ => false,
        };
        trains && packed::bytes().is_none()
    }

    /// Lets the run on show go on; `must_yield` says when to give way.
    pub fn tick(&mut self, now_ms: f64, mut must_yield: impl FnMut() -> bool) {
        if let Some((sweep, begun)) = &mut self.sweep {
            begun.get_or_insert(now_ms);
            while !sweep.is_finished() && !must_yield() {
                sweep.work(SWEEP_EVENTS);
            }
            self.changed = true;
            return;
        }
        if let Some(session) = self.sharing.tick(&mut must_yield) {
            self.take_over(session);
        }
        let Some(session) = self.session_mut() else { return };
        if session.opening().is_some() {
            session.open_on(must_yield);
            self.changed = true;
            self.urgent = true;
            return;
        }
        let progress = session.tick(now_ms, must_yield);
        self.changed |= progress != Progress::Nothing;
        self.behind = progress == Progress::Behind;
    }

    /// What to tell the page now, if it can take something.
    pub fn update(&mut self, now_ms: f64) -> Option<Update> {
        if let Some(answer) = self.sharing.answer() {
            return Some(Update::Share(answer));
        }
        if self.awaiting || !self.changed {
            return None;
        }
        if self.sweep.is_some() {
            return self.compared(now_ms);
        }
        if let Some(percent) = self.session().and_then(Session::opening) {
            return self.opening(now_ms, percent);
        }
        let update = match self.urgent || now_ms - self.last_frame_ms >= self.frame_interval_ms() {
            true => self.frame(now_ms)?,
            false => self.moving()?,
        };
        self.awaiting = true;
        Some(update)
    }

    fn frame_interval_ms(&self) -> f64 {
        let hurried = |session: &Session| session.pace.speed > HURRIED_SPEED;
        match self.is_playing() && self.session().is_some_and(hurried) {
            true => HURRIED_INTERVAL_MS,
            false => FRAME_INTERVAL_MS,
        }
    }

    /// Whether the run could not go as far as was due.
    pub fn is_behind(&self) -> bool {
        let shares = self.sharing.is_busy() || self.is_opening();
        self.sweep.is_some() || shares || (self.behind && self.is_playing())
    }

    /// Whether there is something to do without a command.
    pub fn is_busy(&self) -> bool {
        let checking = self.session().is_some_and(Session::is_checking);
        checking || self.is_playing() || (self.changed && !self.awaiting)
    }

    /// The seed and the virtual time, for a report.
    pub fn place(&self) -> (u64, u64) {
        if let Some(place) = self.sharing.place() {
            return place;
        }
        self.session().map_or((0, 0), |session| (session.seed(), session.time_us()))
    }

    /// The place that a command leads to: a panic on the way is reported there.
    pub fn place_after(&self, command: &Command) -> (u64, u64) {
        match command {
            Command::Open { script, at_us, .. } => (script.seed, *at_us),
            Command::Seek(time_us) => (self.place().0, *time_us),
            _ => self.place(),
        }
    }

    fn is_opening(&self) -> bool {
        self.session().is_some_and(|session| session.opening().is_some())
    }

    fn is_playing(&self) -> bool {
        self.session().is_some_and(|session| session.pace.playing)
    }

    fn open(&mut self, script: Script, at_us: u64, playing: bool) {
        let setup = setup_of(&script);
        self.shown = script.setup;
        let history = setup.open().expect("the built-in setups are within the limits");
        let mut session = Session::begin(history, script, at_us, playing);
        if !self.shown.opens_slowly() {
            session.open_on(|| false);
        }
        session.pace.auto = matches!(self.shown, SetupName::Orders | SetupName::AiData);
        if let Some(before) = self.session() {
            session.pace.speed = before.pace.speed;
        }
        self.runs[self.shown.place()] = Some(session);
    }

    /// Shows a run that was shared, in place of the one of its setup.
    fn take_over(&mut self, session: Session) {
        self.shown = session.setup();
        self.runs[self.shown.place()] = Some(session);
        (self.changed, self.urgent) = (true, true);
    }

    /// Shows a run that waits where it was left, or opens it.
    fn show(&mut self, setup: SetupName, at_us: u64) {
        self.shown = setup;
        match self.session_mut() {
            Some(session) => session.pace.restart(),
            None => self.open(Script::first(setup), at_us, true),
        }
    }

    fn session(&self) -> Option<&Session> {
        self.runs[self.shown.place()].as_ref()
    }

    fn session_mut(&mut self) -> Option<&mut Session> {
        self.runs[self.shown.place()].as_mut()
    }

    fn frame(&mut self, now_ms: f64) -> Option<Update> {
        let session = self.session()?;
        let picture = if self.shown.is_training() {
            let job = job(session.seed(), session.training());
            Picture::Training(training::scene(session, &job))
        } else {
            Picture::Cluster(cluster::scene(session))
        };
        let mut frame = Frame {
            number: self.number + 1,
            picture,
            playing: session.pace.playing,
            achieved: session.pace.achieved(),
            speed: session.pace.speed,
            filter: session.filter,
            auto: session.pace.auto,
            desk: session.desk(),
            script: session.script(),
        };
        fit(&mut frame);
        if let Picture::Cluster(scene) = &frame.picture {
            self.flying = !scene.flights.is_empty() || !scene.flows.is_empty();
            self.scene = Some(scene.clone());
        }
        self.number += 1;
        self.last_frame_ms = now_ms;
        self.changed = false;
        self.urgent = false;
        Some(Update::Frame(Box::new(frame)))
    }

    /// How far the opening is, now and then.
    fn opening(&mut self, now_ms: f64, percent: u8) -> Option<Update> {
        if now_ms - self.last_frame_ms < FRAME_INTERVAL_MS {
            return None;
        }
        self.last_frame_ms = now_ms;
        Some(Update::Opening(percent))
    }

    /// How far the comparison is; a finished one is told once and forgotten.
    fn compared(&mut self, now_ms: f64) -> Option<Update> {
        let (sweep, begun) = self.sweep.as_ref()?;
        let finished = sweep.is_finished();
        if !finished && now_ms - self.last_frame_ms < FRAME_INTERVAL_MS {
            return None;
        }
        let report = SweepReport {
            rows: sweep.measures().iter().map(row).collect(),
            rows_total: sweep.trials() as u32,
            goal: sweep::GOAL as f32 / 1e6,
            elapsed_ms: now_ms - begun.unwrap_or(now_ms),
            finished,
        };
        self.last_frame_ms = now_ms;
        if finished {
            self.sweep = None;
            self.changed = false;
        }
        Some(Update::Sweep(report))
    }

    /// Between two frames only what flies is told, and nothing twice.
    fn moving(&mut self) -> Option<Update> {
        if self.shown.is_training() {
            return None;
        }
        let session = self.session()?;
        let (flights, flows) = cluster::flights(session, self.scene.as_ref()?);
        if flights.is_empty() && flows.is_empty() && !self.flying {
            return None;
        }
        let time_us = session.time_us();
        self.flying = !flights.is_empty() || !flows.is_empty();
        self.number += 1;
        Some(Update::Moving(Moving { number: self.number, time_us, flights, flows }))
    }
}

/// The setup of a script.
pub fn setup_of(script: &Script) -> Setup {
    match script.setup {
        SetupName::Orders => setup::orders(script.seed),
        SetupName::AiData => walk::ai_data(script.seed),
        SetupName::TenBrokers => scale::ten_brokers(script.seed),
        SetupName::HundredBrokers => scale::hundred_brokers(script.seed),
        SetupName::Digits => {
            let trainers = script.training.trainers.clamp(1, TRAINERS_MAX);
            setup::digits(&job(script.seed, script.training), trainers)
        }
    }
}

/// The training that a person chose.
fn job(seed: u64, spec: TrainingSpec) -> TrainingJob {
    let mut job = TrainingJob::digits(seed);
    if spec.model == ModelName::Softmax {
        job.model = digits::softmax();
    }
    job.plan.learning_rate_millionths = spec.rate_millionths;
    job
}

fn row(measure: &Measure) -> SweepRow {
    let trained_s = measure.trained_us as f32 / 1e6;
    SweepRow {
        workers: measure.trial.trainers,
        partitions: measure.trial.partitions as u16,
        rate_millionths: measure.trial.rate_millionths,
        tuned: measure.trial.tuned,
        rate: if trained_s > 0.0 { measure.records as f32 / trained_s } else { 0.0 },
        goal_us: measure.goal_us,
        accuracy: measure.accuracy as f32 / 1e6,
        ended: measure.stand != Stand::Training,
    }
}

#[cfg(test)]
mod tests;
