//! Invariants 15, 16 and 17.
use super::*;

/// No invariant was broken.
const NONE: [u8; 0] = [];

fn granted(voter: i32, candidate: i32, epoch: QuorumEpoch) -> Fact {
    Fact::VoteGranted { voter: NodeId(voter), candidate: NodeId(candidate), epoch }
}

fn stands(node: i32, epoch: QuorumEpoch, pre_vote: bool) -> Fact {
    Fact::QuorumElectionStarted { node: NodeId(node), epoch, pre_vote }
}

fn knows(node: i32, offset: Offset, digest: u64) -> Fact {
    Fact::QuorumHighWatermark { node: NodeId(node), offset, digest }
}

fn after(facts: impl IntoIterator<Item = Fact>) -> Vec<u8> {
    let mut court = Court::new();
    facts.into_iter().for_each(|fact| court.tell(fact));
    court.violations()
}

#[test]
fn an_epoch_has_one_quorum_leader() {
    let elected = |node, epoch| Fact::QuorumLeaderElected { node: NodeId(node), epoch };
    assert_eq!(after([elected(101, 1), elected(102, 2)]), NONE);
    assert_eq!(after([elected(101, 1), elected(102, 1)]), [15]);
}

#[test]
fn a_voter_votes_once_an_epoch_and_a_candidate_for_itself() {
    assert_eq!(after([granted(101, 102, 1), granted(101, 102, 1), granted(101, 103, 2)]), NONE);
    assert_eq!(after([granted(101, 102, 1), granted(101, 103, 1)]), [15]);
    assert_eq!(after([stands(101, 1, false), granted(101, 103, 1)]), [15]);
    assert_eq!(
        after([stands(101, 1, true), granted(101, 103, 1)]),
        NONE,
        "a pre-vote binds nobody"
    );
}

#[test]
fn committed_metadata_grows_while_a_process_runs() {
    let started = Fact::ProcessStarted { node: NodeId(101) };
    assert_eq!(after([knows(101, 5, 1), started, knows(101, 3, 1)]), NONE);
    assert_eq!(after([knows(101, 5, 1), knows(101, 3, 1)]), [16]);
}

#[test]
fn committed_metadata_is_the_same_on_every_node() {
    assert_eq!(after([knows(101, 5, 1), knows(102, 5, 1), knows(102, 6, 2)]), NONE);
    assert_eq!(after([knows(101, 5, 1), knows(102, 5, 2)]), [17]);
}
