//! Which promises hold, computed from the configuration.
//!
//! A checker that cries "lost write" under acks=1 is wrong; one that is silent is useless. So every judge always runs, and
//! this module tells whether what it found breaks a promise or is what the setting allows.

use crate::sim::config::TopicConfig;
use crate::sim::ids::NodeId;

/// Something that a configuration may promise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Promise {
    /// No record that was acknowledged with acks=all is lost.
    NoAcknowledgedLoss,
    /// No record is stored twice because of a retry.
    StoredOnce,
    /// Records of one producer keep their order in a partition.
    Order,
    /// A record once read at an offset stays there.
    ConsistentReads,
    /// Only committed records are read.
    CommittedReadsOnly,
    /// A group's new coordinator knows what the one before had committed.
    GroupsRemembered,
}

/// What the durability promise of a partition rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Durability {
    /// Effective `min.insync.replicas`: at most the number of replicas.
    pub min_insync_replicas: i32,
    /// `unclean.leader.election.enable`.
    pub unclean: bool,
    /// Whether an unclean election has happened, configured or by command.
    pub elected_uncleanly: bool,
    /// Whether any replica has ever lost data.
    pub data_lost: bool,
    /// Whether so many replicas lacked data at one time that acknowledged records may be gone for good.
    pub too_much_lost: bool,
    /// Whether eligible leader replicas are on (KIP-966).
    pub elr: bool,
}

impl Durability {
    /// The basis of a topic's promise before anything went wrong.
    pub fn of(config: &TopicConfig, replicas: i32, elr: bool) -> Durability {
        Durability {
            min_insync_replicas: config.min_insync_replicas.min(replicas),
            unclean: config.unclean_leader_election_enable,
            elected_uncleanly: false,
            data_lost: false,
            too_much_lost: false,
            elr,
        }
    }

    /// Takes in which replicas lack data that they lost and have not copied again, and who is in sync: too much is lost when
    /// min.insync.replicas of them do. Without ELR the last ISR member stays electable whatever it lost, so it must not
    /// be one of them either.
    pub fn weigh_losses(&mut self, lacking: &[NodeId], isr: &[i32]) {
        self.data_lost |= !lacking.is_empty();
        let last_member_lacks =
            !self.elr && matches!(isr, [last] if lacking.contains(&NodeId(*last)));
        self.too_much_lost |=
            last_member_lacks || lacking.len() as i32 >= self.min_insync_replicas.max(1);
    }

    /// Whether records acknowledged with acks=all must survive: min.insync.replicas of at least 2, no unclean election, and
    /// never too much lost at a time.
    pub fn promises_no_loss(&self) -> bool {
        let unclean = self.unclean || self.elected_uncleanly;
        self.min_insync_replicas >= 2 && !unclean && !self.too_much_lost
    }

    /// Whether the replicas must agree and reads must be stable: nothing committed went with a disk or an election.
    pub fn promises_stable_log(&self) -> bool {
        let unclean = self.elected_uncleanly || self.unclean;
        !unclean && (!self.data_lost || self.promises_no_loss())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn durability(min: i32) -> Durability {
        let config = TopicConfig { min_insync_replicas: min, ..TopicConfig::default() };
        Durability::of(&config, 3, true)
    }

    #[test]
    fn min_insync_two_survives_one_lost_disk_but_not_two_at_a_time() {
        let mut two = durability(2);
        assert!(two.promises_no_loss());
        two.weigh_losses(&[NodeId(1)], &[1, 2, 3]);
        assert!(two.promises_no_loss() && two.promises_stable_log());
        two.weigh_losses(&[NodeId(2)], &[1, 2, 3]);
        assert!(two.promises_no_loss(), "1 has copied everything again meanwhile");
        two.weigh_losses(&[NodeId(2), NodeId(3)], &[1]);
        assert!(!two.promises_no_loss() && !two.promises_stable_log());
    }

    #[test]
    fn min_insync_one_or_unclean_elections_promise_nothing() {
        assert!(!durability(1).promises_no_loss());
        assert!(!Durability { unclean: true, ..durability(2) }.promises_no_loss());
        assert!(!Durability { elected_uncleanly: true, ..durability(2) }.promises_no_loss());
    }

    #[test]
    fn min_insync_one_keeps_a_stable_log_until_a_disk_is_lost() {
        let mut one = durability(1);
        assert!(one.promises_stable_log());
        one.weigh_losses(&[NodeId(3)], &[1, 2, 3]);
        assert!(!one.promises_stable_log());
    }

    #[test]
    fn without_elr_the_last_member_must_not_be_the_one_that_lost_data() {
        let mut without = Durability { elr: false, ..durability(2) };
        without.weigh_losses(&[NodeId(1)], &[1, 2]);
        assert!(without.promises_no_loss());
        let mut last = without;
        last.weigh_losses(&[NodeId(1)], &[1]);
        assert!(!last.promises_no_loss());
        without.weigh_losses(&[NodeId(1)], &[2]);
        assert!(without.promises_no_loss());
    }
}
