//! The picture of a training run: the pipeline of topics and groups, its workers, its curves.

use serde::{Deserialize, Serialize};

use super::scene::{Event, GroupState, Process, Timeline};

/// Everything the Training tab shows at one virtual time.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TrainingScene {
    pub time_us: u64,
    pub hash: u64,
    /// The pipeline from left to right: topics and the groups between them.
    pub stages: Vec<Stage>,
    /// One row per trainer.
    pub workers: Vec<Worker>,
    /// Mean loss of the averaged model, over virtual microseconds.
    pub loss: Vec<(u64, f32)>,
    /// Accuracy on the test topic, over virtual microseconds.
    pub accuracy: Vec<(u64, f32)>,
    /// Rows are the truth, columns the prediction; empty until the first evaluation.
    pub confusion: Vec<Vec<u32>>,
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

impl TrainingScene {
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
}

/// A member of a group and its partitions.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Owner {
    pub name: String,
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
    /// Records trained so far.
    pub records: u64,
    /// The labels it has seen, by class.
    pub labels: Vec<u32>,
    /// Its own loss, over virtual microseconds.
    pub loss: Vec<(u64, f32)>,
}
