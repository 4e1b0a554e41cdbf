//! Rehearsals of the pipeline without a cluster: logs and groups in memory, one thing after the other. What is tested here
//! is the programs' own logic; that it holds on Kafka is tested in `tests/training_on_kafka.rs`.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use super::{Aggregator, Scorer, TrainingJob};
use crate::apps::{AnyCommand, AnyProgram};
use crate::ml::data::digits;
use crate::ml::{Evaluation, Gradient};
use crate::sim::client::murmur2::partition_for_key;
use crate::sim::client::program::{
    AdminCall, AdminResult, Call, ClientCalls, ClientEvent, PolledRecords, Program, SeekTo,
    SentRecord,
};
use crate::sim::ids::{NodeId, Offset, TopicId, TopicPartition};
use crate::sim::protocol::ErrorCode;
use crate::sim::protocol::admin::Placement;
use crate::sim::protocol::data::{MetadataPartition, MetadataTopic};
use crate::sim::protocol::group::{CommittedOffset, NamedPartition};
use crate::sim::storage::batch::{Batch, Body};
use crate::sim::time::NodeNow;

type Event = ClientEvent<AnyCommand>;

#[derive(Default)]
struct Reader {
    group: Option<Arc<str>>,
    positions: BTreeMap<NamedPartition, Offset>,
    paused: BTreeSet<NamedPartition>,
}

struct Actor {
    name: Arc<str>,
    program: AnyProgram,
    readers: BTreeMap<u16, Reader>,
    inbox: VecDeque<Event>,
    busy_until: u64,
    alive: bool,
}

#[derive(Default)]
struct Stage {
    now: u64,
    logs: BTreeMap<NamedPartition, Vec<Batch>>,
    committed: BTreeMap<Arc<str>, BTreeMap<NamedPartition, CommittedOffset>>,
    subscriptions: BTreeMap<Arc<str>, (Arc<str>, Vec<usize>)>,
    /// Groups that rebalance when nothing else happens, so that members who join together get their partitions together.
    due: BTreeSet<Arc<str>>,
    timers: BTreeMap<(u64, u64), (usize, u64)>,
    actors: Vec<Actor>,
    order: u64,
}

impl Stage {
    fn new(job: &TrainingJob, trainers: u16) -> Stage {
        let mut stage = Stage::default();
        for spec in job.clients(trainers) {
            stage.actors.push(Actor {
                name: spec.name,
                program: spec.program,
                readers: BTreeMap::new(),
                inbox: VecDeque::from([ClientEvent::Started]),
                busy_until: 0,
                alive: true,
            });
        }
        stage
    }

    fn aggregator(&self) -> &Aggregator {
        let found = self.actors.iter().find_map(|actor| match &actor.program {
            AnyProgram::Aggregator(aggregator) => Some(aggregator),
            _ => None,
        });
        found.expect("every job has an aggregator")
    }

    fn scorer(&self) -> &Scorer {
        let found = self.actors.iter().find_map(|actor| match &actor.program {
            AnyProgram::Scorer(scorer) => Some(scorer),
            _ => None,
        });
        found.expect("every job has a scorer")
    }

    fn fingerprint(&self) -> u64 {
        self.aggregator().snapshot().expect("training has begun").parameters.fingerprint()
    }

    /// Plays until the last epoch is tested.
    fn play(&mut self) {
        self.play_until(|stage| stage.scorer().final_score().is_some());
    }

    fn play_until(&mut self, done: impl Fn(&Stage) -> bool) {
        for _ in 0..10_000_000 {
            if done(self) {
                return;
            }
            self.step();
        }
        panic!("the programs go round in circles");
    }

    fn step(&mut self) {
        if self.deliver() {
            return;
        }
        if let Some(group) = self.due.pop_first() {
            return self.rebalance(&group);
        }
        let busy = self.actors.iter().filter(|a| a.alive && a.busy_until > self.now);
        let free = busy.map(|actor| actor.busy_until).min();
        let timer = self.timers.keys().next().map(|key| key.0);
        let next = free.into_iter().chain(timer).min().expect("the programs wait for each other");
        self.now = self.now.max(next);
        while let Some(entry) = self.timers.first_entry().filter(|e| e.key().0 <= self.now) {
            let (actor, token) = entry.remove();
            self.actors[actor].inbox.push_back(ClientEvent::Woken { token });
        }
    }

    /// Hands one event to a program that is free; false if there is none.
    fn deliver(&mut self) -> bool {
        for index in 0..self.actors.len() {
            let actor = &mut self.actors[index];
            if !actor.alive || actor.busy_until > self.now {
                continue;
            }
            if let Some(event) = actor.inbox.pop_front().or_else(|| self.poll(index)) {
                let mut calls = ClientCalls::default();
                self.actors[index].program.on(NodeNow::default(), event, &mut calls);
                for call in calls.made().to_vec() {
                    self.carry_out(index, call, &calls);
                }
                return true;
            }
        }
        false
    }

    fn poll(&mut self, index: usize) -> Option<Event> {
        for (&consumer, reader) in &mut self.actors[index].readers {
            for (partition, position) in &mut reader.positions {
                let log = self.logs.get(partition).map_or(&[][..], Vec::as_slice);
                let new = &log[(*position as usize).min(log.len())..];
                if new.is_empty() || reader.paused.contains(partition) {
                    continue;
                }
                let batches: Vec<Batch> = new.iter().take(20).cloned().collect();
                let from = *position;
                *position += batches.len() as Offset;
                let id = TopicPartition::new(TopicId(1), partition.partition);
                let (partition, next) = (partition.clone(), *position);
                let records = vec![PolledRecords { partition, id, from, next, batches }];
                return Some(ClientEvent::Records { consumer, records });
            }
        }
        None
    }

    fn carry_out(&mut self, index: usize, call: Call, calls: &ClientCalls) {
        match call {
            Call::Send(ref send) => {
                let SentRecord { topic, key, value } = calls.record(send);
                let partitions = self.logs.keys().filter(|of| of.topic == *topic).count();
                let by_key = |key: &[u8]| partition_for_key(key, partitions as i32);
                let partition = send.partition.unwrap_or_else(|| key.map_or(0, by_key));
                let named = NamedPartition { topic: topic.clone(), partition };
                let log = self.logs.get_mut(&named).expect("the topic exists");
                let mut batch = Batch::new(Body::single(0, key, value));
                batch.header.base_offset = log.len() as Offset;
                let result = Ok(batch.header.base_offset);
                log.push(batch);
                if send.token != 0 {
                    let (producer, token) = (send.producer, send.token);
                    let sent = ClientEvent::Sent { producer, token, partition, result };
                    self.actors[index].inbox.push_back(sent);
                }
            }
            Call::Flush { producer } => {
                self.actors[index].inbox.push_back(ClientEvent::Flushed { producer });
            }
            Call::CreateConsumer { consumer, group, .. } => {
                let reader = Reader { group, ..Reader::default() };
                self.actors[index].readers.insert(consumer, reader);
            }
            Call::CloseConsumer { consumer, .. } => {
                self.actors[index].readers.remove(&consumer);
            }
            Call::Subscribe { consumer, topics } => {
                let group = self.reader(index, consumer).group.clone().expect("a group");
                let members = self.subscriptions.entry(group.clone());
                let (_, members) = members.or_insert_with(|| (topics[0].clone(), Vec::new()));
                members.retain(|member| *member != index);
                members.push(index);
                self.due.insert(group);
            }
            Call::Assign { consumer, partitions } => {
                let reader = self.reader(index, consumer);
                reader.positions = partitions.into_iter().map(|of| (of, 0)).collect();
            }
            Call::Seek { consumer, partition, to } => {
                let to = if let SeekTo::Offset(to) = to { to } else { 0 };
                self.reader(index, consumer).positions.insert(partition, to);
            }
            Call::Pause { consumer, partitions } => {
                self.reader(index, consumer).paused.extend(partitions);
            }
            Call::Resume { consumer, partitions } => {
                let reader = self.reader(index, consumer);
                reader.paused.retain(|paused| !partitions.contains(paused));
            }
            Call::Commit { consumer, offsets, .. } => {
                let group = self.reader(index, consumer).group.clone().expect("a group");
                self.committed.entry(group).or_default().extend(offsets.expect("named offsets"));
            }
            Call::Admin { call, token } => {
                let result = self.admin(*call);
                self.actors[index].inbox.push_back(ClientEvent::Admin { token, result });
            }
            Call::Timer { after, token } => {
                self.order += 1;
                self.timers.insert((self.now + after.0, self.order), (index, token));
            }
            Call::BusyFor { time } => self.actors[index].busy_until = self.now + time.0,
            Call::CreateProducer { .. }
            | Call::CloseProducer { .. }
            | Call::Fact { .. }
            | Call::Exit => {}
        }
    }

    fn reader(&mut self, index: usize, consumer: u16) -> &mut Reader {
        self.actors[index].readers.get_mut(&consumer).expect("the consumer exists")
    }

    fn admin(&mut self, call: AdminCall) -> AdminResult {
        match call {
            AdminCall::CreateTopics(topics) => {
                for topic in &topics {
                    let Placement::Count { partitions, .. } = topic.placement else { continue };
                    for partition in 0..partitions {
                        let named = NamedPartition { topic: topic.name.clone(), partition };
                        self.logs.entry(named).or_default();
                    }
                }
                let made = topics.into_iter().map(|topic| (topic.name, ErrorCode::None.into()));
                AdminResult::Topics(made.collect())
            }
            AdminCall::DescribeTopics(topics) => {
                let all = topics.unwrap_or_default().into_iter();
                AdminResult::Described(all.map(|name| self.describe(name)).collect())
            }
            AdminCall::ListOffsets(asked) => {
                let end = |of: &NamedPartition| self.logs.get(of).map_or(0, Vec::len) as Offset;
                AdminResult::Offsets(
                    asked.into_iter().map(|(of, _)| (of.clone(), Ok(end(&of)))).collect(),
                )
            }
            AdminCall::ListGroupOffsets { group } => {
                let offsets = self.committed.get(&group).cloned().unwrap_or_default();
                AdminResult::GroupOffsets(offsets.into_iter().collect())
            }
            other => panic!("no program of a training asks {other:?}"),
        }
    }

    fn describe(&self, name: Arc<str>) -> MetadataTopic {
        let known = self.logs.keys().filter(|of| of.topic == name);
        let partitions = known.map(|of| MetadataPartition {
            error: ErrorCode::None,
            partition: of.partition,
            leader: NodeId(1),
            leader_epoch: 0,
            replicas: Default::default(),
            isr: Default::default(),
            offline: Vec::new(),
        });
        let partitions = partitions.collect();
        MetadataTopic { error: ErrorCode::None, name, id: TopicId(1), partitions }
    }

    /// Gives the partitions of a group's topic to its living members, all at once as the eager protocol does.
    fn rebalance(&mut self, group: &Arc<str>) {
        let (topic, members) = self.subscriptions[group].clone();
        let committed = self.committed.get(group).cloned().unwrap_or_default();
        let members: Vec<usize> = members.into_iter().filter(|&i| self.actors[i].alive).collect();
        let partitions: Vec<_> = self.logs.keys().filter(|of| of.topic == topic).cloned().collect();
        for (place, &member) in members.iter().enumerate() {
            let mine = partitions.iter().enumerate();
            let mine =
                mine.filter(|(number, _)| number * members.len() / partitions.len() == place);
            let mine: Arc<[NamedPartition]> = mine.map(|(_, of)| of.clone()).collect();
            let reader = self.reader(member, 0);
            let old: Arc<[NamedPartition]> = reader.positions.keys().cloned().collect();
            reader.paused.clear();
            let start = |of| committed.get(of).map_or(0, |at| at.offset);
            reader.positions = mine.iter().map(|of| (of.clone(), start(of))).collect();
            let inbox = &mut self.actors[member].inbox;
            inbox.push_back(ClientEvent::Revoked { consumer: 0, partitions: old, lost: false });
            inbox.push_back(ClientEvent::Assigned { consumer: 0, generation: 1, partitions: mine });
        }
    }

    fn kill(&mut self, name: &str) {
        let index = self.actors.iter().position(|actor| &*actor.name == name).expect("a name");
        self.actors[index].alive = false;
        let groups: Vec<_> =
            self.actors[index].readers.values().flat_map(|r| r.group.clone()).collect();
        groups.iter().for_each(|group| self.rebalance(group));
    }

    fn restart(&mut self, job: &TrainingJob, name: &str) {
        let index = self.actors.iter().position(|actor| &*actor.name == name).expect("a name");
        let spec = job.clients(4).into_iter().find(|spec| &*spec.name == name).expect("a spec");
        self.timers.retain(|_, timer| timer.0 != index);
        let actor = &mut self.actors[index];
        (actor.program, actor.alive) = (spec.program, true);
        actor.readers.clear();
        actor.inbox = VecDeque::from([ClientEvent::Started]);
    }
}

fn short(seed: u64) -> TrainingJob {
    let mut job = TrainingJob::digits(seed);
    job.model = digits::softmax();
    job.plan.epochs = 4;
    job
}

fn version(stage: &Stage) -> u32 {
    stage.aggregator().snapshot().map_or(0, |snapshot| snapshot.version)
}

#[test]
fn the_pipeline_computes_what_a_plain_loop_computes() {
    let job = short(3);
    let mut shards = vec![Vec::new(); 4];
    for digit in digits::train() {
        shards[partition_for_key(digit.row.to_string().as_bytes(), 4) as usize].push(digit);
    }
    let mut parameters = job.model.initialise(3);
    for _ in 0..job.plan.epochs {
        let mut readers: Vec<_> = shards.iter().map(|shard| shard.chunks(16)).collect();
        loop {
            let mut merged = Gradient::zero(&job.model);
            for rows in readers.iter_mut().filter_map(Iterator::next) {
                let batch = digits::batch(rows.iter().copied());
                merged.merge(&Gradient::of(&job.model, &parameters, &batch));
            }
            if merged.records == 0 {
                break;
            }
            job.plan.update(&mut parameters, &merged);
        }
    }
    let mut stage = Stage::new(&job, 4);
    stage.play();
    assert_eq!(stage.fingerprint(), parameters.fingerprint());
    let expected = Evaluation::of(&job.model, &parameters, &digits::batch(digits::test()));
    assert_eq!(stage.scorer().final_score().map(|score| &score.evaluation), Some(&expected));
    assert_eq!(stage.scorer().scores().len(), 5, "untrained, then every epoch");
}

#[test]
fn the_number_of_workers_does_not_change_the_parameters() {
    let prints = [1, 2, 3, 4, 6].map(|workers| {
        let mut stage = Stage::new(&short(5), workers);
        stage.play();
        stage.fingerprint()
    });
    assert!(prints.iter().all(|print| *print == prints[0]), "{prints:?}");
}

#[test]
fn every_row_is_merged_once_an_epoch() {
    let mut stage = Stage::new(&short(5), 3);
    stage.play();
    let epochs = stage.aggregator().epochs();
    assert_eq!(epochs.len(), 4);
    assert!(epochs.iter().all(|epoch| (epoch.rows, epoch.records) == (1_438, 1_438)));
    let totals = stage.aggregator().snapshot().expect("training has begun").totals;
    assert_eq!((totals.records_ever, totals.trained_twice), (4 * 1_438, 0));
}

#[test]
fn after_a_trainer_s_death_its_records_are_trained_from_the_committed_offset_on() {
    let mut stage = Stage::new(&short(5), 4);
    // Commits come every eight rounds: at version 30 some rounds have not been committed.
    stage.play_until(|stage| version(stage) == 30);
    stage.kill("trainer-2");
    stage.play();
    let totals = stage.aggregator().snapshot().expect("training has begun").totals;
    assert!(totals.trained_twice > 0);
    assert_eq!(totals.records_ever, 4 * 1_438 + totals.trained_twice);
    assert!(stage.aggregator().epochs().iter().all(|epoch| epoch.rows == 1_438));
}

#[test]
fn a_trainer_that_comes_back_gets_partitions_again() {
    let job = short(5);
    let mut stage = Stage::new(&job, 4);
    stage.play_until(|stage| version(stage) == 30);
    stage.kill("trainer-2");
    stage.play_until(|stage| version(stage) == 45);
    stage.restart(&job, "trainer-2");
    stage.play();
    assert!(stage.aggregator().epochs().iter().all(|epoch| epoch.rows == 1_438));
    let owners = stage.actors.iter().filter_map(|actor| match &actor.program {
        AnyProgram::Trainer(trainer) => Some(trainer.partitions().count()),
        _ => None,
    });
    assert_eq!(owners.collect::<Vec<_>>(), [1, 1, 1, 1]);
}

#[test]
fn an_aggregator_goes_on_from_the_newest_parameters() {
    let job = short(5);
    let mut whole = Stage::new(&job, 4);
    whole.play();
    for version_at_death in [1, 23, 24, 40] {
        let mut stage = Stage::new(&job, 4);
        stage.play_until(|stage| version(stage) == version_at_death);
        stage.kill("aggregator");
        for _ in 0..50 {
            stage.deliver();
        }
        stage.restart(&job, "aggregator");
        stage.play();
        assert_eq!(stage.fingerprint(), whole.fingerprint(), "died at {version_at_death}");
    }
}

#[test]
fn a_lost_gradient_is_asked_for_again() {
    let mut stage = Stage::new(&short(5), 2);
    stage.play_until(|stage| version(stage) == 10);
    let gradients = NamedPartition { topic: Arc::from(super::job::GRADIENTS), partition: 0 };
    let held = stage.logs[&gradients].len();
    stage.play_until(|stage| stage.logs[&gradients].len() > held);
    stage.logs.get_mut(&gradients).expect("the topic exists").truncate(held);
    stage.play();
    assert!(stage.aggregator().epochs().iter().all(|epoch| epoch.rows == 1_438));
}
