//! Tests parameters on the records held out.

use std::collections::VecDeque;
use std::sync::Arc;

use super::fact::RECORD_REFUSED;
use super::job::{
    EVALUATE_TIME, EVALUATIONS, EVALUATORS, PARAMS, RETRY, TEST, TrainingJob, ask, producer_config,
    rereading_config,
};
use super::message::{PartialEvaluation, Snapshot, is_end};
use super::params::ParamsReader;
use crate::apps::NoCommand;
use crate::apps::topics::TopicWait;
use crate::ml::data::digits::Digit;
use crate::ml::{Batch, Evaluation};
use crate::sim::client::program::{
    AdminCall, AdminResult, Call, ClientCalls, ClientEvent, PolledRecords, ProducerRecord, Program,
    SeekTo,
};
use crate::sim::ids::{Offset, PartitionIndex};
use crate::sim::protocol::group::{CommittedOffset, NamedPartition};
use crate::sim::sorted::SortedMap;
use crate::sim::time::{Micros, NodeNow};

const PRODUCER: u16 = 0;
/// Reads `digits-test` as a member of the group.
const RECORDS: u16 = 0;
/// Reads `params`.
const VERSIONS: u16 = 1;
/// Token of the call that asks for committed offsets, and of the timer that repeats it.
const LOCATE: u64 = 1;

/// Pinned versions kept for testing; the oldest goes first. Testing takes a fraction of an epoch, so two are rare.
const PINS_KEPT: usize = 8;

/// An owned partition.
#[derive(Clone, Debug, Hash)]
enum Exam {
    /// What has been tested is not known yet.
    Unknown,
    /// Everything up to this version has been tested; -1 = nothing.
    Idle { tested: i64 },
    /// The records are being read.
    Reading { tested: i64, version: u32, expected: Option<Offset>, evaluation: Evaluation },
}

/// Evaluates every pinned version on the partitions that it owns.
#[derive(Clone, Debug, Hash)]
pub struct Evaluator {
    job: Arc<TrainingJob>,
    wait: TopicWait,
    reader: ParamsReader,
    evaluations: Arc<str>,
    pins: VecDeque<Arc<Snapshot>>,
    owned: SortedMap<PartitionIndex, Exam>,
    /// Records sent and not acknowledged yet, by partition.
    unsent: SortedMap<PartitionIndex, Arc<[u8]>>,
}

impl Evaluator {
    /// A member that has not joined yet.
    pub fn new(job: Arc<TrainingJob>) -> Evaluator {
        Evaluator {
            job,
            wait: TopicWait::new([TEST, PARAMS, EVALUATIONS].map(Arc::from)),
            reader: ParamsReader::new(VERSIONS),
            evaluations: Arc::from(EVALUATIONS),
            pins: VecDeque::new(),
            owned: SortedMap::new(),
            unsent: SortedMap::new(),
        }
    }

    fn join(&self, calls: &mut ClientCalls) {
        calls.call(Call::CreateProducer { producer: PRODUCER, config: producer_config() });
        let group = Some(Arc::from(EVALUATORS));
        calls.call(Call::CreateConsumer { consumer: RECORDS, group, config: rereading_config() });
        calls.call(Call::Subscribe { consumer: RECORDS, topics: vec![Arc::from(TEST)] });
        self.reader.open(calls);
    }

    fn on_assigned(&mut self, partitions: &[NamedPartition], calls: &mut ClientCalls) {
        let gained = partitions.iter().filter(|got| !self.owned.contains_key(&got.partition));
        let gained: Vec<NamedPartition> = gained.cloned().collect();
        if !gained.is_empty() {
            self.owned.extend(gained.iter().map(|got| (got.partition, Exam::Unknown)));
            calls.call(Call::Pause { consumer: RECORDS, partitions: gained });
            self.ask_for_tested(calls);
        }
    }

    fn ask_for_tested(&self, calls: &mut ClientCalls) {
        ask(AdminCall::ListGroupOffsets { group: Arc::from(EVALUATORS) }, LOCATE, calls);
    }

    /// The commit metadata say which version was tested last.
    fn on_tested(&mut self, result: &AdminResult, calls: &mut ClientCalls) {
        let AdminResult::GroupOffsets(offsets) = result else {
            return calls.timer(RETRY, LOCATE);
        };
        for (partition, exam) in &mut self.owned {
            if let Exam::Unknown = exam {
                let found = offsets.iter().find(|(of, _)| of.partition == *partition);
                let tested = found.and_then(|(_, at)| at.metadata.parse().ok()).unwrap_or(-1);
                *exam = Exam::Idle { tested };
            }
        }
    }

    fn on_snapshots(&mut self, polled: &[PolledRecords]) {
        let known = self.pins.back().map_or(-1, |pin| i64::from(pin.version));
        let pinned = ParamsReader::snapshots(&self.job.model, polled).into_iter();
        let new = pinned.filter(|snapshot| snapshot.pinned && i64::from(snapshot.version) > known);
        for snapshot in new {
            self.pins.push_back(Arc::new(snapshot));
        }
        while self.pins.len() > PINS_KEPT {
            self.pins.pop_front();
        }
    }

    /// Begins the next test of every partition that has one to do.
    fn start(&mut self, calls: &mut ClientCalls) {
        let mut begun = Vec::new();
        for (&partition, exam) in &mut self.owned {
            let Exam::Idle { tested } = *exam else { continue };
            let Some(pin) = self.pins.iter().find(|pin| i64::from(pin.version) > tested) else {
                continue;
            };
            let evaluation = Evaluation::new(self.job.model.classes() as u16);
            *exam = Exam::Reading { tested, version: pin.version, expected: None, evaluation };
            begun.push(test(partition));
        }
        for partition in &begun {
            let (partition, to) = (partition.clone(), SeekTo::Beginning);
            calls.call(Call::Seek { consumer: RECORDS, partition, to });
        }
        if !begun.is_empty() {
            calls.call(Call::Resume { consumer: RECORDS, partitions: begun });
        }
    }

    fn on_records(&mut self, polled: &[PolledRecords], calls: &mut ClientCalls) {
        let count: usize = polled.iter().map(|part| self.on_part(part, calls)).sum();
        calls.busy_for(Micros(EVALUATE_TIME.0 * count as u64));
    }

    /// Evaluates the records of one partition and returns how many they were.
    fn on_part(&mut self, part: &PolledRecords, calls: &mut ClientCalls) -> usize {
        let partition = part.partition.partition;
        let Some(Exam::Reading { version, expected, evaluation, .. }) =
            self.owned.get_mut(&partition)
        else {
            return 0;
        };
        if let Some(offset) = expected.filter(|offset| *offset != part.from) {
            let (partition, to) = (part.partition.clone(), SeekTo::Offset(offset));
            calls.call(Call::Seek { consumer: RECORDS, partition, to });
            return 0;
        }
        *expected = Some(part.next);
        let Some(pin) = self.pins.iter().find(|pin| pin.version == *version) else { return 0 };
        let (batch, ended) = batch_of(&self.job, part, calls);
        if !batch.is_empty() {
            evaluation.merge(&Evaluation::of(&self.job.model, &pin.parameters, &batch));
        }
        if ended {
            let pin = pin.clone();
            self.finish(partition, &pin, part.next, calls);
        }
        batch.len()
    }

    fn finish(
        &mut self,
        partition: PartitionIndex,
        pin: &Snapshot,
        next: Offset,
        calls: &mut ClientCalls,
    ) {
        let tested = Exam::Idle { tested: pin.version.into() };
        let Some(Exam::Reading { evaluation, .. }) = self.owned.insert(partition, tested) else {
            return;
        };
        let (version, epochs) = (pin.version, pin.epoch - 1);
        let partial = PartialEvaluation { version, epochs, partition, evaluation };
        self.unsent.insert(partition, partial.encode().into());
        self.send(partition, calls);
        calls.call(Call::Pause { consumer: RECORDS, partitions: vec![test(partition)] });
        let metadata = Arc::from(version.to_string());
        let committed = CommittedOffset { offset: next, leader_epoch: -1, metadata };
        let offsets = Some(vec![(test(partition), committed)]);
        calls.call(Call::Commit { consumer: RECORDS, offsets, token: 0 });
    }

    fn send(&self, partition: PartitionIndex, calls: &mut ClientCalls) {
        let Some(value) = self.unsent.get(&partition) else { return };
        let key = partition.to_string();
        let record = ProducerRecord {
            key: Some(key.as_bytes()),
            value: Some(value),
            ..ProducerRecord::default()
        };
        calls.send(PRODUCER, &self.evaluations, record, partition as u64 + 1);
    }
}

impl Program for Evaluator {
    type Command = NoCommand;

    fn on(&mut self, _now: NodeNow, event: ClientEvent<NoCommand>, calls: &mut ClientCalls) {
        if self.wait.on(&event, calls) {
            self.join(calls);
        }
        self.reader.on(&event, calls);
        match event {
            ClientEvent::Assigned { partitions, .. } => self.on_assigned(&partitions, calls),
            ClientEvent::Revoked { partitions, .. } => {
                self.owned
                    .retain(|owned, _| partitions.iter().all(|gone| gone.partition != *owned));
            }
            ClientEvent::Admin { token: LOCATE, result } => self.on_tested(&result, calls),
            ClientEvent::Woken { token: LOCATE } => self.ask_for_tested(calls),
            ClientEvent::Records { consumer: RECORDS, records } => self.on_records(&records, calls),
            ClientEvent::Records { records, .. } => self.on_snapshots(&records),
            ClientEvent::Sent { token, result: Err(_), .. } => {
                self.send(token as PartitionIndex - 1, calls);
            }
            ClientEvent::Closing => {
                calls.call(Call::CloseConsumer { consumer: RECORDS, leave: true });
                return calls.call(Call::Exit);
            }
            _ => {}
        }
        self.start(calls);
    }
}

fn test(partition: PartitionIndex) -> NamedPartition {
    NamedPartition { topic: Arc::from(TEST), partition }
}

/// The digits of a poll up to the end of the partition, and whether it was there.
fn batch_of(job: &TrainingJob, part: &PolledRecords, calls: &mut ClientCalls) -> (Batch, bool) {
    let mut batch = Batch::new(job.model.inputs());
    for (offset, _, record) in part.records() {
        if is_end(&record) {
            return (batch, true);
        }
        match record.value.map(|value| Digit::parse(0, value)) {
            Some(Ok(digit)) => batch.push(&digit.features(), digit.label),
            Some(Err(_)) | None => {
                let values = [part.partition.partition.into(), offset, 0];
                calls.call(Call::Fact { code: RECORD_REFUSED, values });
            }
        }
    }
    (batch, false)
}
