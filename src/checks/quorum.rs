//! The metadata quorum: one leader an epoch, one vote a voter, one committed log.

use super::Findings;
use crate::sim::fact::{Fact, FactRecord};
use crate::sim::ids::*;
use crate::sim::sorted::SortedMap;

/// Epochs and offsets kept for comparison.
const KEPT: usize = 4_096;

/// What is known of the quorum.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct QuorumJudge {
    leaders: SortedMap<QuorumEpoch, NodeId>,
    votes: SortedMap<(QuorumEpoch, NodeId), NodeId>,
    /// Digest of the batch that ends at an offset, as the first node committed it.
    committed: imbl::OrdMap<Offset, u64>,
    high_watermarks: SortedMap<NodeId, Offset>,
}

impl QuorumJudge {
    pub(super) fn observe(&mut self, record: &FactRecord, found: &mut Findings<'_>) {
        match &record.fact {
            Fact::QuorumLeaderElected { node, epoch } => self.elected(*node, *epoch, found),
            // A candidate votes for itself first.
            Fact::QuorumElectionStarted { node, epoch, pre_vote: false } => {
                self.voted(*node, *node, *epoch, found);
            }
            Fact::VoteGranted { voter, candidate, epoch } => {
                self.voted(*voter, *candidate, *epoch, found)
            }
            Fact::QuorumHighWatermark { node, offset, digest } => {
                self.committed(*node, *offset, *digest, found)
            }
            Fact::ProcessStarted { node } => {
                self.high_watermarks.remove(node);
            }
            _ => {}
        }
    }

    /// Invariant 15, first half.
    fn elected(&mut self, node: NodeId, epoch: QuorumEpoch, found: &mut Findings<'_>) {
        let other = *self.leaders.entry(epoch).or_insert(node);
        if other != node {
            found.violation(
                15,
                node,
                None,
                format!("{other} and {node} both lead the quorum in epoch {epoch}"),
            );
        }
        while self.leaders.len() > KEPT {
            self.leaders.pop_first();
        }
    }

    /// Invariant 15, second half: also across a restart.
    fn voted(
        &mut self,
        voter: NodeId,
        candidate: NodeId,
        epoch: QuorumEpoch,
        found: &mut Findings<'_>,
    ) {
        let other = *self.votes.entry((epoch, voter)).or_insert(candidate);
        if other != candidate {
            let detail = format!("voted for {other} and for {candidate} in epoch {epoch}");
            found.violation(15, voter, None, detail);
        }
        while self.votes.len() > KEPT {
            self.votes.pop_first();
        }
    }

    /// Invariants 16 and 17: committed metadata is the same everywhere, and a node's part of it only grows.
    fn committed(&mut self, node: NodeId, offset: Offset, digest: u64, found: &mut Findings<'_>) {
        let known = self.high_watermarks.insert(node, offset);
        if known.is_some_and(|known| known > offset) {
            found.violation(16, node, None, format!("metadata high watermark falls to {offset}"));
        }
        match self.committed.get(&offset) {
            Some(other) if *other != digest => {
                found.violation(
                    17,
                    node,
                    None,
                    format!("committed metadata differs at offset {offset}"),
                );
            }
            Some(_) => {}
            None => {
                self.committed.insert(offset, digest);
                if self.committed.len() > KEPT {
                    let first = self.committed.get_min().map_or(0, |(offset, _)| *offset);
                    self.committed.remove(&first);
                }
            }
        }
    }
}
