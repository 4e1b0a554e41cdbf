//! What the controller knows of one partition, and how a change is merged into it.
use std::sync::Arc;

/// A list of broker ids; partitions and their snapshots share it.
pub type BrokerIds = Arc<[i32]>;

/// The leader of a partition that has none.
pub const NO_LEADER: i32 = -1;

/// Whether the leader still has to recover from an unclean election.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum LeaderRecoveryState {
    /// The leader was elected cleanly, or has recovered.
    #[default]
    Recovered,
    /// The leader was elected uncleanly and has not reported yet that it has recovered.
    Recovering,
}

/// The state of one partition in the metadata (Kafka's `PartitionRegistration`).
///
/// Simplification: a broker has one log directory, so replicas carry no directory ids.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct PartitionRegistration {
    /// The assigned replicas, preferred leader first.
    pub replicas: BrokerIds,
    /// The in-sync replicas.
    pub isr: BrokerIds,
    /// The eligible leader replicas (KIP-966), out of sync but known to hold all committed records.
    pub elr: BrokerIds,
    /// The last leader while there is none (KIP-966).
    pub last_known_elr: BrokerIds,
    /// The replicas that a reassignment removes.
    pub removing_replicas: BrokerIds,
    /// The replicas that a reassignment adds.
    pub adding_replicas: BrokerIds,
    /// The leader, or [`NO_LEADER`].
    pub leader: i32,
    /// Raised with every leader that is set, also with the same one.
    pub leader_epoch: i32,
    /// Raised with every change.
    pub partition_epoch: i32,
    /// Whether an unclean leader has recovered.
    pub leader_recovery_state: LeaderRecoveryState,
}

/// What changes in a partition (the fields of Kafka's `PartitionChangeRecord`); `None` leaves a field as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct PartitionChange {
    /// A leader to set, or [`NO_LEADER`].
    pub leader: Option<i32>,
    /// The new in-sync replicas.
    pub isr: Option<BrokerIds>,
    /// The new eligible leader replicas.
    pub elr: Option<BrokerIds>,
    /// The new last known leader.
    pub last_known_elr: Option<BrokerIds>,
    /// The new assigned replicas.
    pub replicas: Option<BrokerIds>,
    /// The new replicas to remove.
    pub removing_replicas: Option<BrokerIds>,
    /// The new replicas to add.
    pub adding_replicas: Option<BrokerIds>,
    /// The new recovery state of the leader.
    pub leader_recovery_state: Option<LeaderRecoveryState>,
}

impl PartitionRegistration {
    /// Returns the state of a new partition: all `isr` in sync, led by the first of them.
    pub fn new(replicas: &[i32], isr: &[i32]) -> PartitionRegistration {
        PartitionRegistration {
            replicas: replicas.into(),
            isr: isr.into(),
            leader: isr.first().copied().unwrap_or(NO_LEADER),
            ..PartitionRegistration::default()
        }
    }

    /// Returns the state after a change.
    pub fn merge(&self, change: &PartitionChange) -> PartitionRegistration {
        let pick = |new: &Option<BrokerIds>, old: &BrokerIds| new.as_ref().unwrap_or(old).clone();
        PartitionRegistration {
            replicas: pick(&change.replicas, &self.replicas),
            isr: pick(&change.isr, &self.isr),
            elr: pick(&change.elr, &self.elr),
            last_known_elr: pick(&change.last_known_elr, &self.last_known_elr),
            removing_replicas: pick(&change.removing_replicas, &self.removing_replicas),
            adding_replicas: pick(&change.adding_replicas, &self.adding_replicas),
            leader: change.leader.unwrap_or(self.leader),
            leader_epoch: self.leader_epoch + i32::from(change.leader.is_some()),
            partition_epoch: self.partition_epoch + 1,
            leader_recovery_state: change
                .leader_recovery_state
                .unwrap_or(self.leader_recovery_state),
        }
    }

    /// Tells whether there is a leader.
    pub fn has_leader(&self) -> bool {
        self.leader != NO_LEADER
    }

    /// Returns the first replica of the assignment, or [`NO_LEADER`] if there is none.
    pub fn preferred_replica(&self) -> i32 {
        self.replicas.first().copied().unwrap_or(NO_LEADER)
    }

    /// Tells whether the preferred replica leads.
    pub fn has_preferred_leader(&self) -> bool {
        self.leader == self.preferred_replica()
    }

    /// Tells whether a reassignment is in progress.
    pub fn is_reassigning(&self) -> bool {
        !self.removing_replicas.is_empty() || !self.adding_replicas.is_empty()
    }

    /// Tells whether the broker is in sync.
    pub fn is_in_isr(&self, broker: i32) -> bool {
        self.isr.contains(&broker)
    }
}

impl PartitionChange {
    /// Tells whether nothing changes, so that no record is written.
    pub fn is_empty(&self) -> bool {
        *self == PartitionChange::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_change_raises_the_partition_epoch() {
        let partition = PartitionRegistration::new(&[1, 2, 3], &[1, 2]);
        let isr = PartitionChange { isr: Some([1, 2, 3].into()), ..PartitionChange::default() };
        let merged = partition.merge(&isr);
        assert_eq!((merged.partition_epoch, merged.leader_epoch), (1, 0));
        assert_eq!(*merged.isr, [1, 2, 3]);
        assert_eq!(merged.replicas, partition.replicas);
    }

    #[test]
    fn setting_the_same_leader_raises_the_leader_epoch() {
        let partition = PartitionRegistration::new(&[1, 2, 3], &[1, 2]);
        let same = PartitionChange { leader: Some(1), ..PartitionChange::default() };
        assert_eq!(partition.merge(&same).leader_epoch, 1);
        assert!(!same.is_empty());
    }

    #[test]
    fn a_partition_without_in_sync_replicas_has_no_leader() {
        let partition = PartitionRegistration::new(&[1, 2], &[]);
        assert!(!partition.has_leader());
        assert!(!partition.has_preferred_leader());
    }
}
