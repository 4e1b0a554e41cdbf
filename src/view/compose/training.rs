//! The picture of a training run: the pipeline from the cluster, the curves from what the programs report.

use std::sync::Arc;

use crate::apps::AnyProgram;
use crate::apps::training::fact::{EPOCH_TESTED, TRAINED_TWICE, TRAINER_EPOCH, TRAINING_FINISHED};
use crate::apps::training::job::{
    EVALUATORS, FEATURES, GRADIENTS, PARAMS, PREPROCESSORS, TEST, TRAIN, TRAINERS, TrainingJob,
};
use crate::ml::data::digits::{self, Digit};
use crate::ml::{Model as MlModel, Parameters};
use crate::sim::fact::Fact;
use crate::sim::ids::{NodeId, TopicPartition};
use crate::sim::node::Node;
use crate::sim::protocol::group::NamedPartition;
use crate::sim::sorted::sort;
use crate::sim::world::World;
use crate::view::scene::Process;
use crate::view::session::Session;
use crate::view::training::{Model, Owner, Progress, Sample, Stage, TrainingScene, Worker};

use super::access;
use super::cluster::process;

/// Programs report losses and shares in millionths.
const MILLIONTH: f32 = 1e-6;

/// The picture of the current moment.
pub fn scene(session: &Session, job: &TrainingJob) -> TrainingScene {
    let world = &session.history.run().world;
    let mut scene = TrainingScene {
        time_us: session.time_us(),
        hash: world.hash(),
        stages: stages(world),
        workers: workers(world),
        brokers: brokers(world),
        epochs: job.plan.epochs.into(),
        model: model(job),
        events: session.teller.latest().to_vec(),
        timeline: session.timeline(),
        ..TrainingScene::default()
    };
    report(session, &mut scene);
    programs(world, job, &mut scene);
    let tests = (scene.accuracy.first(), scene.accuracy.last());
    let (first, last) = (tests.0.map_or(0, |test| test.0), tests.1.map_or(0, |test| test.0));
    let end = if scene.finished { last } else { scene.time_us };
    let seconds = end.saturating_sub(first) as f32 * MILLIONTH;
    if first > 0 && seconds > 0.0 {
        scene.rate = scene.records as f32 / seconds;
    }
    scene
}

fn model(job: &TrainingJob) -> Model {
    let (inputs, hidden, classes) = match &job.model {
        MlModel::Softmax { inputs, classes } => (inputs, &[][..], classes),
        MlModel::Mlp { inputs, hidden, classes } => (inputs, &hidden[..], classes),
    };
    let widths = [inputs].into_iter().chain(hidden).chain([classes]);
    Model {
        shape: widths.map(u16::to_string).collect::<Vec<_>>().join("-"),
        batch: job.plan.batch_records.into(),
        learning_rate: job.plan.learning_rate(u32::from(job.plan.batch_records)),
        seed: job.seed,
    }
}

/// The pipeline from the raw records to the tested parameters.
fn stages(world: &World<AnyProgram>) -> Vec<Stage> {
    vec![
        topic(world, TRAIN, Some(PREPROCESSORS)),
        group(world, PREPROCESSORS),
        topic(world, FEATURES, Some(TRAINERS)),
        group(world, TRAINERS),
        topic(world, GRADIENTS, None),
        topic(world, PARAMS, None),
        group(world, EVALUATORS),
        topic(world, TEST, Some(EVALUATORS)),
    ]
}

/// A topic with its ends, and how far the group that reads it has committed; a topic without a group is read to its end.
fn topic(world: &World<AnyProgram>, name: &str, reader: Option<&str>) -> Stage {
    let image = world.metadata().and_then(|image| image.topic(name));
    let reader = reader.and_then(|reader| access::group(world, reader));
    let parts = image.iter().flat_map(|topic| {
        topic.partitions.iter().enumerate().map(|(partition, registration)| {
            let at = TopicPartition::new(topic.id, partition as i32);
            let leader = world.node(NodeId(registration.leader));
            let log_end = leader
                .and_then(|node| access::replica(node, at))
                .map_or(0, |replica| replica.high_watermark);
            let named = NamedPartition { topic: Arc::from(name), partition: partition as i32 };
            let committed = reader.map_or(log_end, |group| {
                access::committed(group, &named).unwrap_or(0).min(log_end)
            });
            Progress { log_end, committed, position: position(world, &named) }
        })
    });
    let partitions: Vec<Progress> = parts.collect();
    let lag = partitions.iter().map(|part| part.log_end - part.committed).sum();
    Stage::Topic { name: name.to_owned(), partitions, lag }
}

/// The furthest position of whoever reads the partition.
fn position(world: &World<AnyProgram>, partition: &NamedPartition) -> Option<i64> {
    world.nodes().filter_map(|node| access::position(node, partition)).max()
}

fn group(world: &World<AnyProgram>, name: &str) -> Stage {
    let known = access::group(world, name);
    let members = members(world, name).map(|(place, node)| {
        let owned = known.into_iter().flat_map(|group| access::owned(group, node.id));
        let mut partitions: Vec<i32> = owned.map(|partition| partition.partition).collect();
        sort(&mut partitions);
        let name = world.client_specs()[place].name.to_string();
        Owner { name, node: node.id.0, process: process(node), partitions }
    });
    Stage::Group {
        name: name.to_owned(),
        state: known.map(access::group_state).unwrap_or_default(),
        generation: known.map_or(0, |group| group.generation),
        members: members.collect(),
    }
}

/// The client processes of a group, with their place in the setup.
fn members<'a>(
    world: &'a World<AnyProgram>,
    group: &'a str,
) -> impl Iterator<Item = (usize, &'a Node<AnyProgram>)> {
    world.client_specs().iter().enumerate().filter_map(move |(place, spec)| {
        let of = match &spec.program {
            AnyProgram::Preprocessor(_) => PREPROCESSORS,
            AnyProgram::Trainer(_) => TRAINERS,
            AnyProgram::Evaluator(_) => EVALUATORS,
            _ => return None,
        };
        (of == group).then_some((place, access::client(world, place)?))
    })
}

fn brokers(world: &World<AnyProgram>) -> Vec<(i32, Process)> {
    let servers = world.setup().servers.iter().filter(|server| server.roles.is_broker());
    let nodes = servers.filter_map(|server| world.node(server.id));
    nodes.map(|node| (node.id.0, process(node))).collect()
}

fn workers(world: &World<AnyProgram>) -> Vec<Worker> {
    members(world, TRAINERS)
        .map(|(place, node)| {
            let mut worker = Worker {
                name: world.client_specs()[place].name.to_string(),
                node: node.id.0,
                process: process(node),
                ..Worker::default()
            };
            if let Some(AnyProgram::Trainer(trainer)) = node.client().map(|c| &c.program) {
                worker.partitions = trainer.partitions().collect();
                worker.records = trainer.records();
                worker.labels = trainer.labels().to_vec();
                worker.at_risk = at_risk(world, node, &worker.partitions);
            }
            worker
        })
        .collect()
}

/// What would be trained again if the trainer died now: from the committed offsets to its positions.
fn at_risk(world: &World<AnyProgram>, node: &Node<AnyProgram>, partitions: &[i32]) -> u64 {
    let Some(group) = access::group(world, TRAINERS) else { return 0 };
    let ahead = partitions.iter().map(|&partition| {
        let named = NamedPartition { topic: Arc::from(FEATURES), partition };
        let position = access::position(node, &named).unwrap_or(0);
        (position - access::committed(group, &named).unwrap_or(0)).max(0) as u64
    });
    ahead.sum()
}

/// Curves and counts from the journal.
fn report(session: &Session, scene: &mut TrainingScene) {
    for record in session.history.run().journal.milestones() {
        let Fact::Program { client, code, values } = &record.fact else { continue };
        let [epoch, loss, share] = *values;
        let time = record.time.0;
        match *code {
            EPOCH_TESTED => {
                scene.loss.push((time, loss as f32 * MILLIONTH));
                scene.accuracy.push((time, share as f32 * MILLIONTH));
            }
            TRAINER_EPOCH => {
                let worker = scene.workers.iter_mut().find(|worker| worker.node == client.0);
                if let Some(worker) = worker {
                    worker.loss.push((time, loss as f32 * MILLIONTH));
                }
            }
            TRAINED_TWICE => scene.trained_twice = share.max(0) as u64,
            TRAINING_FINISHED => {
                scene.finished = true;
                scene.epoch = epoch.max(0) as u32;
            }
            _ => {}
        }
    }
}

/// What the programs themselves know: the version, the epoch, the confusion matrix.
fn programs(world: &World<AnyProgram>, job: &TrainingJob, scene: &mut TrainingScene) {
    for node in world.nodes() {
        match node.client().map(|client| &client.program) {
            Some(AnyProgram::Aggregator(aggregator)) => {
                if let Some(snapshot) = aggregator.snapshot() {
                    scene.version = snapshot.version.into();
                    scene.records = snapshot.totals.records_ever;
                    scene.samples = samples(job, &snapshot.parameters);
                    scene.epoch = u32::from(snapshot.epoch).min(scene.epochs);
                }
            }
            Some(AnyProgram::Scorer(scorer)) => {
                if let Some(score) = scorer.scores().last() {
                    let rows = score.evaluation.confusion.rows();
                    scene.confusion = rows.map(<[u32]>::to_vec).collect();
                }
            }
            _ => {}
        }
    }
}

/// Test images that are looked at, and how many of the mistaken ones are shown.
const TESTED: usize = 120;
const MISTAKES: usize = 6;

/// One test image of each class, then images that the parameters take for another class.
fn samples(job: &TrainingJob, parameters: &Parameters) -> Vec<Sample> {
    let tested: Vec<Sample> =
        digits::test().take(TESTED).map(|digit| sample(job, parameters, &digit)).collect();
    let first = |label| tested.iter().find(move |sample| sample.label == label);
    let classes = (0..digits::CLASSES as u8).filter_map(first);
    let mistakes = tested.iter().filter(|sample| sample.label != sample.answer).take(MISTAKES);
    classes.chain(mistakes).cloned().collect()
}

fn sample(job: &TrainingJob, parameters: &Parameters, digit: &Digit) -> Sample {
    let scores = job.model.scores(parameters, &digit.features());
    let best =
        (0..scores.len()).fold(0, |best, at| if scores[at] > scores[best] { at } else { best });
    let sum: f32 = scores.iter().map(|score| libm::expf(score - scores[best])).sum();
    Sample {
        pixels: digit.pixels.to_vec(),
        label: digit.label,
        answer: best as u8,
        share: 1.0 / sum,
    }
}
