//! The replica lists of a reassignment (KIP-455): how it starts and when it is complete.
use crate::sim::sorted::sort;

/// A reassignment in progress (Kafka's `PartitionReassignmentReplicas`).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Reassignment {
    /// The replicas meanwhile: the target, then those to remove.
    pub replicas: Vec<i32>,
    /// The replicas to remove.
    pub removing: Vec<i32>,
    /// The replicas to add.
    pub adding: Vec<i32>,
}

/// The lists after a complete reassignment.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CompletedReassignment {
    /// The target replicas.
    pub replicas: Vec<i32>,
    /// The in-sync replicas that stay.
    pub isr: Vec<i32>,
}

impl Reassignment {
    /// Starts a reassignment.
    pub fn start(current: &[i32], target: &[i32]) -> Reassignment {
        let removing = sorted_difference(current, target);
        let adding = sorted_difference(target, current);
        let replicas = [target, &removing].concat();
        Reassignment { replicas, removing, adding }
    }

    /// Returns the final lists if the reassignment can end with these in-sync replicas.
    ///
    /// All replicas to add must be in sync; all target replicas must be if there will be fewer than before, so that
    /// dropping replicas cannot shrink the ISR unintentionally (KAFKA-19975).
    ///
    /// Simplification: up to Kafka 4.2 all target replicas must be in sync in either case.
    pub fn completed(&self, isr: &[i32]) -> Option<CompletedReassignment> {
        if self.removing.is_empty() && self.adding.is_empty() {
            return None;
        }
        let keep = |ids: &[i32]| -> Vec<i32> {
            ids.iter().copied().filter(|id| !self.removing.contains(id)).collect()
        };
        let (replicas, isr) = (keep(&self.replicas), keep(isr));
        // Removing must leave a replica that is in sync.
        let emptied = !self.removing.is_empty() && (isr.is_empty() || replicas.is_empty());
        let shrinks = self.removing.len() > self.adding.len();
        let needed = if shrinks { &replicas[..] } else { &[] };
        let in_sync = self.adding.iter().chain(needed).all(|id| isr.contains(id));
        (!emptied && in_sync).then_some(CompletedReassignment { replicas, isr })
    }

    /// Returns the replicas a cancelled reassignment goes back to.
    pub fn original_replicas(&self) -> Vec<i32> {
        self.replicas.iter().copied().filter(|id| !self.adding.contains(id)).collect()
    }
}

fn sorted_difference(left: &[i32], right: &[i32]) -> Vec<i32> {
    let mut difference: Vec<i32> = left.iter().copied().filter(|id| !right.contains(id)).collect();
    sort(&mut difference);
    difference.dedup();
    difference
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_move_keeps_the_old_replicas_behind_the_target() {
        let moving = Reassignment::start(&[1, 3, 2], &[4, 1]);
        assert_eq!(moving.replicas, [4, 1, 2, 3]);
        assert_eq!(moving.adding, [4]);
        assert_eq!(moving.removing, [2, 3]);
        assert_eq!(moving.original_replicas(), [1, 2, 3]);
    }

    #[test]
    fn a_move_completes_when_what_it_adds_is_in_sync() {
        let moving = Reassignment::start(&[1, 2], &[1, 3]);
        assert_eq!(moving.completed(&[1, 2]), None);
        let without_1 = moving.completed(&[2, 3]).expect("3 replaces 2 in the ISR");
        assert_eq!(without_1.isr, [3]);
        let done = CompletedReassignment { replicas: vec![1, 3], isr: vec![3, 1] };
        assert_eq!(moving.completed(&[2, 3, 1]), Some(done));
    }

    #[test]
    fn what_an_earlier_move_adds_must_be_in_sync_too() {
        let moving = Reassignment {
            replicas: vec![4, 1, 2, 3],
            removing: vec![1, 2, 3],
            adding: vec![1, 4],
        };
        assert_eq!(moving.completed(&[2, 4]), None, "1 is still to be added");
    }

    #[test]
    fn a_smaller_target_must_be_in_sync_as_a_whole() {
        let shrinking = Reassignment::start(&[1, 2, 3], &[1, 2]);
        assert_eq!(shrinking.completed(&[1, 3]), None);
        assert_eq!(shrinking.completed(&[3]), None);
        assert!(shrinking.completed(&[1, 2]).is_some());
    }

    #[test]
    fn a_mere_reorder_is_not_in_progress() {
        assert_eq!(Reassignment::start(&[1, 2], &[2, 1]).completed(&[1, 2]), None);
    }
}
