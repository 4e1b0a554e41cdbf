//! ListOffsets and OffsetForLeaderEpoch: questions about a log that a leader answers.

use super::Broker;
use super::errors::{epoch_error, error_without_replica};
use super::replica::Replica;
use crate::sim::effects::{Effects, Line, RequestRef};
use crate::sim::ids::*;
use crate::sim::protocol::ErrorCode;
use crate::sim::protocol::data::*;
use crate::sim::storage::epoch_cache::{EpochEndOffset, UNDEFINED_EPOCH, UNDEFINED_EPOCH_OFFSET};

/// An offset with the timestamp and epoch of its record.
struct Found {
    offset: Offset,
    timestamp: i64,
    leader_epoch: LeaderEpoch,
}

impl Broker {
    pub(super) fn on_list_offsets(
        &mut self,
        line: Line,
        at: RequestRef,
        request: &ListOffsetsRequest,
        out: &mut Effects,
    ) {
        let is_follower = line == Line::Replica;
        let partitions = request.partitions.iter().map(|p| self.list_offset(p, is_follower));
        out.respond(at, ListOffsetsResponse { partitions: partitions.collect() });
    }

    fn list_offset(
        &self,
        request: &ListOffsetsPartition,
        is_follower: bool,
    ) -> ListOffsetsPartitionResponse {
        let partition = request.partition;
        let found = self
            .led_replica(partition, request.current_leader_epoch)
            .and_then(|replica| find_offset(replica, request.spec, is_follower));
        let (error, found) = match found {
            Ok(found) => (ErrorCode::None, found),
            Err(error) => (error, None),
        };
        let nothing = Found { offset: -1, timestamp: -1, leader_epoch: -1 };
        let Found { offset, timestamp, leader_epoch } = found.unwrap_or(nothing);
        ListOffsetsPartitionResponse { partition, error, offset, timestamp, leader_epoch }
    }

    pub(super) fn on_offset_for_leader_epoch(
        &mut self,
        at: RequestRef,
        request: &OffsetForLeaderEpochRequest,
        out: &mut Effects,
    ) {
        let unknown = EpochEndOffset { epoch: UNDEFINED_EPOCH, end_offset: UNDEFINED_EPOCH_OFFSET };
        let answer = |p: &OffsetForLeaderEpochPartition| match self
            .led_replica(p.partition, p.current_leader_epoch)
        {
            Ok(replica) => {
                let end = replica.epochs.end_offset_for(p.leader_epoch, replica.log_end_offset());
                (p.partition, ErrorCode::None, end)
            }
            Err(error) => (p.partition, error, unknown),
        };
        let partitions = request.partitions.iter().map(answer).collect();
        out.respond(at, OffsetForLeaderEpochResponse { partitions });
    }

    fn led_replica(
        &self,
        partition: TopicPartition,
        current_leader_epoch: LeaderEpoch,
    ) -> Result<&Replica, ErrorCode> {
        let replica = self.replicas.of(partition);
        let replica = replica.ok_or_else(|| error_without_replica(&self.image, partition))?;
        match epoch_error(replica, current_leader_epoch) {
            Some(error) => Err(error),
            None if replica.leader().is_none() => Err(ErrorCode::NotLeaderOrFollower),
            None => Ok(replica),
        }
    }
}

/// Finds what was asked for; a new leader whose high watermark has not reached its own epoch does not know yet.
fn find_offset(
    replica: &Replica,
    spec: OffsetSpec,
    is_follower: bool,
) -> Result<Option<Found>, ErrorCode> {
    let leader_epoch = replica.leader_epoch;
    let start = replica.leader().map_or(0, |leader| leader.epoch_start_offset);
    let lags = !is_follower && start > replica.high_watermark;
    let end = if is_follower { replica.log_end_offset() } else { replica.high_watermark };
    match spec {
        OffsetSpec::Earliest => {
            let leader_epoch = replica.epochs.earliest_entry().map_or(-1, |entry| entry.epoch);
            let offset = replica.log.log_start_offset();
            Ok(Some(Found { offset, timestamp: -1, leader_epoch }))
        }
        OffsetSpec::Latest if lags => Err(ErrorCode::OffsetNotAvailable),
        OffsetSpec::Latest => Ok(Some(Found { offset: end, timestamp: -1, leader_epoch })),
        OffsetSpec::Timestamp(timestamp) => match find_timestamp(replica, timestamp) {
            Some(found) if found.offset < end => Ok(Some(found)),
            _ if lags => Err(ErrorCode::OffsetNotAvailable),
            _ => Ok(None),
        },
    }
}

/// The first record with the timestamp or a later one.
fn find_timestamp(replica: &Replica, timestamp: i64) -> Option<Found> {
    let mut entries = replica.log.entries_from(replica.log.log_start_offset());
    let batch = &entries.find(|entry| entry.batch.header.max_timestamp >= timestamp)?.batch;
    let (offset, record) = batch.records().find(|(_, record)| record.timestamp >= timestamp)?;
    let leader_epoch = batch.header.leader_epoch;
    Some(Found { offset, timestamp: record.timestamp, leader_epoch })
}
