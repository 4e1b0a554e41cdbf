//! A member of a consumer group that reads at its own pace.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::apps::topics::TopicWait;
use crate::sim::client::program::{Call, ClientCalls, ClientEvent, PolledRecords, Program, SeekTo};
use crate::sim::config::ConsumerConfig;
use crate::sim::ids::Offset;
use crate::sim::protocol::ErrorCode;
use crate::sim::protocol::group::NamedPartition;
use crate::sim::time::{Micros, NodeNow};

/// The program's only consumer.
const CONSUMER: u16 = 0;

/// When positions are committed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum CommitMode {
    /// By the consumer, as `enable.auto.commit` and `auto.commit.interval.ms` say.
    Auto,
    /// By the program, after the records of a poll have been processed; polls that end while a commit is under way are
    /// committed together after it.
    AfterPoll,
}

/// Token of a commit; commits with 0 are not told of.
const COMMIT: u64 = 1;
/// Token of the timer after a failed commit.
const COMMIT_AGAIN: u64 = 1;
/// Wait before a failed commit is tried again.
const COMMIT_AGAIN_AFTER: Micros = Micros(100_000);

/// What a consumer load reads, and how.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ConsumerSpec {
    pub group: Arc<str>,
    pub topics: Vec<Arc<str>>,
    /// Time the program works on a record.
    pub processing: Micros,
    pub commit: CommitMode,
    pub config: ConsumerConfig,
}

impl ConsumerSpec {
    /// A member that processes in no time and commits automatically, with Kafka's defaults.
    pub fn new(group: &str, topic: &str) -> ConsumerSpec {
        ConsumerSpec {
            group: Arc::from(group),
            topics: vec![Arc::from(topic)],
            processing: Micros::ZERO,
            commit: CommitMode::Auto,
            config: ConsumerConfig::default(),
        }
    }
}

/// What a consumer load can be told.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ConsumerCommand {
    SetProcessing(Micros),
    SetCommit(CommitMode),
    /// Changes a config by Kafka's name; the consumer is closed and created anew.
    SetConfig {
        name: String,
        value: String,
    },
    Seek {
        partition: NamedPartition,
        to: SeekTo,
    },
    /// Commits the positions now (`commitAsync`).
    CommitNow,
    /// Closes the consumer, which leaves the group.
    Leave,
    /// Joins again after a leave.
    Join,
}

/// A program that reads topics as a member of a group.
#[derive(Clone, Debug, Hash)]
pub struct ConsumerLoad {
    spec: ConsumerSpec,
    wait: TopicWait,
    joined: bool,
    generation: i32,
    owned: Vec<NamedPartition>,
    records: u64,
    errors: u64,
    is_committing: bool,
    /// Whether something has been processed, or a commit has failed, since the last commit was sent.
    must_commit: bool,
    /// The last record read: its partition and offset.
    last: Option<(NamedPartition, Offset)>,
}

impl ConsumerLoad {
    /// A load that begins once its topics exist.
    pub fn new(mut spec: ConsumerSpec) -> ConsumerLoad {
        spec.config.enable_auto_commit = spec.commit == CommitMode::Auto;
        let wait = TopicWait::new(spec.topics.iter().cloned());
        let (owned, last) = (Vec::new(), None);
        let (generation, records, errors) = (-1, 0, 0);
        ConsumerLoad {
            spec,
            wait,
            joined: false,
            generation,
            owned,
            records,
            errors,
            is_committing: false,
            must_commit: false,
            last,
        }
    }

    /// What it reads, and how.
    pub fn spec(&self) -> &ConsumerSpec {
        &self.spec
    }

    /// Records read so far.
    pub fn records(&self) -> u64 {
        self.records
    }

    /// The partitions it owns and the generation in which it got them.
    pub fn assignment(&self) -> (i32, &[NamedPartition]) {
        (self.generation, &self.owned)
    }

    /// The last record read.
    pub fn last(&self) -> Option<&(NamedPartition, Offset)> {
        self.last.as_ref()
    }

    fn join(&mut self, calls: &mut ClientCalls) {
        if self.joined || !self.wait.is_ready() {
            return;
        }
        self.joined = true;
        (self.is_committing, self.must_commit) = (false, false);
        let group = Some(self.spec.group.clone());
        let config = Box::new(self.spec.config.clone());
        calls.call(Call::CreateConsumer { consumer: CONSUMER, group, config });
        calls.call(Call::Subscribe { consumer: CONSUMER, topics: self.spec.topics.clone() });
    }

    fn leave(&mut self, calls: &mut ClientCalls) {
        if std::mem::take(&mut self.joined) {
            self.owned.clear();
            calls.call(Call::CloseConsumer { consumer: CONSUMER, leave: true });
        }
    }

    fn on_records(&mut self, polled: &[PolledRecords], calls: &mut ClientCalls) {
        let count: u64 = polled.iter().map(|part| part.records().count() as u64).sum();
        self.records += count;
        self.last = polled.last().map(|part| (part.partition.clone(), part.next - 1));
        if self.spec.processing > Micros::ZERO {
            calls.busy_for(Micros(self.spec.processing.0.saturating_mul(count)));
        }
        if self.spec.commit == CommitMode::AfterPoll {
            self.must_commit = true;
            self.commit(calls);
        }
    }

    fn commit(&mut self, calls: &mut ClientCalls) {
        if self.joined && self.must_commit && !self.is_committing {
            (self.is_committing, self.must_commit) = (true, false);
            calls.commit(CONSUMER, COMMIT);
        }
    }

    /// A commit that failed is tried again after a while: if nothing more comes, no later one covers it.
    fn on_committed(&mut self, error: ErrorCode, calls: &mut ClientCalls) {
        self.is_committing = false;
        if error.is_none() {
            return self.commit(calls);
        }
        self.must_commit = true;
        calls.timer(COMMIT_AGAIN_AFTER, COMMIT_AGAIN);
    }

    fn on_command(&mut self, command: ConsumerCommand, calls: &mut ClientCalls) {
        match command {
            ConsumerCommand::SetProcessing(time) => self.spec.processing = time,
            ConsumerCommand::SetCommit(mode) => {
                self.spec.commit = mode;
                self.spec.config.enable_auto_commit = mode == CommitMode::Auto;
                self.rejoin(calls);
            }
            ConsumerCommand::SetConfig { name, value } => {
                if self.spec.config.set(&name, &value).is_ok() {
                    self.rejoin(calls);
                }
            }
            ConsumerCommand::Seek { partition, to } => {
                if self.owned.contains(&partition) {
                    calls.call(Call::Seek { consumer: CONSUMER, partition, to });
                }
            }
            ConsumerCommand::CommitNow => {
                self.must_commit = true;
                self.commit(calls);
            }
            ConsumerCommand::Leave => self.leave(calls),
            ConsumerCommand::Join => self.join(calls),
        }
    }

    fn rejoin(&mut self, calls: &mut ClientCalls) {
        if self.joined {
            self.leave(calls);
            self.join(calls);
        }
    }
}

impl Program for ConsumerLoad {
    type Command = ConsumerCommand;

    fn on(&mut self, _now: NodeNow, event: ClientEvent<ConsumerCommand>, calls: &mut ClientCalls) {
        if self.wait.on(&event, calls) {
            self.join(calls);
        }
        match event {
            ClientEvent::Records { records, .. } => self.on_records(&records, calls),
            ClientEvent::Assigned { generation, partitions, .. } => {
                self.generation = generation;
                // Whoever is a new member does not hear of its commits in an earlier life.
                self.is_committing = false;
                self.owned.retain(|owned| !partitions.contains(owned));
                self.owned.extend(partitions.iter().cloned());
            }
            ClientEvent::Revoked { partitions, .. } => {
                self.owned.retain(|owned| !partitions.contains(owned));
            }
            ClientEvent::Committed { error, .. } => self.on_committed(error, calls),
            ClientEvent::Woken { token: COMMIT_AGAIN } => self.commit(calls),
            ClientEvent::ConsumerError { .. } => self.errors += 1,
            ClientEvent::Command(command) => self.on_command(command, calls),
            ClientEvent::Closing => {
                self.leave(calls);
                calls.call(Call::Exit);
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::apps::testing::{described, on, polled};

    #[test]
    fn a_member_works_on_every_record_and_commits_after_the_poll() {
        let spec = ConsumerSpec {
            processing: Micros(200),
            commit: CommitMode::AfterPoll,
            ..ConsumerSpec::new("readers", "orders")
        };
        let mut load = joined(spec);
        let records = polled("orders", 1, 7, &[(None, b"a"), (None, b"b"), (None, b"c")]);
        let calls = on(&mut load, ClientEvent::Records { consumer: 0, records });
        assert!(matches!(
            calls.made(),
            [Call::BusyFor { time: Micros(600) }, Call::Commit { offsets: None, .. }]
        ));
        assert_eq!(load.records(), 3);
        assert_eq!(load.last().map(|last| last.1), Some(9));
    }

    #[test]
    fn polls_during_a_commit_are_committed_together_and_a_failed_commit_again() {
        let spec = ConsumerSpec {
            commit: CommitMode::AfterPoll,
            processing: Micros::ZERO,
            ..ConsumerSpec::new("readers", "orders")
        };
        let mut load = joined(spec);
        let poll = |load: &mut ConsumerLoad, from| {
            let records = polled("orders", 1, from, &[(None, b"a")]);
            on(load, ClientEvent::Records { consumer: 0, records })
        };
        let committed = |error| ClientEvent::Committed { consumer: 0, token: COMMIT, error };
        assert!(matches!(poll(&mut load, 0).made(), [Call::Commit { .. }]));
        assert_eq!(poll(&mut load, 1).made().len() + poll(&mut load, 2).made().len(), 0);
        let next = on(&mut load, committed(ErrorCode::None));
        assert!(matches!(next.made(), [Call::Commit { .. }]));
        let failed = on(&mut load, committed(ErrorCode::NotCoordinator));
        assert!(matches!(failed.made(), [Call::Timer { token: COMMIT_AGAIN, .. }]));
        let again = on(&mut load, ClientEvent::Woken { token: COMMIT_AGAIN });
        assert!(matches!(again.made(), [Call::Commit { .. }]));
        assert_eq!(on(&mut load, committed(ErrorCode::None)).made().len(), 0);
    }

    #[test]
    fn a_member_leaves_and_joins_on_command() {
        let mut load = joined(ConsumerSpec::new("readers", "orders"));
        let leave = on(&mut load, ClientEvent::Command(ConsumerCommand::Leave));
        assert!(matches!(leave.made(), [Call::CloseConsumer { leave: true, .. }]));
        assert_eq!(on(&mut load, ClientEvent::Command(ConsumerCommand::Leave)).made().len(), 0);
        let join = on(&mut load, ClientEvent::Command(ConsumerCommand::Join));
        assert!(matches!(join.made(), [Call::CreateConsumer { .. }, Call::Subscribe { .. }]));
    }

    #[test]
    fn a_member_commits_on_command_and_not_twice_at_once() {
        let mut load = joined(ConsumerSpec::new("readers", "orders"));
        let now =
            |load: &mut ConsumerLoad| on(load, ClientEvent::Command(ConsumerCommand::CommitNow));
        assert!(matches!(now(&mut load).made(), [Call::Commit { offsets: None, .. }]));
        assert_eq!(now(&mut load).made().len(), 0);
    }

    #[test]
    fn a_clean_stop_leaves_the_group_first() {
        let mut load = joined(ConsumerSpec::new("readers", "orders"));
        let calls = on(&mut load, ClientEvent::Closing);
        assert!(matches!(calls.made(), [Call::CloseConsumer { leave: true, .. }, Call::Exit]));
    }

    fn joined(spec: ConsumerSpec) -> ConsumerLoad {
        let mut load = ConsumerLoad::new(spec);
        on(&mut load, ClientEvent::Started);
        let calls = on(&mut load, described(&["orders"]));
        assert!(matches!(calls.made(), [Call::CreateConsumer { .. }, Call::Subscribe { .. }]));
        load
    }
}
