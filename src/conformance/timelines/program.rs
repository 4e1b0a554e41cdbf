//! The recorder's side of a timeline: a client that does what it is told and keeps what it is told.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};

use crate::sim::client::program::*;
use crate::sim::config::{ConsumerConfig, ProducerConfig};
use crate::sim::ids::*;
use crate::sim::protocol::ErrorCode;
use crate::sim::protocol::group::NamedPartition;
use crate::sim::time::{Micros, NodeNow};

/// What the client can be told to do.
#[derive(Clone, Debug, Hash)]
pub enum Order {
    Admin {
        token: u64,
        call: AdminCall,
    },
    CreateProducer {
        producer: u16,
        config: Box<ProducerConfig>,
    },
    CloseProducer {
        producer: u16,
    },
    Send {
        producer: u16,
        token: u64,
        record: Outgoing,
    },
    /// Sends `record` that many times with a pause after each; the tokens count up from `token`.
    SendEvery {
        producer: u16,
        token: u64,
        record: Outgoing,
        count: u64,
        every: Micros,
    },
    /// Opens consumer 0 without a group on one partition.
    Read {
        config: Box<ConsumerConfig>,
        partition: NamedPartition,
        from: SeekTo,
    },
    /// Opens consumer 0 as a member of a group.
    Join {
        group: Arc<str>,
        config: Box<ConsumerConfig>,
        topics: Vec<Arc<str>>,
        habit: Habit,
    },
    /// Changes what the member does after polls.
    Behave(Habit),
    /// Closes consumer 0.
    Close {
        leave: bool,
    },
}

/// A record to send.
#[derive(Clone, Debug, Hash)]
pub struct Outgoing {
    pub topic: Arc<str>,
    pub partition: Option<PartitionIndex>,
    pub key: Option<Arc<str>>,
    pub value: Option<Arc<str>>,
    /// Whether the number of the record is put after the value.
    pub numbered: bool,
}

/// What a member does after a poll that returned records.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Habit {
    /// Works that long, once.
    pub slow: Option<Micros>,
    /// Pauses that long after every poll.
    pub pause: Micros,
    /// Commits the positions.
    pub commit: bool,
    /// Plan of a consumer that lives inside one step: whether to commit after each of its polls.
    pub plan: Option<Vec<bool>>,
    /// After the plan: close, and whether to leave the group.
    pub then_leave: Option<bool>,
}

/// A rebalance callback, a commit or an error, in the order they came.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum MemberEvent {
    Assigned(Vec<String>),
    Revoked(Vec<String>),
    Lost(Vec<String>),
    Commit(ErrorCode),
    PollError(ErrorCode),
}

/// A record that a poll returned.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Received {
    pub partition: String,
    pub offset: Offset,
    pub key: Option<String>,
    pub value: Option<String>,
    pub leader_epoch: LeaderEpoch,
}

/// What consumer 0 has seen.
#[derive(Clone, Debug, Default, Hash)]
pub struct ConsumerLog {
    pub events: Vec<MemberEvent>,
    pub received: Vec<Received>,
    /// Offsets of each poll that returned records.
    pub polls: Vec<Vec<Offset>>,
    /// Next offset to read, by partition.
    pub positions: BTreeMap<String, Offset>,
    /// What the member owned when its last poll ended, sorted by name.
    pub assignment: Vec<String>,
    pub generation: i32,
    pub closed: bool,
    pub error: Option<ErrorCode>,
    habit: Habit,
    /// What is paused until the commit is done: commitSync keeps the thread from polling.
    held: Vec<NamedPartition>,
    commits_asked: u64,
    /// Whether the consumer ends with this commit.
    last_commit: Option<u64>,
}

/// The client.
#[derive(Clone, Debug, Default, Hash)]
pub struct Recorder {
    /// Answers to admin calls by token.
    pub answers: BTreeMap<u64, AdminResult>,
    /// What became of sends by token.
    pub sent: BTreeMap<u64, (PartitionIndex, Result<Offset, ErrorCode>)>,
    /// Tokens of sends in the order of their answers.
    pub order: Vec<u64>,
    /// How many records of [`Order::SendEvery`] are still to be sent.
    pub unsent: u64,
    pub consumer: ConsumerLog,
    sending: Option<Sending>,
}

#[derive(Clone, Debug, Hash)]
struct Sending {
    producer: u16,
    token: u64,
    record: Outgoing,
    every: Micros,
    number: u64,
}

const CONSUMER: u16 = 0;
/// Timer of [`Order::SendEvery`].
const NEXT_SEND: u64 = 1;

impl Program for Recorder {
    type Command = Order;

    fn on(&mut self, _now: NodeNow, event: ClientEvent<Order>, calls: &mut ClientCalls) {
        match event {
            ClientEvent::Command(order) => self.obey(order, calls),
            ClientEvent::Woken { .. } => self.send_next(calls),
            ClientEvent::Sent { token, partition, result, .. } => {
                self.sent.insert(token, (partition, result));
                self.order.push(token);
            }
            ClientEvent::Flushed { .. } => {}
            ClientEvent::Admin { token, result } => {
                self.answers.insert(token, result);
            }
            ClientEvent::Records { records, .. } => self.consumer.on_records(&records, calls),
            ClientEvent::Assigned { generation, partitions, .. } => {
                self.consumer.on_assigned(generation, &partitions);
            }
            ClientEvent::Revoked { partitions, lost, .. } => {
                self.consumer.on_revoked(&partitions, lost);
            }
            ClientEvent::Committed { token, error, .. } => {
                self.consumer.on_committed(token, error, calls);
            }
            ClientEvent::ConsumerError { error, .. } => self.consumer.on_error(error, calls),
            ClientEvent::Closing => calls.call(Call::Exit),
            ClientEvent::Started => {}
        }
    }
}

impl Recorder {
    fn obey(&mut self, order: Order, calls: &mut ClientCalls) {
        match order {
            Order::Admin { token, call } => calls.call(Call::Admin { call: Box::new(call), token }),
            Order::CreateProducer { producer, config } => {
                calls.call(Call::CreateProducer { producer, config });
            }
            Order::CloseProducer { producer } => calls.call(Call::CloseProducer { producer }),
            Order::Send { producer, token, record } => send(calls, producer, token, &record, 0),
            Order::SendEvery { producer, token, record, count, every } => {
                self.unsent = count;
                self.sending = Some(Sending { producer, token, record, every, number: 0 });
                self.send_next(calls);
            }
            Order::Read { config, partition, from } => {
                open(calls, None, config);
                let partitions = vec![partition.clone()];
                calls.call(Call::Assign { consumer: CONSUMER, partitions });
                calls.call(Call::Seek { consumer: CONSUMER, partition, to: from });
            }
            Order::Join { group, config, topics, habit } => {
                self.consumer.habit = habit;
                open(calls, Some(group), config);
                calls.call(Call::Subscribe { consumer: CONSUMER, topics });
            }
            Order::Behave(habit) => self.consumer.habit = habit,
            Order::Close { leave } => self.consumer.close(leave, calls),
        }
    }

    fn send_next(&mut self, calls: &mut ClientCalls) {
        let Some(sending) = &mut self.sending else {
            return;
        };
        loop {
            send(calls, sending.producer, sending.token, &sending.record, sending.number);
            sending.token += 1;
            sending.number += 1;
            self.unsent -= 1;
            if self.unsent == 0 {
                self.sending = None;
                return;
            }
            if sending.every > Micros::ZERO {
                return calls.timer(sending.every, NEXT_SEND);
            }
        }
    }
}

impl ConsumerLog {
    fn on_records(&mut self, polled: &[PolledRecords], calls: &mut ClientCalls) {
        if self.closed {
            return;
        }
        let mut offsets = Vec::new();
        for of_partition in polled {
            let name = name(&of_partition.partition);
            for (offset, leader_epoch, record) in of_partition.records() {
                offsets.push(offset);
                self.received.push(Received {
                    partition: name.clone(),
                    offset,
                    key: record.key.map(text),
                    value: record.value.map(text),
                    leader_epoch,
                });
            }
            self.positions.insert(name, of_partition.next);
        }
        self.polls.push(offsets);
        if let Some(time) = self.habit.slow.take() {
            calls.busy_for(time);
        }
        if self.habit.pause > Micros::ZERO {
            calls.busy_for(self.habit.pause);
        }
        self.after_poll(calls);
    }

    fn after_poll(&mut self, calls: &mut ClientCalls) {
        let Some(plan) = &self.habit.plan else {
            if self.habit.commit {
                self.commit(calls);
            }
            return;
        };
        let (done, commits) = (self.polls.len(), plan.get(self.polls.len() - 1) == Some(&true));
        let last = done >= plan.len();
        if commits {
            self.commit(calls);
            self.last_commit = last.then_some(self.commits_asked);
        } else if last {
            self.end_plan(calls);
        }
    }

    fn end_plan(&mut self, calls: &mut ClientCalls) {
        if let Some(leave) = self.habit.then_leave {
            self.close(leave, calls);
        }
    }

    fn commit(&mut self, calls: &mut ClientCalls) {
        self.commits_asked += 1;
        self.held = self.assignment.iter().filter_map(|name| partition_of(name)).collect();
        calls.call(Call::Pause { consumer: CONSUMER, partitions: self.held.clone() });
        calls.commit(CONSUMER, self.commits_asked);
    }

    fn on_committed(&mut self, token: u64, error: ErrorCode, calls: &mut ClientCalls) {
        let partitions = std::mem::take(&mut self.held);
        calls.call(Call::Resume { consumer: CONSUMER, partitions });
        self.events.push(MemberEvent::Commit(error));
        if self.last_commit == Some(token) {
            self.end_plan(calls);
        }
    }

    fn on_assigned(&mut self, generation: i32, partitions: &[NamedPartition]) {
        self.generation = generation;
        let added = names(partitions);
        self.assignment.extend(added.iter().cloned());
        self.assignment.sort();
        self.assignment.dedup();
        self.events.push(MemberEvent::Assigned(added));
    }

    fn on_revoked(&mut self, partitions: &[NamedPartition], lost: bool) {
        let gone = names(partitions);
        // What the recorder shows of a closed member is from its last poll.
        if !self.closed {
            self.assignment.retain(|name| !gone.contains(name));
        }
        self.events.push(match lost {
            true => MemberEvent::Lost(gone),
            false => MemberEvent::Revoked(gone),
        });
    }

    /// A poll that throws ends the recorder's consumer.
    fn on_error(&mut self, error: ErrorCode, calls: &mut ClientCalls) {
        if self.closed {
            return;
        }
        self.error = Some(error);
        self.events.push(MemberEvent::PollError(error));
        self.close(true, calls);
    }

    fn close(&mut self, leave: bool, calls: &mut ClientCalls) {
        if !self.closed {
            self.closed = true;
            calls.call(Call::CloseConsumer { consumer: CONSUMER, leave });
        }
    }
}

impl MemberEvent {
    /// The event as the recording has it.
    pub fn json(&self) -> Value {
        match self {
            MemberEvent::Assigned(names) => json!({ "assigned": names }),
            MemberEvent::Revoked(names) => json!({ "revoked": names }),
            MemberEvent::Lost(names) => json!({ "lost": names }),
            MemberEvent::Commit(ErrorCode::None) => json!({ "commit": "NONE" }),
            MemberEvent::Commit(error) => json!({ "commit": commit_exception(*error) }),
            MemberEvent::PollError(error) => json!({ "pollError": error.exception() }),
        }
    }
}

/// The exception of commitSync: an evicted member is told so by one class.
fn commit_exception(error: ErrorCode) -> &'static str {
    match error {
        ErrorCode::UnknownMemberId | ErrorCode::IllegalGeneration => "CommitFailedException",
        other => other.exception(),
    }
}

fn open(calls: &mut ClientCalls, group: Option<Arc<str>>, config: Box<ConsumerConfig>) {
    calls.call(Call::CreateConsumer { consumer: CONSUMER, group, config });
}

fn send(calls: &mut ClientCalls, producer: u16, token: u64, record: &Outgoing, number: u64) {
    let numbered = record.value.as_ref().filter(|_| record.numbered);
    let numbered = numbered.map(|prefix| format!("{prefix}{number}"));
    let value = numbered.as_deref().or(record.value.as_deref());
    let outgoing = ProducerRecord {
        partition: record.partition,
        key: record.key.as_deref().map(str::as_bytes),
        value: value.map(str::as_bytes),
        timestamp: None,
    };
    calls.send(producer, &record.topic, outgoing, token);
}

/// `topic-partition`.
pub fn name(partition: &NamedPartition) -> String {
    format!("{}-{}", partition.topic, partition.partition)
}

/// The partition of a `topic-partition`.
pub fn partition_of(name: &str) -> Option<NamedPartition> {
    let (topic, partition) = name.rsplit_once('-')?;
    Some(NamedPartition { topic: topic.into(), partition: partition.parse().ok()? })
}

/// Names in the order of their text, as the recorder sorts them.
pub fn names(partitions: &[NamedPartition]) -> Vec<String> {
    let mut names: Vec<String> = partitions.iter().map(name).collect();
    names.sort();
    names
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
