//! Changes of partitions that are asked for: ISR by their leaders (KIP-497), leaders by people and by the balance.

use std::sync::Arc;

use super::metadata::MetadataRecord;
use super::partition_change::{Election, PartitionChangeBuilder};
use super::partition_registration::{LeaderRecoveryState, NO_LEADER, PartitionRegistration};
use super::state::{ControlState, changed};
use crate::sim::ids::*;
use crate::sim::protocol::ErrorCode;
use crate::sim::protocol::admin::*;
use crate::sim::protocol::control::*;
use crate::sim::sorted::sort;

/// How many leaders one run of the balance moves.
pub const ELECTIONS_PER_IMBALANCE_MAX: usize = 1_000;

impl ControlState {
    /// Follows a leader's wish for other in-sync replicas.
    ///
    /// # Errors
    /// STALE_BROKER_EPOCH if the process is not the registered one.
    pub fn alter_partition(
        &self,
        request: &AlterPartitionRequest,
    ) -> Result<(Vec<MetadataRecord>, AlterPartitionResponse), ErrorCode> {
        self.check_broker_epoch(request.broker, request.broker_epoch)?;
        let mut records = Vec::new();
        let partitions = request
            .partitions
            .iter()
            .map(|asked| match self.alter_one(request.broker, asked, &mut records) {
                Ok(partition) => result_of(asked.partition, &partition),
                Err(error) => refused(asked.partition, error),
            })
            .collect();
        Ok((records, AlterPartitionResponse { error: ErrorCode::None, partitions }))
    }

    fn alter_one(
        &self,
        broker: NodeId,
        asked: &AlterPartitionData,
        records: &mut Vec<MetadataRecord>,
    ) -> Result<Arc<PartitionRegistration>, ErrorCode> {
        let id = asked.partition;
        let (rules, election) = self.rules(id.topic).ok_or(ErrorCode::UnknownTopicId)?;
        let partition = self.image.partition(id).ok_or(ErrorCode::UnknownTopicOrPartition)?;
        self.check_alteration(broker, partition, asked)?;
        let acceptable = |id: i32| self.image.is_active(id);
        let change = PartitionChangeBuilder::new(partition, &acceptable, rules)
            .election(election)
            .target_isr(asked.new_isr.iter().map(|(id, _)| id.0).collect())
            .target_leader_recovery_state(asked.leader_recovery_state)
            .build();
        let Some(change) = change else {
            return Ok(partition.clone());
        };
        let merged = Arc::new(partition.merge(&change));
        let leader = change.leader;
        records.push(changed(id, change));
        // The change completed a reassignment away from the leader that asked for it.
        match leader {
            Some(leader) if leader != broker.0 => Err(ErrorCode::NewLeaderElected),
            Some(_) | None => Ok(merged),
        }
    }

    fn check_alteration(
        &self,
        broker: NodeId,
        partition: &PartitionRegistration,
        asked: &AlterPartitionData,
    ) -> Result<(), ErrorCode> {
        // A leader that knows more has heard from a newer controller than this one.
        if asked.leader_epoch > partition.leader_epoch
            || asked.partition_epoch > partition.partition_epoch
        {
            return Err(ErrorCode::NotController);
        }
        if asked.leader_epoch < partition.leader_epoch {
            return Err(ErrorCode::FencedLeaderEpoch);
        }
        if broker.0 != partition.leader {
            return Err(ErrorCode::InvalidRequest);
        }
        if asked.partition_epoch < partition.partition_epoch {
            return Err(ErrorCode::InvalidUpdateVersion);
        }
        check_isr(partition, asked)?;
        match asked.new_isr.iter().all(|(id, epoch)| self.is_eligible(*id, *epoch)) {
            true => Ok(()),
            false => Err(ErrorCode::IneligibleReplica),
        }
    }

    /// Whether a broker may be in an ISR (KIP-841), in the run that the leader has seen (KIP-903).
    fn is_eligible(&self, broker: NodeId, epoch: BrokerEpoch) -> bool {
        let registration = self.image.brokers.get(&broker);
        registration.is_some_and(|b| b.is_active() && (epoch == -1 || epoch == b.broker_epoch))
    }

    /// Elects leaders on a person's wish.
    pub fn elect_leaders(
        &self,
        request: &ElectLeadersRequest,
    ) -> (Vec<MetadataRecord>, ElectLeadersResponse) {
        let mut records = Vec::new();
        let mut partitions = Vec::new();
        match &request.partitions {
            Some(asked) => {
                for (name, number) in asked {
                    let result = self.elect(name, *number, request.election, &mut records);
                    partitions.push((name.clone(), *number, result));
                }
            }
            None => {
                for (name, number) in self.all_partitions() {
                    let result = self.elect(&name, number, request.election, &mut records);
                    // Of all partitions only those that are not as wished are told.
                    if result.error != ErrorCode::ElectionNotNeeded {
                        partitions.push((name, number, result));
                    }
                }
            }
        }
        (records, ElectLeadersResponse { error: ErrorCode::None, partitions })
    }

    fn all_partitions(&self) -> impl Iterator<Item = (Arc<str>, PartitionIndex)> {
        let topics = self.image.topic_ids.values().filter_map(|id| self.image.topics.get(id));
        topics.flat_map(|topic| {
            (0..topic.partitions.len() as PartitionIndex).map(|number| (topic.name.clone(), number))
        })
    }

    fn elect(
        &self,
        name: &Arc<str>,
        number: PartitionIndex,
        election: ElectionType,
        records: &mut Vec<MetadataRecord>,
    ) -> ApiError {
        let unknown = |message: String| ApiError {
            error: ErrorCode::UnknownTopicOrPartition,
            message: message.into(),
        };
        let Some(topic) = self.image.topic(name) else {
            return unknown(format!("No such topic as {name}"));
        };
        let id = TopicPartition::new(topic.id, number);
        let Some(partition) = self.image.partition(id).filter(|_| number >= 0) else {
            return unknown(format!("No such partition as {name}-{number}"));
        };
        let as_wished = match election {
            ElectionType::Preferred => partition.has_preferred_leader(),
            ElectionType::Unclean => partition.has_leader(),
        };
        if as_wished {
            return ErrorCode::ElectionNotNeeded.into();
        }
        let (wished, failed) = match election {
            ElectionType::Preferred => {
                (Election::Preferred, ErrorCode::PreferredLeaderNotAvailable)
            }
            ElectionType::Unclean => (Election::Unclean, ErrorCode::EligibleLeadersNotAvailable),
        };
        match self.elect_one(id, wished) {
            Some(record) => {
                records.push(record);
                ErrorCode::None.into()
            }
            None => failed.into(),
        }
    }

    fn elect_one(&self, id: TopicPartition, election: Election) -> Option<MetadataRecord> {
        let partition = self.image.partition(id)?;
        let (rules, _) = self.rules(id.topic)?;
        let acceptable = |id: i32| self.image.is_active(id);
        let builder = PartitionChangeBuilder::new(partition, &acceptable, rules).election(election);
        builder.build().map(|change| changed(id, change))
    }

    /// Gives leadership back to preferred replicas. Kafka's controller has no threshold of imbalance.
    pub fn balance_leaders(&self) -> Vec<MetadataRecord> {
        let elected =
            self.index.imbalanced().filter_map(|id| self.elect_one(id, Election::Preferred));
        elected.take(ELECTIONS_PER_IMBALANCE_MAX).collect()
    }

    /// Elects uncleanly where there is no leader and the topic allows it.
    pub fn elect_unclean(&self) -> Vec<MetadataRecord> {
        let allowed = |id: &TopicPartition| {
            self.rules(id.topic).is_some_and(|(_, election)| election == Election::Unclean)
        };
        let leaderless = self.index.leaderless().filter(allowed);
        let elected = leaderless.filter_map(|id| self.elect_one(id, Election::Unclean));
        elected.take(ELECTIONS_PER_IMBALANCE_MAX).collect()
    }
}

fn check_isr(
    partition: &PartitionRegistration,
    asked: &AlterPartitionData,
) -> Result<(), ErrorCode> {
    let isr: Vec<i32> = asked.new_isr.iter().map(|(id, _)| id.0).collect();
    let mut distinct = isr.clone();
    sort(&mut distinct);
    distinct.dedup();
    let assigned = isr.iter().all(|id| partition.replicas.contains(id));
    let recovering = asked.leader_recovery_state == LeaderRecoveryState::Recovering;
    let was_recovered = partition.leader_recovery_state == LeaderRecoveryState::Recovered;
    let valid = !isr.is_empty()
        && distinct.len() == isr.len()
        && assigned
        && isr.contains(&partition.leader)
        && !(recovering && isr.len() > 1)
        && !(recovering && was_recovered);
    if valid { Ok(()) } else { Err(ErrorCode::InvalidRequest) }
}

fn result_of(id: TopicPartition, partition: &PartitionRegistration) -> AlterPartitionResult {
    AlterPartitionResult {
        partition: id,
        error: ErrorCode::None,
        leader: NodeId(partition.leader),
        leader_epoch: partition.leader_epoch,
        isr: partition.isr.clone(),
        leader_recovery_state: partition.leader_recovery_state,
        partition_epoch: partition.partition_epoch,
    }
}

fn refused(partition: TopicPartition, error: ErrorCode) -> AlterPartitionResult {
    AlterPartitionResult {
        partition,
        error,
        leader: NodeId(NO_LEADER),
        leader_epoch: -1,
        isr: [].into(),
        leader_recovery_state: LeaderRecoveryState::Recovered,
        partition_epoch: -1,
    }
}
