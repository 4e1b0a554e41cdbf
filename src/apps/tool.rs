//! The tool: does by hand what a person asks of the cluster, and keeps the answers.
//!
//! It stands for the command line tools of Kafka (`kafka-topics.sh`, `kafka-console-producer.sh`, …). Every command carries
//! a token of its sender's choice, under which the answer is found afterwards.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::sim::client::program::{
    AdminCall, AdminResult, Call, ClientCalls, ClientEvent, PolledRecords, ProducerRecord, Program,
    SeekTo,
};
use crate::sim::config::{AutoOffsetReset, ConsumerConfig, ProducerConfig};
use crate::sim::ids::{LeaderEpoch, Offset, PartitionIndex};
use crate::sim::protocol::ErrorCode;
use crate::sim::protocol::data::Acks;
use crate::sim::protocol::group::NamedPartition;
use crate::sim::sorted::SortedMap;
use crate::sim::time::{Micros, NodeNow};

/// Answers kept; the oldest token's goes first. A page shows the newest few.
const ANSWERS_KEPT: usize = 256;

/// What the tool can be told. Tokens are not 0.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ToolCommand {
    /// A call of the admin client.
    Admin { token: u64, call: AdminCall },
    /// Sends one record.
    Send { token: u64, record: OneRecord, acks: Acks },
    /// Reads up to `limit` records, for at most `within`.
    Read { token: u64, source: Source, limit: u32, within: Micros },
}

/// A record to send.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct OneRecord {
    pub topic: Arc<str>,
    /// None = by key, or sticky without one.
    pub partition: Option<PartitionIndex>,
    #[serde(with = "words")]
    pub key: Option<Vec<u8>>,
    #[serde(with = "words")]
    pub value: Option<Vec<u8>>,
}

/// Bytes that are mostly typed by a person: in a format that people read, as the text that they are.
mod words {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Words {
        Text(String),
        Bytes(Vec<u8>),
    }

    pub fn serialize<S: Serializer>(bytes: &Option<Vec<u8>>, to: S) -> Result<S::Ok, S::Error> {
        let text = bytes.as_deref().and_then(|bytes| std::str::from_utf8(bytes).ok());
        match text.filter(|_| to.is_human_readable()) {
            Some(text) => to.serialize_some(text),
            None => bytes.serialize(to),
        }
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Vec<u8>>, D::Error> {
        if !from.is_human_readable() {
            return Option::deserialize(from);
        }
        let words = Option::<Words>::deserialize(from)?;
        Ok(words.map(|words| match words {
            Words::Text(text) => text.into_bytes(),
            Words::Bytes(bytes) => bytes,
        }))
    }
}

/// Where to read.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Source {
    /// One partition, without a group.
    Partition { partition: NamedPartition, from: SeekTo },
    /// Topics as a member of a group: from its committed offsets, without any from the beginning.
    Group { group: Arc<str>, topics: Vec<Arc<str>> },
}

/// The answer to a command.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Answer {
    Admin(AdminResult),
    Sent(PartitionIndex, Result<Offset, ErrorCode>),
    Read(Vec<ReadRecord>),
}

/// A record as it was read.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ReadRecord {
    pub partition: NamedPartition,
    pub offset: Offset,
    pub leader_epoch: LeaderEpoch,
    pub timestamp: i64,
    pub key: Option<Vec<u8>>,
    pub value: Option<Vec<u8>>,
}

/// A read under way.
#[derive(Clone, Debug, Hash)]
struct Reading {
    token: u64,
    limit: u32,
    records: Vec<ReadRecord>,
}

/// The program behind terminal, page and scenarios.
#[derive(Clone, Debug, Default, Hash)]
pub struct Tool {
    answers: SortedMap<u64, Answer>,
    /// By the number of the consumer that reads.
    readings: SortedMap<u16, Reading>,
    next_consumer: u16,
    /// Producers in use, one per kind of acks: it cannot change while a producer lives.
    producers: Vec<Acks>,
}

impl Tool {
    /// The answer to the command with this token, once it is there.
    pub fn answer(&self, token: u64) -> Option<&Answer> {
        self.answers.get(&token)
    }

    fn keep(&mut self, token: u64, answer: Answer) {
        self.answers.insert(token, answer);
        if self.answers.len() > ANSWERS_KEPT {
            self.answers.pop_first();
        }
    }

    fn on_command(&mut self, command: ToolCommand, calls: &mut ClientCalls) {
        match command {
            ToolCommand::Admin { token, call } => {
                calls.call(Call::Admin { call: Box::new(call), token });
            }
            ToolCommand::Send { token, record, acks } => self.send(token, &record, acks, calls),
            ToolCommand::Read { token, source, limit, within } => {
                let consumer = self.open(token, limit);
                read_from(consumer, source, calls);
                calls.timer(within, u64::from(consumer));
            }
        }
    }

    fn send(&mut self, token: u64, record: &OneRecord, acks: Acks, calls: &mut ClientCalls) {
        let producer = self.producer(acks, calls);
        let (key, value) = (record.key.as_deref(), record.value.as_deref());
        let sent = ProducerRecord { partition: record.partition, key, value, timestamp: None };
        calls.send(producer, &record.topic, sent, token);
    }

    fn producer(&mut self, acks: Acks, calls: &mut ClientCalls) -> u16 {
        if let Some(open) = self.producers.iter().position(|open| *open == acks) {
            return open as u16;
        }
        let producer = self.producers.len() as u16;
        self.producers.push(acks);
        // An idempotent producer needs acks=all; Kafka turns idempotence off by itself when only acks is set.
        let enable_idempotence = acks == Acks::All;
        let config = ProducerConfig { acks, enable_idempotence, ..ProducerConfig::default() };
        calls.call(Call::CreateProducer { producer, config: Box::new(config) });
        producer
    }

    fn open(&mut self, token: u64, limit: u32) -> u16 {
        let consumer = self.next_consumer;
        self.next_consumer = self.next_consumer.wrapping_add(1);
        self.readings.insert(consumer, Reading { token, limit: limit.max(1), records: Vec::new() });
        consumer
    }

    fn on_records(&mut self, consumer: u16, polled: &[PolledRecords], calls: &mut ClientCalls) {
        let Some(reading) = self.readings.get_mut(&consumer) else { return };
        let room = reading.limit as usize - reading.records.len();
        reading.records.extend(polled.iter().flat_map(copies).take(room));
        if reading.records.len() == reading.limit as usize {
            self.close(consumer, calls);
        }
    }

    fn close(&mut self, consumer: u16, calls: &mut ClientCalls) {
        if let Some(reading) = self.readings.remove(&consumer) {
            calls.call(Call::CloseConsumer { consumer, leave: true });
            self.keep(reading.token, Answer::Read(reading.records));
        }
    }
}

impl Program for Tool {
    type Command = ToolCommand;

    fn on(&mut self, _now: NodeNow, event: ClientEvent<ToolCommand>, calls: &mut ClientCalls) {
        match event {
            ClientEvent::Command(command) => self.on_command(command, calls),
            ClientEvent::Admin { token, result } => self.keep(token, Answer::Admin(result)),
            ClientEvent::Sent { token, partition, result, .. } => {
                self.keep(token, Answer::Sent(partition, result));
            }
            ClientEvent::Records { consumer, records } => {
                self.on_records(consumer, &records, calls);
            }
            ClientEvent::ConsumerError { consumer, .. } => self.close(consumer, calls),
            ClientEvent::Woken { token } => {
                if let Ok(consumer) = u16::try_from(token) {
                    self.close(consumer, calls);
                }
            }
            ClientEvent::Closing => {
                let open: Vec<u16> = self.readings.keys().copied().collect();
                open.into_iter().for_each(|consumer| self.close(consumer, calls));
                calls.call(Call::Exit);
            }
            _ => {}
        }
    }
}

fn read_from(consumer: u16, source: Source, calls: &mut ClientCalls) {
    let earliest = ConsumerConfig {
        auto_offset_reset: AutoOffsetReset::Earliest,
        ..ConsumerConfig::default()
    };
    match source {
        Source::Partition { partition, from } => {
            let config = ConsumerConfig { enable_auto_commit: false, ..earliest };
            create(consumer, None, config, calls);
            calls.call(Call::Assign { consumer, partitions: vec![partition.clone()] });
            calls.call(Call::Seek { consumer, partition, to: from });
        }
        Source::Group { group, topics } => {
            create(consumer, Some(group), earliest, calls);
            calls.call(Call::Subscribe { consumer, topics });
        }
    }
}

fn create(consumer: u16, group: Option<Arc<str>>, config: ConsumerConfig, calls: &mut ClientCalls) {
    calls.call(Call::CreateConsumer { consumer, group, config: Box::new(config) });
}

fn copies(part: &PolledRecords) -> impl Iterator<Item = ReadRecord> {
    part.records().map(|(offset, leader_epoch, record)| ReadRecord {
        partition: part.partition.clone(),
        offset,
        leader_epoch,
        timestamp: record.timestamp,
        key: record.key.map(<[u8]>::to_vec),
        value: record.value.map(<[u8]>::to_vec),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::apps::testing::{on, partition, polled};

    #[test]
    fn answers_are_found_by_their_token() {
        let mut tool = Tool::default();
        let call = AdminCall::DeleteTopics(vec![Arc::from("orders")]);
        let calls = on(&mut tool, ClientEvent::Command(ToolCommand::Admin { token: 9, call }));
        assert!(matches!(calls.made(), [Call::Admin { token: 9, .. }]));
        assert_eq!(tool.answer(9), None);
        let result = AdminResult::Failed(ErrorCode::RequestTimedOut);
        on(&mut tool, ClientEvent::Admin { token: 9, result: result.clone() });
        assert_eq!(tool.answer(9), Some(&Answer::Admin(result)));
    }

    #[test]
    fn a_producer_is_made_for_each_kind_of_acks_and_used_again() {
        let mut tool = Tool::default();
        let created: Vec<usize> = [Acks::All, Acks::Leader, Acks::All]
            .map(|acks| on(&mut tool, ClientEvent::Command(send(acks))).made().len())
            .to_vec();
        assert_eq!(created, [2, 2, 1]);
        let result = Ok(41);
        on(&mut tool, ClientEvent::Sent { producer: 0, token: 5, partition: 2, result });
        assert_eq!(tool.answer(5), Some(&Answer::Sent(2, Ok(41))));
    }

    #[test]
    fn a_read_ends_at_its_limit_or_its_time() {
        let mut tool = Tool::default();
        let first = on(&mut tool, ClientEvent::Command(read(1, 2)));
        assert!(matches!(
            first.made(),
            [
                Call::CreateConsumer { .. },
                Call::Assign { .. },
                Call::Seek { .. },
                Call::Timer { .. }
            ]
        ));
        on(&mut tool, ClientEvent::Command(read(2, 2)));
        let records = polled("orders", 0, 4, &[(None, b"a"), (Some(b"k"), b"b"), (None, b"c")]);
        let calls = on(&mut tool, ClientEvent::Records { consumer: 0, records });
        assert!(matches!(calls.made(), [Call::CloseConsumer { consumer: 0, .. }]));
        let Some(Answer::Read(records)) = tool.answer(1) else { panic!("the read is over") };
        assert_eq!(records.iter().map(|record| record.offset).collect::<Vec<_>>(), [4, 5]);
        assert_eq!(records[1].key.as_deref(), Some(&b"k"[..]));
        on(&mut tool, ClientEvent::Woken { token: 1 });
        assert_eq!(tool.answer(2), Some(&Answer::Read(Vec::new())));
    }

    fn send(acks: Acks) -> ToolCommand {
        let value = Some(b"v".to_vec());
        let record = OneRecord { topic: Arc::from("orders"), partition: None, key: None, value };
        ToolCommand::Send { token: 5, record, acks }
    }

    fn read(token: u64, limit: u32) -> ToolCommand {
        let source =
            Source::Partition { partition: partition("orders", 0), from: SeekTo::Beginning };
        ToolCommand::Read { token, source, limit, within: Micros(1_000_000) }
    }
}
