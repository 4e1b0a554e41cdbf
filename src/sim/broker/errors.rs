//! Errors that several APIs answer in the same way.

use super::replica::Replica;
use crate::sim::controller::metadata::MetadataImage;
use crate::sim::ids::*;
use crate::sim::protocol::ErrorCode;
use crate::sim::protocol::data::LeaderAndEpoch;

/// What is wrong when a partition is asked of a broker without a replica of it.
pub fn error_without_replica(image: &MetadataImage, partition: TopicPartition) -> ErrorCode {
    if image.partition(partition).is_some() {
        ErrorCode::NotLeaderOrFollower
    } else if image.topics.contains_key(&partition.topic) {
        ErrorCode::UnknownTopicOrPartition
    } else {
        ErrorCode::UnknownTopicId
    }
}

/// Who leads a partition as the metadata says.
pub fn leader_in(image: &MetadataImage, partition: TopicPartition) -> Option<LeaderAndEpoch> {
    let registration = image.partition(partition)?;
    Some(LeaderAndEpoch { leader: NodeId(registration.leader), epoch: registration.leader_epoch })
}

/// Compares a requester's leader epoch with the replica's; -1 is not compared.
pub fn epoch_error(replica: &Replica, epoch: LeaderEpoch) -> Option<ErrorCode> {
    if epoch < 0 || epoch == replica.leader_epoch {
        None
    } else if epoch < replica.leader_epoch {
        Some(ErrorCode::FencedLeaderEpoch)
    } else {
        Some(ErrorCode::UnknownLeaderEpoch)
    }
}
