//! The messages between the page and the engine: typed, versioned, in postcard.
//!
//! The page sends [`Command`]s; the engine answers with [`Update`]s. At most one frame is unacknowledged, numbers come at
//! most ten times a second, and a frame is at most [`FRAME_BYTES_MAX`]: a busy world must never flood the page.

use serde::{Deserialize, Serialize};

use super::scene::{Flight, Line, Metric, Promise, PromiseKind, Scene, Timeline};
use super::training::{SweepReport, TrainingScene, TrainingSpec};

/// Both sides must speak the same version; it rises with every change of a type in here.
pub const VERSION: u16 = 4;
/// The largest frame, in bytes.
pub const FRAME_BYTES_MAX: usize = 64 * 1024;
/// The shortest time between two frames of a playing run, in milliseconds.
pub const FRAME_INTERVAL_MS: f64 = 100.0;

/// A built-in setup.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum SetupName {
    /// Three brokers, one topic, the teaching network.
    #[default]
    Orders,
    /// The digits training, the datacentre network.
    Digits,
    /// The walk on `ai_data`, the teaching network.
    AiData,
}

/// What a person does to processes and links, by node id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Act {
    Kill(i32),
    Restart(i32),
    Pause(i32),
    Resume(i32),
    PowerLoss(i32),
    /// Stops the process in order.
    Stop(i32),
    /// Removes everything from the disk of a process that does not run.
    Wipe(i32),
    /// Cuts the link in both directions.
    Cut(i32, i32),
    Heal(i32, i32),
    /// One-way latency in milliseconds, both ways; 0 is the setup's own again.
    Slow(i32, i32, u32),
    /// Resets every connection of the link.
    Reset(i32, i32),
    /// Starts one more client of the same program.
    AddLike(i32),
    /// Lets a consumer commit its positions now.
    Commit(i32),
    /// Records a second that a producer sends.
    Rate(i32, u32),
}

/// What a person asks of the cluster and its clients in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Order {
    TopicConfig {
        topic: String,
        name: String,
        value: String,
    },
    ClientConfig {
        node: i32,
        name: String,
        value: String,
    },
    /// A record without a key if the key is empty.
    Send {
        topic: String,
        key: String,
        value: String,
    },
    CreateTopic {
        name: String,
        partitions: i32,
        copies: i16,
    },
    DeleteTopic(String),
}

/// Anything a person asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Asked {
    Act(Act),
    Order(Order),
}

/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outcome {
    Done,
    /// The cluster has not answered yet.
    Waiting,
    /// The record is stored.
    Stored {
        partition: i32,
        offset: i64,
    },
    /// Kafka says no, in its own words.
    Refused(String),
    /// The thing is in another state, or there are too many.
    Impossible,
}

/// The answer to the last thing asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reply {
    /// Counts up with every thing asked.
    pub number: u32,
    pub time_us: u64,
    pub asked: Asked,
    pub outcome: Outcome,
}

/// An action with the moment it was done. Only the engine reads the action itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamped {
    pub time_us: u64,
    /// How many events had been handled.
    pub after_events: u64,
    /// The action, in postcard.
    pub action: Vec<u8>,
}

/// A run: everything that is needed to see it again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Script {
    pub setup: SetupName,
    pub seed: u64,
    /// What is trained; only the digits look at it.
    pub training: TrainingSpec,
    pub acts: Vec<Stamped>,
}

impl Script {
    /// The script that a setup opens with: its own seed, nothing done.
    pub fn first(setup: SetupName) -> Script {
        let seed = match setup {
            SetupName::Orders | SetupName::AiData => 1,
            SetupName::Digits => 7,
        };
        Script { setup, seed, ..Script::default() }
    }
}

/// What the page wants to see.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Viewport {
    /// The topic on the board; `None` is the setup's own.
    pub topic: Option<String>,
    /// What is looked at closely.
    pub selected: Option<Selected>,
}

/// Something that can be looked at closely, and some of it acted on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Selected {
    /// The topic on the board.
    Topic,
    /// A process.
    Node(i32),
    /// A consumer group.
    Group(String),
    /// A partition of the topic on the board.
    Partition(i32),
    /// A partition's copy on a broker.
    Replica { partition: i32, broker: i32 },
    /// A record in a copy.
    Record { partition: i32, broker: i32, offset: i64 },
    /// How far a group has read a partition.
    Lane { group: String, partition: i32 },
    /// A message in flight, by its id.
    Message(u64),
    /// Something that happened, by the id of its journal entry.
    Event(u64),
    /// A promise of the configuration.
    Promise(PromiseKind),
}

/// What a step stops at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Filter {
    /// Anything that can be seen: a message leaves or arrives.
    All,
    /// Anything that leaves a trace in the journal.
    #[default]
    Protocol,
    Milestones,
}

/// From the page to the engine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Command {
    /// Opens a run at a virtual time.
    Open {
        script: Script,
        at_us: u64,
        playing: bool,
    },
    /// Shows the run of a setup that was opened before; the first time, opens it at that virtual time.
    Show(SetupName, u64),
    Play,
    Pause,
    /// Goes to the next milestone.
    Next,
    /// Goes back to the last milestone.
    Previous,
    Step,
    StepBack,
    SetFilter(Filter),
    /// Virtual seconds per second, from now on fixed.
    SetSpeed(f64),
    /// Lets the pace follow what happens, or not.
    SetAuto(bool),
    Seek(u64),
    Act(Act),
    Order(Order),
    /// Goes back to before the last thing asked, and leaves what came of it as a branch.
    Undo,
    /// Goes over to a branch, by its place.
    Switch(u8),
    /// Sets a branch beside the run on show, or none.
    Compare(Option<u8>),
    /// Runs everything again from the start and compares the world hash.
    Verify,
    Subscribe(Viewport),
    /// What the second chart shows; without a choice, what matters now.
    Chart(Option<Metric>),
    /// Compares numbers of workers, with this seed and these settings; for an engine of its own.
    Sweep(u64, TrainingSpec),
    /// The frame of this number was drawn.
    Drawn(u32),
}

/// From the engine to the page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Update {
    /// The engine runs.
    Ready,
    Frame(Box<Frame>),
    /// What is in flight, between two frames; acknowledged like one.
    Moving(Moving),
    /// How far a comparison is.
    Sweep(SweepReport),
    /// The engine met a fault of its own and is gone.
    Panicked {
        message: String,
        seed: u64,
        time_us: u64,
    },
    /// The page is of another build.
    WrongVersion,
}

/// A picture of the run, and how it runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Frame {
    pub number: u32,
    pub picture: Picture,
    pub playing: bool,
    /// Virtual seconds per second over the last second; less than asked for when the engine falls behind.
    pub achieved: f64,
    /// Virtual seconds per second asked for now.
    pub speed: f64,
    pub filter: Filter,
    /// Whether the speed follows what happens.
    pub auto: bool,
    pub desk: Desk,
    /// The run as the engine knows it; the page keeps it as its mirror.
    pub script: Script,
}

/// What stands beside the picture: the last answer, other futures, the proof that the run repeats.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Desk {
    pub reply: Option<Reply>,
    /// The rolling world hash.
    pub hash: u64,
    pub verified: Verified,
    /// The letter of the run on show, from 0.
    pub letter: u8,
    pub branches: Vec<Branch>,
    /// The run on show, and the branch set beside it.
    pub compared: Option<[Ending; 2]>,
}

/// Whether the run was repeated, and how that came out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Verified {
    #[default]
    No,
    /// So many percent are repeated.
    Running(u8),
    /// Up to that time the hash was the same.
    Same(u64),
    Different(u64),
}

/// A future that was left.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Branch {
    /// Its letter, from 0.
    pub letter: u8,
    /// Where it parts from the run on show.
    pub fork_us: u64,
    /// How far it is known.
    pub end_us: u64,
}

/// How a run stands at its end.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Ending {
    pub letter: u8,
    pub time_us: u64,
    pub promises: Vec<Promise>,
    /// In the order of [`super::text::Text`]s of the comparison: records committed, acknowledged, given up, read; cut off;
    /// leaders elected; rebalances.
    pub figures: [u64; 7],
}

/// What moves, at a moment between two pictures.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Moving {
    pub number: u32,
    pub time_us: u64,
    pub flights: Vec<Flight>,
}

/// What the page draws.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Picture {
    Cluster(Scene),
    Training(TrainingScene),
}

impl Picture {
    /// The virtual time of the picture.
    pub fn time_us(&self) -> u64 {
        match self {
            Picture::Cluster(scene) => scene.time_us,
            Picture::Training(scene) => scene.time_us,
        }
    }
}

/// Why bytes are not a message for this side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The other side is of another build.
    Version(u16),
    Malformed,
}

/// Encodes a message, the version before it.
///
/// # Panics
/// Never: every type in here can be encoded.
pub fn encode<T: Serialize>(message: &T) -> Vec<u8> {
    let mut bytes = VERSION.to_le_bytes().to_vec();
    bytes.extend(postcard::to_allocvec(message).expect("plain data can always be encoded"));
    bytes
}

/// Decodes a message.
///
/// # Errors
/// If the bytes are of another version, or are no message.
pub fn decode<T: for<'de> Deserialize<'de>>(bytes: &[u8]) -> Result<T, Refusal> {
    let (version, body) = bytes.split_first_chunk::<2>().ok_or(Refusal::Malformed)?;
    match u16::from_le_bytes(*version) {
        VERSION => postcard::from_bytes(body).map_err(|_| Refusal::Malformed),
        other => Err(Refusal::Version(other)),
    }
}

/// Thins a frame until it fits [`FRAME_BYTES_MAX`]: first the curves, then the past events.
pub fn fit(frame: &mut Frame) {
    while encode(frame).len() > FRAME_BYTES_MAX {
        if !thin(&mut frame.picture) {
            break;
        }
    }
}

fn thin(picture: &mut Picture) -> bool {
    match picture {
        Picture::Cluster(scene) => {
            let lines = scene.charts.iter_mut().flat_map(|chart| chart.lines.iter_mut());
            let curves = lines.map(|line: &mut Line| halve(&mut line.points)).sum::<usize>();
            curves + forget(&mut scene.events) + clear(&mut scene.timeline) > 0
        }
        Picture::Training(scene) => {
            let workers = scene.workers.iter_mut().map(|worker| halve(&mut worker.loss));
            let curves =
                workers.sum::<usize>() + halve(&mut scene.loss) + halve(&mut scene.accuracy);
            curves + forget(&mut scene.events) + clear(&mut scene.timeline) > 0
        }
    }
}

/// Keeps every second point and the last; says how many went.
fn halve<T: Copy>(points: &mut Vec<T>) -> usize {
    let before = points.len();
    if before > 16 {
        let mut index = before;
        points.retain(|_| {
            index -= 1;
            usize::is_multiple_of(index, 2)
        });
    }
    before - points.len()
}

fn forget<T>(events: &mut Vec<T>) -> usize {
    let gone = events.len() / 2;
    events.drain(..gone);
    gone
}

fn clear(timeline: &mut Timeline) -> usize {
    let before = timeline.marks.len() + timeline.snapshots.len();
    halve(&mut timeline.snapshots);
    let kept = timeline.marks.len().min(64);
    timeline.marks.drain(..timeline.marks.len() - kept);
    before - timeline.marks.len() - timeline.snapshots.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::scene::{Chart, ChartKind, Event, What};

    fn frame(scene: Scene) -> Frame {
        Frame {
            number: 7,
            picture: Picture::Cluster(scene),
            playing: true,
            achieved: 1.0,
            speed: 1.0,
            filter: Filter::default(),
            auto: false,
            desk: Desk::default(),
            script: Script::default(),
        }
    }

    #[test]
    fn a_command_survives_the_way_to_the_engine() {
        let script = Script {
            seed: 7,
            acts: vec![Stamped { time_us: 1, after_events: 1, action: vec![1, 2] }],
            ..Script::default()
        };
        let command = Command::Open { script, at_us: 14_200_000, playing: true };
        assert_eq!(decode::<Command>(&encode(&command)), Ok(command));
    }

    #[test]
    fn bytes_that_are_no_message_are_refused() {
        assert_eq!(decode::<Command>(&[4, 0, 250, 1, 2]), Err(Refusal::Malformed));
        assert_eq!(decode::<Command>(&[9, 0, 1]), Err(Refusal::Version(9)));
        assert_eq!(decode::<Update>(&[]), Err(Refusal::Malformed));
    }

    #[test]
    fn a_frame_that_is_too_large_is_thinned_until_it_fits() {
        let points = (0..20_000).map(|x| (x * 1_000_000, x as f32)).collect();
        let chart = Chart {
            kind: ChartKind::Throughput { group: None },
            lines: vec![Line { column: None, points }],
        };
        let event = Event { id: 1, time_us: 1, what: What::BrokerFenced { broker: 2 } };
        let mut frame =
            frame(Scene { charts: vec![chart], events: vec![event; 200], ..Scene::default() });
        fit(&mut frame);
        assert!(encode(&frame).len() <= FRAME_BYTES_MAX);
        let Picture::Cluster(scene) = &frame.picture else { panic!("the picture keeps its kind") };
        assert_eq!(scene.charts[0].lines[0].points.last(), Some(&(19_999_000_000, 19_999.0)));
    }
}
