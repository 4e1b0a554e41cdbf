//! A member of the trainer group.

use std::sync::Arc;

use super::fact::{RECORD_REFUSED, TRAINER_EPOCH};
use super::job::{
    FEATURES, GRADIENT_TIME, GRADIENTS, PARAMS, RETRY, TRAINERS, TrainingJob, ask, producer_config,
    rereading_config,
};
use super::message::{Contribution, Snapshot};
use super::params::ParamsReader;
use super::shard::{Example, Place, Sent, Shard};
use crate::apps::NoCommand;
use crate::apps::topics::TopicWait;
use crate::ml::{Batch, Gradient, codec};
use crate::sim::client::program::{
    AdminCall, AdminResult, Call, ClientCalls, ClientEvent, PolledRecords, ProducerRecord, Program,
    SeekTo,
};
use crate::sim::ids::PartitionIndex;
use crate::sim::protocol::group::{CommittedOffset, NamedPartition};
use crate::sim::sorted::SortedMap;
use crate::sim::time::{Micros, NodeNow};

const PRODUCER: u16 = 0;
/// Reads `digits-features` as a member of the group.
const RECORDS: u16 = 0;
/// Reads `params`.
const VERSIONS: u16 = 1;
/// Token of the call that asks for committed offsets, and of the timer that repeats it.
const LOCATE: u64 = 1;
/// Tokens of the timers that end a computation begin here.
const WORK: u64 = 16;

/// A gradient being computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Work {
    token: u64,
    partition: PartitionIndex,
    version: u32,
    examples: u32,
    last: bool,
}

/// Sums over the records of an epoch, as this trainer saw them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
struct Sums {
    records: u32,
    loss_micronats: u64,
}

/// Computes the gradients of the partitions that it owns, one batch a partition and version.
#[derive(Clone, Debug, Hash)]
pub struct Trainer {
    job: Arc<TrainingJob>,
    number: u16,
    wait: TopicWait,
    reader: ParamsReader,
    gradients: Arc<str>,
    snapshot: Option<Arc<Snapshot>>,
    owned: SortedMap<PartitionIndex, Shard>,
    work: Option<Work>,
    next_work: u64,
    rounds: u16,
    epoch: Sums,
    records: u64,
    labels: Vec<u32>,
}

impl Trainer {
    /// The trainer with this number; it has not joined yet.
    pub fn new(job: Arc<TrainingJob>, number: u16) -> Trainer {
        let labels = vec![0; job.model.classes()];
        Trainer {
            job,
            number,
            wait: TopicWait::new([FEATURES, PARAMS, GRADIENTS].map(Arc::from)),
            reader: ParamsReader::new(VERSIONS),
            gradients: Arc::from(GRADIENTS),
            snapshot: None,
            owned: SortedMap::new(),
            work: None,
            next_work: WORK,
            rounds: 0,
            epoch: Sums::default(),
            records: 0,
            labels,
        }
    }

    /// Partitions it owns.
    pub fn partitions(&self) -> impl Iterator<Item = PartitionIndex> {
        self.owned.keys().copied()
    }

    /// Records of its gradients since it started, those that were not merged included.
    pub fn records(&self) -> u64 {
        self.records
    }

    /// How many records of each class were among them.
    pub fn labels(&self) -> &[u32] {
        &self.labels
    }

    /// The newest version it has seen.
    pub fn version(&self) -> Option<u32> {
        self.snapshot.as_ref().map(|snapshot| snapshot.version)
    }

    fn join(&self, calls: &mut ClientCalls) {
        calls.call(Call::CreateProducer { producer: PRODUCER, config: producer_config() });
        let group = Some(Arc::from(TRAINERS));
        calls.call(Call::CreateConsumer { consumer: RECORDS, group, config: rereading_config() });
        calls.call(Call::Subscribe { consumer: RECORDS, topics: vec![Arc::from(FEATURES)] });
        self.reader.open(calls);
    }

    // The group.

    fn on_assigned(&mut self, partitions: &[NamedPartition], calls: &mut ClientCalls) {
        let gained = partitions.iter().filter(|got| !self.owned.contains_key(&got.partition));
        let gained: Vec<NamedPartition> = gained.cloned().collect();
        if gained.is_empty() {
            return;
        }
        self.owned.extend(gained.iter().map(|got| (got.partition, Shard::new())));
        calls.call(Call::Pause { consumer: RECORDS, partitions: gained });
        self.ask_for_places(calls);
    }

    fn ask_for_places(&self, calls: &mut ClientCalls) {
        ask(AdminCall::ListGroupOffsets { group: Arc::from(TRAINERS) }, LOCATE, calls);
    }

    fn on_places(&mut self, result: &AdminResult, calls: &mut ClientCalls) {
        let AdminResult::GroupOffsets(offsets) = result else {
            return calls.timer(RETRY, LOCATE);
        };
        for (partition, shard) in &mut self.owned {
            if shard.place == Place::Unknown {
                let found = offsets.iter().find(|(of, _)| of.partition == *partition);
                let (offset, epoch) = found.map_or((0, 0), |(_, at)| (at.offset, epoch_of(at)));
                shard.place = Place::Committed { offset, epoch };
            }
        }
        self.settle_places(calls);
    }

    /// Sends every partition whose place is known to it, as soon as the epoch is known: to the committed offset of this
    /// epoch, or to the beginning. A committed offset of a later epoch waits for the parameters of that epoch.
    fn settle_places(&mut self, calls: &mut ClientCalls) {
        let Some(now) = self.snapshot.as_ref().map(|snapshot| snapshot.epoch) else { return };
        for (&partition, shard) in &mut self.owned {
            let from = match shard.place {
                Place::Committed { epoch, offset } if epoch == now => Some(offset),
                Place::Committed { epoch, .. } | Place::Epoch(epoch) if epoch < now => None,
                Place::Unknown | Place::Committed { .. } | Place::Epoch(_) => continue,
            };
            shard.start(now, from);
            let to = from.map_or(SeekTo::Beginning, SeekTo::Offset);
            calls.call(Call::Seek { consumer: RECORDS, partition: features(partition), to });
        }
    }

    fn on_revoked(&mut self, partitions: &[NamedPartition], lost: bool, calls: &mut ClientCalls) {
        if !lost {
            self.commit(calls);
        }
        self.owned.retain(|owned, _| partitions.iter().all(|gone| gone.partition != *owned));
    }

    /// Commits what has been merged, with the number of the epoch.
    fn commit(&mut self, calls: &mut ClientCalls) {
        self.rounds = 0;
        let reading = self.owned.iter().filter_map(|(partition, shard)| match shard.place {
            Place::Epoch(epoch) => Some((features(*partition), merged(shard, epoch))),
            Place::Unknown | Place::Committed { .. } => None,
        });
        let offsets: Vec<_> = reading.collect();
        if !offsets.is_empty() {
            calls.call(Call::Commit { consumer: RECORDS, offsets: Some(offsets), token: 0 });
        }
    }

    // Parameters.

    fn on_snapshots(&mut self, polled: &[PolledRecords], calls: &mut ClientCalls) {
        // Only the newest version counts: whatever this trainer owed to an older one is settled by the newest.
        if let Some(newest) = ParamsReader::snapshots(&self.job.model, polled).pop() {
            let known = self.snapshot.as_ref().map(|known| (known.version, known.reminder));
            if known.is_none_or(|known| known < (newest.version, newest.reminder)) {
                self.on_snapshot(Arc::new(newest), calls);
            }
        }
    }

    fn on_snapshot(&mut self, new: Arc<Snapshot>, calls: &mut ClientCalls) {
        let old = self.snapshot.replace(new.clone());
        if old.as_ref().is_some_and(|old| old.version == new.version) {
            return self.send_again(new.version, calls);
        }
        for (&partition, shard) in &mut self.owned {
            shard.settle(partition, &new);
        }
        self.rounds += 1;
        let new_epoch = old.as_ref().is_some_and(|old| old.epoch < new.epoch);
        if let (true, Some(old)) = (new_epoch, &old) {
            self.end_epoch(old.epoch, calls);
        }
        self.settle_places(calls);
        if new_epoch || self.rounds >= self.job.commit_every_rounds {
            self.commit(calls);
        }
    }

    fn end_epoch(&mut self, epoch: u16, calls: &mut ClientCalls) {
        let Sums { records, loss_micronats } = std::mem::take(&mut self.epoch);
        let mean = loss_micronats.checked_div(records.into()).unwrap_or(0);
        let values = [epoch.into(), mean as i64, records.into()];
        calls.call(Call::Fact { code: TRAINER_EPOCH, values });
    }

    fn send_again(&self, version: u32, calls: &mut ClientCalls) {
        for (partition, shard) in &self.owned {
            if let Some(sent) = shard.sent.as_ref().filter(|sent| sent.version == version) {
                self.send(*partition, &sent.value, calls);
            }
        }
    }

    // Records.

    fn on_records(&mut self, polled: &[PolledRecords], calls: &mut ClientCalls) {
        for part in polled {
            let partition = part.partition.partition;
            let Some(shard) = self.owned.get_mut(&partition) else { continue };
            let Place::Epoch(_) = shard.place else { continue };
            let refuse = |offset| {
                let values = [partition.into(), offset, 0];
                calls.call(Call::Fact { code: RECORD_REFUSED, values });
            };
            if !shard.take(&self.job.model, part, refuse) {
                let to = SeekTo::Offset(shard.expected.unwrap_or(0));
                calls.call(Call::Seek { consumer: RECORDS, partition: features(partition), to });
            }
        }
    }

    /// Pauses partitions that have a batch waiting, resumes those that need records. The consumer goes on polling either way.
    fn steer(&mut self, calls: &mut ClientCalls) {
        let (mut pause, mut resume) = (Vec::new(), Vec::new());
        for (&partition, shard) in &mut self.owned {
            let full = shard.is_full(self.job.plan.batch_records);
            if full != shard.paused {
                shard.paused = full;
                if full { &mut pause } else { &mut resume }.push(features(partition));
            }
        }
        if !pause.is_empty() {
            calls.call(Call::Pause { consumer: RECORDS, partitions: pause });
        }
        if !resume.is_empty() {
            calls.call(Call::Resume { consumer: RECORDS, partitions: resume });
        }
    }

    // Gradients.

    /// Begins to compute the next gradient that is due, the lowest partition first.
    fn work_on(&mut self, calls: &mut ClientCalls) {
        let Some(snapshot) = self.snapshot.clone().filter(|snapshot| !snapshot.finished) else {
            return;
        };
        if self.work.is_some() {
            return;
        }
        let batch = self.job.plan.batch_records;
        let due = self.owned.iter().find_map(|(&partition, shard)| {
            let open = snapshot.shards.get(partition as usize).is_some_and(|shard| !shard.done);
            let due = open && shard.place == Place::Epoch(snapshot.epoch) && shard.sent.is_none();
            shard.batch(batch).filter(|_| due).map(|(examples, last)| (partition, examples, last))
        });
        let Some((partition, examples, last)) = due else { return };
        let (token, version) = (self.next_work, snapshot.version);
        self.next_work += 1;
        self.work = Some(Work { token, partition, version, examples, last });
        let time = Micros(GRADIENT_TIME.0 * u64::from(examples));
        calls.busy_for(time);
        calls.timer(time, token);
    }

    fn on_computed(&mut self, calls: &mut ClientCalls) {
        let Some(work) = self.work.take() else { return };
        let Some(snapshot) = self.snapshot.clone().filter(|now| now.version == work.version) else {
            return;
        };
        let Some(shard) = self.owned.get(&work.partition) else { return };
        let ready = shard.place == Place::Epoch(snapshot.epoch) && shard.sent.is_none();
        if !ready || shard.batch(self.job.plan.batch_records) != Some((work.examples, work.last)) {
            return;
        }
        let batch = batch_of(&self.job, shard.examples.iter().take(work.examples as usize));
        let contribution = self.contribution(shard, work, &snapshot, &batch);
        let value: Arc<[u8]> = contribution.encode().into();
        self.send(work.partition, &value, calls);
        let (version, examples, next) = (work.version, work.examples, contribution.next);
        if let Some(shard) = self.owned.get_mut(&work.partition) {
            shard.sent = Some(Sent { version, examples, next, value });
        }
        self.count(&contribution.gradient, &batch);
    }

    fn contribution(
        &self,
        shard: &Shard,
        work: Work,
        snapshot: &Snapshot,
        batch: &Batch,
    ) -> Contribution {
        let examples = shard.examples.iter().take(work.examples as usize);
        Contribution {
            version: work.version,
            epoch: snapshot.epoch,
            worker: self.number,
            partition: work.partition,
            next: shard.next_after(work.examples, work.last),
            last: work.last,
            rows: examples.map(|example| example.row).collect(),
            gradient: Gradient::of(&self.job.model, &snapshot.parameters, batch),
        }
    }

    fn send(&self, partition: PartitionIndex, value: &[u8], calls: &mut ClientCalls) {
        let key = partition.to_string();
        let record = ProducerRecord {
            key: Some(key.as_bytes()),
            value: Some(value),
            ..ProducerRecord::default()
        };
        calls.send(PRODUCER, &self.gradients, record, partition as u64 + 1);
    }

    fn on_given_up(&mut self, token: u64, calls: &mut ClientCalls) {
        let partition = token as PartitionIndex - 1;
        let sent = self.owned.get(&partition).and_then(|shard| shard.sent.as_ref());
        if let Some(sent) = sent.filter(|sent| Some(sent.version) == self.version()) {
            self.send(partition, &sent.value, calls);
        }
    }

    fn count(&mut self, gradient: &Gradient, batch: &Batch) {
        batch.labels().iter().for_each(|&label| self.labels[usize::from(label)] += 1);
        self.records += u64::from(gradient.records);
        self.epoch.records += gradient.records;
        self.epoch.loss_micronats += super::micronats(gradient.loss);
    }
}

impl Program for Trainer {
    type Command = NoCommand;

    fn on(&mut self, _now: NodeNow, event: ClientEvent<NoCommand>, calls: &mut ClientCalls) {
        if self.wait.on(&event, calls) {
            self.join(calls);
        }
        self.reader.on(&event, calls);
        match event {
            ClientEvent::Assigned { partitions, .. } => self.on_assigned(&partitions, calls),
            ClientEvent::Revoked { partitions, lost, .. } => {
                self.on_revoked(&partitions, lost, calls);
            }
            ClientEvent::Admin { token: LOCATE, result } => self.on_places(&result, calls),
            ClientEvent::Woken { token: LOCATE } => self.ask_for_places(calls),
            ClientEvent::Woken { token } if self.work.is_some_and(|work| work.token == token) => {
                self.on_computed(calls);
            }
            ClientEvent::Records { consumer: RECORDS, records } => self.on_records(&records, calls),
            ClientEvent::Records { records, .. } => self.on_snapshots(&records, calls),
            ClientEvent::Sent { token, result: Err(_), .. } => self.on_given_up(token, calls),
            ClientEvent::Closing => {
                self.commit(calls);
                calls.call(Call::CloseConsumer { consumer: RECORDS, leave: true });
                return calls.call(Call::Exit);
            }
            _ => {}
        }
        self.work_on(calls);
        self.steer(calls);
    }
}

fn features(partition: PartitionIndex) -> NamedPartition {
    NamedPartition { topic: Arc::from(FEATURES), partition }
}

fn merged(shard: &Shard, epoch: u16) -> CommittedOffset {
    let metadata = Arc::from(epoch.to_string());
    CommittedOffset { offset: shard.merged, leader_epoch: -1, metadata }
}

fn epoch_of(committed: &CommittedOffset) -> u16 {
    committed.metadata.parse().unwrap_or(0)
}

fn batch_of<'a>(job: &TrainingJob, examples: impl Iterator<Item = &'a Example>) -> Batch {
    let mut batch = Batch::new(job.model.inputs());
    for example in examples {
        let decoded = codec::decode_example(&job.model, &example.value);
        let (features, label) = decoded.expect("it was decoded when it was read");
        batch.push(&features, label);
    }
    batch
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::apps::testing::{described, on, polled, sends};
    use crate::apps::training::message::{ShardProgress, Totals};
    use crate::ml::data::digits;
    use crate::sim::ids::Offset;

    #[test]
    fn a_new_owner_goes_to_the_committed_offset_of_the_epoch_and_to_the_beginning_otherwise() {
        let mut trainer = joined();
        on(&mut trainer, versions(&snapshot(9, 3, 32)));
        let calls = on(&mut trainer, assigned(&[0, 1, 2]));
        assert!(matches!(calls.made(), [Call::Pause { .. }, Call::Admin { token: LOCATE, .. }]));
        let calls = on(&mut trainer, places(&[(0, 32, "3"), (1, 300, "2")]));
        let seeks: Vec<_> = calls.made().iter().filter_map(seek).collect();
        assert_eq!(
            seeks,
            [(0, SeekTo::Offset(32)), (1, SeekTo::Beginning), (2, SeekTo::Beginning)]
        );
        assert!(calls.made().iter().any(|call| matches!(call, Call::Resume { .. })));
    }

    #[test]
    fn a_batch_is_computed_in_its_time_and_then_sent() {
        let mut trainer = reading();
        let calls = on(&mut trainer, records(0, 20));
        let time = Micros(16 * 200);
        assert!(matches!(
            calls.made(),
            [Call::BusyFor { time: busy }, Call::Timer { token: WORK, .. }, Call::Pause { .. }] if *busy == time
        ));
        let calls = on(&mut trainer, ClientEvent::Woken { token: WORK });
        let sent = sends(&calls);
        let value = calls.record(&sent[0]).value.expect("a gradient");
        let contribution = Contribution::decode(&digits::softmax(), value).expect("a gradient");
        assert_eq!((contribution.version, contribution.epoch, contribution.next), (1, 1, 16));
        assert_eq!((contribution.rows.len(), contribution.last), (16, false));
        assert_eq!((trainer.records(), trainer.labels().iter().sum()), (16, 16));
    }

    #[test]
    fn what_was_merged_leaves_and_what_was_not_is_computed_again() {
        let mut trainer = reading();
        on(&mut trainer, records(0, 40));
        on(&mut trainer, ClientEvent::Woken { token: WORK });
        on(&mut trainer, versions(&snapshot(2, 1, -1)));
        let again = on(&mut trainer, ClientEvent::Woken { token: WORK + 1 });
        assert_eq!(contribution(&again).next, 16, "somebody else was first: the same records");
        on(&mut trainer, versions(&snapshot(3, 1, 16)));
        let next = on(&mut trainer, ClientEvent::Woken { token: WORK + 2 });
        assert_eq!(contribution(&next).next, 32);
    }

    #[test]
    fn the_end_closes_the_epoch_even_behind_a_full_batch() {
        let mut trainer = reading();
        let calls = on(&mut trainer, records(0, 16));
        assert!(calls.made().is_empty(), "whether the batch is the last is not known yet");
        on(&mut trainer, end(16));
        let calls = on(&mut trainer, ClientEvent::Woken { token: WORK });
        assert_eq!((contribution(&calls).next, contribution(&calls).last), (17, true));
    }

    #[test]
    fn a_new_epoch_begins_at_the_beginning_with_its_number_committed() {
        let mut trainer = reading();
        let calls = on(&mut trainer, versions(&snapshot(2, 2, -1)));
        assert_eq!(calls.made().iter().find_map(seek), Some((0, SeekTo::Beginning)));
        assert_eq!(commit(&calls), Some((0, Arc::from("2"))));
    }

    #[test]
    fn a_partition_that_goes_is_committed_up_to_what_was_merged() {
        let mut trainer = reading();
        on(&mut trainer, records(0, 40));
        on(&mut trainer, ClientEvent::Woken { token: WORK });
        on(&mut trainer, versions(&snapshot(2, 1, 16)));
        on(&mut trainer, ClientEvent::Woken { token: WORK + 1 });
        let partitions = Arc::from([features(0)]);
        let gone = ClientEvent::Revoked { consumer: RECORDS, partitions, lost: false };
        assert_eq!(commit(&on(&mut trainer, gone)), Some((16, Arc::from("1"))));
        assert_eq!(trainer.partitions().count(), 0);
    }

    #[test]
    fn a_reminder_brings_the_same_gradient_again() {
        let mut trainer = reading();
        on(&mut trainer, records(0, 40));
        let first = on(&mut trainer, ClientEvent::Woken { token: WORK });
        let reminder = Snapshot { reminder: 1, ..snapshot(1, 1, -1) };
        let second = on(&mut trainer, versions(&reminder));
        assert_eq!(contribution(&first), contribution(&second));
    }

    fn joined() -> Trainer {
        let mut job = TrainingJob::digits(1);
        job.model = digits::softmax();
        let mut trainer = Trainer::new(Arc::new(job), 1);
        on(&mut trainer, ClientEvent::Started);
        on(&mut trainer, described(&[FEATURES, PARAMS, GRADIENTS]));
        trainer
    }

    /// A trainer that owns partition 0 and reads it from the beginning with version 1.
    fn reading() -> Trainer {
        let mut trainer = joined();
        on(&mut trainer, versions(&snapshot(1, 1, -1)));
        on(&mut trainer, assigned(&[0]));
        on(&mut trainer, places(&[]));
        trainer
    }

    /// Every partition has been merged up to `next`.
    fn snapshot(version: u32, epoch: u16, next: Offset) -> Snapshot {
        Snapshot {
            version,
            epoch,
            reminder: 0,
            pinned: false,
            finished: false,
            gradients_next: 0,
            shards: vec![ShardProgress { next, done: false }; 4],
            totals: Totals::default(),
            rows: Vec::new(),
            parameters: digits::softmax().initialise(1),
        }
    }

    fn versions(snapshot: &Snapshot) -> ClientEvent<NoCommand> {
        let records = polled(PARAMS, 0, 0, &[(Some(b"digits/softmax"), &snapshot.encode())]);
        ClientEvent::Records { consumer: VERSIONS, records }
    }

    fn records(from: usize, count: usize) -> ClientEvent<NoCommand> {
        let rows = digits::train().skip(from).take(count).map(|digit| {
            let value = codec::encode_example(&digit.features(), digit.label);
            (digit.row.to_string().into_bytes(), value)
        });
        let rows: Vec<_> = rows.collect();
        let borrowed: Vec<(Option<&[u8]>, &[u8])> =
            rows.iter().map(|(key, value)| (Some(key.as_slice()), value.as_slice())).collect();
        let records = polled(FEATURES, 0, from as Offset, &borrowed);
        ClientEvent::Records { consumer: RECORDS, records }
    }

    fn end(offset: Offset) -> ClientEvent<NoCommand> {
        let records = polled(FEATURES, 0, offset, &[(None, b"")]);
        ClientEvent::Records { consumer: RECORDS, records }
    }

    fn assigned(partitions: &[PartitionIndex]) -> ClientEvent<NoCommand> {
        let partitions = partitions.iter().map(|&partition| features(partition)).collect();
        ClientEvent::Assigned { consumer: RECORDS, generation: 1, partitions }
    }

    fn places(committed: &[(PartitionIndex, Offset, &str)]) -> ClientEvent<NoCommand> {
        let offsets = committed.iter().map(|&(partition, offset, metadata)| {
            let metadata = Arc::from(metadata);
            (features(partition), CommittedOffset { offset, leader_epoch: -1, metadata })
        });
        let result = AdminResult::GroupOffsets(offsets.collect());
        ClientEvent::Admin { token: LOCATE, result }
    }

    fn seek(call: &Call) -> Option<(PartitionIndex, SeekTo)> {
        match call {
            Call::Seek { partition, to, .. } => Some((partition.partition, *to)),
            _ => None,
        }
    }

    fn commit(calls: &ClientCalls) -> Option<(Offset, Arc<str>)> {
        calls.made().iter().find_map(|call| match call {
            Call::Commit { offsets: Some(offsets), .. } => {
                Some((offsets[0].1.offset, offsets[0].1.metadata.clone()))
            }
            _ => None,
        })
    }

    fn contribution(calls: &ClientCalls) -> Contribution {
        let value = calls.record(&sends(calls)[0]).value.expect("a gradient");
        Contribution::decode(&digits::softmax(), value).expect("a gradient")
    }
}
