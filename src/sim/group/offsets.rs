//! Committed offsets: who may commit, what is kept, and when it is forgotten.

use std::sync::Arc;

use super::classic_group::{ClassicGroup, GroupState};
use super::record::GroupRecord;
use super::turn::{Then, Turn, append_error};
use crate::sim::config::BrokerConfig;
use crate::sim::effects::RequestRef;
use crate::sim::fact::Fact;
use crate::sim::protocol::ErrorCode;
use crate::sim::protocol::group::*;

/// A committed offset with the time of its commit.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct StoredOffset {
    pub committed: CommittedOffset,
    pub commit_timestamp_ms: i64,
}

/// Offsets that will be the group's once their records are committed.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PendingCommit {
    pub ticket: u64,
    pub group: Arc<str>,
    pub offsets: Vec<(NamedPartition, StoredOffset)>,
}

/// The answer to an OffsetCommit if its records get committed.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CommitAnswer {
    pub at: RequestRef,
    pub generation: i32,
    pub partitions: Vec<(NamedPartition, ErrorCode)>,
}

impl ClassicGroup {
    pub(super) fn on_commit(
        &mut self,
        turn: &mut Turn<'_>,
        at: RequestRef,
        request: &OffsetCommitRequest,
    ) -> Option<PendingCommit> {
        if let Err(error) = self.validate_commit(request) {
            turn.fact(refused(request, error));
            turn.reply(at, commit_error(request, error));
            return None;
        }
        // A commit shows that the member lives.
        if matches!(self.state, GroupState::Stable | GroupState::PreparingRebalance) {
            self.renew_session(turn, &request.member_id);
        }
        self.store(turn, at, request)
    }

    fn validate_commit(&self, request: &OffsetCommitRequest) -> Result<(), ErrorCode> {
        if request.generation < 0 && self.state == GroupState::Empty {
            return Ok(());
        }
        let instance = request.group_instance_id.as_ref();
        if request.generation < 0 && request.member_id.is_empty() && instance.is_none() {
            return Err(ErrorCode::UnknownMemberId);
        }
        self.validate_member(&request.member_id, instance)?;
        if request.generation != self.generation {
            return Err(ErrorCode::IllegalGeneration);
        }
        match self.state {
            // The member knows the generation but has no assignment of it yet.
            GroupState::CompletingRebalance => Err(ErrorCode::RebalanceInProgress),
            GroupState::Dead => Err(ErrorCode::CoordinatorNotAvailable),
            GroupState::Empty | GroupState::PreparingRebalance | GroupState::Stable => Ok(()),
        }
    }

    fn store(
        &mut self,
        turn: &mut Turn<'_>,
        at: RequestRef,
        request: &OffsetCommitRequest,
    ) -> Option<PendingCommit> {
        let longest = usize::try_from(turn.config.offset_metadata_max_bytes).unwrap_or(0);
        let verdict = |offset: &CommittedOffset| match offset.metadata.len() > longest {
            true => ErrorCode::OffsetMetadataTooLarge,
            false => ErrorCode::None,
        };
        let partitions: Vec<_> =
            request.offsets.iter().map(|(p, offset)| (p.clone(), verdict(offset))).collect();
        let commit_timestamp_ms = turn.now.wall_ms;
        let offsets: Vec<_> = request
            .offsets
            .iter()
            .filter(|(_, offset)| verdict(offset).is_none())
            .map(|(p, o)| (p.clone(), StoredOffset { committed: o.clone(), commit_timestamp_ms }))
            .collect();
        if offsets.is_empty() {
            turn.reply(at, OffsetCommitResponse { partitions });
            return None;
        }
        let records: Vec<_> = offsets.iter().map(|(p, o)| self.offset_record(p, Some(o))).collect();
        let answer = CommitAnswer { at, generation: request.generation, partitions };
        let ticket = turn.append(&self.id, &records, Then::Committed(answer));
        Some(PendingCommit { ticket, group: self.id.clone(), offsets })
    }

    fn offset_record(
        &self,
        partition: &NamedPartition,
        value: Option<&StoredOffset>,
    ) -> GroupRecord {
        let (group, partition) = (self.id.clone(), partition.clone());
        GroupRecord::Offset { group, partition, value: value.cloned() }
    }

    /// The records of a commit are written, or could not be.
    pub(super) fn on_committed(
        &mut self,
        turn: &mut Turn<'_>,
        outcome: Result<(), ErrorCode>,
        answer: CommitAnswer,
    ) {
        let CommitAnswer { at, generation, mut partitions } = answer;
        for (partition, verdict) in partitions.iter_mut().filter(|(_, verdict)| verdict.is_none()) {
            match outcome {
                Ok(()) => {
                    let group = self.id.clone();
                    let offset =
                        self.offsets.get(partition).map_or(-1, |stored| stored.committed.offset);
                    let partition = partition.clone();
                    turn.fact(Fact::OffsetCommitted { group, partition, offset, generation });
                }
                Err(error) => *verdict = append_error(error),
            }
        }
        turn.reply(at, OffsetCommitResponse { partitions });
    }

    pub(super) fn fetch_offsets(&self, wanted: Option<&[NamedPartition]>) -> OffsetFetchResponse {
        let stored = |p: &NamedPartition| self.offsets.get(p).map(|s| s.committed.clone());
        let offsets = match wanted {
            Some(wanted) => wanted.iter().map(|p| (p.clone(), stored(p))).collect(),
            None => self.offsets.keys().map(|p| (p.clone(), stored(p))).collect(),
        };
        OffsetFetchResponse { error: ErrorCode::None, offsets }
    }

    /// Forgets offsets whose retention is over; returns their tombstones (KIP-211).
    pub(super) fn expire_offsets(
        &mut self,
        config: &BrokerConfig,
        now_ms: i64,
    ) -> Vec<GroupRecord> {
        let retention_ms = config.offsets_retention_minutes.saturating_mul(60_000);
        let expired: Vec<_> = self
            .offsets
            .iter()
            .filter(|(p, stored)| {
                self.unused_since(p, stored).is_some_and(|since| now_ms - since >= retention_ms)
            })
            .map(|(partition, _)| partition.clone())
            .collect();
        self.forget(&expired)
    }

    /// Since when nobody has used the offset; None = it is in use.
    fn unused_since(&self, partition: &NamedPartition, stored: &StoredOffset) -> Option<i64> {
        if !self.has_protocol_type {
            return Some(stored.commit_timestamp_ms);
        }
        match self.state {
            GroupState::Empty => self.state_timestamp_ms.or(Some(stored.commit_timestamp_ms)),
            GroupState::Stable if !self.subscribes(&partition.topic) => {
                Some(stored.commit_timestamp_ms)
            }
            GroupState::Stable
            | GroupState::PreparingRebalance
            | GroupState::CompletingRebalance
            | GroupState::Dead => None,
        }
    }

    fn subscribes(&self, topic: &Arc<str>) -> bool {
        let protocol = self.protocol.clone().unwrap_or_default();
        self.members.values().any(|m| m.subscription(&protocol).topics.contains(topic))
    }

    /// Forgets the offsets of a deleted topic; returns their tombstones.
    pub(super) fn forget_topic(&mut self, topic: &str) -> Vec<GroupRecord> {
        let gone: Vec<_> = self.offsets.keys().filter(|p| *p.topic == *topic).cloned().collect();
        self.forget(&gone)
    }

    fn forget(&mut self, partitions: &[NamedPartition]) -> Vec<GroupRecord> {
        partitions.iter().for_each(|p| {
            self.offsets.remove(p);
        });
        partitions.iter().map(|p| self.offset_record(p, None)).collect()
    }
}

/// The answer to an OffsetCommit that is refused as a whole.
pub(super) fn commit_error(
    request: &OffsetCommitRequest,
    error: ErrorCode,
) -> OffsetCommitResponse {
    let partitions = request.offsets.iter().map(|(p, _)| (p.clone(), error)).collect();
    OffsetCommitResponse { partitions }
}

/// The fact that goes with [`commit_error`].
pub(super) fn refused(request: &OffsetCommitRequest, error: ErrorCode) -> Fact {
    let (group, member) = (request.group.clone(), request.member_id.clone());
    Fact::CommitRefused { group, member, error }
}
