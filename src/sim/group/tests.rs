//! The coordinator driven by hand, on a broker that commits its appends at once, later or never.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use super::GroupTimer;
use super::coordinator::GroupCoordinator;
use super::coordinator_io::{CoordinatorAppend, CoordinatorEffects};
use crate::sim::config::BrokerConfig;
use crate::sim::effects::{Effect, Effects, RequestRef};
use crate::sim::fact::Fact;
use crate::sim::ids::*;
use crate::sim::node::Timer;
use crate::sim::protocol::group::*;
use crate::sim::protocol::{ErrorCode, Request, Response};
use crate::sim::rng::Rng;
use crate::sim::storage::batch::{Batch, BodyBuilder};
use crate::sim::storage::log::{Entry, Log};
use crate::sim::time::{Micros, NodeNow};

const PARTITION: PartitionIndex = 0;

/// What becomes of appends.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Appends {
    Commit,
    Hold,
    Refuse(ErrorCode),
}

/// A coordinator on one partition, with its log, its timers and everything it has answered.
struct Bench {
    coordinator: GroupCoordinator,
    appends: Appends,
    held: VecDeque<CoordinatorAppend>,
    log: Log,
    now: Micros,
    timers: BTreeMap<(Micros, u64), GroupTimer>,
    next: u64,
    answers: BTreeMap<u64, Arc<Response>>,
    facts: Vec<Fact>,
}

impl Bench {
    fn new() -> Bench {
        Bench::with(BrokerConfig { offsets_topic_num_partitions: 1, ..BrokerConfig::default() })
    }

    fn with(config: BrokerConfig) -> Bench {
        let mut bench = Bench {
            coordinator: GroupCoordinator::new(NodeId(1), &config, Rng::new(1, "group")),
            appends: Appends::Commit,
            held: VecDeque::new(),
            log: Log::default(),
            now: Micros::ZERO,
            timers: BTreeMap::new(),
            next: 1,
            answers: BTreeMap::new(),
            facts: Vec::new(),
        };
        bench.elect(0);
        bench
    }

    fn clock(&self) -> NodeNow {
        NodeNow { monotonic: self.now, wall_ms: self.now.as_ms() }
    }

    fn elect(&mut self, leader_epoch: LeaderEpoch) {
        let log = self.log.clone();
        let now = self.clock();
        self.drive(|c, io, out| {
            c.on_elected(now, PARTITION, leader_epoch, &mut log.entries(), io, out);
        });
    }

    fn drive(
        &mut self,
        run: impl FnOnce(&mut GroupCoordinator, &mut CoordinatorEffects, &mut Effects),
    ) {
        let (mut io, mut out) = (CoordinatorEffects::default(), Effects::default());
        run(&mut self.coordinator, &mut io, &mut out);
        for (at, response) in io.replies {
            let before = self.answers.insert(at.id.0, response);
            assert!(before.is_none(), "request {} was answered twice", at.id.0);
        }
        for effect in out.take() {
            match effect {
                Effect::Timer { after, timer: Timer::Group(timer) } => {
                    self.next += 1;
                    self.timers.insert((self.now + after, self.next), timer);
                }
                Effect::Fact { fact, .. } => self.facts.push(fact),
                other => panic!("unexpected {other:?}"),
            }
        }
        for append in io.appends {
            match self.appends {
                Appends::Commit => self.commit(append),
                Appends::Hold => self.held.push_back(append),
                Appends::Refuse(error) => self.finish(append.ticket, Err(error)),
            }
        }
    }

    fn commit(&mut self, append: CoordinatorAppend) {
        let mut body = BodyBuilder::default();
        for (key, value) in &append.records {
            body.push(0, Some(key), value.as_deref());
        }
        let mut batch = Batch::new(body.build());
        batch.header.base_offset = self.log.log_end_offset();
        self.log.append(batch, self.now);
        self.finish(append.ticket, Ok(()));
    }

    fn commit_held(&mut self) {
        while let Some(append) = self.held.pop_front() {
            self.commit(append);
        }
    }

    fn finish(&mut self, ticket: u64, outcome: Result<(), ErrorCode>) {
        let now = self.clock();
        self.drive(|c, io, out| c.on_append(now, ticket, outcome, io, out));
    }

    /// Lets time pass, timers included.
    fn pass_ms(&mut self, ms: i64) {
        let end = self.now + Micros::from_ms(ms);
        while let Some((&(due, serial), _)) = self.timers.first_key_value()
            && due <= end
        {
            let timer = self.timers.remove(&(due, serial)).expect("it is the first one");
            self.now = due;
            let now = self.clock();
            self.drive(|c, io, out| c.on_timer(now, timer, io, out));
        }
        self.now = end;
    }

    /// Sends a request; the number finds the answer.
    fn ask(&mut self, from: i32, request: impl Into<Request>) -> u64 {
        self.next += 1;
        let id = self.next;
        let at = RequestRef { connection: ConnectionId(0), generation: 0, id: RequestId(id) };
        let (now, request) = (self.clock(), request.into());
        self.drive(|c, io, out| {
            c.on_request(now, NodeId(FIRST_CLIENT + from), at, &request, io, out);
        });
        id
    }

    fn answered(&self, id: u64) -> bool {
        self.answers.contains_key(&id)
    }

    fn join_answer(&self, id: u64) -> &JoinGroupResponse {
        match &**self.answers.get(&id).expect("JoinGroup was answered") {
            Response::JoinGroup(response) => response,
            other => panic!("not a JoinGroup response: {other:?}"),
        }
    }

    fn sync_answer(&self, id: u64) -> (ErrorCode, Vec<NamedPartition>) {
        match &**self.answers.get(&id).expect("SyncGroup was answered") {
            Response::SyncGroup(response) => (response.error, response.assignment.to_vec()),
            other => panic!("not a SyncGroup response: {other:?}"),
        }
    }

    fn error(&self, id: u64) -> ErrorCode {
        match &**self.answers.get(&id).expect("the request was answered") {
            Response::JoinGroup(response) => response.error,
            Response::SyncGroup(response) => response.error,
            Response::Heartbeat(response) => response.error,
            Response::LeaveGroup(response) => response.error,
            Response::OffsetCommit(response) => response.partitions[0].1,
            other => panic!("no error in {other:?}"),
        }
    }

    fn join(&mut self, client: i32, member_id: &str) -> u64 {
        self.ask(client, join_request(client, member_id, None))
    }

    /// Joins as a new member: asks for an id, then comes with it. Returns the id and the number of the second JoinGroup.
    fn join_new(&mut self, client: i32) -> (Arc<str>, u64) {
        let first = self.join(client, "");
        assert_eq!(self.error(first), ErrorCode::MemberIdRequired);
        let member = self.join_answer(first).member_id.clone();
        let second = self.join(client, &member);
        (member, second)
    }

    fn heartbeat(&mut self, client: i32, member: &Arc<str>, generation: i32) -> ErrorCode {
        let id = self.ask(
            client,
            HeartbeatRequest {
                group: "g".into(),
                generation,
                member_id: member.clone(),
                group_instance_id: None,
            },
        );
        self.error(id)
    }

    fn sync(
        &mut self,
        client: i32,
        member: &Arc<str>,
        generation: i32,
        gives: &[(&str, i32)],
    ) -> u64 {
        let assignments = gives.iter().map(|(id, p)| ((*id).into(), Arc::new(vec![tp(*p)])));
        let request = SyncGroupRequest {
            group: "g".into(),
            generation,
            member_id: member.clone(),
            group_instance_id: None,
            assignments: assignments.collect(),
        };
        self.ask(client, request)
    }

    fn leave(&mut self, client: i32, member: &Arc<str>) -> u64 {
        self.ask(client, LeaveGroupRequest { group: "g".into(), member_id: member.clone() })
    }

    fn commit_offset(&mut self, member: &str, generation: i32, offset: Offset, text: &str) -> u64 {
        let committed = CommittedOffset { offset, leader_epoch: 0, metadata: text.into() };
        let request = OffsetCommitRequest {
            group: "g".into(),
            generation,
            member_id: member.into(),
            group_instance_id: None,
            offsets: vec![(tp(0), committed)],
        };
        self.ask(0, request)
    }

    fn committed(&mut self) -> Option<Offset> {
        let id = self.ask(
            9,
            OffsetFetchRequest {
                group: "g".into(),
                partitions: Some(vec![tp(0)]),
                require_stable: true,
            },
        );
        match &*self.answers[&id] {
            Response::OffsetFetch(response) => response.offsets[0].1.as_ref().map(|o| o.offset),
            other => panic!("not an OffsetFetch response: {other:?}"),
        }
    }

    fn described(&mut self) -> DescribedGroup {
        let id = self.ask(9, DescribeGroupsRequest { groups: vec!["g".into()] });
        match &*self.answers[&id] {
            Response::DescribeGroups(response) => response.groups[0].clone(),
            other => panic!("not a DescribeGroups response: {other:?}"),
        }
    }

    /// A stable group of these clients in generation 1; the first one leads and client n has partition n.
    fn stable(&mut self, clients: i32) -> Vec<Arc<str>> {
        let joined: Vec<_> = (0..clients).map(|client| self.join_new(client)).collect();
        self.pass_ms(9000);
        let members: Vec<Arc<str>> = joined.iter().map(|(member, _)| member.clone()).collect();
        let gives: Vec<(&str, i32)> = members.iter().map(|id| &**id).zip(0..).collect();
        for (client, member) in members.iter().enumerate().rev() {
            let leads = client == 0;
            self.sync(client as i32, member, 1, if leads { &gives } else { &[] });
        }
        assert_eq!(self.described().state, "Stable");
        members
    }

    /// Everybody sends heartbeats for a while.
    fn beat_ms(&mut self, ms: i64, members: &[Arc<str>], generation: i32) {
        for _ in 0..ms / 1000 {
            self.pass_ms(1000);
            for (client, member) in members.iter().enumerate() {
                self.heartbeat(client as i32, member, generation);
            }
        }
    }
}

fn tp(partition: PartitionIndex) -> NamedPartition {
    NamedPartition { topic: "t".into(), partition }
}

fn join_request(client: i32, member_id: &str, instance: Option<&str>) -> JoinGroupRequest {
    let subscription = Subscription { topics: vec!["t".into()], owned: Vec::new(), generation: -1 };
    JoinGroupRequest {
        group: "g".into(),
        session_timeout_ms: 10_000,
        rebalance_timeout_ms: 60_000,
        member_id: member_id.into(),
        group_instance_id: instance.map(Arc::from),
        client_id: format!("c{client}").into(),
        protocols: vec![("range".into(), Arc::new(subscription))],
    }
}

#[test]
fn a_new_member_comes_again_with_the_id_it_is_given() {
    let mut bench = Bench::new();
    let (member, _) = bench.join_new(0);
    let (name, uuid) = member.split_once('-').expect("the client id comes first");
    assert_eq!((name, uuid.len()), ("c0", 36));
    let stranger = bench.join(1, "c1-unknown");
    assert_eq!(bench.error(stranger), ErrorCode::UnknownMemberId);
}

#[test]
fn the_initial_delay_grows_while_members_come() {
    let mut bench = Bench::new();
    let (_, first) = bench.join_new(0);
    bench.pass_ms(2999);
    let (_, second) = bench.join_new(1);
    bench.pass_ms(2999);
    assert!(!bench.answered(first));
    bench.pass_ms(2);
    assert!(bench.answered(first) && bench.answered(second));
    let answer = bench.join_answer(first);
    assert_eq!((answer.generation, &*answer.protocol, answer.members.len()), (1, "range", 2));
    assert!(bench.join_answer(second).members.is_empty(), "only the leader is told who is there");
}

#[test]
fn followers_wait_for_the_leaders_assignment_to_be_committed() {
    let mut bench = Bench::new();
    let (leader, _) = bench.join_new(0);
    let (follower, _) = bench.join_new(1);
    bench.pass_ms(9000);
    bench.appends = Appends::Hold;
    let waits = bench.sync(1, &follower, 1, &[]);
    let leads = bench.sync(0, &leader, 1, &[(&leader, 0), (&follower, 1)]);
    assert!(!bench.answered(waits) && !bench.answered(leads));
    assert_eq!(bench.described().state, "CompletingRebalance");
    assert_eq!(bench.heartbeat(1, &follower, 1), ErrorCode::None);
    bench.commit_held();
    assert_eq!(bench.sync_answer(waits), (ErrorCode::None, vec![tp(1)]));
    assert_eq!(bench.sync_answer(leads), (ErrorCode::None, vec![tp(0)]));
    assert_eq!(bench.described().state, "Stable");
}

#[test]
fn an_assignment_that_cannot_be_stored_starts_another_rebalance() {
    let mut bench = Bench::new();
    let (leader, _) = bench.join_new(0);
    bench.pass_ms(9000);
    bench.appends = Appends::Refuse(ErrorCode::NotEnoughReplicas);
    let sync = bench.sync(0, &leader, 1, &[(&leader, 0)]);
    assert_eq!(bench.error(sync), ErrorCode::CoordinatorNotAvailable);
    assert_eq!(bench.described().state, "PreparingRebalance");
}

#[test]
fn heartbeats_tell_of_a_rebalance_and_of_wrong_generations() {
    let mut bench = Bench::new();
    let members = bench.stable(2);
    assert_eq!(bench.heartbeat(0, &members[0], 1), ErrorCode::None);
    assert_eq!(bench.heartbeat(0, &members[0], 0), ErrorCode::IllegalGeneration);
    assert_eq!(bench.heartbeat(0, &"nobody".into(), 1), ErrorCode::UnknownMemberId);
    bench.join_new(2);
    assert_eq!(bench.heartbeat(0, &members[0], 1), ErrorCode::RebalanceInProgress);
}

#[test]
fn a_rebalance_ends_when_all_have_joined_again() {
    let mut bench = Bench::new();
    let members = bench.stable(2);
    let (_, third) = bench.join_new(2);
    let first = bench.join(0, &members[0]);
    assert!(!bench.answered(first));
    bench.join(1, &members[1]);
    assert_eq!(bench.join_answer(third).generation, 2);
    assert_eq!(bench.join_answer(first).leader, members[0], "the leader stays");
}

#[test]
fn who_does_not_join_again_in_time_is_out() {
    let mut bench = Bench::new();
    let members = bench.stable(2);
    let (_, third) = bench.join_new(2);
    bench.beat_ms(59_000, &members, 1);
    assert!(!bench.answered(third));
    bench.beat_ms(2000, &members, 1);
    let answer = bench.join_answer(third);
    assert_eq!((answer.generation, answer.members.len()), (2, 1));
    assert_eq!(answer.leader, answer.member_id, "the leader was out, too");
    assert_eq!(bench.heartbeat(0, &members[0], 1), ErrorCode::UnknownMemberId);
}

#[test]
fn a_silent_member_expires_and_the_rest_goes_on() {
    let mut bench = Bench::new();
    let members = bench.stable(2);
    bench.beat_ms(11_000, &members[..1], 1);
    let removed =
        Fact::MemberRemoved { group: "g".into(), member: members[1].clone(), expired: true };
    assert!(bench.facts.contains(&removed));
    let again = bench.join(0, &members[0]);
    assert_eq!(bench.join_answer(again).generation, 2);
}

#[test]
fn a_member_that_never_syncs_is_out_after_the_rebalance_timeout() {
    let mut bench = Bench::new();
    let (leader, _) = bench.join_new(0);
    let (idle, _) = bench.join_new(1);
    bench.pass_ms(6001);
    bench.sync(0, &leader, 1, &[(&leader, 0)]);
    bench.beat_ms(61_000, &[leader.clone(), idle.clone()], 1);
    assert_eq!(bench.heartbeat(1, &idle, 1), ErrorCode::UnknownMemberId);
    assert_eq!(bench.heartbeat(0, &leader, 1), ErrorCode::RebalanceInProgress);
}

#[test]
fn the_last_one_to_leave_is_answered_when_the_empty_group_is_committed() {
    let mut bench = Bench::new();
    let members = bench.stable(1);
    bench.appends = Appends::Hold;
    let left = bench.leave(0, &members[0]);
    assert!(!bench.answered(left));
    let group = bench.described();
    assert_eq!((group.state, &*group.protocol, group.generation), ("Empty", "", 2));
    bench.commit_held();
    assert_eq!(bench.error(left), ErrorCode::None);
}

#[test]
fn a_join_while_the_assignment_is_awaited_starts_over() {
    let mut bench = Bench::new();
    let (leader, _) = bench.join_new(0);
    let (follower, _) = bench.join_new(1);
    bench.pass_ms(9000);
    let waits = bench.sync(1, &follower, 1, &[]);
    bench.join_new(2);
    assert_eq!(bench.error(waits), ErrorCode::RebalanceInProgress);
    let late = bench.sync(0, &leader, 1, &[]);
    assert_eq!(bench.error(late), ErrorCode::RebalanceInProgress);
}

#[test]
fn a_commit_is_seen_and_answered_once_it_is_committed() {
    let mut bench = Bench::new();
    let members = bench.stable(1);
    bench.appends = Appends::Hold;
    let commit = bench.commit_offset(&members[0], 1, 7, "");
    assert!(!bench.answered(commit));
    assert_eq!(bench.committed(), None);
    bench.commit_held();
    assert_eq!((bench.error(commit), bench.committed()), (ErrorCode::None, Some(7)));
    bench.appends = Appends::Refuse(ErrorCode::NotLeaderOrFollower);
    let refused = bench.commit_offset(&members[0], 1, 9, "");
    assert_eq!(bench.error(refused), ErrorCode::NotCoordinator);
    assert_eq!(bench.committed(), Some(7));
}

#[test]
fn a_commit_that_timed_out_still_counts_when_a_later_one_is_committed() {
    let mut bench = Bench::new();
    let members = bench.stable(1);
    bench.appends = Appends::Hold;
    let slow = bench.commit_offset(&members[0], 1, 7, "");
    let append = bench.held.pop_front().expect("it was appended");
    bench.finish(append.ticket, Err(ErrorCode::RequestTimedOut));
    assert_eq!(bench.error(slow), ErrorCode::CoordinatorNotAvailable);
    assert_eq!(bench.committed(), None);
    bench.appends = Appends::Commit;
    bench.leave(0, &members[0]);
    assert_eq!(bench.committed(), Some(7));
}

#[test]
fn commits_are_refused_by_rule() {
    let mut bench = Bench::new();
    let members = bench.stable(1);
    let by = |bench: &mut Bench, member: &str, generation, text: &str| {
        let id = bench.commit_offset(member, generation, 1, text);
        bench.error(id)
    };
    assert_eq!(by(&mut bench, &members[0], 0, ""), ErrorCode::IllegalGeneration);
    assert_eq!(by(&mut bench, "nobody", 1, ""), ErrorCode::UnknownMemberId);
    assert_eq!(by(&mut bench, "", -1, ""), ErrorCode::UnknownMemberId, "the group is not empty");
    let long = "x".repeat(4097);
    assert_eq!(by(&mut bench, &members[0], 1, &long), ErrorCode::OffsetMetadataTooLarge);
    bench.join_new(1);
    assert_eq!(by(&mut bench, &members[0], 1, ""), ErrorCode::None, "while members join");
    bench.join(0, &members[0]);
    assert_eq!(by(&mut bench, &members[0], 2, ""), ErrorCode::RebalanceInProgress);
}

#[test]
fn an_admin_commits_to_an_empty_group_only_and_a_lost_group_is_told_by_its_generation() {
    let mut bench = Bench::new();
    let lost = bench.commit_offset("c0-1", 4, 1, "");
    assert_eq!(bench.error(lost), ErrorCode::IllegalGeneration);
    let admin = bench.commit_offset("", -1, 3, "");
    assert_eq!((bench.error(admin), bench.committed()), (ErrorCode::None, Some(3)));
}

#[test]
fn a_new_coordinator_keeps_generation_members_and_offsets() {
    let mut bench = Bench::new();
    let members = bench.stable(2);
    bench.commit_offset(&members[1], 1, 5, "epoch 3");
    let before = bench.described();
    bench.elect(1);
    assert_eq!((bench.described(), bench.committed()), (before, Some(5)));
    assert_eq!(bench.heartbeat(1, &members[1], 1), ErrorCode::None);
    bench.pass_ms(10_001);
    assert_eq!(bench.described().members.len(), 0, "sessions began anew at the election");
}

#[test]
fn who_waits_at_a_coordinator_that_resigns_must_look_for_the_new_one() {
    let mut bench = Bench::new();
    let members = bench.stable(1);
    bench.appends = Appends::Hold;
    let commit = bench.commit_offset(&members[0], 1, 5, "");
    let (_, join) = bench.join_new(1);
    let now = bench.clock();
    bench.drive(|c, io, out| c.on_resigned(now, PARTITION, io, out));
    assert_eq!(bench.error(commit), ErrorCode::NotCoordinator);
    assert_eq!(bench.error(join), ErrorCode::NotCoordinator);
    assert_eq!(bench.heartbeat(0, &members[0], 1), ErrorCode::NotCoordinator);
    assert_eq!(bench.described().error, ErrorCode::NotCoordinator);
}

#[test]
fn a_static_member_that_returns_keeps_its_assignment_without_a_rebalance() {
    let mut bench = Bench::new();
    let first = bench.ask(0, join_request(0, "", Some("s1")));
    bench.pass_ms(3001);
    let old = bench.join_answer(first).member_id.clone();
    assert!(old.starts_with("s1-"), "{old}");
    bench.sync(0, &old, 1, &[(&old, 4)]);
    let again = bench.ask(1, join_request(1, "", Some("s1")));
    let new = bench.join_answer(again).member_id.clone();
    assert_ne!(old, new);
    assert_eq!(bench.join_answer(again).generation, 1);
    let sync = bench.sync(1, &new, 1, &[]);
    assert_eq!(bench.sync_answer(sync), (ErrorCode::None, vec![tp(4)]));
    let zombie = HeartbeatRequest {
        group: "g".into(),
        generation: 1,
        member_id: old,
        group_instance_id: Some("s1".into()),
    };
    let zombie = bench.ask(0, zombie);
    assert_eq!(bench.error(zombie), ErrorCode::FencedInstanceId);
}

#[test]
fn bounds_of_sessions_and_of_the_groups_size_hold() {
    let mut bench = Bench::with(BrokerConfig {
        offsets_topic_num_partitions: 1,
        group_max_size: 1,
        ..BrokerConfig::default()
    });
    let hasty =
        bench.ask(0, JoinGroupRequest { session_timeout_ms: 5999, ..join_request(0, "", None) });
    assert_eq!(bench.error(hasty), ErrorCode::InvalidSessionTimeout);
    let nameless = bench.ask(0, JoinGroupRequest { group: "".into(), ..join_request(0, "", None) });
    assert_eq!(bench.error(nameless), ErrorCode::InvalidGroupId);
    bench.stable(1);
    let second = bench.join(1, "");
    assert_eq!(bench.error(second), ErrorCode::GroupMaxSizeReached);
    let other = JoinGroupRequest {
        protocols: vec![("sticky".into(), Arc::default())],
        ..join_request(0, "", None)
    };
    let mut bench = Bench::new();
    bench.stable(1);
    let other = bench.ask(1, other);
    assert_eq!(bench.error(other), ErrorCode::InconsistentGroupProtocol);
}

#[test]
fn offsets_of_an_empty_group_expire_and_the_group_goes_with_them() {
    let mut bench = Bench::new();
    let members = bench.stable(1);
    bench.commit_offset(&members[0], 1, 5, "");
    bench.beat_ms(1000, &members, 1);
    bench.leave(0, &members[0]);
    bench.pass_ms(7 * 86_400_000 - 600_000);
    assert_eq!(bench.committed(), Some(5));
    bench.pass_ms(1_200_001);
    assert_eq!(bench.committed(), None);
    assert_eq!(bench.described().state, "Dead");
    bench.elect(1);
    assert_eq!(bench.described().error, ErrorCode::GroupIdNotFound, "the tombstones were loaded");
}

#[test]
fn a_deleted_topic_takes_its_offsets_along() {
    let mut bench = Bench::new();
    bench.commit_offset("", -1, 3, "");
    let now = bench.clock();
    bench.drive(|c, io, out| c.on_topic_deleted(now, "t", io, out));
    assert_eq!(bench.committed(), None);
}

#[test]
fn the_record_of_an_entry_is_what_the_log_holds() {
    let mut bench = Bench::new();
    bench.stable(1);
    let entries: Vec<Entry> = bench.log.entries().cloned().collect();
    assert_eq!(entries.len(), 2, "one record when the group is made, one with the assignment");
}
