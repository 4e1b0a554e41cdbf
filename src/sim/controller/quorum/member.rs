//! A process in the metadata quorum: what it remembers, what it is, and how that changes.

use std::sync::Arc;

use super::fetch::{Fetcher, WaitingFetch};
use super::leader::Leadership;
use super::{MetadataLog, QuorumTimer};
use crate::sim::controller::metadata::{MetadataBatch, MetadataImage};
use crate::sim::effects::Effects;
use crate::sim::fact::Fact;
use crate::sim::ids::*;
use crate::sim::protocol::ErrorCode;
use crate::sim::rng::Rng;
use crate::sim::server::ServerContext;
use crate::sim::sorted::SortedMap;
use crate::sim::time::{Micros, NodeNow};
use crate::sim::version::PlantedBug;

/// `quorum-state`: what a member must not forget.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct QuorumState {
    pub epoch: QuorumEpoch,
    /// The leader of the epoch, as far as known.
    pub leader: Option<NodeId>,
    /// The candidate that got the vote in the epoch.
    pub voted: Option<NodeId>,
}

/// What the quorum keeps on disk: `quorum-state` and the metadata log. Flushed before anything is answered.
#[derive(Clone, Debug, Default, Hash)]
pub struct QuorumDisk {
    pub state: QuorumState,
    pub log: MetadataLog,
}

/// Votes of an election, by voter; None = no answer yet.
pub(super) type Ballot = SortedMap<NodeId, Option<bool>>;

/// What a member is in the current epoch.
#[derive(Clone, Debug, Hash)]
pub enum Role {
    /// Knows no leader, or cannot reach it; a voter waits for its election timeout.
    Unattached,
    /// Asks whether it would get votes (pre-vote, KIP-996).
    Prospective(SortedMap<NodeId, Option<bool>>),
    /// Asks for votes.
    Candidate(SortedMap<NodeId, Option<bool>>),
    Leader(Box<Leadership>),
    Follower {
        leader: NodeId,
        /// Whether a fetch from the leader has succeeded.
        has_fetched: bool,
    },
    /// Was the leader and gave up.
    Resigned {
        successors: Vec<NodeId>,
    },
}

/// A member (voter) or observer of the quorum.
#[derive(Clone, Debug, Hash)]
pub struct Quorum {
    pub(super) node: NodeId,
    pub(super) voters: Arc<[NodeId]>,
    pub(super) config: Settings,
    pub(super) rng: Rng,
    pub(super) disk: QuorumDisk,
    pub(super) role: Role,
    pub(super) high_watermark: Option<Offset>,
    /// Offset up to which committed batches were handed over; None = nothing yet.
    delivered: Option<Offset>,
    /// Counts changes of role.
    pub(super) turn: u64,
    pub(super) deadline: Micros,
    armed: Option<Micros>,
    /// Requests to voters that are not answered yet, other than fetches.
    pub(super) asked: SortedMap<NodeId, RequestId>,
    pub(super) fetcher: Fetcher,
    pub(super) waiting: Vec<WaitingFetch>,
    pub(super) wait_armed: Option<Micros>,
    /// The leader whose silence led to the election under way.
    pub(super) awaited: Option<NodeId>,
}

/// Times from the configs of the process.
#[derive(Clone, Copy, Debug, Hash)]
pub(super) struct Settings {
    pub election_timeout: Micros,
    pub fetch_timeout: Micros,
    pub election_backoff_max_ms: i64,
    pub append_linger: Micros,
    pub request_timeout_ms: i64,
    pub retry_backoff: Micros,
    pub fsync: Micros,
}

impl Quorum {
    /// A process that has just been started on its disk.
    pub fn boot(context: &ServerContext, mut disk: QuorumDisk, rng: Rng) -> Quorum {
        if context.setup.has_bug(PlantedBug::UnpersistedVote) {
            disk.state.voted = None;
        }
        let config = context.config();
        let start = disk.log.start_offset();
        Quorum {
            node: context.node,
            voters: context.setup.voters().collect(),
            config: Settings {
                election_timeout: Micros::from_ms(config.quorum_election_timeout_ms),
                fetch_timeout: Micros::from_ms(config.quorum_fetch_timeout_ms),
                election_backoff_max_ms: config.quorum_election_backoff_max_ms,
                append_linger: Micros::from_ms(config.quorum_append_linger_ms),
                request_timeout_ms: config.quorum_request_timeout_ms,
                retry_backoff: Micros::from_ms(config.quorum_retry_backoff_ms),
                fsync: context.setup.costs.fsync,
            },
            rng,
            disk,
            role: Role::Unattached,
            high_watermark: (start > 0).then_some(start),
            delivered: None,
            turn: 0,
            deadline: Micros::ZERO,
            armed: None,
            asked: SortedMap::new(),
            fetcher: Fetcher::default(),
            waiting: Vec::new(),
            wait_armed: None,
            awaited: None,
        }
    }

    /// Takes up the role that the disk tells of.
    pub fn start(&mut self, now: NodeNow, out: &mut Effects) {
        let QuorumState { epoch, leader, voted } = self.disk.state;
        let timeout = self.random_election_timeout();
        if self.is_voter() && self.voters.len() == 1 {
            return self.become_prospective(now, out);
        }
        match leader {
            Some(leader) if leader == self.node => {
                let successors = self.other_voters().collect();
                self.take_role(now, Role::Resigned { successors }, timeout, out);
                self.send_end_epoch(out);
            }
            _ if self.is_voter() && voted == Some(self.node) => self.stand(now, timeout, out),
            Some(leader) => self.become_follower(now, epoch, leader, out),
            None => {
                self.take_role(now, Role::Unattached, timeout, out);
                self.poll_fetch(out);
            }
        }
    }

    /// The disk as the dead process leaves it.
    pub fn into_disk(self) -> QuorumDisk {
        self.disk
    }

    /// What is on the disk.
    pub fn disk(&self) -> &QuorumDisk {
        &self.disk
    }

    /// What the process is in the current epoch.
    pub fn role(&self) -> &Role {
        &self.role
    }

    /// The current epoch.
    pub fn epoch(&self) -> QuorumEpoch {
        self.disk.state.epoch
    }

    /// The leader of the current epoch, as far as known.
    pub fn leader(&self) -> Option<NodeId> {
        self.disk.state.leader
    }

    /// Offset below which the metadata log is committed, as far as known.
    pub fn high_watermark(&self) -> Option<Offset> {
        self.high_watermark
    }

    /// Whether the process votes.
    pub fn is_voter(&self) -> bool {
        self.voters.contains(&self.node)
    }

    /// The epoch that this process leads, once its first record is committed.
    pub fn led_epoch(&self) -> Option<QuorumEpoch> {
        match &self.role {
            Role::Leader(leadership)
                if self.high_watermark.is_some_and(|hw| hw > leadership.epoch_start) =>
            {
                Some(self.epoch())
            }
            _ => None,
        }
    }

    /// The cluster after the last record that this process has, or as leader will have.
    pub fn last_image(&self) -> &MetadataImage {
        match &self.role {
            Role::Leader(leadership) => {
                leadership.last_image().unwrap_or(self.disk.log.last_image())
            }
            _ => self.disk.log.last_image(),
        }
    }

    /// Committed batches that were not handed over yet, in order.
    pub fn take_committed(&mut self) -> Vec<Arc<MetadataBatch>> {
        let (Some(high_watermark), log) = (self.high_watermark, &mut self.disk.log) else {
            return Vec::new();
        };
        let mut batches = Vec::new();
        let mut from = self.delivered.unwrap_or(0);
        if from >= high_watermark {
            return batches;
        }
        if from < log.start_offset() {
            batches.push(Arc::new(MetadataBatch::snapshot((**log.snapshot()).clone())));
            from = log.start_offset();
        }
        batches.extend(log.between(from, high_watermark).cloned());
        self.delivered = Some(high_watermark);
        log.prune(high_watermark);
        batches
    }

    /// Stops for good: a leader tells the others, so that they need not wait for its silence.
    ///
    /// Simplification: Kafka waits until they have heard or the shutdown takes too long.
    pub fn shut_down(&mut self, out: &mut Effects) {
        if let Role::Leader(leadership) = &self.role {
            let successors = leadership.successors();
            out.fact(Fact::QuorumLeaderResigned { node: self.node, epoch: self.epoch() });
            self.asked.clear();
            self.role = Role::Resigned { successors };
            self.send_end_epoch(out);
        }
    }

    pub(super) fn other_voters(&self) -> impl Iterator<Item = NodeId> + use<> {
        let (voters, node) = (self.voters.clone(), self.node);
        (0..voters.len()).map(move |index| voters[index]).filter(move |voter| *voter != node)
    }

    pub(super) fn random_election_timeout(&mut self) -> Micros {
        let base = self.config.election_timeout.0.max(1);
        Micros(base + self.rng.below(base))
    }

    /// Writes `quorum-state` if it changes.
    pub(super) fn persist(&mut self, state: QuorumState, out: &mut Effects) {
        debug_assert!(state.epoch >= self.disk.state.epoch, "epochs do not go back");
        if self.disk.state != state {
            self.disk.state = state;
            out.charge(self.config.fsync);
        }
    }

    /// Changes the role; what belonged to the one before is void.
    pub(super) fn take_role(
        &mut self,
        now: NodeNow,
        role: Role,
        timeout: Micros,
        out: &mut Effects,
    ) {
        self.turn += 1;
        self.asked.clear();
        self.fetcher.begin_anew();
        let before = std::mem::replace(&mut self.role, role);
        if matches!(before, Role::Leader(_)) {
            self.refuse_waiting_fetches(out);
        }
        self.set_deadline(now, now.monotonic + timeout, out);
    }

    pub(super) fn set_deadline(&mut self, now: NodeNow, deadline: Micros, out: &mut Effects) {
        self.deadline = deadline;
        if self.is_voter() && self.armed.is_none_or(|armed| armed > deadline) {
            self.armed = Some(deadline);
            out.timer(
                deadline.saturating_sub(now.monotonic),
                QuorumTimer::Deadline { at: deadline },
            );
        }
    }

    pub(super) fn become_unattached(
        &mut self,
        now: NodeNow,
        epoch: QuorumEpoch,
        leader: Option<NodeId>,
        out: &mut Effects,
    ) {
        let timeout = match &self.role {
            Role::Unattached | Role::Candidate(_) | Role::Resigned { .. } => {
                self.deadline.saturating_sub(now.monotonic)
            }
            Role::Prospective(ballot) if !self.is_lost(ballot) => {
                self.deadline.saturating_sub(now.monotonic)
            }
            Role::Prospective(_) | Role::Leader(_) | Role::Follower { .. } => {
                self.random_election_timeout()
            }
        };
        self.note_resignation(epoch, out);
        let same_epoch = epoch == self.epoch();
        let voted = self.disk.state.voted.filter(|_| same_epoch);
        self.persist(QuorumState { epoch, leader, voted }, out);
        self.take_role(now, Role::Unattached, timeout, out);
        self.poll_fetch(out);
    }

    pub(super) fn become_follower(
        &mut self,
        now: NodeNow,
        epoch: QuorumEpoch,
        leader: NodeId,
        out: &mut Effects,
    ) {
        debug_assert_ne!(leader, self.node, "a node does not follow itself");
        self.note_resignation(epoch, out);
        let same_epoch = epoch == self.epoch();
        let voted = self.disk.state.voted.filter(|_| same_epoch);
        self.persist(QuorumState { epoch, leader: Some(leader), voted }, out);
        let timeout = self.config.fetch_timeout;
        self.take_role(now, Role::Follower { leader, has_fetched: false }, timeout, out);
        self.poll_fetch(out);
    }

    fn note_resignation(&self, epoch: QuorumEpoch, out: &mut Effects) {
        if matches!(self.role, Role::Leader(_)) && epoch > self.epoch() {
            out.fact(Fact::QuorumLeaderResigned { node: self.node, epoch: self.epoch() });
        }
    }

    /// Follows from the epoch and leader of any message whether the role changes.
    pub(super) fn observe(
        &mut self,
        now: NodeNow,
        epoch: QuorumEpoch,
        leader: Option<NodeId>,
        out: &mut Effects,
    ) {
        // A node that came back without its disk may hear that it leads: it must not believe that.
        let leader = leader.filter(|leader| *leader != self.node);
        if epoch > self.epoch() {
            match leader {
                Some(leader) => self.become_follower(now, epoch, leader, out),
                None => self.become_unattached(now, epoch, None, out),
            }
        } else if epoch == self.epoch()
            && self.leader().is_none()
            && let Some(leader) = leader
        {
            self.become_follower(now, epoch, leader, out);
        }
    }

    /// Handles a deadline or another timer of its own.
    pub fn on_timer(&mut self, now: NodeNow, timer: QuorumTimer, out: &mut Effects) {
        match timer {
            QuorumTimer::Deadline { at } if self.armed == Some(at) => {
                self.armed = None;
                if now.monotonic < self.deadline {
                    self.set_deadline(now, self.deadline, out);
                } else {
                    self.on_deadline(now, out);
                }
            }
            QuorumTimer::FetchWait { at } if self.wait_armed == Some(at) => {
                self.wait_armed = None;
                self.expire_waiting_fetches(now, out);
            }
            QuorumTimer::Retry { turn, voter } if turn == self.turn => self.ask_again(voter, out),
            QuorumTimer::Fetch { turn } if turn == self.turn => {
                self.fetcher.backing_off = false;
                self.poll_fetch(out);
            }
            QuorumTimer::Flush { turn } if turn == self.turn => self.flush(out),
            QuorumTimer::BeginEpoch { turn } if turn == self.turn => self.remind_voters(out),
            QuorumTimer::Deadline { .. }
            | QuorumTimer::FetchWait { .. }
            | QuorumTimer::Retry { .. }
            | QuorumTimer::Fetch { .. }
            | QuorumTimer::Flush { .. }
            | QuorumTimer::BeginEpoch { .. } => {}
        }
    }

    fn on_deadline(&mut self, now: NodeNow, out: &mut Effects) {
        match &self.role {
            Role::Follower { leader, .. } => {
                self.awaited = Some(*leader);
                self.become_prospective(now, out);
            }
            Role::Unattached | Role::Candidate(_) => self.become_prospective(now, out),
            Role::Prospective(_) => self.give_up_pre_vote(now, out),
            Role::Leader(_) => self.check_quorum_failed(now, out),
            Role::Resigned { .. } => self.become_unattached(now, self.epoch() + 1, None, out),
        }
    }

    pub(super) fn set_high_watermark(&mut self, offset: Offset, out: &mut Effects) {
        if self.high_watermark.is_none_or(|known| known < offset) {
            self.high_watermark = Some(offset);
            let digest = self.disk.log.digest_at(offset);
            out.fact(Fact::QuorumHighWatermark { node: self.node, offset, digest });
        }
    }
}

/// Why a request that only a leader of the right epoch answers is refused.
pub(super) fn epoch_error(own: QuorumEpoch, asked: QuorumEpoch) -> Option<ErrorCode> {
    match asked.cmp(&own) {
        std::cmp::Ordering::Less => Some(ErrorCode::FencedLeaderEpoch),
        std::cmp::Ordering::Greater => Some(ErrorCode::UnknownLeaderEpoch),
        std::cmp::Ordering::Equal => None,
    }
}
