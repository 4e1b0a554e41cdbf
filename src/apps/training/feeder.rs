//! Creates the topics and fills the two raw ones.

use std::sync::Arc;

use super::fact::DATA_STORED;
use super::job::{RETRY, TEST, TRAIN, TrainingJob, ask, producer_config};
use crate::apps::NoCommand;
use crate::ml::data::digits::{self, Digit};
use crate::sim::client::murmur2::partition_for_key;
use crate::sim::client::program::{
    AdminCall, AdminResult, Call, ClientCalls, ClientEvent, ProducerRecord, Program,
};
use crate::sim::ids::{Offset, PartitionIndex};
use crate::sim::protocol::ErrorCode;
use crate::sim::protocol::data::OffsetSpec;
use crate::sim::protocol::group::NamedPartition;
use crate::sim::time::{Micros, NodeNow};

const PRODUCER: u16 = 0;
/// Token of the call that creates the topics.
const CREATE: u64 = 1;
/// Token of the call that asks what is stored already.
const LIST: u64 = 2;
/// Token of the timer of the next burst.
const FEED: u64 = 3;
/// Tokens of records: this and the place in the order of sending. Ends of partitions come last.
const FIRST_RECORD: u64 = 16;

/// Records sent at once.
const BURST: u32 = 100;
/// Time between two bursts.
const EVERY: Micros = Micros(10_000);

/// Sends every digit once, in the order of the file, then says in each partition that it ends there.
///
/// After a restart it asks how much each partition holds and leaves that many records out: what one producer sent in order
/// is stored in order. The ends are sent when every digit is stored, so that no digit can come after them.
#[derive(Clone, Debug, Hash)]
pub struct Feeder {
    job: Arc<TrainingJob>,
    topics: [Arc<str>; 2],
    /// What each partition held at the start: those of `digits-train`, then those of `digits-test`.
    stored: Vec<Offset>,
    /// How many records of each partition have been passed.
    passed: Vec<Offset>,
    /// Place of the next digit in the order of sending.
    cursor: u32,
    /// Records sent and not acknowledged yet.
    outstanding: u32,
    ended: bool,
}

impl Feeder {
    /// A feeder that has not begun.
    pub fn new(job: Arc<TrainingJob>) -> Feeder {
        let topics = [Arc::from(TRAIN), Arc::from(TEST)];
        let (stored, passed) = (Vec::new(), vec![0; 2 * job.partitions as usize]);
        Feeder { job, topics, stored, passed, cursor: 0, outstanding: 0, ended: false }
    }

    fn on_admin(&mut self, token: u64, result: &AdminResult, calls: &mut ClientCalls) {
        match (token, result) {
            (CREATE, AdminResult::Topics(topics))
                if topics.iter().all(|topic| made(topic.1.error)) =>
            {
                self.ask_what_is_stored(calls);
            }
            (LIST, AdminResult::Offsets(offsets))
                if offsets.iter().all(|offset| offset.1.is_ok()) =>
            {
                self.stored = offsets.iter().map(|offset| offset.1.unwrap_or(0)).collect();
                calls.call(Call::CreateProducer { producer: PRODUCER, config: producer_config() });
                self.feed(calls);
            }
            _ => calls.timer(RETRY, token),
        }
    }

    fn ask_what_is_stored(&self, calls: &mut ClientCalls) {
        let parts = self.topics.iter().flat_map(|topic| {
            (0..self.job.partitions)
                .map(|partition| NamedPartition { topic: topic.clone(), partition })
        });
        let asked = parts.map(|partition| (partition, OffsetSpec::Latest)).collect();
        ask(AdminCall::ListOffsets(asked), LIST, calls);
    }

    /// Sends the next digits; after the last one, the ends.
    fn feed(&mut self, calls: &mut ClientCalls) {
        let first = self.cursor;
        for (topic, digit) in sequence().skip(first as usize).take(BURST as usize) {
            let partition = partition_for_key(&key_of(&digit), self.job.partitions);
            let shard = self.shard(topic, partition);
            if self.passed[shard] >= self.stored[shard] {
                self.send_digit(self.cursor, topic, &digit, calls);
            }
            self.passed[shard] += 1;
            self.cursor += 1;
        }
        if self.cursor == first {
            self.end_when_stored(calls);
        } else {
            calls.timer(EVERY, FEED);
        }
    }

    fn shard(&self, topic: usize, partition: PartitionIndex) -> usize {
        topic * self.job.partitions as usize + partition as usize
    }

    fn send_digit(&mut self, place: u32, topic: usize, digit: &Digit, calls: &mut ClientCalls) {
        let (key, value) = (key_of(digit), digit.value());
        let record =
            ProducerRecord { key: Some(&key), value: Some(&value), ..ProducerRecord::default() };
        self.outstanding += 1;
        calls.send(PRODUCER, &self.topics[topic], record, FIRST_RECORD + u64::from(place));
    }

    fn end_when_stored(&mut self, calls: &mut ClientCalls) {
        if self.outstanding > 0 || self.ended {
            return;
        }
        self.ended = true;
        let open = (0..self.passed.len()).filter(|&shard| self.stored[shard] <= self.passed[shard]);
        let open: Vec<usize> = open.collect();
        open.into_iter().for_each(|shard| self.send_end(shard, calls));
    }

    fn send_end(&mut self, shard: usize, calls: &mut ClientCalls) {
        let partitions = self.job.partitions as usize;
        let (topic, partition) = (shard / partitions, (shard % partitions) as PartitionIndex);
        let partition = Some(partition);
        let record = ProducerRecord { partition, value: Some(&[]), ..ProducerRecord::default() };
        self.outstanding += 1;
        let token = FIRST_RECORD + u64::from(self.cursor) + shard as u64;
        calls.send(PRODUCER, &self.topics[topic], record, token);
    }

    fn on_stored(&mut self, calls: &mut ClientCalls) {
        self.outstanding -= 1;
        if self.ended && self.outstanding == 0 {
            let values = [digits::train().count() as i64, digits::test().count() as i64, 0];
            calls.call(Call::Fact { code: DATA_STORED, values });
        } else if self.cursor as usize == sequence().count() {
            self.end_when_stored(calls);
        }
    }

    /// The producer gave a record up; a digit must not be missing, so it is sent again.
    fn send_again(&mut self, place: u32, calls: &mut ClientCalls) {
        self.outstanding -= 1;
        match sequence().nth(place as usize) {
            Some((topic, digit)) => self.send_digit(place, topic, &digit, calls),
            None => self.send_end((place - self.cursor) as usize, calls),
        }
    }
}

impl Program for Feeder {
    type Command = NoCommand;

    fn on(&mut self, _now: NodeNow, event: ClientEvent<NoCommand>, calls: &mut ClientCalls) {
        match event {
            ClientEvent::Started | ClientEvent::Woken { token: CREATE } => {
                ask(self.job.create_topics(), CREATE, calls);
            }
            ClientEvent::Woken { token: LIST } => self.ask_what_is_stored(calls),
            ClientEvent::Woken { token: FEED } => self.feed(calls),
            ClientEvent::Admin { token, result } => self.on_admin(token, &result, calls),
            ClientEvent::Sent { result: Ok(_), .. } => self.on_stored(calls),
            ClientEvent::Sent { token, result: Err(_), .. } => {
                self.send_again((token - FIRST_RECORD) as u32, calls);
            }
            ClientEvent::Closing => calls.call(Call::Exit),
            _ => {}
        }
    }
}

/// Every digit with the index of its topic, in the order of sending.
fn sequence() -> impl Iterator<Item = (usize, Digit)> {
    digits::train().map(|digit| (0, digit)).chain(digits::test().map(|digit| (1, digit)))
}

fn key_of(digit: &Digit) -> Vec<u8> {
    digit.row.to_string().into_bytes()
}

fn made(error: ErrorCode) -> bool {
    error == ErrorCode::None || error == ErrorCode::TopicAlreadyExists
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::apps::testing::{on, sends};

    #[test]
    fn every_digit_is_sent_once_and_then_every_partition_ends() {
        let mut feeder = listed([0; 8]);
        let sent = feed(&mut feeder);
        assert_eq!(sent.len(), 1_797);
        assert!(sent.windows(2).all(|pair| pair[0] < pair[1]), "in order, none twice");
        let ends = acknowledge(&mut feeder, &sent);
        assert_eq!(ends.len(), 8);
        assert!(!feeder.stored.is_empty() && feeder.ended);
    }

    #[test]
    fn a_restarted_feeder_leaves_out_what_is_stored() {
        let mut counts = [0; 8];
        for digit in digits::train() {
            counts[partition_for_key(&key_of(&digit), 4) as usize] += 1;
        }
        let train_is_complete =
            [counts[0] + 1, counts[1] + 1, counts[2] + 1, counts[3], 7, 0, 0, 0];
        let mut feeder = listed(train_is_complete);
        let sent = feed(&mut feeder);
        assert_eq!(sent.len(), 359 - 7);
        assert_eq!(acknowledge(&mut feeder, &sent).len(), 5, "three ends are stored already");
    }

    #[test]
    fn a_record_that_was_given_up_is_sent_again_before_the_ends() {
        let mut feeder = listed([0; 8]);
        let sent = feed(&mut feeder);
        let result = Err(ErrorCode::RequestTimedOut);
        let failed = ClientEvent::Sent { producer: 0, token: sent[0], partition: 0, result };
        assert_eq!(sends(&on(&mut feeder, failed)).len(), 1);
        assert_eq!(acknowledge(&mut feeder, &sent[1..]).len(), 0);
        assert_eq!(acknowledge(&mut feeder, &sent[..1]).len(), 8);
    }

    #[test]
    fn a_cluster_without_brokers_is_asked_again() {
        let mut feeder = Feeder::new(Arc::new(TrainingJob::digits(1)));
        on(&mut feeder, ClientEvent::Started);
        let refused = vec![(Arc::from(TRAIN), ErrorCode::InvalidReplicationFactor.into())];
        let result = AdminResult::Topics(refused);
        let calls = on(&mut feeder, ClientEvent::Admin { token: CREATE, result });
        assert!(matches!(calls.made(), [Call::Timer { token: CREATE, .. }]));
    }

    fn listed(stored: [Offset; 8]) -> Feeder {
        let mut feeder = Feeder::new(Arc::new(TrainingJob::digits(1)));
        let offsets = (0..8).map(|shard| {
            let topic = feeder.topics[shard / 4].clone();
            (NamedPartition { topic, partition: shard as i32 % 4 }, Ok(stored[shard]))
        });
        let result = AdminResult::Offsets(offsets.collect());
        feeder.on_admin(LIST, &result, &mut ClientCalls::default());
        Feeder { cursor: 0, passed: vec![0; 8], outstanding: 0, ..feeder }
    }

    /// Feeds everything and returns the tokens of the records.
    fn feed(feeder: &mut Feeder) -> Vec<u64> {
        let bursts = (0..20).flat_map(|_| sends(&on(feeder, ClientEvent::Woken { token: FEED })));
        bursts.map(|send| send.token).collect()
    }

    fn acknowledge(feeder: &mut Feeder, tokens: &[u64]) -> Vec<u64> {
        let sent = tokens.iter().flat_map(|&token| {
            let event = ClientEvent::Sent { producer: 0, token, partition: 0, result: Ok(0) };
            sends(&on(feeder, event))
        });
        sent.map(|send| send.token).collect()
    }
}
