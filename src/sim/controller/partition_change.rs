//! How the controller changes a partition: leader election, ISR, eligible leader replicas and epochs.
//!
//! The rules of Kafka's `PartitionChangeBuilder`, with eligible leader replicas as KIP-966 brought them.
use super::partition_registration::{
    BrokerIds, LeaderRecoveryState, NO_LEADER, PartitionChange, PartitionRegistration,
};
use super::reassignment::Reassignment;
use crate::sim::java::hash_map::JavaHashSet;

/// How a leader is looked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Election {
    /// Prefer the first replica of the assignment if it is valid.
    Preferred,
    /// Keep the leader if it is valid, else take a valid replica in the order of assignment.
    #[default]
    Online,
    /// As online, but rather lose records than stay without a leader.
    Unclean,
}

/// What the features of the cluster and the configuration of the topic say about changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ChangeRules {
    /// The topic's effective `min.insync.replicas`.
    pub min_isr: i32,
    /// Whether `eligible.leader.replicas.version` is 1 or more.
    pub elr_enabled: bool,
    /// Whether `last_known_elr` holds the last leader, who may be elected when ISR and ELR are empty.
    /// Kafka's controller never turns this off.
    pub use_last_known_leader: bool,
    /// Whether a smaller ISR raises the leader epoch, as before metadata.version 3.6 (KAFKA-15021).
    pub isr_shrink_raises_leader_epoch: bool,
}

impl ChangeRules {
    /// Returns the rules of a current cluster.
    pub fn new(min_isr: i32, elr_enabled: bool) -> ChangeRules {
        ChangeRules {
            min_isr,
            elr_enabled,
            use_last_known_leader: true,
            isr_shrink_raises_leader_epoch: false,
        }
    }
}

/// Collects what shall become of a partition and works out the change.
#[derive(Clone)]
pub struct PartitionChangeBuilder<'a> {
    partition: &'a PartitionRegistration,
    is_acceptable_leader: &'a dyn Fn(i32) -> bool,
    rules: ChangeRules,
    election: Election,
    isr: Vec<i32>,
    replicas: Vec<i32>,
    removing: Vec<i32>,
    adding: Vec<i32>,
    elr: Vec<i32>,
    last_known_elr: Vec<i32>,
    unclean_shutdown_replicas: Vec<i32>,
    leader_recovery_state: LeaderRecoveryState,
}

impl<'a> PartitionChangeBuilder<'a> {
    /// Starts from the partition as it is; a leader is acceptable if it is unfenced and not shutting down.
    pub fn new(
        partition: &'a PartitionRegistration,
        is_acceptable_leader: &'a dyn Fn(i32) -> bool,
        rules: ChangeRules,
    ) -> PartitionChangeBuilder<'a> {
        PartitionChangeBuilder {
            partition,
            is_acceptable_leader,
            rules,
            election: Election::Online,
            isr: partition.isr.to_vec(),
            replicas: partition.replicas.to_vec(),
            removing: partition.removing_replicas.to_vec(),
            adding: partition.adding_replicas.to_vec(),
            elr: partition.elr.to_vec(),
            last_known_elr: partition.last_known_elr.to_vec(),
            unclean_shutdown_replicas: Vec::new(),
            leader_recovery_state: partition.leader_recovery_state,
        }
    }

    /// Sets how a leader is looked for.
    pub fn election(mut self, election: Election) -> Self {
        self.election = election;
        self
    }

    /// Sets the in-sync replicas.
    pub fn target_isr(mut self, isr: Vec<i32>) -> Self {
        self.isr = isr;
        self
    }

    /// Sets the replicas, also those to add and to remove.
    pub fn target_reassignment(mut self, reassignment: Reassignment) -> Self {
        self.replicas = reassignment.replicas;
        self.removing = reassignment.removing;
        self.adding = reassignment.adding;
        self
    }

    /// Names brokers that came back from an unclean shutdown and may have lost records.
    pub fn unclean_shutdown_replicas(mut self, brokers: Vec<i32>) -> Self {
        self.unclean_shutdown_replicas = brokers;
        self
    }

    /// Sets whether the leader has recovered.
    pub fn target_leader_recovery_state(mut self, state: LeaderRecoveryState) -> Self {
        self.leader_recovery_state = state;
        self
    }

    /// Works out the change, or `None` if nothing changes.
    pub fn build(mut self) -> Option<PartitionChange> {
        let mut change = PartitionChange::default();
        self.complete_reassignment();
        self.populate_elr();
        self.elect(&mut change);
        self.raise_leader_epoch_for_reassignment(&mut change);
        self.change_elr(&mut change);
        self.change_isr(&mut change);
        self.raise_leader_epoch_for_isr_shrink(&mut change);
        self.change_last_known_leader(&mut change);
        self.change_assignment(&mut change);
        if self.leader_recovery_state != self.partition.leader_recovery_state {
            change.leader_recovery_state = Some(self.leader_recovery_state);
        }
        (!change.is_empty()).then_some(change)
    }

    fn complete_reassignment(&mut self) {
        let reassignment = Reassignment {
            replicas: self.replicas.clone(),
            removing: self.removing.clone(),
            adding: self.adding.clone(),
        };
        if let Some(completed) = reassignment.completed(&self.isr) {
            self.replicas = completed.replicas;
            self.isr = completed.isr;
            self.removing.clear();
            self.adding.clear();
        }
    }

    /// Below min ISR the high watermark stands still, so who leaves the ISR there stays eligible.
    fn populate_elr(&mut self) {
        if !self.rules.elr_enabled {
            return;
        }
        if self.isr.len() as i32 >= self.rules.min_isr {
            self.elr.clear();
            self.last_known_elr.clear();
            return;
        }
        // The lists come out in the order of a java.util.HashSet.
        let mut candidates = JavaHashSet::copy_of(self.elr.iter().copied());
        candidates.extend(self.partition.isr.iter().copied());
        let out_of_sync = |candidates: &JavaHashSet<i32>| -> Vec<i32> {
            candidates.iter().copied().filter(|id| !self.isr.contains(id)).collect()
        };
        let mut elr = out_of_sync(&candidates);
        elr.retain(|id| !self.unclean_shutdown_replicas.contains(id));
        candidates.extend(self.last_known_elr.iter().copied());
        let mut last_known_elr = out_of_sync(&candidates);
        last_known_elr.retain(|id| !elr.contains(id));
        (self.elr, self.last_known_elr) = (elr, last_known_elr);
    }

    fn elect(&mut self, change: &mut PartitionChange) {
        let elected = self.find_leader();
        if elected.leader == self.partition.leader {
            return;
        }
        if self.elr.contains(&elected.leader) {
            self.isr = vec![elected.leader];
            self.elr.retain(|&id| id != elected.leader);
        }
        change.leader = Some(elected.leader);
        if elected.unclean {
            // Everybody else may hold records that the new leader lacks.
            change.isr = Some([elected.leader].into());
            if self.partition.leader_recovery_state != LeaderRecoveryState::Recovering {
                change.leader_recovery_state = Some(LeaderRecoveryState::Recovering);
            }
        }
    }

    fn find_leader(&self) -> Elected {
        let clean = |leader| Elected { leader, unclean: false };
        let unclean = |leader| Elected { leader, unclean: true };
        let preferred = self.replicas.first().copied();
        if self.election == Election::Preferred
            && let Some(leader) = preferred.filter(|&id| self.is_valid_leader(id))
        {
            return clean(leader);
        }
        if self.is_valid_leader(self.partition.leader) {
            return clean(self.partition.leader);
        }
        let mut replicas = self.replicas.iter().copied();
        if let Some(leader) = replicas.find(|&id| self.is_valid_leader(id)) {
            return clean(leader);
        }
        if let Some(leader) = self.last_known_leader() {
            return unclean(leader);
        }
        let mut replicas = self.replicas.iter().copied();
        if self.election == Election::Unclean
            && let Some(leader) = replicas.find(|&id| (self.is_acceptable_leader)(id))
        {
            return unclean(leader);
        }
        clean(NO_LEADER)
    }

    fn is_valid_leader(&self, replica: i32) -> bool {
        let holds_all_committed =
            self.isr.contains(&replica) || (self.isr.is_empty() && self.elr.contains(&replica));
        holds_all_committed && (self.is_acceptable_leader)(replica)
    }

    /// Returns the last leader if nobody is left who surely holds all committed records.
    ///
    /// This does not ask whether unclean election is allowed: see KIP-966, "last known leader".
    fn last_known_leader(&self) -> Option<i32> {
        if !self.rules.elr_enabled || !self.rules.use_last_known_leader {
            return None;
        }
        match *self.partition.last_known_elr {
            [leader] if self.isr.is_empty() && self.elr.is_empty() => {
                (self.is_acceptable_leader)(leader).then_some(leader)
            }
            _ => None,
        }
    }

    /// A replica that is dropped must not take the old leader epoch for current.
    fn raise_leader_epoch_for_reassignment(&self, change: &mut PartitionChange) {
        if change.leader.is_none() && !contains_all(&self.replicas, &self.partition.replicas) {
            change.leader = Some(self.partition.leader);
        }
    }

    fn change_elr(&mut self, change: &mut PartitionChange) {
        let unclean = change.isr.is_some();
        if unclean || !self.rules.elr_enabled {
            self.elr.clear();
            self.last_known_elr.clear();
        }
        change.elr = changed(&self.elr, &self.partition.elr);
        if !self.rules.use_last_known_leader {
            change.last_known_elr = changed(&self.last_known_elr, &self.partition.last_known_elr);
        }
    }

    fn change_isr(&self, change: &mut PartitionChange) {
        // Without ELR the last member stays in the ISR, so that only it can come back as a clean leader.
        let may_be_set = self.rules.elr_enabled || !self.isr.is_empty();
        if change.isr.is_none() && may_be_set {
            change.isr = changed(&self.isr, &self.partition.isr);
        }
    }

    fn raise_leader_epoch_for_isr_shrink(&self, change: &mut PartitionChange) {
        if !self.rules.isr_shrink_raises_leader_epoch || change.leader.is_some() {
            return;
        }
        if change.isr.as_ref().is_some_and(|isr| !contains_all(isr, &self.partition.isr)) {
            change.leader = Some(self.partition.leader);
        }
    }

    fn change_last_known_leader(&self, change: &mut PartitionChange) {
        if !self.rules.use_last_known_leader || !self.rules.elr_enabled {
            return;
        }
        let known = !self.partition.last_known_elr.is_empty();
        match change.leader {
            Some(NO_LEADER) if !known => {
                change.last_known_elr = Some([self.partition.leader].into());
            }
            Some(leader) if leader != NO_LEADER && known => {
                change.last_known_elr = Some(BrokerIds::default());
            }
            _ => {}
        }
    }

    fn change_assignment(&self, change: &mut PartitionChange) {
        if !self.replicas.is_empty() {
            change.replicas = changed(&self.replicas, &self.partition.replicas);
        }
        change.removing_replicas = changed(&self.removing, &self.partition.removing_replicas);
        change.adding_replicas = changed(&self.adding, &self.partition.adding_replicas);
    }
}

#[derive(Clone, Copy)]
struct Elected {
    leader: i32,
    unclean: bool,
}

fn changed(target: &[i32], current: &[i32]) -> Option<BrokerIds> {
    (target != current).then(|| target.into())
}

fn contains_all(haystack: &[i32], needles: &[i32]) -> bool {
    needles.iter().all(|id| haystack.contains(id))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ELR: ChangeRules = ChangeRules {
        min_isr: 2,
        elr_enabled: true,
        use_last_known_leader: true,
        isr_shrink_raises_leader_epoch: false,
    };
    const NO_ELR: ChangeRules = ChangeRules { elr_enabled: false, ..ELR };

    fn three() -> PartitionRegistration {
        PartitionRegistration::new(&[1, 2, 3], &[1, 2, 3])
    }

    /// Fences all brokers but those that are up, one after the other.
    fn fence(
        partition: &PartitionRegistration,
        rules: ChangeRules,
        up: &[i32],
    ) -> PartitionRegistration {
        let isr = partition.isr.iter().copied().filter(|id| up.contains(id)).collect();
        change(partition, rules, up, |builder| builder.target_isr(isr))
    }

    fn change(
        partition: &PartitionRegistration,
        rules: ChangeRules,
        up: &[i32],
        set: impl FnOnce(PartitionChangeBuilder) -> PartitionChangeBuilder,
    ) -> PartitionRegistration {
        let is_up = |id: i32| up.contains(&id);
        let builder = set(PartitionChangeBuilder::new(partition, &is_up, rules));
        builder.build().map_or_else(|| partition.clone(), |change| partition.merge(&change))
    }

    #[test]
    fn losing_brokers_one_by_one_with_eligible_leader_replicas() {
        let partition = fence(&three(), ELR, &[1, 2]);
        assert_eq!((&*partition.isr, &*partition.elr), (&[1, 2][..], &[][..]));
        let partition = fence(&partition, ELR, &[1]);
        assert_eq!((&*partition.isr, &*partition.elr), (&[1][..], &[2][..]));
        assert_eq!(partition.leader_epoch, 0, "a follower that leaves raises no leader epoch");
        let partition = fence(&partition, ELR, &[]);
        assert_eq!((&*partition.isr, &*partition.elr), (&[][..], &[1, 2][..]));
        assert_eq!((partition.leader, partition.leader_epoch), (NO_LEADER, 1));
        assert_eq!(*partition.last_known_elr, [1]);
        let partition = change(&partition, ELR, &[2], |builder| builder);
        assert_eq!((partition.leader, &*partition.isr, &*partition.elr), (2, &[2][..], &[1][..]));
        assert!(partition.last_known_elr.is_empty());
        let partition = change(&partition, ELR, &[1, 2], |builder| builder.target_isr(vec![2, 1]));
        assert_eq!((&*partition.isr, &*partition.elr), (&[2, 1][..], &[][..]));
    }

    #[test]
    fn without_eligible_leader_replicas_the_last_member_stays_in_the_isr() {
        let partition = [&[1, 2][..], &[1], &[]]
            .into_iter()
            .fold(three(), |partition, up| fence(&partition, NO_ELR, up));
        assert_eq!((partition.leader, &*partition.isr), (NO_LEADER, &[1][..]));
        assert_eq!(change(&partition, NO_ELR, &[2, 3], |builder| builder), partition);
        assert_eq!(change(&partition, NO_ELR, &[1, 2, 3], |builder| builder).leader, 1);
    }

    #[test]
    fn an_unclean_election_leaves_only_the_leader_in_the_isr() {
        let partition = PartitionRegistration { leader: NO_LEADER, ..three() };
        let partition = PartitionRegistration { isr: [1].into(), ..partition };
        let elected =
            change(&partition, NO_ELR, &[3], |builder| builder.election(Election::Unclean));
        assert_eq!((elected.leader, &*elected.isr), (3, &[3][..]));
        assert_eq!(elected.leader_recovery_state, LeaderRecoveryState::Recovering);
    }

    #[test]
    fn an_unclean_shutdown_ends_eligibility_but_the_last_leader_may_still_lead() {
        let lost = [&[1, 2][..], &[1], &[]]
            .into_iter()
            .fold(three(), |partition, up| fence(&partition, ELR, up));
        let one = change(&lost, ELR, &[], |builder| builder.unclean_shutdown_replicas(vec![1]));
        assert_eq!(*one.elr, [2]);
        let lost = change(&lost, ELR, &[], |builder| builder.unclean_shutdown_replicas(vec![1, 2]));
        assert_eq!(
            (lost.leader, &*lost.elr, &*lost.last_known_elr),
            (NO_LEADER, &[][..], &[1][..])
        );
        let back = change(&lost, ELR, &[1], |builder| builder);
        assert_eq!((back.leader, &*back.isr), (1, &[1][..]));
        assert_eq!(back.leader_recovery_state, LeaderRecoveryState::Recovering);
        assert!(back.last_known_elr.is_empty());
    }

    #[test]
    fn the_preferred_replica_leads_again_and_only_then_the_epoch_rises() {
        let partition = PartitionRegistration { leader: 2, leader_epoch: 5, ..three() };
        let preferred =
            |builder: PartitionChangeBuilder<'_>| builder.election(Election::Preferred).build();
        let all = |_: i32| true;
        let change =
            preferred(PartitionChangeBuilder::new(&partition, &all, ELR)).expect("2 leads");
        assert_eq!(partition.merge(&change).leader_epoch, 6);
        assert_eq!(preferred(PartitionChangeBuilder::new(&three(), &all, ELR)), None);
    }

    #[test]
    fn dropping_a_replica_raises_the_leader_epoch() {
        let moved = |target: &[i32]| {
            let reassignment = Reassignment::start(&[1, 2, 3], target);
            change(&three(), ELR, &[1, 2, 3, 4], |builder| {
                builder.target_reassignment(reassignment.clone())
            })
        };
        let dropped = moved(&[1, 2]);
        assert_eq!((&*dropped.replicas, dropped.leader_epoch), (&[1, 2][..], 1));
        assert!(!dropped.is_reassigning(), "the target was in sync already");
        let grown = moved(&[1, 2, 3, 4]);
        assert_eq!((&*grown.adding_replicas, grown.leader_epoch), (&[4][..], 0));
    }

    #[test]
    fn before_metadata_3_6_a_smaller_isr_raises_the_leader_epoch() {
        let old = ChangeRules { isr_shrink_raises_leader_epoch: true, ..NO_ELR };
        assert_eq!(fence(&three(), old, &[1, 2]).leader_epoch, 1);
        assert_eq!(fence(&three(), NO_ELR, &[1, 2]).leader_epoch, 0);
    }
}
