use super::*;
use crate::sim::client::hand::*;
use crate::sim::client::program::PolledRecords;
use crate::sim::config::AutoOffsetReset;
use crate::sim::fact::Fact;
use crate::sim::protocol::data::*;
use crate::sim::protocol::group as protocol;
use crate::sim::protocol::group::*;
use crate::sim::storage::batch::{Batch, BodyBuilder};
use crate::sim::storage::epoch_cache::EpochEndOffset;

struct Driven {
    hand: Hand,
    consumer: Consumer,
}

impl Driven {
    fn new(group: Option<&str>, config: &ConsumerConfig) -> Driven {
        let setup = ConsumerSetup {
            number: 0,
            client_id: Arc::from("c"),
            bootstrap: Arc::from([NodeId(1), NodeId(2)]),
            group: group.map(Arc::from),
            config,
        };
        Driven { hand: Hand::default(), consumer: Consumer::new(setup, Rng::new(1, "consumer")) }
    }

    /// A consumer that reads partition 0 of `t` from the beginning.
    fn reading(config: &ConsumerConfig) -> Driven {
        let mut driven = Driven::new(None, config);
        driven.consumer.assign(&[partition(0)]);
        driven.poll();
        driven.answer_metadata(&[(1, 0)]);
        let sent = driven.hand.sent();
        let Request::ListOffsets(request) = &*sent[0].request else { panic!() };
        assert_eq!(request.partitions[0].spec, OffsetSpec::Earliest);
        let found = ListOffsetsPartitionResponse {
            partition: id(0),
            error: ErrorCode::None,
            offset: 0,
            timestamp: -1,
            leader_epoch: 0,
        };
        driven.answer(&sent[0], ListOffsetsResponse { partitions: vec![found] });
        driven
    }

    fn poll(&mut self) {
        self.hand.act(|io| {
            self.consumer.poll(io);
            self.consumer.background(io, None)
        });
    }

    fn answer(&mut self, sent: &Sent, answer: impl Into<Response>) {
        let (answer, line) = (answer.into(), line_of(&sent.request));
        self.hand.act(|io| self.consumer.on_response(io, sent.to, line, sent.id, &answer));
        self.poll();
    }

    fn answer_metadata(&mut self, leaders: &[(i32, i32)]) {
        let sent = self.hand.sent();
        let asked = sent.iter().find(|sent| matches!(&*sent.request, Request::Metadata(_)));
        self.answer(asked.expect("metadata are asked for"), metadata(leaders));
    }

    fn fetched(&mut self, sent: &Sent, batches: Vec<Batch>, error: ErrorCode) {
        let answer = FetchPartitionResponse {
            partition: id(0),
            error,
            high_watermark: 100,
            last_stable_offset: 100,
            log_start_offset: 0,
            diverging_epoch: None,
            current_leader: None,
            batches,
        };
        let answer =
            FetchResponse { error: ErrorCode::None, session_id: 5, partitions: vec![answer] };
        self.answer(sent, answer);
    }

    fn records(&mut self) -> Vec<PolledRecords> {
        let events = self.hand.events.drain(..);
        events
            .filter_map(|event| match event {
                MachineEvent::Records { records, .. } => Some(records),
                _ => None,
            })
            .flatten()
            .collect()
    }
}

fn line_of(request: &Request) -> Line {
    match request {
        Request::JoinGroup(_)
        | Request::SyncGroup(_)
        | Request::Heartbeat(_)
        | Request::LeaveGroup(_)
        | Request::OffsetCommit(_)
        | Request::OffsetFetch(_) => Line::Coordinator(0),
        _ => Line::Consumer(0),
    }
}

fn partition(partition: i32) -> NamedPartition {
    NamedPartition { topic: Arc::from("t"), partition }
}

fn id(partition: i32) -> TopicPartition {
    TopicPartition::new(TOPIC, partition)
}

fn batch(base_offset: Offset, values: &[&str]) -> Batch {
    let mut builder = BodyBuilder::default();
    values.iter().for_each(|value| builder.push(0, None, Some(value.as_bytes())));
    let mut batch = Batch::new(builder.build());
    batch.header.base_offset = base_offset;
    batch.header.leader_epoch = 0;
    batch
}

fn texts(records: &[PolledRecords]) -> Vec<(Offset, String)> {
    let records = records.iter().flat_map(PolledRecords::records);
    records.map(|(offset, _, record)| (offset, text(record.value))).collect()
}

fn text(value: Option<&[u8]>) -> String {
    String::from_utf8(value.unwrap().to_vec()).unwrap()
}

fn earliest() -> ConsumerConfig {
    ConsumerConfig { auto_offset_reset: AutoOffsetReset::Earliest, ..ConsumerConfig::default() }
}

fn fetch_of(sent: &Sent) -> &FetchRequest {
    match &*sent.request {
        Request::Fetch(request) => request,
        other => panic!("not a fetch: {other:?}"),
    }
}

/// Lets a consumer poll a batch as a broker would return it.
pub fn deliver(batch: &Batch) -> Vec<String> {
    let mut driven = Driven::reading(&earliest());
    let sent = driven.hand.sent();
    let mut stored = batch.clone();
    stored.header.leader_epoch = 0;
    driven.fetched(&sent[0], vec![stored], ErrorCode::None);
    texts(&driven.records()).into_iter().map(|(_, value)| value).collect()
}

#[test]
fn polls_share_batches_and_stop_at_max_poll_records() {
    let config = ConsumerConfig { max_poll_records: 3, ..earliest() };
    let mut driven = Driven::reading(&config);
    let sent = driven.hand.sent();
    let first = fetch_of(&sent[0]);
    assert_eq!((first.session_epoch, first.partitions[0].fetch_offset), (0, 0));
    let (a, b) = (batch(0, &["a", "b"]), batch(2, &["c", "d"]));
    driven.fetched(&sent[0], vec![a.clone(), b], ErrorCode::None);
    let records = driven.records();
    assert!(Arc::ptr_eq(&records[0].batches[0].body, &a.body));
    assert_eq!((records[0].from, records[0].next, texts(&records).len()), (0, 3, 3));
    let (sent, facts) = driven.hand.take();
    assert!(sent.is_empty(), "no fetch while records lie in the buffer");
    assert!(matches!(facts[..], [Fact::Delivered { from: 0, next: 3, .. }]));
    driven.poll();
    assert_eq!(texts(&driven.records()), [(3, "d".to_owned())]);
    let sent = driven.hand.sent();
    let next = fetch_of(&sent[0]);
    assert_eq!((next.session_id, next.session_epoch, next.partitions[0].fetch_offset), (5, 1, 4));
}

#[test]
fn an_idle_session_names_nothing() {
    let mut driven = Driven::reading(&earliest());
    let sent = driven.hand.sent();
    let empty = FetchResponse { error: ErrorCode::None, session_id: 5, partitions: Vec::new() };
    driven.answer(&sent[0], empty.clone());
    let sent = driven.hand.sent();
    assert_eq!((fetch_of(&sent[0]).session_epoch, fetch_of(&sent[0]).partitions.len()), (1, 0));
    let lost = FetchResponse { error: ErrorCode::FetchSessionIdNotFound, ..empty };
    driven.answer(&sent[0], lost);
    let sent = driven.hand.sent();
    let full = fetch_of(&sent[0]);
    assert_eq!((full.session_id, full.session_epoch, full.partitions.len()), (0, 0, 1));
}

#[test]
fn a_paused_partition_leaves_the_session_and_a_seek_returns_to_it() {
    let mut driven = Driven::reading(&earliest());
    let sent = driven.hand.sent();
    driven.consumer.set_paused(&[partition(0)], true);
    driven.fetched(&sent[0], vec![batch(0, &["a"])], ErrorCode::None);
    assert!(driven.records().is_empty());
    let sent = driven.hand.sent();
    assert_eq!(fetch_of(&sent[0]).forgotten, [id(0)]);
    driven.consumer.seek(&partition(0), SeekTo::Offset(7));
    driven.consumer.set_paused(&[partition(0)], false);
    let gone = FetchResponse { error: ErrorCode::None, session_id: 5, partitions: Vec::new() };
    driven.answer(&sent[0], gone);
    let sent = driven.hand.sent();
    assert_eq!(fetch_of(&sent[0]).partitions[0].fetch_offset, 7);
}

#[test]
fn an_offset_out_of_range_is_reset_or_thrown() {
    let mut driven = Driven::reading(&earliest());
    let sent = driven.hand.sent();
    driven.fetched(&sent[0], Vec::new(), ErrorCode::OffsetOutOfRange);
    assert!(matches!(&*driven.hand.sent()[0].request, Request::ListOffsets(_)));

    let none = ConsumerConfig { auto_offset_reset: AutoOffsetReset::None, ..earliest() };
    let mut driven = Driven::new(None, &none);
    driven.consumer.assign(&[partition(0)]);
    driven.poll();
    driven.poll();
    let error = ErrorCode::OffsetOutOfRange;
    assert!(
        driven.hand.events.iter().any(
            |event| matches!(event, MachineEvent::ConsumerError { error: e, .. } if *e == error)
        )
    );
}

#[test]
fn a_new_leader_makes_it_check_its_position() {
    let mut driven = Driven::reading(&earliest());
    let sent = driven.hand.sent();
    driven.fetched(&sent[0], vec![batch(0, &["a", "b", "c"])], ErrorCode::None);
    assert_eq!(driven.records().len(), 1);
    let sent = driven.hand.sent();
    driven.fetched(&sent[0], Vec::new(), ErrorCode::NotLeaderOrFollower);
    driven.hand.wait(2000);
    driven.poll();
    driven.answer_metadata(&[(2, 1)]);
    let sent = driven.hand.sent();
    let Request::OffsetForLeaderEpoch(request) = &*sent[0].request else { panic!() };
    assert_eq!((sent[0].to, request.partitions[0].leader_epoch), (NodeId(2), 0));
    let end = EpochEndOffset { epoch: 0, end_offset: 2 };
    let answer = OffsetForLeaderEpochResponse { partitions: vec![(id(0), ErrorCode::None, end)] };
    driven.answer(&sent[0], answer);
    let (sent, facts) = driven.hand.take();
    assert_eq!(fetch_of(&sent[0]).partitions[0].fetch_offset, 2, "c is gone");
    assert!(facts.iter().any(|fact| matches!(fact, Fact::PositionReset { offset: 2, .. })));
}

mod membership {
    use super::*;

    struct Member(Driven);

    impl Member {
        /// A member that waits for the coordinator to answer its JoinGroup request.
        fn joining(config: &ConsumerConfig) -> (Member, Sent) {
            let mut driven = Driven::new(Some("g"), config);
            driven.consumer.subscribe(vec![Arc::from("t")]);
            driven.poll();
            let sent = driven.hand.sent();
            for sent in &sent {
                match &*sent.request {
                    Request::Metadata(_) => driven.answer(sent, metadata(&[(1, 0), (1, 0)])),
                    Request::FindCoordinator(_) => {
                        let coordinator = NodeId(2);
                        let error = ErrorCode::None;
                        driven.answer(sent, FindCoordinatorResponse { error, coordinator });
                    }
                    other => panic!("{other:?}"),
                }
            }
            let mut member = Member(driven);
            let first = member.only("JoinGroup");
            let answer = JoinGroupResponse {
                error: ErrorCode::MemberIdRequired,
                member_id: Arc::from("m"),
                ..joined(1)
            };
            member.0.answer(&first, answer);
            let second = member.only("JoinGroup");
            let Request::JoinGroup(request) = &*second.request else { panic!() };
            assert_eq!(&*request.member_id, "m");
            (member, second)
        }

        /// A member that owns both partitions.
        fn stable(config: &ConsumerConfig) -> Member {
            let (mut member, join) = Member::joining(config);
            let strategies = &config.partition_assignment_strategy;
            let protocol = Arc::from(strategies.split(',').next().unwrap());
            member.0.answer(&join, JoinGroupResponse { protocol, ..joined(1) });
            let sync = member.only("SyncGroup");
            let Request::SyncGroup(request) = &*sync.request else { panic!() };
            let assignment = request.assignments[0].1.clone();
            assert_eq!(*assignment, [partition(0), partition(1)], "the leader assigns");
            let error = ErrorCode::None;
            member.0.answer(&sync, SyncGroupResponse { error, assignment });
            let event = member.0.hand.events.pop_front();
            assert!(matches!(event, Some(MachineEvent::Assigned { generation: 1, .. })));
            member.0.poll();
            member
        }

        /// The request of that API, which must be the only one of the coordinator's.
        fn only(&mut self, api: &str) -> Sent {
            let mut sent = self.0.hand.sent();
            sent.retain(|sent| line_of(&sent.request) == Line::Coordinator(0));
            assert_eq!(sent.len(), 1, "one {api}");
            let sent = sent.remove(0);
            assert_eq!(sent.request.api().name(), api);
            sent
        }

        fn heartbeat(&mut self, error: ErrorCode) {
            self.0.hand.wait(3000);
            self.0.poll();
            let sent = self.only("Heartbeat");
            self.0.answer(&sent, HeartbeatResponse { error });
        }
    }

    fn joined(generation: i32) -> JoinGroupResponse {
        let subscription = Arc::new(protocol::Subscription {
            topics: vec![Arc::from("t")],
            owned: vec![],
            generation,
        });
        let member =
            JoinGroupMember { member_id: Arc::from("m"), group_instance_id: None, subscription };
        JoinGroupResponse {
            error: ErrorCode::None,
            generation,
            protocol: Arc::from("range"),
            leader: Arc::from("m"),
            member_id: Arc::from("m"),
            members: vec![member],
        }
    }

    fn manual() -> ConsumerConfig {
        ConsumerConfig { enable_auto_commit: false, ..earliest() }
    }

    #[test]
    fn a_member_begins_at_its_committed_offsets() {
        let mut member = Member::stable(&manual());
        let fetch = member.only("OffsetFetch");
        let committed = CommittedOffset { offset: 42, leader_epoch: -1, metadata: Arc::from("") };
        let offsets = vec![(partition(0), Some(committed)), (partition(1), None)];
        member.0.answer(&fetch, OffsetFetchResponse { error: ErrorCode::None, offsets });
        let assignment = member.0.consumer.assignment();
        assert_eq!(assignment.get(&partition(0)).unwrap().position, 42);
        let state = assignment.get(&partition(1)).unwrap().state;
        assert_eq!(state, FetchState::AwaitReset(OffsetSpec::Earliest));
    }

    #[test]
    fn a_rebalance_revokes_before_it_joins() {
        let mut member = Member::stable(&manual());
        member.only("OffsetFetch");
        member.heartbeat(ErrorCode::RebalanceInProgress);
        let event = member.0.hand.events.pop_front();
        assert!(matches!(event, Some(MachineEvent::Revoked { lost: false, .. })));
        assert!(member.0.hand.sent().is_empty(), "the program has not answered the callback");
        member.0.poll();
        member.only("JoinGroup");
        assert!(member.0.consumer.assignment().is_empty());
    }

    #[test]
    fn a_cooperative_member_gives_up_only_what_another_gets() {
        let config = ConsumerConfig {
            partition_assignment_strategy: "cooperative-sticky".to_owned(),
            ..manual()
        };
        let mut member = Member::stable(&config);
        member.only("OffsetFetch");
        member.heartbeat(ErrorCode::RebalanceInProgress);
        assert!(member.0.hand.events.is_empty(), "nothing is revoked yet");
        let join = member.only("JoinGroup");
        let Request::JoinGroup(request) = &*join.request else { panic!() };
        assert_eq!(request.protocols[0].1.owned, [partition(0), partition(1)]);
        let follower = JoinGroupResponse { leader: Arc::from("other"), ..joined(2) };
        member.0.answer(&join, follower);
        let sync = member.only("SyncGroup");
        let (error, assignment) = (ErrorCode::None, Arc::new(vec![partition(1)]));
        member.0.answer(&sync, SyncGroupResponse { error, assignment });
        let Some(MachineEvent::Revoked { partitions, .. }) = member.0.hand.events.pop_front()
        else {
            panic!("partition 0 goes");
        };
        assert_eq!(*partitions, [partition(0)]);
        member.0.poll();
        let Some(MachineEvent::Assigned { partitions, .. }) = member.0.hand.events.pop_front()
        else {
            panic!("nothing comes in addition, but the callback is called");
        };
        assert!(partitions.is_empty());
        assert!(member.0.consumer.assignment().get(&partition(1)).is_some());
        member.0.poll();
        member.only("JoinGroup");
    }

    #[test]
    fn positions_are_committed_before_they_are_revoked() {
        let mut member = Member::stable(&earliest());
        let fetch = member.only("OffsetFetch");
        let committed = CommittedOffset { offset: 7, leader_epoch: -1, metadata: Arc::from("") };
        let offsets = vec![(partition(0), Some(committed))];
        member.0.answer(&fetch, OffsetFetchResponse { error: ErrorCode::None, offsets });
        member.0.hand.take();
        member.heartbeat(ErrorCode::RebalanceInProgress);
        let commit = member.only("OffsetCommit");
        assert!(member.0.hand.events.is_empty());
        let answer = OffsetCommitResponse { partitions: vec![(partition(0), ErrorCode::None)] };
        member.0.answer(&commit, answer);
        let event = member.0.hand.events.pop_front();
        assert!(matches!(event, Some(MachineEvent::Revoked { .. })));
    }

    #[test]
    fn an_unknown_member_has_lost_its_partitions() {
        let mut member = Member::stable(&manual());
        member.only("OffsetFetch");
        member.heartbeat(ErrorCode::UnknownMemberId);
        let event = member.0.hand.events.pop_front();
        assert!(matches!(event, Some(MachineEvent::Revoked { lost: true, .. })));
        member.0.poll();
        let join = member.only("JoinGroup");
        let Request::JoinGroup(request) = &*join.request else { panic!() };
        assert!(request.member_id.is_empty());
    }

    #[test]
    fn a_program_that_stops_polling_leaves_the_group() {
        let mut member = Member::stable(&manual());
        let away = member.0.hand.now.monotonic;
        for _ in 0..100 {
            member.0.hand.wait(3000);
            member.0.hand.act(|io| member.0.consumer.background(io, Some(away)));
            for sent in member.0.hand.sent() {
                let answer: Response = match &*sent.request {
                    Request::Heartbeat(_) => HeartbeatResponse { error: ErrorCode::None }.into(),
                    Request::LeaveGroup(_) => {
                        assert_eq!(member.0.hand.now.monotonic, away + Micros::from_ms(300_000));
                        return;
                    }
                    _ => continue,
                };
                let line = line_of(&sent.request);
                member.0.hand.act(|io| {
                    member.0.consumer.on_response(io, sent.to, line, sent.id, &answer);
                });
            }
        }
        panic!("max.poll.interval.ms has passed");
    }

    #[test]
    fn another_coordinator_is_looked_for_and_the_membership_goes_on() {
        let mut member = Member::stable(&manual());
        member.only("OffsetFetch");
        member.heartbeat(ErrorCode::NotCoordinator);
        let sent = member.0.hand.sent();
        let find = sent.iter().find(|s| matches!(&*s.request, Request::FindCoordinator(_)));
        let answer = FindCoordinatorResponse { error: ErrorCode::None, coordinator: NodeId(1) };
        member.0.answer(find.unwrap(), answer);
        member.0.hand.take();
        member.0.hand.wait(3000);
        member.0.poll();
        let heartbeat = member.only("Heartbeat");
        let Request::Heartbeat(request) = &*heartbeat.request else { panic!() };
        assert_eq!((heartbeat.to, request.generation), (NodeId(1), 1));
    }

    #[test]
    fn closing_commits_and_leaves() {
        let mut member = Member::stable(&earliest());
        let fetch = member.only("OffsetFetch");
        let committed = CommittedOffset { offset: 7, leader_epoch: -1, metadata: Arc::from("") };
        let offsets = vec![(partition(0), Some(committed))];
        member.0.answer(&fetch, OffsetFetchResponse { error: ErrorCode::None, offsets });
        member.0.hand.take();
        let close = |member: &mut Member| {
            member.0.hand.act(|io| {
                let progress = member.0.consumer.close(io, true);
                member.0.consumer.background(io, None);
                progress
            })
        };
        assert_eq!(close(&mut member), Progress::Blocked);
        let commit = member.only("OffsetCommit");
        let answer: Response =
            OffsetCommitResponse { partitions: vec![(partition(0), ErrorCode::None)] }.into();
        let line = Line::Coordinator(0);
        member.0.hand.act(|io| {
            member.0.consumer.on_response(io, commit.to, line, commit.id, &answer);
        });
        assert_eq!(close(&mut member), Progress::Blocked);
        let leave = member.only("LeaveGroup");
        let answer: Response = LeaveGroupResponse { error: ErrorCode::None }.into();
        member.0.hand.act(|io| {
            member.0.consumer.on_response(io, leave.to, line, leave.id, &answer);
        });
        assert_eq!(close(&mut member), Progress::Done);
    }
}
