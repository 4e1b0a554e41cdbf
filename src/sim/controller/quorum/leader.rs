//! The leader of an epoch: appending, the high watermark, and whether a majority still hears it.

use std::sync::Arc;

use super::QuorumTimer;
use super::member::{Quorum, QuorumState, Role};
use crate::sim::controller::metadata::{MetadataBatch, MetadataImage, MetadataRecord};
use crate::sim::effects::{Effects, Line};
use crate::sim::fact::Fact;
use crate::sim::ids::*;
use crate::sim::protocol::quorum::BeginQuorumEpochRequest;
use crate::sim::sorted::{SortedMap, SortedSet, sort_by_key};
use crate::sim::time::{Micros, NodeNow};

/// What only the leader keeps.
#[derive(Clone, Debug, Default, Hash)]
pub struct Leadership {
    /// Offset of the record that began the epoch; nothing is committed in it before that record is.
    pub epoch_start: Offset,
    /// Ends of the other voters' logs, as their fetches told.
    ends: SortedMap<NodeId, Offset>,
    /// Voters that fetched since the last check of the quorum.
    fetched: SortedSet<NodeId>,
    /// Voters that fetched since they were last reminded.
    reminded: SortedSet<NodeId>,
    /// Batches to write at the end of the linger time.
    accumulated: Vec<Arc<MetadataBatch>>,
}

impl Leadership {
    /// Ends of the other voters' logs, as their fetches told.
    pub fn ends(&self) -> impl Iterator<Item = (NodeId, Offset)> {
        self.ends.iter().map(|(voter, end)| (*voter, *end))
    }

    pub(super) fn last_image(&self) -> Option<&MetadataImage> {
        self.accumulated.last().map(|batch| &batch.image)
    }

    /// The other voters, the one with the longest log first.
    pub(super) fn successors(&self) -> Vec<NodeId> {
        let mut successors: Vec<NodeId> = self.ends.keys().copied().collect();
        sort_by_key(&mut successors, |voter| std::cmp::Reverse(self.ends[voter]));
        successors
    }
}

impl Quorum {
    pub(super) fn become_leader(&mut self, now: NodeNow, out: &mut Effects) {
        let state = QuorumState { leader: Some(self.node), ..self.disk.state };
        self.persist(state, out);
        let leadership = Leadership {
            epoch_start: self.disk.log.end_offset(),
            ends: self.other_voters().map(|voter| (voter, 0)).collect(),
            ..Leadership::default()
        };
        let timeout = self.check_quorum_timeout();
        self.take_role(now, Role::Leader(Box::new(leadership)), timeout, out);
        let fact = Fact::QuorumLeaderElected { node: self.node, epoch: self.epoch() };
        match self.awaited.take() {
            Some(leader) => out.fact_for_silence_of(leader, fact),
            None => out.fact(fact),
        }
        self.append(vec![MetadataRecord::LeaderChange { leader: self.node }], out);
        self.flush(out);
        self.remind_voters(out);
    }

    /// A leader that no majority fetches from gives up after one and a half fetch timeouts.
    fn check_quorum_timeout(&self) -> Micros {
        Micros(self.config.fetch_timeout.0 * 3 / 2)
    }

    /// Collects a batch to write, as the leader; it is part of [`Quorum::last_image`] at once.
    ///
    /// # Panics
    /// If the process is not the leader.
    pub fn append(
        &mut self,
        records: Vec<MetadataRecord>,
        out: &mut Effects,
    ) -> Arc<MetadataBatch> {
        let epoch = self.epoch();
        let batch = Arc::new(MetadataBatch::after(self.last_image(), epoch, records));
        let Role::Leader(leadership) = &mut self.role else {
            panic!("only a leader appends");
        };
        if leadership.accumulated.is_empty() {
            out.timer(self.config.append_linger, QuorumTimer::Flush { turn: self.turn });
        }
        leadership.accumulated.push(batch.clone());
        batch
    }

    /// Writes what has been collected.
    pub(super) fn flush(&mut self, out: &mut Effects) {
        let Role::Leader(leadership) = &mut self.role else {
            return;
        };
        let batches = std::mem::take(&mut leadership.accumulated);
        if batches.is_empty() {
            return;
        }
        out.charge(self.config.fsync);
        for batch in batches {
            out.fact(Fact::QuorumAppended {
                node: self.node,
                epoch: batch.epoch,
                next_offset: batch.next_offset(),
                digest: batch.digest(),
            });
            self.disk.log.append(batch);
        }
        self.advance_high_watermark(out);
    }

    /// The high watermark is what a majority of the voters has, from the first record of the epoch on.
    fn advance_high_watermark(&mut self, out: &mut Effects) {
        let Role::Leader(leadership) = &self.role else {
            return;
        };
        let mut ends: Vec<Offset> = leadership.ends.values().copied().collect();
        ends.push(self.disk.log.end_offset());
        sort_by_key(&mut ends, |end| std::cmp::Reverse(*end));
        let committed = ends[self.majority() - 1];
        if committed > leadership.epoch_start {
            self.set_high_watermark(committed, out);
        }
    }

    /// Notes how far a voter's log reaches, and that it lives.
    pub(super) fn note_fetch(
        &mut self,
        now: NodeNow,
        replica: NodeId,
        end: Offset,
        out: &mut Effects,
    ) {
        let needed = self.majority() - 1;
        let deadline = now.monotonic + self.check_quorum_timeout();
        let Role::Leader(leadership) = &mut self.role else {
            return;
        };
        let Some(known) = leadership.ends.get_mut(&replica) else {
            return;
        };
        *known = end;
        leadership.reminded.insert(replica);
        leadership.fetched.insert(replica);
        if leadership.fetched.len() >= needed {
            leadership.fetched.clear();
            self.set_deadline(now, deadline, out);
        }
        self.advance_high_watermark(out);
    }

    pub(super) fn check_quorum_failed(&mut self, now: NodeNow, out: &mut Effects) {
        let Role::Leader(leadership) = &self.role else {
            return;
        };
        if leadership.ends.is_empty() {
            return;
        }
        let silent = leadership.ends.keys().find(|voter| !leadership.fetched.contains(voter));
        let fact = Fact::QuorumLeaderResigned { node: self.node, epoch: self.epoch() };
        match silent {
            Some(voter) => out.fact_for_silence_of(*voter, fact),
            None => out.fact(fact),
        }
        let successors = leadership.successors();
        let timeout = self.random_election_timeout();
        self.take_role(now, Role::Resigned { successors }, timeout, out);
        self.send_end_epoch(out);
    }

    /// Tells the voters that have not fetched lately who leads; again every half fetch timeout.
    pub(super) fn remind_voters(&mut self, out: &mut Effects) {
        let request = BeginQuorumEpochRequest { leader: self.node, epoch: self.epoch() };
        let Role::Leader(leadership) = &mut self.role else {
            return;
        };
        let fetched = std::mem::take(&mut leadership.reminded);
        let silent: Vec<NodeId> =
            leadership.ends.keys().filter(|voter| !fetched.contains(voter)).copied().collect();
        for voter in
            silent.into_iter().filter(|voter| !self.asked.contains_key(voter)).collect::<Vec<_>>()
        {
            let id = out.send(voter, Line::Quorum, request, self.config.request_timeout_ms);
            self.asked.insert(voter, id);
        }
        if self.voters.len() > 1 {
            let half = Micros(self.config.fetch_timeout.0 / 2);
            out.timer(half, QuorumTimer::BeginEpoch { turn: self.turn });
        }
    }
}
