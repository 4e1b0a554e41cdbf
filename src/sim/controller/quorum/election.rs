//! Elections: pre-votes and votes, and the messages that begin and end an epoch.

use super::QuorumTimer;
use super::member::{Ballot, Quorum, QuorumState, Role};
use crate::sim::effects::{Effects, Line, RequestRef};
use crate::sim::fact::Fact;
use crate::sim::ids::*;
use crate::sim::protocol::ErrorCode;
use crate::sim::protocol::quorum::*;
use crate::sim::time::{Micros, NodeNow};

impl Quorum {
    /// Starts a pre-vote in the current epoch (KIP-996).
    pub(super) fn become_prospective(&mut self, now: NodeNow, out: &mut Effects) {
        let timeout = self.random_election_timeout();
        let ballot = self.new_ballot();
        self.take_role(now, Role::Prospective(ballot), timeout, out);
        self.announce_election(true, out);
        self.count(now, out);
    }

    /// Asks for votes in the next epoch.
    fn become_candidate(&mut self, now: NodeNow, out: &mut Effects) {
        let state = QuorumState { epoch: self.epoch() + 1, leader: None, voted: Some(self.node) };
        self.persist(state, out);
        let timeout = self.random_election_timeout();
        self.stand(now, timeout, out);
    }

    /// Asks for votes in the current epoch, in which this node has voted for itself.
    pub(super) fn stand(&mut self, now: NodeNow, timeout: Micros, out: &mut Effects) {
        let ballot = self.new_ballot();
        self.take_role(now, Role::Candidate(ballot), timeout, out);
        self.announce_election(false, out);
        self.count(now, out);
    }

    fn new_ballot(&self) -> Ballot {
        self.voters.iter().map(|voter| (*voter, (*voter == self.node).then_some(true))).collect()
    }

    fn announce_election(&self, pre_vote: bool, out: &mut Effects) {
        let fact = Fact::QuorumElectionStarted { node: self.node, epoch: self.epoch(), pre_vote };
        match self.awaited {
            Some(leader) => out.fact_for_silence_of(leader, fact),
            None => out.fact(fact),
        }
    }

    /// Acts on the votes so far, and asks those who have not answered.
    fn count(&mut self, now: NodeNow, out: &mut Effects) {
        let (ballot, pre_vote) = match &self.role {
            Role::Prospective(ballot) => (ballot, true),
            Role::Candidate(ballot) => (ballot, false),
            Role::Unattached | Role::Leader(_) | Role::Follower { .. } | Role::Resigned { .. } => {
                return;
            }
        };
        let granted = ballot.values().filter(|vote| **vote == Some(true)).count();
        if granted >= self.majority() {
            return match pre_vote {
                true => self.become_candidate(now, out),
                false => self.become_leader(now, out),
            };
        }
        if self.is_lost(ballot) {
            // A candidate waits for the rest of its timeout.
            return if pre_vote {
                self.give_up_pre_vote(now, out)
            };
        }
        let open: Vec<NodeId> =
            ballot.iter().filter(|(_, vote)| vote.is_none()).map(|(voter, _)| *voter).collect();
        open.into_iter().for_each(|voter| self.ask_again(voter, out));
    }

    pub(super) fn majority(&self) -> usize {
        self.voters.len() / 2 + 1
    }

    pub(super) fn is_lost(&self, ballot: &Ballot) -> bool {
        ballot.values().filter(|vote| **vote != Some(false)).count() < self.majority()
    }

    /// Returns to the leader that is known, or waits for the next try.
    pub(super) fn give_up_pre_vote(&mut self, now: NodeNow, out: &mut Effects) {
        match self.leader() {
            Some(leader) if leader != self.node => {
                self.become_follower(now, self.epoch(), leader, out);
            }
            leader => self.become_unattached(now, self.epoch(), leader, out),
        }
    }

    /// Sends a voter what this node wants of it, unless an answer is under way.
    pub(super) fn ask_again(&mut self, voter: NodeId, out: &mut Effects) {
        if self.asked.contains_key(&voter) {
            return;
        }
        let timeout = self.config.request_timeout_ms;
        let id = match &self.role {
            Role::Prospective(ballot) if ballot.get(&voter) == Some(&None) => {
                out.send(voter, Line::Quorum, self.vote_request(true), timeout)
            }
            Role::Candidate(ballot) if ballot.get(&voter) == Some(&None) => {
                out.send(voter, Line::Quorum, self.vote_request(false), timeout)
            }
            Role::Resigned { successors } => {
                let request = EndQuorumEpochRequest {
                    leader: self.node,
                    epoch: self.epoch(),
                    preferred_successors: successors.clone(),
                };
                out.send(voter, Line::Quorum, request, timeout)
            }
            Role::Unattached
            | Role::Prospective(_)
            | Role::Candidate(_)
            | Role::Leader(_)
            | Role::Follower { .. } => return,
        };
        self.asked.insert(voter, id);
    }

    fn vote_request(&self, pre_vote: bool) -> VoteRequest {
        VoteRequest {
            candidate: self.node,
            epoch: self.epoch(),
            last_epoch: self.disk.log.last_epoch(),
            last_epoch_end_offset: self.disk.log.end_offset(),
            pre_vote,
        }
    }

    pub(super) fn send_end_epoch(&mut self, out: &mut Effects) {
        self.other_voters().for_each(|voter| self.ask_again(voter, out));
    }

    /// Answers a vote request.
    pub fn on_vote(&mut self, now: NodeNow, at: RequestRef, vote: &VoteRequest, out: &mut Effects) {
        let (error, granted) = if vote.epoch < self.epoch() {
            (ErrorCode::FencedLeaderEpoch, false)
        } else {
            if vote.epoch > self.epoch() {
                self.become_unattached(now, vote.epoch, None, out);
            }
            (ErrorCode::None, self.decide_vote(now, vote, out))
        };
        let (epoch, leader) = (self.epoch(), self.leader().unwrap_or(NodeId::NONE));
        out.respond(at, VoteResponse { error, epoch, leader, granted });
    }

    fn decide_vote(&mut self, now: NodeNow, vote: &VoteRequest, out: &mut Effects) -> bool {
        let granted = self.can_grant(vote);
        if !granted || vote.pre_vote {
            return granted;
        }
        let state = self.disk.state;
        if state.voted.is_none() {
            self.persist(QuorumState { voted: Some(vote.candidate), ..state }, out);
            // The candidate has at least as good a chance as this node: leave it the time.
            let deadline = now.monotonic + self.random_election_timeout();
            self.set_deadline(now, deadline, out);
        }
        let (voter, candidate, epoch) = (self.node, vote.candidate, vote.epoch);
        out.fact(Fact::VoteGranted { voter, candidate, epoch });
        true
    }

    fn can_grant(&self, vote: &VoteRequest) -> bool {
        let own = (self.disk.log.last_epoch(), self.disk.log.end_offset());
        let up_to_date = (vote.last_epoch, vote.last_epoch_end_offset) >= own;
        match &self.role {
            Role::Unattached | Role::Prospective(_) => match self.disk.state.voted {
                _ if vote.pre_vote => up_to_date,
                Some(voted) => voted == vote.candidate,
                None => self.leader().is_none() && up_to_date,
            },
            Role::Candidate(_) => vote.pre_vote && up_to_date,
            Role::Follower { has_fetched, .. } => vote.pre_vote && !has_fetched && up_to_date,
            Role::Resigned { .. } => vote.pre_vote && up_to_date,
            Role::Leader(_) => false,
        }
    }

    /// Hears that a leader has been elected.
    pub fn on_begin_epoch(
        &mut self,
        now: NodeNow,
        at: RequestRef,
        request: &BeginQuorumEpochRequest,
        out: &mut Effects,
    ) {
        let error = match request.epoch < self.epoch() {
            true => ErrorCode::FencedLeaderEpoch,
            false => {
                self.observe(now, request.epoch, Some(request.leader), out);
                ErrorCode::None
            }
        };
        let (epoch, leader) = (self.epoch(), self.leader().unwrap_or(NodeId::NONE));
        out.respond(at, BeginQuorumEpochResponse { error, epoch, leader });
    }

    /// Hears that the leader gives up: the better the successor, the earlier its election.
    pub fn on_end_epoch(
        &mut self,
        now: NodeNow,
        at: RequestRef,
        request: &EndQuorumEpochRequest,
        out: &mut Effects,
    ) {
        let error = match request.epoch < self.epoch() {
            true => ErrorCode::FencedLeaderEpoch,
            false => {
                self.observe(now, request.epoch, Some(request.leader), out);
                self.succeed(now, request, out);
                ErrorCode::None
            }
        };
        let (epoch, leader) = (self.epoch(), self.leader().unwrap_or(NodeId::NONE));
        out.respond(at, EndQuorumEpochResponse { error, epoch, leader });
    }

    fn succeed(&mut self, now: NodeNow, request: &EndQuorumEpochRequest, out: &mut Effects) {
        if matches!(self.role, Role::Follower { leader, .. } if leader == request.leader) {
            let successors = &request.preferred_successors;
            let position = successors.iter().position(|node| *node == self.node);
            let backoff = self.election_backoff(position, successors.len());
            self.set_deadline(now, now.monotonic + backoff, out);
        }
    }

    /// None for the first, then doubling up to `controller.quorum.election.backoff.max.ms`.
    fn election_backoff(&self, position: Option<usize>, successors: usize) -> Micros {
        let max = self.config.election_backoff_max_ms;
        match position {
            Some(0) => Micros::ZERO,
            Some(position) => {
                let base = max >> (successors - 1).min(62);
                Micros::from_ms(max.min(base << (position - 1).min(32)))
            }
            None => Micros::from_ms(max),
        }
    }

    pub(super) fn on_vote_response(
        &mut self,
        now: NodeNow,
        from: NodeId,
        response: &VoteResponse,
        out: &mut Effects,
    ) {
        if self.is_answered(now, response.error, response.epoch, response.leader, out) {
            return;
        }
        match &mut self.role {
            Role::Prospective(ballot) | Role::Candidate(ballot) => {
                ballot.insert(from, Some(response.granted));
                self.count(now, out);
            }
            Role::Unattached | Role::Leader(_) | Role::Follower { .. } | Role::Resigned { .. } => {}
        }
    }

    /// Handles what any response of the quorum may tell; false if its own content still counts.
    pub(super) fn is_answered(
        &mut self,
        now: NodeNow,
        error: ErrorCode,
        epoch: QuorumEpoch,
        leader: NodeId,
        out: &mut Effects,
    ) -> bool {
        if epoch < self.epoch() || error == ErrorCode::UnknownLeaderEpoch {
            return true;
        }
        let known = Some(leader).filter(|leader| *leader != NodeId::NONE);
        let news = epoch > self.epoch();
        self.observe(now, epoch, known, out);
        news || error != ErrorCode::None
    }

    /// Tries again later when a voter could not be asked.
    pub(super) fn on_voter_failed(&mut self, voter: NodeId, id: RequestId, out: &mut Effects) {
        if self.asked.get(&voter) == Some(&id) {
            self.asked.remove(&voter);
            let turn = self.turn;
            out.timer(self.config.retry_backoff, QuorumTimer::Retry { turn, voter });
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::sim::effects::Effect;
    use crate::sim::protocol::Response;
    use crate::sim::rng::Rng;
    use crate::sim::server::ServerContext;
    use crate::sim::setup::ClusterSetup;
    use crate::sim::version::PlantedBug;

    const NOW: NodeNow = NodeNow { monotonic: Micros(0), wall_ms: 0 };

    fn context(bugs: Vec<PlantedBug>) -> ServerContext {
        let setup = ClusterSetup { planted_bugs: bugs, ..ClusterSetup::split(1, 0, 3) };
        let spec = Arc::new(setup.servers[0].clone());
        ServerContext { node: spec.id, spec, setup: Arc::new(setup), incarnation: 1 }
    }

    fn asks(quorum: &mut Quorum, candidate: i32, epoch: QuorumEpoch, pre_vote: bool) -> bool {
        let mut out = Effects::default();
        let at = RequestRef { connection: ConnectionId(0), generation: 0, id: RequestId(1) };
        let (candidate, last_epoch, last_epoch_end_offset) = (NodeId(candidate), 0, 0);
        let vote = VoteRequest { candidate, epoch, last_epoch, last_epoch_end_offset, pre_vote };
        quorum.on_vote(NOW, at, &vote, &mut out);
        let answer = out.take().into_iter().find_map(|effect| match effect {
            Effect::Respond { response, .. } => match &*response {
                Response::Vote(vote) => Some(vote.granted),
                _ => None,
            },
            _ => None,
        });
        answer.expect("a vote request is answered at once")
    }

    /// Votes for 102, restarts, and is asked by 103 in the same epoch.
    fn second_vote_after_restart(bugs: Vec<PlantedBug>) -> bool {
        let context = context(bugs);
        let mut quorum = Quorum::boot(&context, Default::default(), Rng::new(1, "quorum"));
        quorum.start(NOW, &mut Effects::default());
        assert!(asks(&mut quorum, 102, 5, false));
        assert!(asks(&mut quorum, 102, 5, false), "the same vote again");
        assert!(!asks(&mut quorum, 103, 5, false));
        let mut quorum = Quorum::boot(&context, quorum.into_disk(), Rng::new(2, "quorum"));
        quorum.start(NOW, &mut Effects::default());
        asks(&mut quorum, 103, 5, false)
    }

    #[test]
    fn a_vote_survives_a_restart() {
        assert!(!second_vote_after_restart(Vec::new()));
        assert!(second_vote_after_restart(vec![PlantedBug::UnpersistedVote]));
    }

    #[test]
    fn a_pre_vote_binds_nobody() {
        let mut quorum = Quorum::boot(&context(Vec::new()), Default::default(), Rng::new(1, "q"));
        quorum.start(NOW, &mut Effects::default());
        assert!(asks(&mut quorum, 102, 0, true));
        assert!(asks(&mut quorum, 103, 0, true));
        assert_eq!(quorum.disk().state, QuorumState::default());
        assert!(asks(&mut quorum, 103, 1, false));
        assert!(!asks(&mut quorum, 102, 0, false), "an old epoch");
    }

    #[test]
    fn successors_back_off_in_order() {
        let quorum = Quorum::boot(&context(Vec::new()), Default::default(), Rng::new(1, "q"));
        let backoff = |position| quorum.election_backoff(position, 3).as_ms();
        assert_eq!([Some(0), Some(1), Some(2), None].map(backoff), [0, 250, 500, 1000]);
    }
}
