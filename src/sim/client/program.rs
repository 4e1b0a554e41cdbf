//! What a program that uses Kafka looks like: a plain state machine that gets events and makes calls.
//!
//! The same program can be hosted by the scheduler or by a driver that talks to a real cluster; it knows nothing but this file.

use std::fmt::Debug;
use std::hash::Hash;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::io::Never;
use crate::sim::config::{ConsumerConfig, ProducerConfig};
use crate::sim::ids::*;
use crate::sim::protocol::ErrorCode;
use crate::sim::protocol::admin::{ApiError, ConfigResource, ElectionType, NewTopic};
use crate::sim::protocol::data::{MetadataTopic, OffsetSpec};
use crate::sim::protocol::group::{CommittedOffset, DescribedGroup, NamedPartition};
use crate::sim::storage::batch::{Batch, Record};
use crate::sim::time::{Micros, NodeNow};

/// A program with its own state. No async, no closures: it must be possible to snapshot it at any moment.
pub trait Program: Clone + Debug + Hash {
    /// What a person can tell the program while it runs.
    type Command: Clone + Debug + Hash;

    /// Handles one event. Calls take effect afterwards, in order.
    fn on(&mut self, now: NodeNow, event: ClientEvent<Self::Command>, calls: &mut ClientCalls);
}

/// Something that a program is told. Events wait while the program is busy; heartbeats and sends do not.
#[derive(Clone, Debug, Hash)]
pub enum ClientEvent<C> {
    /// The process began to run.
    Started,
    /// A person's command.
    Command(C),
    /// A timer of the program.
    Woken { token: u64 },
    /// A record sent with a token other than 0 was acknowledged, or given up.
    Sent { producer: u16, token: u64, partition: PartitionIndex, result: Result<Offset, ErrorCode> },
    /// Everything sent before the flush is done.
    Flushed { producer: u16 },
    /// A poll returned records.
    Records { consumer: u16, records: Vec<PolledRecords> },
    /// The consumer owns these partitions in addition (after an eager rebalance: all it owns).
    Assigned { consumer: u16, generation: i32, partitions: Arc<[NamedPartition]> },
    /// The consumer gives these up; `lost` = somebody may own them already.
    Revoked { consumer: u16, partitions: Arc<[NamedPartition]>, lost: bool },
    /// An asked commit is done.
    Committed { consumer: u16, token: u64, error: ErrorCode },
    /// A poll threw: no offset to start from, or the group refuses the member for good.
    ConsumerError { consumer: u16, error: ErrorCode },
    /// The answer to an admin call.
    Admin { token: u64, result: AdminResult },
    /// SIGTERM: commit, close, then `exit`.
    Closing,
}

impl ClientEvent<Never> {
    /// The event of a machine as one of a program with any commands.
    pub(super) fn widen<C>(self) -> ClientEvent<C> {
        match self {
            ClientEvent::Started => ClientEvent::Started,
            ClientEvent::Command(never) => match never {},
            ClientEvent::Woken { token } => ClientEvent::Woken { token },
            ClientEvent::Sent { producer, token, partition, result } => {
                ClientEvent::Sent { producer, token, partition, result }
            }
            ClientEvent::Flushed { producer } => ClientEvent::Flushed { producer },
            ClientEvent::Records { consumer, records } => {
                ClientEvent::Records { consumer, records }
            }
            ClientEvent::Assigned { consumer, generation, partitions } => {
                ClientEvent::Assigned { consumer, generation, partitions }
            }
            ClientEvent::Revoked { consumer, partitions, lost } => {
                ClientEvent::Revoked { consumer, partitions, lost }
            }
            ClientEvent::Committed { consumer, token, error } => {
                ClientEvent::Committed { consumer, token, error }
            }
            ClientEvent::ConsumerError { consumer, error } => {
                ClientEvent::ConsumerError { consumer, error }
            }
            ClientEvent::Admin { token, result } => ClientEvent::Admin { token, result },
            ClientEvent::Closing => ClientEvent::Closing,
        }
    }
}

/// Records of one partition from one poll; the bytes are shared with the log.
#[derive(Clone, Debug, Hash)]
pub struct PolledRecords {
    pub partition: NamedPartition,
    pub id: TopicPartition,
    /// First offset of the poll.
    pub from: Offset,
    /// Position after the poll.
    pub next: Offset,
    pub batches: Vec<Batch>,
}

impl PolledRecords {
    /// The records with their offsets and the leader epoch of their batch.
    pub fn records(&self) -> impl Iterator<Item = (Offset, LeaderEpoch, Record<'_>)> {
        self.batches
            .iter()
            .flat_map(|b| {
                b.records().map(|(offset, record)| (offset, b.header.leader_epoch, record))
            })
            .filter(|(offset, ..)| (self.from..self.next).contains(offset))
    }
}

/// Where to seek.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum SeekTo {
    Beginning,
    End,
    Offset(Offset),
}

/// What the admin client can be asked.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum AdminCall {
    CreateTopics(Vec<NewTopic>),
    DeleteTopics(Vec<Arc<str>>),
    /// A topic and how many partitions it is to have in all.
    CreatePartitions {
        topic: Arc<str>,
        total: i32,
    },
    ElectLeaders {
        election: ElectionType,
        partitions: Option<Vec<(Arc<str>, PartitionIndex)>>,
    },
    AlterConfigs {
        resource: ConfigResource,
        changes: Vec<(Arc<str>, Option<Arc<str>>)>,
    },
    /// None = all topics.
    DescribeTopics(Option<Vec<Arc<str>>>),
    DescribeGroup(Arc<str>),
    ListOffsets(Vec<(NamedPartition, OffsetSpec)>),
    /// Committed offsets of a group.
    ListGroupOffsets {
        group: Arc<str>,
    },
    /// Sets committed offsets of a group without members.
    AlterGroupOffsets {
        group: Arc<str>,
        offsets: Vec<(NamedPartition, Offset)>,
    },
}

/// The answer to an [`AdminCall`] of the same kind.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum AdminResult {
    /// Per topic, in the order asked.
    Topics(Vec<(Arc<str>, ApiError)>),
    Elected(Vec<(Arc<str>, PartitionIndex, ApiError)>),
    ConfigsAltered(ApiError),
    Described(Vec<MetadataTopic>),
    Group(DescribedGroup),
    Offsets(Vec<(NamedPartition, Result<Offset, ErrorCode>)>),
    GroupOffsets(Vec<(NamedPartition, CommittedOffset)>),
    GroupOffsetsAltered(Vec<(NamedPartition, ErrorCode)>),
    /// The call as a whole failed (no broker, no controller, time out).
    Failed(ErrorCode),
}

/// One call of a program. Records lie in the arena of [`ClientCalls`].
#[derive(Clone, Debug, Hash)]
pub enum Call {
    CreateProducer {
        producer: u16,
        config: Box<ProducerConfig>,
    },
    CloseProducer {
        producer: u16,
    },
    Send(SendCall),
    Flush {
        producer: u16,
    },
    CreateConsumer {
        consumer: u16,
        group: Option<Arc<str>>,
        config: Box<ConsumerConfig>,
    },
    /// Closes and, in a group, leaves it; `leave` false = as a crash looks to the coordinator.
    CloseConsumer {
        consumer: u16,
        leave: bool,
    },
    Subscribe {
        consumer: u16,
        topics: Vec<Arc<str>>,
    },
    Assign {
        consumer: u16,
        partitions: Vec<NamedPartition>,
    },
    Seek {
        consumer: u16,
        partition: NamedPartition,
        to: SeekTo,
    },
    /// Fetching stops for these partitions; polls go on.
    Pause {
        consumer: u16,
        partitions: Vec<NamedPartition>,
    },
    Resume {
        consumer: u16,
        partitions: Vec<NamedPartition>,
    },
    /// None = the positions of all owned partitions. Token 0 = no event.
    Commit {
        consumer: u16,
        offsets: Option<Vec<(NamedPartition, CommittedOffset)>>,
        token: u64,
    },
    Admin {
        call: Box<AdminCall>,
        token: u64,
    },
    Timer {
        after: Micros,
        token: u64,
    },
    /// The program works for that long: no event reaches it before.
    BusyFor {
        time: Micros,
    },
    Fact {
        code: u16,
        values: [i64; 3],
    },
    Exit,
}

/// A record to send.
#[derive(Clone, Copy, Debug, Hash)]
pub struct SendCall {
    pub producer: u16,
    /// Place of the topic's name.
    topic: u32,
    /// None = by key, or sticky without one.
    pub partition: Option<PartitionIndex>,
    /// Where key and value lie in the arena.
    pub start: u32,
    /// -1 = null.
    pub key_len: i32,
    /// -1 = null.
    pub value_len: i32,
    /// Milliseconds; None = now.
    pub timestamp: Option<i64>,
    /// 0 = no event.
    pub token: u64,
}

/// What to send, borrowed.
#[derive(Clone, Copy, Debug, Default)]
pub struct ProducerRecord<'a> {
    pub partition: Option<PartitionIndex>,
    pub key: Option<&'a [u8]>,
    pub value: Option<&'a [u8]>,
    pub timestamp: Option<i64>,
}

/// What a [`SendCall`] sends, borrowed.
#[derive(Clone, Copy, Debug)]
pub struct SentRecord<'a> {
    pub topic: &'a Arc<str>,
    pub key: Option<&'a [u8]>,
    pub value: Option<&'a [u8]>,
}

/// Collects a program's calls.
#[derive(Clone, Debug, Default, Hash)]
pub struct ClientCalls {
    pub(super) calls: Vec<Call>,
    /// Topics of the sends; neighbours that name the same one share a place.
    topics: Vec<Arc<str>>,
    arena: Vec<u8>,
}

impl ClientCalls {
    /// Forgets everything.
    pub fn clear(&mut self) {
        self.calls.clear();
        self.topics.clear();
        self.arena.clear();
    }

    /// Makes a call.
    pub fn call(&mut self, call: Call) {
        self.calls.push(call);
    }

    /// Sends a record; with a token other than 0 the program is told what became of it.
    pub fn send(
        &mut self,
        producer: u16,
        topic: &Arc<str>,
        record: ProducerRecord<'_>,
        token: u64,
    ) {
        let start = self.arena.len() as u32;
        self.arena.extend_from_slice(record.key.unwrap_or_default());
        self.arena.extend_from_slice(record.value.unwrap_or_default());
        let len = |bytes: Option<&[u8]>| bytes.map_or(-1, |bytes| bytes.len() as i32);
        if !self.topics.last().is_some_and(|last| Arc::ptr_eq(last, topic)) {
            self.topics.push(topic.clone());
        }
        self.call(Call::Send(SendCall {
            producer,
            topic: self.topics.len() as u32 - 1,
            partition: record.partition,
            start,
            key_len: len(record.key),
            value_len: len(record.value),
            timestamp: record.timestamp,
            token,
        }));
    }

    /// Wakes the program after a while.
    pub fn timer(&mut self, after: Micros, token: u64) {
        self.call(Call::Timer { after, token });
    }

    /// Lets the program work for a while.
    pub fn busy_for(&mut self, time: Micros) {
        self.call(Call::BusyFor { time });
    }

    /// Commits the positions of everything that the consumer owns.
    pub fn commit(&mut self, consumer: u16, token: u64) {
        self.call(Call::Commit { consumer, offsets: None, token });
    }

    /// The calls made so far.
    pub fn made(&self) -> &[Call] {
        &self.calls
    }

    /// What a send call sends.
    pub fn record(&self, send: &SendCall) -> SentRecord<'_> {
        let key_end = send.start as usize + send.key_len.max(0) as usize;
        let value_end = key_end + send.value_len.max(0) as usize;
        let key = (send.key_len >= 0).then(|| &self.arena[send.start as usize..key_end]);
        let value = (send.value_len >= 0).then(|| &self.arena[key_end..value_end]);
        SentRecord { topic: &self.topics[send.topic as usize], key, value }
    }
}
