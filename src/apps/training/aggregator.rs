//! Merges gradients into parameters, one round after the other.

use std::sync::Arc;

use super::fact::{
    DIVERGED, EPOCH_TRAINED, RECORD_REFUSED, REMINDED, TRAINED_TWICE, TRAINING_FINISHED,
    TRAINING_STARTED,
};
use super::job::{
    GRADIENTS, MERGE_TIME, PARAMS, REMIND_AFTER, TrainingJob, consumer_config, first_of,
    producer_config,
};
use super::message::{Contribution, MessageError, ShardProgress, Snapshot, Totals};
use super::params::ParamsReader;
use crate::apps::NoCommand;
use crate::apps::topics::TopicWait;
use crate::ml::Gradient;
use crate::ml::codec::DecodeError;
use crate::ml::data::digits;
use crate::sim::client::program::{
    Call, ClientCalls, ClientEvent, PolledRecords, ProducerRecord, Program, SeekTo,
};
use crate::sim::ids::Offset;
use crate::sim::time::{Micros, NodeNow};

const PRODUCER: u16 = 0;
/// Reads `gradients`.
const ROUNDS: u16 = 0;
/// Reads the newest record of `params` after a start.
const VERSIONS: u16 = 1;
/// Token of the timer of the reminder for version v: this and v.
const REMIND: u64 = 16;

/// An epoch that ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct EpochReport {
    pub epoch: u16,
    /// The first version of the next epoch.
    pub version: u32,
    /// Records merged.
    pub records: u32,
    /// Different rows among them.
    pub rows: u32,
    /// Of the records, recognised before the update.
    pub correct: u32,
    pub loss_micronats: u64,
}

/// The one program that changes the parameters.
#[derive(Clone, Debug, Hash)]
pub struct Aggregator {
    job: Arc<TrainingJob>,
    wait: TopicWait,
    reader: ParamsReader,
    params: Arc<str>,
    /// The newest version; None until the first is made or found.
    snapshot: Option<Snapshot>,
    /// Contributions to the open round by partition, with the offset behind each.
    round: Vec<Option<Contribution>>,
    /// The next record of `gradients`.
    next: Offset,
    /// Contributions that came to a closed round, or second to an open one.
    dropped: u64,
    diverged: bool,
    epochs: Vec<EpochReport>,
}

impl Aggregator {
    /// An aggregator that has neither made nor found a version.
    pub fn new(job: Arc<TrainingJob>) -> Aggregator {
        let round = vec![None; job.partitions as usize];
        Aggregator {
            job,
            wait: TopicWait::new([GRADIENTS, PARAMS].map(Arc::from)),
            reader: ParamsReader::new(VERSIONS),
            params: Arc::from(PARAMS),
            snapshot: None,
            round,
            next: 0,
            dropped: 0,
            diverged: false,
            epochs: Vec::new(),
        }
    }

    /// The newest version.
    pub fn snapshot(&self) -> Option<&Snapshot> {
        self.snapshot.as_ref()
    }

    /// The epochs that ended since this process started.
    pub fn epochs(&self) -> &[EpochReport] {
        &self.epochs
    }

    /// Contributions that were not merged.
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    /// Whether training ended because a number was no longer finite.
    pub fn has_diverged(&self) -> bool {
        self.diverged
    }

    // Beginning.

    /// An empty `params` means that training begins; else it goes on from the newest record.
    fn on_opened(&mut self, versions: Offset, calls: &mut ClientCalls) {
        calls.call(Call::CreateProducer { producer: PRODUCER, config: producer_config() });
        if versions == 0 {
            let plan = &self.job.plan;
            let per_round = i64::from(self.job.partitions) * i64::from(plan.batch_records);
            let values = [self.job.partitions.into(), per_round, plan.epochs.into()];
            calls.call(Call::Fact { code: TRAINING_STARTED, values });
            let first = self.first();
            self.begin(first, calls);
            self.publish(calls);
        }
    }

    fn first(&self) -> Snapshot {
        Snapshot {
            version: 0,
            epoch: 1,
            reminder: 0,
            pinned: true,
            finished: false,
            gradients_next: 0,
            shards: self.untouched(),
            totals: Totals::default(),
            rows: no_rows(),
            parameters: self.job.model.initialise(self.job.seed),
        }
    }

    fn untouched(&self) -> Vec<ShardProgress> {
        vec![ShardProgress { next: -1, done: false }; self.job.partitions as usize]
    }

    fn begin(&mut self, snapshot: Snapshot, calls: &mut ClientCalls) {
        self.next = snapshot.gradients_next;
        self.snapshot = Some(snapshot);
        calls.call(Call::CloseConsumer { consumer: VERSIONS, leave: true });
        let (consumer, partition) = (ROUNDS, first_of(GRADIENTS));
        calls.call(Call::CreateConsumer { consumer, group: None, config: consumer_config() });
        calls.call(Call::Assign { consumer, partitions: vec![partition.clone()] });
        calls.call(Call::Seek { consumer, partition, to: SeekTo::Offset(self.next) });
        self.remind_later(calls);
    }

    fn on_versions(&mut self, polled: &[PolledRecords], calls: &mut ClientCalls) {
        if self.snapshot.is_none()
            && let Some(newest) = ParamsReader::snapshots(&self.job.model, polled).pop()
        {
            self.begin(newest, calls);
        }
    }

    // Rounds.

    fn on_gradients(&mut self, polled: &[PolledRecords], calls: &mut ClientCalls) {
        let mut merged = 0;
        for (offset, _, record) in polled.iter().flat_map(PolledRecords::records) {
            self.next = offset + 1;
            match Contribution::decode(&self.job.model, record.value.unwrap_or_default()) {
                Ok(contribution) => self.take(contribution),
                Err(MessageError::Body(DecodeError::Diverged)) => self.stop(calls),
                Err(_) => {
                    let values = [0, offset, 0];
                    calls.call(Call::Fact { code: RECORD_REFUSED, values });
                }
            }
            merged += 1;
            self.close_when_full(calls);
        }
        calls.busy_for(Micros(MERGE_TIME.0 * merged));
    }

    /// Takes a contribution to the open round. The first of a partition counts: a second one comes from a trainer that got
    /// the partition in a rebalance, or repeats what a reminder asked for.
    fn take(&mut self, contribution: Contribution) {
        let Some(snapshot) = &self.snapshot else { return };
        let partition = contribution.partition as usize;
        let open = snapshot.shards.get(partition).is_some_and(|shard| !shard.done);
        if contribution.version == snapshot.version && open && self.round[partition].is_none() {
            self.round[partition] = Some(contribution);
        } else {
            self.dropped += 1;
        }
    }

    fn close_when_full(&mut self, calls: &mut ClientCalls) {
        let Some(mut snapshot) = self.snapshot.take() else { return };
        let missing = missing(&snapshot, &self.round);
        if missing > 0 || snapshot.finished || self.diverged {
            self.snapshot = Some(snapshot);
            return;
        }
        self.merge_round(&mut snapshot, calls);
        snapshot.version += 1;
        snapshot.reminder = 0;
        snapshot.gradients_next = self.next;
        snapshot.pinned = snapshot.shards.iter().all(|shard| shard.done);
        if snapshot.pinned {
            self.end_epoch(&mut snapshot, calls);
        }
        self.snapshot = Some(snapshot);
        self.publish(calls);
        self.remind_later(calls);
    }

    /// Adds the gradients in the order of the partitions, whatever order they came in, and moves the parameters.
    fn merge_round(&mut self, snapshot: &mut Snapshot, calls: &mut ClientCalls) {
        let mut merged = Gradient::zero(&self.job.model);
        let mut twice = 0;
        for contribution in self.round.iter_mut().filter_map(Option::take) {
            merged.merge(&contribution.gradient);
            let shard = &mut snapshot.shards[contribution.partition as usize];
            *shard = ShardProgress { next: contribution.next, done: contribution.last };
            let again = contribution.rows.iter().filter(|&&row| !mark(&mut snapshot.rows, row));
            twice += again.count() as u64;
            snapshot.totals.loss_micronats += super::micronats(contribution.gradient.loss);
        }
        self.job.plan.update(&mut snapshot.parameters, &merged);
        let totals = &mut snapshot.totals;
        totals.records += merged.records;
        totals.correct += merged.correct;
        totals.records_ever += u64::from(merged.records);
        totals.trained_twice += twice;
        if twice > 0 {
            let values = [snapshot.epoch.into(), twice as i64, totals.trained_twice as i64];
            calls.call(Call::Fact { code: TRAINED_TWICE, values });
        }
    }

    fn end_epoch(&mut self, snapshot: &mut Snapshot, calls: &mut ClientCalls) {
        let report = report_of(snapshot);
        self.epochs.push(report);
        let values =
            [report.epoch.into(), mean(report.loss_micronats, report.records), accuracy(&report)];
        calls.call(Call::Fact { code: EPOCH_TRAINED, values });
        snapshot.shards = self.untouched();
        snapshot.rows = no_rows();
        snapshot.epoch += 1;
        snapshot.finished = report.epoch >= self.job.plan.epochs;
        let Totals { records_ever, trained_twice, .. } = snapshot.totals;
        snapshot.totals = Totals { records_ever, trained_twice, ..Totals::default() };
        if snapshot.finished {
            let values = [report.epoch.into(), records_ever as i64, trained_twice as i64];
            calls.call(Call::Fact { code: TRAINING_FINISHED, values });
        }
    }

    fn stop(&mut self, calls: &mut ClientCalls) {
        if let (false, Some(snapshot)) = (self.diverged, &self.snapshot) {
            let values = [snapshot.version.into(), snapshot.epoch.into(), 0];
            calls.call(Call::Fact { code: DIVERGED, values });
        }
        self.diverged = true;
    }

    // Publishing.

    fn publish(&self, calls: &mut ClientCalls) {
        let Some(snapshot) = &self.snapshot else { return };
        let (key, value) = (self.job.model_key(), snapshot.encode());
        let record = ProducerRecord {
            key: Some(key.as_bytes()),
            value: Some(&value),
            ..ProducerRecord::default()
        };
        calls.send(PRODUCER, &self.params, record, u64::from(snapshot.version) + 1);
    }

    fn remind_later(&self, calls: &mut ClientCalls) {
        if let Some(snapshot) = self.snapshot.as_ref().filter(|snapshot| !snapshot.finished) {
            calls.timer(REMIND_AFTER, REMIND + u64::from(snapshot.version));
        }
    }

    /// Publishes the open round's version again if it has been open for long.
    fn remind(&mut self, token: u64, calls: &mut ClientCalls) {
        let Some(snapshot) = &mut self.snapshot else { return };
        let open = token == REMIND + u64::from(snapshot.version) && !snapshot.finished;
        if !open || self.diverged {
            return;
        }
        snapshot.reminder += 1;
        let missing = missing(snapshot, &self.round);
        let values = [snapshot.version.into(), snapshot.epoch.into(), missing];
        calls.call(Call::Fact { code: REMINDED, values });
        self.publish(calls);
        self.remind_later(calls);
    }

    fn on_given_up(&mut self, token: u64, calls: &mut ClientCalls) {
        let newest = self.snapshot.as_ref().map(|snapshot| u64::from(snapshot.version) + 1);
        if newest == Some(token) {
            self.publish(calls);
        }
    }
}

impl Program for Aggregator {
    type Command = NoCommand;

    fn on(&mut self, _now: NodeNow, event: ClientEvent<NoCommand>, calls: &mut ClientCalls) {
        if self.wait.on(&event, calls) {
            self.reader.open(calls);
        }
        if let Some(versions) = self.reader.on(&event, calls) {
            self.on_opened(versions, calls);
        }
        match event {
            ClientEvent::Records { consumer: ROUNDS, records } => {
                self.on_gradients(&records, calls)
            }
            ClientEvent::Records { records, .. } => self.on_versions(&records, calls),
            ClientEvent::Woken { token } => self.remind(token, calls),
            ClientEvent::Sent { token, result: Err(_), .. } => self.on_given_up(token, calls),
            ClientEvent::Closing => calls.call(Call::Exit),
            _ => {}
        }
    }
}

/// Partitions that the open round still waits for.
fn missing(snapshot: &Snapshot, round: &[Option<Contribution>]) -> i64 {
    let parts = snapshot.shards.iter().zip(round);
    parts.filter(|(shard, contribution)| !shard.done && contribution.is_none()).count() as i64
}

fn report_of(snapshot: &Snapshot) -> EpochReport {
    let Totals { records, correct, loss_micronats, .. } = snapshot.totals;
    EpochReport {
        epoch: snapshot.epoch,
        version: snapshot.version,
        records,
        rows: snapshot.rows.iter().map(|word| word.count_ones()).sum(),
        correct,
        loss_micronats,
    }
}

fn mean(loss_micronats: u64, records: u32) -> i64 {
    loss_micronats.checked_div(records.into()).unwrap_or(0) as i64
}

fn accuracy(report: &EpochReport) -> i64 {
    (u64::from(report.correct) * 1_000_000).checked_div(report.records.into()).unwrap_or(0) as i64
}

/// A set of rows of the file, one bit each, with none in it.
fn no_rows() -> Vec<u64> {
    vec![0; digits::all().count().div_ceil(64)]
}

/// Puts a row into the set; false if it was there.
fn mark(rows: &mut [u64], row: u16) -> bool {
    let Some(word) = rows.get_mut(usize::from(row / 64)) else { return false };
    let bit = 1 << (row % 64);
    let new = *word & bit == 0;
    *word |= bit;
    new
}
