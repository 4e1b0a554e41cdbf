//! Where replicas are, changed while they serve: reassignments (KIP-455).

use super::metadata::MetadataRecord;
use super::partition_change::{Election, PartitionChangeBuilder};
use super::partition_registration::PartitionRegistration;
use super::reassignment::Reassignment;
use super::state::{ControlState, changed};
use super::topics::error;
use crate::sim::ids::*;
use crate::sim::protocol::ErrorCode;
use crate::sim::protocol::admin::ApiError;

impl ControlState {
    /// Moves a partition to other replicas, or (None) cancels its move.
    ///
    /// # Errors
    /// The error with Kafka's message.
    pub fn alter_reassignment(
        &self,
        name: &str,
        number: PartitionIndex,
        target: Option<&[i32]>,
    ) -> Result<Option<MetadataRecord>, ApiError> {
        let unknown = |message| error(ErrorCode::UnknownTopicOrPartition, message);
        let topic = self
            .image
            .topic(name)
            .ok_or_else(|| unknown(format!("Unable to find a topic named {name}.")))?;
        let id = TopicPartition::new(topic.id, number);
        let partition = self
            .image
            .partition(id)
            .ok_or_else(|| unknown(format!("Unable to find partition {name}:{number}.")))?;
        match target {
            Some(target) => self.reassign(id, partition, target),
            None => self.cancel_reassignment(id, name, partition),
        }
    }

    fn reassign(
        &self,
        id: TopicPartition,
        partition: &PartitionRegistration,
        target: &[i32],
    ) -> Result<Option<MetadataRecord>, ApiError> {
        self.check_assignment(target, None)
            .map_err(|message| error(ErrorCode::InvalidReplicaAssignment, message))?;
        let Some((rules, _)) = self.rules(id.topic) else {
            return Ok(None);
        };
        let mut reassignment = Reassignment::start(&partition.replicas, target);
        // What an earlier reassignment removes or adds stays so unless this one says otherwise.
        if reassignment.removing.is_empty() {
            reassignment.removing = partition.removing_replicas.to_vec();
        }
        if reassignment.adding.is_empty() {
            reassignment.adding = partition.adding_replicas.to_vec();
        }
        let acceptable = |id: i32| self.image.is_active(id);
        let builder = PartitionChangeBuilder::new(partition, &acceptable, rules);
        let change = builder.target_reassignment(reassignment).build();
        Ok(change.map(|change| changed(id, change)))
    }

    fn cancel_reassignment(
        &self,
        id: TopicPartition,
        name: &str,
        partition: &PartitionRegistration,
    ) -> Result<Option<MetadataRecord>, ApiError> {
        if !partition.is_reassigning() {
            return Err(ErrorCode::NoReassignmentInProgress.into());
        }
        let Some((rules, election)) = self.rules(id.topic) else {
            return Ok(None);
        };
        let stays = |ids: &[i32]| -> Vec<i32> {
            ids.iter().copied().filter(|id| !partition.adding_replicas.contains(id)).collect()
        };
        let (replicas, mut isr) = (stays(&partition.replicas), stays(&partition.isr));
        if isr.is_empty() {
            if election != Election::Unclean {
                let message = format!(
                    "Unable to revert partition assignment for {name}:{} because it would require an unclean leader \
                     election.",
                    id.partition
                );
                return Err(error(ErrorCode::InvalidReplicaAssignment, message));
            }
            isr.extend(replicas.first());
        }
        let original = Reassignment { replicas, removing: Vec::new(), adding: Vec::new() };
        let acceptable = |id: i32| self.image.is_active(id);
        let change = PartitionChangeBuilder::new(partition, &acceptable, rules)
            .election(election)
            .target_isr(isr)
            .target_reassignment(original)
            .build();
        Ok(change.map(|change| changed(id, change)))
    }
}
