//! The partitions a consumer has, and where it is in each: Kafka's `SubscriptionState`.

use std::sync::Arc;

use crate::sim::client::metadata::Metadata;
use crate::sim::ids::*;
use crate::sim::protocol::data::{LeaderAndEpoch, OffsetSpec};
use crate::sim::protocol::group::NamedPartition;
use crate::sim::sorted::{SortedMap, SortedSet};
use crate::sim::time::Micros;

/// How a consumer gets its partitions.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub enum Subscription {
    /// Not at all yet.
    #[default]
    None,
    /// The group deals them out.
    Topics(Vec<Arc<str>>),
    /// The program names them.
    Partitions,
}

/// What must happen before a partition can be fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FetchState {
    /// The committed offset must be looked up.
    Initializing,
    /// A position must be asked for.
    AwaitReset(OffsetSpec),
    /// After a change of leader: is the position still on the leader's log (KIP-320)?
    AwaitValidation,
    /// Nothing.
    Fetching,
    /// There is no position, and no policy to find one: the program must seek.
    NoPosition,
}

/// One partition.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Assigned {
    pub id: Option<TopicPartition>,
    pub current: LeaderAndEpoch,
    pub state: FetchState,
    /// Offset of the next record to return from a poll.
    pub position: Offset,
    /// Leader epoch of the last record returned, -1 = unknown.
    pub epoch: LeaderEpoch,
    pub is_paused: bool,
    /// Whether records lie in the buffer.
    pub is_buffered: bool,
    /// Whether a request that settles the position is in flight.
    pub is_asked: bool,
    pub retry_at: Micros,
    pub attempts: u32,
    /// The fetch session that names the partition.
    pub session: Option<(NodeId, TopicPartition)>,
    /// As of the last fetch; -1 = unknown.
    pub high_watermark: Offset,
}

impl Default for Assigned {
    fn default() -> Self {
        Assigned {
            id: None,
            current: LeaderAndEpoch { leader: NodeId::NONE, epoch: -1 },
            state: FetchState::Initializing,
            position: -1,
            epoch: -1,
            is_paused: false,
            is_buffered: false,
            is_asked: false,
            retry_at: Micros::ZERO,
            attempts: 0,
            session: None,
            high_watermark: -1,
        }
    }
}

impl Assigned {
    /// Whether it may be named in a fetch request.
    pub fn is_fetchable(&self) -> bool {
        self.state == FetchState::Fetching && !self.is_paused && !self.is_buffered
    }
}

/// All partitions of a consumer.
#[derive(Clone, Debug, Default, Hash)]
pub struct Assignment {
    partitions: SortedMap<NamedPartition, Assigned>,
    /// Those without a valid position.
    pub unsettled: SortedSet<NamedPartition>,
    /// Those that changed in a way fetch sessions must hear of.
    pub touched: SortedSet<NamedPartition>,
    /// Sessions that name a partition which was given up.
    pub dropped: Vec<(NodeId, TopicPartition)>,
    metadata_version: u32,
}

impl Assignment {
    /// The partitions in order.
    pub fn names(&self) -> impl Iterator<Item = &NamedPartition> {
        self.partitions.keys()
    }

    /// The partitions with their state, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&NamedPartition, &Assigned)> {
        self.partitions.iter()
    }

    /// Whether there is no partition.
    pub fn is_empty(&self) -> bool {
        self.partitions.is_empty()
    }

    /// A partition.
    pub fn get(&self, name: &NamedPartition) -> Option<&Assigned> {
        self.partitions.get(name)
    }

    /// A partition to change; fetch sessions are told.
    pub fn touch(&mut self, name: &NamedPartition) -> Option<&mut Assigned> {
        let assigned = self.partitions.get_mut(name)?;
        self.touched.insert(name.clone());
        Some(assigned)
    }

    /// A partition to change in a way that is no matter of fetching.
    pub fn get_mut(&mut self, name: &NamedPartition) -> Option<&mut Assigned> {
        self.partitions.get_mut(name)
    }

    /// Replaces the partitions; what stays keeps its position.
    pub fn replace(&mut self, names: &[NamedPartition], metadata: &Metadata) {
        let old = std::mem::take(&mut self.partitions);
        let wanted: SortedSet<&NamedPartition> = names.iter().collect();
        for (name, assigned) in old {
            if wanted.contains(&name) {
                self.partitions.insert(name, assigned);
            } else {
                self.dropped.extend(assigned.session);
                self.unsettled.remove(&name);
                self.touched.remove(&name);
            }
        }
        for name in names {
            if !self.partitions.contains_key(name) {
                self.partitions.insert(name.clone(), Assigned::default());
                self.unsettled.insert(name.clone());
            }
        }
        self.look_up(metadata);
    }

    /// Sets where a partition is read next.
    pub fn set_position(&mut self, name: &NamedPartition, position: Offset, epoch: LeaderEpoch) {
        let Some(assigned) = self.touch(name) else { return };
        (assigned.position, assigned.epoch) = (position, epoch);
        assigned.state = match epoch {
            ..0 => FetchState::Fetching,
            _ => FetchState::AwaitValidation,
        };
        self.settle(name);
    }

    /// Sets what must happen before a partition can be fetched.
    pub fn set_state(&mut self, name: &NamedPartition, state: FetchState) {
        let Some(assigned) = self.touch(name) else { return };
        assigned.state = state;
        self.settle(name);
    }

    /// Takes in new leaders. A position read under an older leader is validated again.
    pub fn follow(&mut self, metadata: &Metadata) {
        if self.metadata_version != metadata.version() {
            self.metadata_version = metadata.version();
            self.look_up(metadata);
        }
    }

    fn look_up(&mut self, metadata: &Metadata) {
        for (name, assigned) in &mut self.partitions {
            let Some((id, current)) = metadata.partition(&name.topic, name.partition) else {
                continue;
            };
            if assigned.id == Some(id) && assigned.current == current {
                continue;
            }
            let is_newer = current.epoch > assigned.current.epoch && assigned.current.epoch >= 0;
            (assigned.id, assigned.current) = (Some(id), current);
            self.touched.insert(name.clone());
            if is_newer && assigned.epoch >= 0 && assigned.state == FetchState::Fetching {
                assigned.state = FetchState::AwaitValidation;
                assigned.is_asked = false;
                self.unsettled.insert(name.clone());
            }
        }
    }

    fn settle(&mut self, name: &NamedPartition) {
        let Some(assigned) = self.partitions.get_mut(name) else { return };
        assigned.is_asked = false;
        assigned.retry_at = Micros::ZERO;
        assigned.attempts = 0;
        match assigned.state {
            FetchState::Fetching | FetchState::NoPosition => self.unsettled.remove(name),
            FetchState::Initializing | FetchState::AwaitReset(_) | FetchState::AwaitValidation => {
                self.unsettled.insert(name.clone())
            }
        };
    }
}
