//! Merges the evaluators' results.

use std::sync::Arc;

use super::fact::EPOCH_TESTED;
use super::job::{EVALUATIONS, TrainingJob, consumer_config, first_of};
use super::message::PartialEvaluation;
use crate::apps::NoCommand;
use crate::apps::topics::TopicWait;
use crate::ml::Evaluation;
use crate::sim::client::program::{Call, ClientCalls, ClientEvent, PolledRecords, Program, SeekTo};
use crate::sim::sorted::SortedMap;
use crate::sim::time::NodeNow;

const CONSUMER: u16 = 0;

/// The test of one version on all partitions.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Score {
    pub version: u32,
    /// Epochs behind the version; 0 = untrained.
    pub epochs: u16,
    pub evaluation: Evaluation,
}

/// Reads `evaluations` from its beginning and adds up the partitions of each version. Counts are integers, so any order
/// gives the same sums; a partition that was tested twice counts once.
#[derive(Clone, Debug, Hash)]
pub struct Scorer {
    job: Arc<TrainingJob>,
    wait: TopicWait,
    parts: SortedMap<u32, SortedMap<i32, PartialEvaluation>>,
    scores: Vec<Score>,
}

impl Scorer {
    /// A scorer that has read nothing yet.
    pub fn new(job: Arc<TrainingJob>) -> Scorer {
        let wait = TopicWait::new([Arc::from(EVALUATIONS)]);
        Scorer { job, wait, parts: SortedMap::new(), scores: Vec::new() }
    }

    /// The scores by version.
    pub fn scores(&self) -> &[Score] {
        &self.scores
    }

    /// The score of the last epoch, once it is known.
    pub fn final_score(&self) -> Option<&Score> {
        self.scores.last().filter(|score| score.epochs >= self.job.plan.epochs)
    }

    fn open(&self, calls: &mut ClientCalls) {
        let (consumer, partition) = (CONSUMER, first_of(EVALUATIONS));
        calls.call(Call::CreateConsumer { consumer, group: None, config: consumer_config() });
        calls.call(Call::Assign { consumer, partitions: vec![partition.clone()] });
        calls.call(Call::Seek { consumer, partition, to: SeekTo::Beginning });
    }

    fn on_records(&mut self, polled: &[PolledRecords], calls: &mut ClientCalls) {
        for (.., record) in polled.iter().flat_map(PolledRecords::records) {
            let value = record.value.unwrap_or_default();
            if let Ok(partial) = PartialEvaluation::decode(&self.job.model, value) {
                self.take(partial, calls);
            }
        }
    }

    fn take(&mut self, partial: PartialEvaluation, calls: &mut ClientCalls) {
        let version = partial.version;
        if self.scores.last().is_some_and(|score| score.version >= version) {
            return;
        }
        let parts = self.parts.entry(version).or_default();
        parts.entry(partial.partition).or_insert(partial);
        if parts.len() == self.job.partitions as usize {
            self.score(version, calls);
        }
    }

    /// All partitions of a version are in; versions before it that are not complete never will be.
    fn score(&mut self, version: u32, calls: &mut ClientCalls) {
        let rest = self.parts.split_off(&(version + 1));
        let Some(parts) = std::mem::replace(&mut self.parts, rest).remove(&version) else { return };
        let mut evaluation = Evaluation::new(self.job.model.classes() as u16);
        let mut epochs = 0;
        for partial in parts.values() {
            evaluation.merge(&partial.evaluation);
            epochs = partial.epochs;
        }
        let values = numbers(epochs, &evaluation);
        calls.call(Call::Fact { code: EPOCH_TESTED, values });
        self.scores.push(Score { version, epochs, evaluation });
    }
}

/// Epoch, mean loss and accuracy in millionths.
fn numbers(epochs: u16, evaluation: &Evaluation) -> [i64; 3] {
    let (total, correct) = (evaluation.confusion.total(), evaluation.confusion.correct());
    let mean = evaluation.loss_micronats.checked_div(total.into()).unwrap_or(0);
    let accuracy = (u64::from(correct) * 1_000_000).checked_div(total.into()).unwrap_or(0);
    [epochs.into(), mean as i64, accuracy as i64]
}

impl Program for Scorer {
    type Command = NoCommand;

    fn on(&mut self, _now: NodeNow, event: ClientEvent<NoCommand>, calls: &mut ClientCalls) {
        if self.wait.on(&event, calls) {
            self.open(calls);
        }
        match event {
            ClientEvent::Records { records, .. } => self.on_records(&records, calls),
            ClientEvent::Closing => calls.call(Call::Exit),
            _ => {}
        }
    }
}
