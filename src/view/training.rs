//! The picture of a training run: the pipeline of topics and groups, its workers, its curves.

use serde::{Deserialize, Serialize};

use super::protocol::Act;
use super::scene::{Broker, Event, Group, GroupState, Member, Process, Scene, Timeline, Topic};
use crate::apps::training::job::TRAINERS;
use crate::playground::sweep;

/// The accuracy that "trained" means.
pub const GOAL: f32 = sweep::GOAL as f32 / 1e6;

/// A model for the digits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum ModelName {
    Softmax,
    /// A perceptron with 32 hidden units.
    #[default]
    Mlp,
}

/// What a person can choose of a training.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrainingSpec {
    pub trainers: u16,
    pub model: ModelName,
    /// The learning rate of one batch, in millionths.
    pub rate_millionths: u32,
}

impl Default for TrainingSpec {
    fn default() -> TrainingSpec {
        TrainingSpec { trainers: 4, model: ModelName::Mlp, rate_millionths: 150_000 }
    }
}

/// A comparison of numbers of workers, as far as it is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SweepReport {
    pub rows: Vec<SweepRow>,
    /// How many rows there will be.
    pub rows_total: u32,
    /// The accuracy that has to be reached.
    pub goal: f32,
    /// Milliseconds of this computer.
    pub elapsed_ms: f64,
    pub finished: bool,
}

/// One run of a comparison. Times are simulated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SweepRow {
    pub workers: u16,
    pub partitions: u16,
    pub rate_millionths: u32,
    pub tuned: bool,
    /// Records a second.
    pub rate: f32,
    /// Microseconds of training until the goal, if it was reached.
    pub goal_us: Option<u64>,
    pub accuracy: f32,
    pub ended: bool,
}

impl SweepReport {
    /// The ended row with so many workers, settings untouched.
    pub fn plain(&self, workers: u16) -> Option<&SweepRow> {
        self.rows.iter().find(|row| !row.tuned && row.ended && row.workers == workers)
    }

    /// The fastest of the tuned single workers.
    pub fn tuned(&self) -> Option<&SweepRow> {
        let tuned = self.rows.iter().filter(|row| row.tuned && row.goal_us.is_some());
        tuned.min_by_key(|row| row.goal_us)
    }
}

/// A test image and what the newest parameters take it for.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Sample {
    /// 8 rows of 8 pixels, 0 to 16.
    pub pixels: Vec<u8>,
    pub label: u8,
    pub answer: u8,
    /// How sure the model is of its answer, 0 to 1.
    pub share: f32,
}

/// Everything the Training tab shows at one virtual time.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TrainingScene {
    pub time_us: u64,
    pub hash: u64,
    /// The pipeline from left to right: topics and the groups between them.
    pub stages: Vec<Stage>,
    /// One row per trainer.
    pub workers: Vec<Worker>,
    /// The brokers by id.
    pub brokers: Vec<(i32, Process)>,
    /// Mean loss of the averaged model, over virtual microseconds.
    pub loss: Vec<(u64, f32)>,
    /// Accuracy on the test topic, over virtual microseconds.
    pub accuracy: Vec<(u64, f32)>,
    /// Rows are the truth, columns the prediction; empty until the first evaluation.
    pub confusion: Vec<Vec<u32>>,
    /// Test images: one of each class, then some that are taken for another.
    pub samples: Vec<Sample>,
    /// The version of the newest parameters.
    pub version: u64,
    pub epoch: u32,
    pub epochs: u32,
    pub model: Model,
    /// Records trained, and how many of them more than once within an epoch.
    pub records: u64,
    pub trained_twice: u64,
    /// Records a second of virtual time.
    pub rate: f32,
    pub finished: bool,
    pub events: Vec<Event>,
    pub timeline: Timeline,
}

impl Worker {
    /// Whether it runs, but there is no partition left for it.
    pub fn is_idle(&self) -> bool {
        self.process == Process::Running && self.partitions.is_empty()
    }
}

impl TrainingScene {
    /// The processes as a board would have them: what names them, and what the commands are about.
    pub fn board(&self) -> Scene {
        let broker = |&(id, process): &(i32, Process)| Broker { id, process, ..Broker::default() };
        let member = |one: &Owner| Member {
            name: one.name.clone(),
            node: one.node,
            process: one.process,
            ..Member::default()
        };
        let group = |stage: &Stage| match stage {
            Stage::Group { name, members, .. } => {
                let members = members.iter().map(member).collect();
                Some(Group { name: name.clone(), members, ..Group::default() })
            }
            Stage::Topic { .. } => None,
        };
        let topic = self.stages.iter().find_map(|stage| match stage {
            Stage::Topic { name, .. } => Some(Topic { name: name.clone(), ..Topic::default() }),
            Stage::Group { .. } => None,
        });
        Scene {
            topic,
            brokers: self.brokers.iter().map(broker).collect(),
            groups: self.stages.iter().filter_map(group).collect(),
            ..Scene::default()
        }
    }

    /// A member of the pipeline that is down, with its group: trainers first.
    pub fn down(&self) -> Option<(&str, &Owner)> {
        let groups = self.stages.iter().filter_map(|stage| match stage {
            Stage::Group { name, members, .. } => Some((name.as_str(), members)),
            Stage::Topic { .. } => None,
        });
        let stopped = groups.filter_map(|(name, members)| {
            Some((name, members.iter().find(|member| member.process == Process::Stopped)?))
        });
        stopped.min_by_key(|(name, _)| *name != TRAINERS)
    }

    /// What to try next, and on which process: what is down is started, and while it trains a trainer may die.
    pub fn suggestion(&self) -> Option<(&str, Act)> {
        if let Some((_, down)) = self.down() {
            return Some((&down.name, Act::Restart(down.node)));
        }
        let victim = self.workers.get(1).or(self.workers.first())?;
        let trains = self.version > 0 && !self.finished;
        trains.then_some((victim.name.as_str(), Act::Kill(victim.node)))
    }

    /// The latest accuracy, if there was an evaluation.
    pub fn accuracy_now(&self) -> Option<f32> {
        self.accuracy.last().map(|&(_, value)| value)
    }
}

/// What is trained, and how.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Model {
    /// Layer widths, `64-32-10`.
    pub shape: String,
    pub batch: u32,
    pub learning_rate: f32,
    pub seed: u64,
}

/// A part of the pipeline.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Stage {
    Topic {
        name: String,
        partitions: Vec<Progress>,
        /// The total lag of the group that reads it.
        lag: i64,
    },
    Group {
        name: String,
        state: GroupState,
        generation: i32,
        members: Vec<Owner>,
    },
}

/// How far a topic's partition is written and read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    pub log_end: i64,
    pub committed: i64,
    /// The next record that its reader will take; between committed and this is what would be done again.
    pub position: Option<i64>,
}

/// A member of a group and its partitions.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Owner {
    pub name: String,
    /// The node it runs on, for kill and restart.
    pub node: i32,
    pub process: Process,
    pub partitions: Vec<i32>,
}

/// A trainer.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Worker {
    pub name: String,
    /// The node it runs on, for kill and restart.
    pub node: i32,
    pub process: Process,
    pub partitions: Vec<i32>,
    /// Records since the committed offsets of its partitions: trained again if it dies now.
    pub at_risk: u64,
    /// Records trained so far.
    pub records: u64,
    /// The labels it has seen, by class.
    pub labels: Vec<u32>,
    /// Its own loss, over virtual microseconds.
    pub loss: Vec<(u64, f32)>,
}
