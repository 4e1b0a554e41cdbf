//! The messages between the page and the engine: typed, versioned, in postcard.
//!
//! The page sends [`Command`]s; the engine answers with [`Update`]s. At most one frame is unacknowledged, numbers come at
//! most ten times a second, and a frame is at most [`FRAME_BYTES_MAX`]: a busy world must never flood the page.
//!
//! - [`act`]: what a person asks for, and what became of it. [`script`]: a run. [`setup_name`]: which one.
//! - [`look`]: what is looked at.
//! - [`desk`]: what stands beside the picture. [`codec`]: how a message becomes bytes. [`fit`](mod@fit): how a frame is thinned.

use serde::{Deserialize, Serialize};

use super::scene::{Flight, Flow, Metric, Scene};
use super::share::sharing::{ShareCommand, ShareUpdate};
use super::training::{SweepReport, TrainingScene, TrainingSpec};

mod act;
mod codec;
mod desk;
mod fit;
mod look;
mod script;
mod setup_name;

pub use act::{Act, Asked, Order, Outcome, Reply};
pub use codec::{Refusal, decode, encode};
pub use desk::{Branch, Desk, Ending, Verified};
pub use fit::fit;
pub use look::{Selected, Viewport};
pub use script::{Script, Stamped};
pub use setup_name::SetupName;

/// Both sides must speak the same version; it rises with every change of a type in here.
pub const VERSION: u16 = 4;
/// The largest frame, in bytes.
pub const FRAME_BYTES_MAX: usize = 64 * 1024;
/// The shortest time between two frames of a playing run, in milliseconds.
pub const FRAME_INTERVAL_MS: f64 = 100.0;
/// The same once the run is faster than anybody reads: numbers that change more often only flicker.
pub const HURRIED_INTERVAL_MS: f64 = 250.0;
/// Above this speed, in virtual seconds per second, nobody reads along.
pub const HURRIED_SPEED: f64 = 10.0;

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
    /// Leaves the known future as a branch and goes on from here.
    Fork,
    /// Goes back to before an action, by its place, and leaves what came of it as a branch.
    ForkBefore(u32),
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
    /// About links, files and traces.
    Share(ShareCommand),
    /// The frame of this number was drawn.
    Drawn(u32),
    /// Keeps this moment; with [`Command::Recall`] one comes back to it.
    Snapshot,
    Recall,
}

/// From the engine to the page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Update {
    /// The engine runs.
    Ready,
    Frame(Box<Frame>),
    /// What is in flight, between two frames; acknowledged like one.
    Moving(Moving),
    /// A run is being opened: so many percent are done. Not acknowledged.
    Opening(u8),
    /// How far a comparison is.
    Sweep(SweepReport),
    /// About links, files and traces.
    Share(ShareUpdate),
    /// The engine met a fault of its own and is gone.
    Panicked {
        message: String,
        seed: u64,
        time_us: u64,
    },
    /// The page is of another build.
    WrongVersion,
    /// The digits could not be fetched, so nothing is trained.
    NoDigits,
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

/// What moves, at a moment between two pictures.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Moving {
    pub number: u32,
    pub time_us: u64,
    pub flights: Vec<Flight>,
    pub flows: Vec<Flow>,
}

/// What the page draws.
#[expect(clippy::large_enum_variant, reason = "a frame holds one picture, and is boxed itself")]
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
