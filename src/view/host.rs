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
    Command, FRAME_INTERVAL_MS, Frame, Moving, Picture, Script, SetupName, Update, fit,
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
        let update = match self.urgent || now_ms - self.last_frame_ms >= FRAME_INTERVAL_MS {
            true => self.frame(now_ms)?,
            false => self.moving()?,
        };
        self.awaiting = true;
        Some(update)
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
mod tests {
    use super::*;
    use crate::view::protocol::{Act, FRAME_BYTES_MAX, Filter, Order, Outcome, Verified, encode};
    use crate::view::scene::{GroupState, Process, QuorumRole, ReplicaRole};

    fn opened(setup: SetupName, at_us: u64) -> Host {
        let mut host = Host::default();
        host.command(Command::Open { script: Script::first(setup), at_us, playing: false });
        host
    }

    fn scene(host: &mut Host) -> Scene {
        let Some(Update::Frame(frame)) = host.update(0.0) else { panic!("a frame is due") };
        host.command(Command::Drawn(frame.number));
        let Picture::Cluster(scene) = frame.picture else { panic!("orders is a cluster") };
        scene
    }

    #[test]
    fn the_first_picture_shows_a_cluster_at_work() {
        let scene = scene(&mut opened(SetupName::Orders, 24_200_000));
        assert_eq!(scene.columns.len(), 4);
        assert_eq!(scene.columns[1].leader, Some(2));
        assert!(
            scene.columns.iter().all(|column| column.isr.len() == 3 && column.high_watermark > 0)
        );
        assert_eq!(scene.controllers.iter().filter(|c| c.role == QuorumRole::Leader).count(), 1);
        let cell = scene.brokers[1].cells[1].as_ref().expect("broker 2 holds orders-1");
        assert_eq!(cell.role, ReplicaRole::Leader);
        assert!(cell.log_end >= cell.high_watermark);
        assert_eq!(scene.groups.len(), 2);
        for group in &scene.groups {
            assert_eq!(group.state, GroupState::Stable, "{}", group.name);
            assert!(group.lanes.iter().all(|lane| lane.consumer.is_some() && lane.lag.is_some()));
        }
        assert!(scene.charts[0].lines[0].points.len() > 50);
        assert!(scene.producers[0].rate >= 6, "{} records a second", scene.producers[0].rate);
    }

    #[test]
    fn a_killed_leader_is_replaced_and_a_rewind_brings_it_back() {
        let mut host = opened(SetupName::Orders, 14_200_000);
        host.command(Command::Act(Act::Kill(2)));
        let before = scene(&mut host);
        assert_eq!(before.brokers[1].process, Process::Stopped);
        assert_eq!(before.columns[1].leader, Some(2), "the controller has not noticed");
        host.command(Command::Seek(30_000_000));
        let after = scene(&mut host);
        assert_eq!(after.columns[1].leader, Some(3));
        assert_eq!(after.columns[1].leader_epoch, 1);
        host.command(Command::Seek(14_000_000));
        let again = scene(&mut host);
        assert_eq!(again.columns[1].leader_epoch, 0);
        assert_eq!(again.brokers[1].process, Process::Running);
        assert!(again.timeline.known_us >= 30_000_000);
    }

    #[test]
    fn what_was_asked_is_answered_and_can_be_taken_back() {
        let mut host = opened(SetupName::Orders, 14_200_000);
        let order = Order::CreateTopic { name: "payments".into(), partitions: 2, copies: 3 };
        host.command(Command::Order(order));
        let waiting = frame(&mut host).desk.reply.expect("something was asked");
        assert_eq!(waiting.outcome, Outcome::Waiting);
        host.command(Command::Seek(17_000_000));
        let answered = frame(&mut host);
        assert_eq!(answered.desk.reply.expect("it is still told").outcome, Outcome::Done);
        let Picture::Cluster(scene) = answered.picture else { panic!("orders is a cluster") };
        assert!(scene.topics.contains(&"payments".to_owned()));
        host.command(Command::Undo);
        let undone = frame(&mut host);
        assert!(undone.picture.time_us() <= 14_200_000);
        assert_eq!((undone.desk.letter, undone.desk.branches.len()), (1, 1));
        host.command(Command::Seek(17_000_000));
        assert!(!scene_of(frame(&mut host)).topics.contains(&"payments".to_owned()));
        host.command(Command::Compare(Some(0)));
        let [here, there] = frame(&mut host).desk.compared.expect("two runs are compared");
        assert_eq!((here.letter, there.letter), (1, 0));
        assert!(!there.promises.is_empty() && there.figures[0] > 0);
        let fork_us = there.fork_us;
        for ending in [&here, &there] {
            assert_eq!((ending.charts.len(), ending.fork_us), (4, fork_us));
            let points = ending.charts.iter().flat_map(|chart| &chart.lines[0].points);
            assert!(points.clone().count() > 8 && points.clone().all(|point| point.0 >= fork_us));
        }
        host.command(Command::Act(Act::Pause(3)));
        assert_eq!(frame(&mut host).desk.reply.map(|reply| reply.number), Some(2));
        host.command(Command::Switch(0));
        assert!(scene_of(frame(&mut host)).topics.contains(&"payments".to_owned()));
    }

    #[test]
    fn the_run_is_verified_a_slice_at_a_time_while_it_stands_still() {
        let mut host = opened(SetupName::Orders, 14_200_000);
        host.command(Command::Pause);
        host.command(Command::Verify);
        assert!(host.is_busy());
        host.tick(0.0, || true);
        assert!(matches!(frame(&mut host).desk.verified, Verified::Running(_)));
        while host.is_busy() {
            host.tick(0.0, || false);
            frame(&mut host);
        }
        assert_eq!(frame_again(&mut host).desk.verified, Verified::Same(14_200_000));
    }

    #[test]
    fn the_auto_pace_hurries_while_nobody_has_noticed_a_crash() {
        let mut host = opened(SetupName::Orders, 14_200_000);
        host.command(Command::Act(Act::Kill(2)));
        host.tick(0.0, || false);
        assert!(frame_again(&mut host).speed < 1.0, "the crash itself is worth seeing");
        host.command(Command::Seek(18_000_000));
        host.tick(0.0, || false);
        assert!(frame_again(&mut host).speed > 1.0, "nine seconds of waiting are not");
    }

    #[test]
    fn one_frame_at_a_time_is_on_its_way() {
        let mut host = opened(SetupName::Orders, 14_200_000);
        let first = host.update(0.0).expect("a frame is due");
        assert!(encode(&first).len() <= FRAME_BYTES_MAX);
        host.command(Command::Step);
        assert!(host.update(1_000.0).is_none(), "the page has not drawn the first");
        host.command(Command::Drawn(1));
        assert!(matches!(host.update(1_000.0), Some(Update::Frame(_))));
    }

    fn frame(host: &mut Host) -> Frame {
        match host.update(host.last_frame_ms + FRAME_INTERVAL_MS) {
            Some(Update::Frame(frame)) => {
                host.command(Command::Drawn(frame.number));
                *frame
            }
            other => panic!("a frame is due, not {other:?}"),
        }
    }

    /// A frame though nothing has changed.
    fn frame_again(host: &mut Host) -> Frame {
        host.command(Command::SetFilter(Filter::All));
        frame(host)
    }

    fn scene_of(frame: Frame) -> Scene {
        match frame.picture {
            Picture::Cluster(scene) => scene,
            Picture::Training(_) => panic!("orders is a cluster"),
        }
    }

    #[test]
    fn the_walk_stops_before_each_step_and_prints_the_message() {
        let mut host = opened(SetupName::AiData, 5_900_000);
        for step in 0..=3 {
            host.command(Command::Play);
            host.command(Command::SetSpeed(1_000.0));
            host.tick(0.0, || false);
            host.tick(20.0, || false);
            let scene = scene(&mut host);
            let walk = scene.walk.expect("this setup is a walk");
            assert_eq!(walk.step, step);
            match step {
                0 => assert!(scene.topic.is_none()),
                1 => assert_eq!(scene.columns.len(), 4),
                2 => assert_eq!(walk.stored.map(|(_, offset)| offset), Some(0)),
                _ => assert!(walk.printed.expect("it is read").ends_with(walk::MESSAGE)),
            }
        }
    }

    #[test]
    fn training_shows_its_workers_and_curves() {
        let mut host = opened(SetupName::Digits, 20_000_000);
        let Some(Update::Frame(frame)) = host.update(0.0) else { panic!("a frame is due") };
        let Picture::Training(scene) = frame.picture else { panic!("digits is a training") };
        assert_eq!(scene.workers.len(), 4);
        assert_eq!(
            scene.samples[..10].iter().map(|s| s.label).collect::<Vec<_>>(),
            (0..10).collect::<Vec<_>>()
        );
        assert!(scene.samples[10..].iter().all(|sample| sample.label != sample.answer));
        assert!(scene.accuracy.len() > 1, "{} tests", scene.accuracy.len());
        assert!(!scene.confusion.is_empty());
    }
}
