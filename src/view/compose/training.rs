//! The picture of a training run: the pipeline from the cluster, the curves from what the programs report.

use crate::apps::AnyProgram;
use crate::apps::training::fact::{EPOCH_TESTED, TRAINED_TWICE, TRAINER_EPOCH, TRAINING_STARTED};
use crate::apps::training::job::{EVALUATORS, PREPROCESSORS, TOPICS, TRAINERS, TrainingJob};
use crate::ml::Model as MlModel;
use crate::sim::fact::{Fact, FactRecord};
use crate::sim::ids::{FIRST_CLIENT, NodeId, TopicPartition};
use crate::sim::world::World;
use crate::view::session::Session;
use crate::view::training::{Model, Owner, Progress, Stage, TrainingScene, Worker};

use super::access;
use super::cluster::process;

/// Programs report losses and shares in millionths.
const MILLIONTH: f32 = 1e-6;
