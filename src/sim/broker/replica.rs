//! One replica: its log and what it knows about it, and its role.

use std::collections::VecDeque;
use std::sync::Arc;

use super::leader::LeaderState;
use super::purgatory::ProduceRef;
use crate::sim::config::TopicConfig;
use crate::sim::controller::partition_registration::PartitionRegistration;
use crate::sim::ids::*;
use crate::sim::protocol::data::LeaderAndEpoch;
use crate::sim::storage::batch::Batch;
use crate::sim::storage::epoch_cache::EpochCache;
use crate::sim::storage::log::Log;
use crate::sim::storage::producer_append::{AppendOrigin, AppendRequest, Validated};
use crate::sim::storage::producer_error::EpochRule;
use crate::sim::storage::producer_state::{ProducerStateManager, RebuiltLog};
use crate::sim::time::{Micros, NodeNow};

/// A replica of a partition on this broker.
#[derive(Clone, Debug, Hash)]
pub struct Replica {
    pub partition: TopicPartition,
    /// The partition as the metadata describes it.
    pub registration: Arc<PartitionRegistration>,
    /// The topic's configs in effect.
    pub config: Arc<TopicConfig>,
    pub log: Log,
    /// Which leader epoch began where in the log.
    pub epochs: EpochCache,
    pub producers: ProducerStateManager,
    /// Offsets below it are committed, as far as this replica knows.
    pub high_watermark: Offset,
    /// Epoch of the leader that the replica has or is; -1 before the first.
    pub leader_epoch: LeaderEpoch,
    pub partition_epoch: PartitionEpoch,
    pub role: Role,
    /// Fetch sessions that contain the partition.
    pub watchers: Vec<Watcher>,
    /// Batches whose producers wait for the high watermark, in the order of their offsets.
    pub waiting: VecDeque<WaitingBatch>,
    /// Whether the high watermark differs from the one in the checkpoint file.
    pub checkpoint_due: bool,
}

/// Whether the replica leads or follows.
#[derive(Clone, Debug, Hash)]
pub enum Role {
    Leader(LeaderState),
    Follower(FollowerState),
}

/// What a follower knows about its replication.
#[derive(Clone, Debug, Hash)]
pub struct FollowerState {
    /// [`NodeId::NONE`] = the partition has no leader.
    pub leader: NodeId,
    /// Whether and how the replica is being fetched.
    pub fetch: FetchState,
    /// Whether the next fetch request must name the partition.
    pub changed: bool,
    /// Epoch and offset that the fetch session at the leader knows.
    pub in_session: Option<(LeaderEpoch, Offset)>,
}

/// Where a follower's replication stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FetchState {
    /// Not assigned to a fetcher: no leader, stopped, or fenced by it until the metadata tells a new epoch.
    Stopped,
    /// Fetched with every request.
    Fetching,
    /// Not fetched before that time because of an error.
    Delayed(Micros),
    /// The leader's log begins after or ends before the replica's: its bounds are being asked for.
    OutOfRange,
}

/// A partition's place in a fetch session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Watcher {
    /// Slot of the session.
    pub session: u32,
    /// Place in the session.
    pub place: u32,
    /// Whether a follower fetches, which may read up to the log's end.
    pub is_follower: bool,
}

/// A batch that is acknowledged once the high watermark has passed it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct WaitingBatch {
    /// The offset after its last record.
    pub required_offset: Offset,
    /// The request that it came with.
    pub produce: ProduceRef,
    /// Its place in that request.
    pub place: u32,
}

impl Role {
    /// A role without a leader.
    pub fn none() -> Role {
        Role::Follower(FollowerState {
            leader: NodeId::NONE,
            fetch: FetchState::Stopped,
            changed: false,
            in_session: None,
        })
    }
}

impl Replica {
    /// Opens a log after a start. Epochs and producers are read from it again; a checkpointed high watermark above its end
    /// is one of records that a power loss took.
    ///
    /// Simplification: Kafka reads epochs and producers from checkpoint files where it can; the result is the same.
    pub fn open(
        partition: TopicPartition,
        log: Log,
        high_watermark: Offset,
        config: Arc<TopicConfig>,
        producer_id_expiration_ms: i64,
    ) -> Replica {
        let high_watermark = high_watermark.clamp(log.log_start_offset(), log.log_end_offset());
        let mut replica = Replica {
            partition,
            registration: Arc::default(),
            config,
            log,
            epochs: EpochCache::default(),
            producers: ProducerStateManager::new(producer_id_expiration_ms),
            high_watermark,
            leader_epoch: -1,
            partition_epoch: -1,
            role: Role::none(),
            watchers: Vec::new(),
            waiting: VecDeque::new(),
            checkpoint_due: false,
        };
        replica.read_epochs();
        replica.rebuild_producers(i64::MIN);
        replica
    }

    /// Offset of the next record (LEO).
    pub fn log_end_offset(&self) -> Offset {
        self.log.log_end_offset()
    }

    /// The leader's state, if the replica leads.
    pub fn leader(&self) -> Option<&LeaderState> {
        match &self.role {
            Role::Leader(leader) => Some(leader),
            Role::Follower(_) => None,
        }
    }

    /// The follower's state, if the replica follows.
    pub fn follower(&self) -> Option<&FollowerState> {
        match &self.role {
            Role::Follower(follower) => Some(follower),
            Role::Leader(_) => None,
        }
    }

    /// The follower's state to change, if the replica follows.
    pub fn follower_mut(&mut self) -> Option<&mut FollowerState> {
        match &mut self.role {
            Role::Follower(follower) => Some(follower),
            Role::Leader(_) => None,
        }
    }

    /// Who leads the partition as far as the replica knows.
    pub fn current_leader(&self) -> LeaderAndEpoch {
        LeaderAndEpoch {
            leader: NodeId(self.registration.leader),
            epoch: self.registration.leader_epoch,
        }
    }

    /// `min.insync.replicas`, but no more than there are replicas.
    pub fn effective_min_isr(&self) -> usize {
        (self.config.min_insync_replicas.max(0) as usize).min(self.registration.replicas.len())
    }

    /// Puts a batch that a leader has accepted at the end of the log.
    pub fn append(&mut self, batch: Batch, now: Micros) {
        let header = batch.header;
        if self.epochs.latest_epoch() != Some(header.leader_epoch) {
            self.assign_epoch(header.leader_epoch, header.base_offset);
        }
        self.log.append(batch, now);
    }

    /// Puts a batch copied from the leader at the end of the log.
    pub fn append_as_follower(&mut self, batch: Batch, now: Micros) {
        if batch.header.producer_id >= 0 {
            self.note_producer(&batch);
        }
        self.append(batch, now);
        self.producers.update_map_end_offset(self.log.log_end_offset());
    }

    /// Notes that an epoch begins at an offset.
    pub fn assign_epoch(&mut self, epoch: LeaderEpoch, offset: Offset) {
        self.epochs.assign(epoch, offset).expect("epochs and offsets of a log are not negative");
    }

    /// Removes the batches at and after an offset; returns the new end.
    pub fn truncate_to(&mut self, offset: Offset, now: NodeNow) -> Offset {
        self.log.truncate_to(offset);
        let end = self.log.log_end_offset();
        self.epochs.truncate_from_end(end);
        self.rebuild_producers(now.wall_ms);
        self.lower_high_watermark(end);
        end
    }

    /// Drops the whole log and starts again where the leader's begins.
    pub fn restart_log_at(&mut self, offset: Offset, now: NodeNow) {
        self.log.truncate_fully_and_start_at(offset);
        self.epochs.clear();
        self.rebuild_producers(now.wall_ms);
        self.high_watermark = offset;
        self.checkpoint_due = true;
    }

    fn lower_high_watermark(&mut self, end: Offset) {
        if self.high_watermark > end {
            self.high_watermark = end;
            self.checkpoint_due = true;
        }
    }

    fn note_producer(&mut self, batch: &Batch) {
        let request = AppendRequest {
            origin: AppendOrigin::Replication,
            verification_enabled: false,
            guard: None,
            marker: None,
            marker_epoch: EpochRule::NotOlder(0),
        };
        if let Ok(Validated::Append(append)) = self.producers.validate(&batch.header, request) {
            self.producers.update(append);
        }
    }

    fn read_epochs(&mut self) {
        for entry in self.log.entries() {
            let header = entry.batch.header;
            if self.epochs.latest_epoch() != Some(header.leader_epoch) && header.leader_epoch >= 0 {
                self.epochs
                    .assign(header.leader_epoch, header.base_offset)
                    .expect("epochs and offsets of a log are not negative");
            }
        }
    }

    fn rebuild_producers(&mut self, now_ms: i64) {
        let bounds = RebuiltLog {
            log_start_offset: self.log.log_start_offset(),
            log_end_offset: self.log.log_end_offset(),
        };
        let log = &self.log;
        self.producers.rebuild(bounds, now_ms, |from| {
            log.entries_from(from).map(|entry| (entry.batch.header, None))
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::storage::batch::Body;

    fn batch(base_offset: Offset, leader_epoch: LeaderEpoch) -> Batch {
        let mut batch = Batch::new(Body::single(0, None, Some(b"v")));
        batch.header.base_offset = base_offset;
        batch.header.leader_epoch = leader_epoch;
        batch.header.producer_id = 1;
        batch.header.producer_epoch = 0;
        batch.header.base_sequence = base_offset as i32;
        batch
    }

    fn replica(batches: &[(Offset, LeaderEpoch)]) -> Replica {
        let partition = TopicPartition::new(TopicId(1), 0);
        let mut replica = Replica::open(partition, Log::default(), 0, Arc::default(), 1000);
        for &(offset, epoch) in batches {
            replica.append_as_follower(batch(offset, epoch), Micros::ZERO);
        }
        replica
    }

    #[test]
    fn a_restart_knows_epochs_and_producers_again() {
        let before = replica(&[(0, 0), (1, 0), (2, 3)]);
        let after = Replica::open(before.partition, before.log.clone(), 9, Arc::default(), 1000);
        assert_eq!(after.epochs, before.epochs);
        assert_eq!(after.high_watermark, 3, "not above the end of the log");
        assert_eq!(after.producers.last_entry(1).map(|entry| entry.last_sequence()), Some(2));
    }

    #[test]
    fn truncation_takes_epochs_producers_and_high_watermark_back() {
        let mut replica = replica(&[(0, 0), (1, 0), (2, 3)]);
        replica.high_watermark = 3;
        assert_eq!(replica.truncate_to(2, NodeNow::default()), 2);
        assert_eq!(replica.epochs.latest_epoch(), Some(0));
        assert_eq!(replica.producers.last_entry(1).map(|entry| entry.last_sequence()), Some(1));
        assert_eq!(replica.high_watermark, 2);
    }
}
