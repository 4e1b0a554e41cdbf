//! Which promises hold, computed from the configuration.
//!
//! A checker that cries "lost write" under acks=1 is wrong; one that is silent is useless. So every judge always runs, and
//! this module tells whether what it found breaks a promise or is what the setting allows.

use crate::sim::config::TopicConfig;

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
}

/// What the durability promise of a topic rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Durability {
    /// Effective `min.insync.replicas`: at most the number of replicas.
    pub min_insync_replicas: i32,
    /// `unclean.leader.election.enable`.
    pub unclean: bool,
    /// Whether an unclean election has happened, configured or by command.
    pub elected_uncleanly: bool,
    /// How many replicas have lost data since the topic exists.
    pub replicas_that_lost_data: i32,
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
            replicas_that_lost_data: 0,
            elr,
        }
    }

    /// Whether records acknowledged with acks=all must survive: min.insync.replicas of at least 2, no unclean election, and
    /// fewer replicas that lost data than min.insync.replicas. Without ELR the last ISR member must not lose data either, and
    /// which one that will be is not known before: then no replica may have lost data.
    pub fn promises_no_loss(&self) -> bool {
        let spared = match self.elr {
            true => self.replicas_that_lost_data < self.min_insync_replicas,
            false => self.replicas_that_lost_data == 0,
        };
        self.min_insync_replicas >= 2 && !self.unclean && !self.elected_uncleanly && spared
    }

    /// Whether the replicas must agree and reads must be stable: nothing committed went with a disk or an election.
    pub fn promises_stable_log(&self) -> bool {
        let lost = self.elected_uncleanly || self.unclean;
        !lost && (self.replicas_that_lost_data == 0 || self.promises_no_loss())
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
    fn min_insync_two_survives_one_lost_disk_but_not_two() {
        let mut two = durability(2);
        assert!(two.promises_no_loss());
        two.replicas_that_lost_data = 1;
        assert!(two.promises_no_loss());
        two.replicas_that_lost_data = 2;
        assert!(!two.promises_no_loss());
    }

    #[test]
    fn min_insync_one_or_unclean_elections_promise_nothing() {
        assert!(!durability(1).promises_no_loss());
        assert!(!Durability { unclean: true, ..durability(2) }.promises_no_loss());
        assert!(!Durability { elected_uncleanly: true, ..durability(2) }.promises_no_loss());
    }

    #[test]
    fn without_elr_a_lost_disk_voids_the_promise() {
        let without = Durability { elr: false, replicas_that_lost_data: 1, ..durability(2) };
        assert!(!without.promises_no_loss());
    }
}
