//! The messages between the page and the engine: typed, versioned, in postcard.
//!
//! The page sends [`Command`]s; the engine answers with [`Update`]s. At most one frame is unacknowledged, numbers come at
//! most ten times a second, and a frame is at most [`FRAME_BYTES_MAX`]: a busy world must never flood the page.

use serde::{Deserialize, Serialize};

use super::scene::{Flight, Line, Scene, Timeline};
use super::training::TrainingScene;

/// Both sides must speak the same version; it rises with every change of a type in here.
pub const VERSION: u16 = 1;
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
}

/// What a person does to a process, by node id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Act {
    Kill(i32),
    Restart(i32),
    Pause(i32),
    Resume(i32),
}

/// An act with the moment it was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamped {
    pub time_us: u64,
    /// How many events had been handled.
    pub after_events: u64,
    pub act: Act,
}

/// A run: everything that is needed to see it again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Script {
    pub setup: SetupName,
    pub seed: u64,
    pub acts: Vec<Stamped>,
}

impl Script {
    /// The script that a setup opens with: its own seed, nothing done.
    pub fn first(setup: SetupName) -> Script {
        let seed = match setup {
            SetupName::Orders => 1,
            SetupName::Digits => 7,
        };
        Script { setup, seed, acts: Vec::new() }
    }
}

/// What the page wants to see.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Viewport {
    /// The topic on the board; `None` is the setup's own.
    pub topic: Option<String>,
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
    Step,
    StepBack,
    /// Virtual seconds per second.
    SetSpeed(f64),
    Seek(u64),
    Act(Act),
    Subscribe(Viewport),
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
    /// The run as the engine knows it; the page keeps it as its mirror.
    pub script: Script,
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
            script: Script::default(),
        }
    }

    #[test]
    fn a_command_survives_the_way_to_the_engine() {
        let script = Script {
            seed: 7,
            acts: vec![Stamped { time_us: 1, after_events: 1, act: Act::Kill(2) }],
            ..Script::default()
        };
        let command = Command::Open { script, at_us: 14_200_000, playing: true };
        assert_eq!(decode::<Command>(&encode(&command)), Ok(command));
    }

    #[test]
    fn bytes_that_are_no_message_are_refused() {
        assert_eq!(decode::<Command>(&[1, 0, 250, 1, 2]), Err(Refusal::Malformed));
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
