//! What happens while nothing breaks: produce, copy, commit, consume.

use super::trio::{T0, Trio};
use crate::sim::broker::BrokerState;
use crate::sim::fact::Fact;
use crate::sim::ids::*;
use crate::sim::protocol::data::*;
use crate::sim::protocol::{ErrorCode, Response};
use crate::sim::setup::ClusterSetup;
use crate::sim::storage::batch::{Batch, Body};
use crate::sim::version::PlantedBug;

fn consumer_fetch(offset: Offset, session: (i32, i32), names_partition: bool) -> FetchRequest {
    let partition = FetchPartition {
        partition: T0,
        current_leader_epoch: -1,
        fetch_offset: offset,
        last_fetched_epoch: -1,
        log_start_offset: -1,
        max_bytes: 1_048_576,
    };
    FetchRequest {
        fetcher: Fetcher::Consumer,
        max_wait_ms: 500,
        min_bytes: 1,
        max_bytes: 52_428_800,
        isolation: IsolationLevel::ReadUncommitted,
        session_id: session.0,
        session_epoch: session.1,
        partitions: if names_partition { vec![partition] } else { Vec::new() },
        forgotten: Vec::new(),
    }
}

fn fetched(trio: &Trio, id: RequestId) -> Option<&FetchResponse> {
    match trio.answer(id)? {
        Response::Fetch(response) => Some(response),
        other => panic!("not a fetch response: {other:?}"),
    }
}

#[test]
fn brokers_register_catch_up_and_are_unfenced() {
    let trio = Trio::new(ClusterSetup::split(1, 3, 1));
    for broker in trio.brokers.values() {
        assert_eq!(broker.lifecycle().state, BrokerState::Running);
    }
    assert!(trio.image.brokers.values().all(|broker| !broker.fenced));
}

/// The step table of facts/kafka.md §3.2.
#[test]
fn acks_all_is_answered_when_every_follower_has_asked_for_the_next_record() {
    let mut trio = Trio::with_topic();
    let sent = trio.produce(1, Acks::All, "a");
    trio.run_ms(2);
    assert_eq!(trio.ends(1), (1, 0), "the leader has it");
    assert_eq!(trio.produced(sent), None);
    trio.run_ms(2);
    assert_eq!((trio.ends(2), trio.ends(3)), ((1, 0), (1, 0)), "the followers have it");
    assert_eq!(trio.ends(1).1, 1, "their next fetches commit it");
    trio.run_ms(1);
    assert_eq!(trio.produced(sent), Some((ErrorCode::None, 0)));
    assert_eq!(trio.ends(2), (1, 0), "followers hear of it with a later answer");
    trio.run_ms(520);
    assert_eq!((trio.ends(2), trio.ends(3)), ((1, 1), (1, 1)));
}

#[test]
fn acks_one_is_answered_by_the_leader_alone() {
    let mut trio = Trio::with_topic();
    trio.cut.extend([NodeId(2), NodeId(3)]);
    let sent = trio.produce(1, Acks::Leader, "a");
    trio.run_ms(10);
    assert_eq!(trio.produced(sent), Some((ErrorCode::None, 0)));
    assert_eq!(trio.ends(1), (1, 0));
}

#[test]
fn acks_all_times_out_while_a_follower_is_silent_and_the_record_stays() {
    let mut trio = Trio::with_topic();
    trio.cut.insert(NodeId(3));
    let sent = trio.produce(1, Acks::All, "a");
    trio.run_ms(4900);
    assert_eq!(trio.produced(sent), None);
    trio.run_ms(200);
    assert_eq!(trio.produced(sent), Some((ErrorCode::RequestTimedOut, -1)));
    assert_eq!(trio.ends(1), (1, 0));
}

#[test]
fn a_consumer_waits_for_committed_records_and_its_session_names_only_changes() {
    let mut trio = Trio::with_topic();
    let first = trio.ask(1, consumer_fetch(0, (0, 0), true));
    trio.run_ms(510);
    let opened = fetched(&trio, first).expect("the wait is over").clone();
    assert_eq!(opened.partitions.len(), 1, "the first answer of a session names everything");
    assert_eq!(opened.partitions[0].high_watermark, 0);
    let id = opened.session_id;
    let second = trio.ask(1, consumer_fetch(0, (id, 1), false));
    trio.run_ms(510);
    assert_eq!(fetched(&trio, second).map(|r| r.partitions.len()), Some(0), "no news");
    let third = trio.ask(1, consumer_fetch(0, (id, 2), false));
    trio.produce(1, Acks::All, "a");
    trio.run_ms(5);
    let news = &fetched(&trio, third).expect("a record was committed").partitions;
    assert_eq!(news[0].batches.len(), 1);
    assert_eq!(news[0].high_watermark, 1);
    let stale = trio.ask(1, consumer_fetch(1, (id, 2), true));
    trio.run_ms(5);
    assert_eq!(fetched(&trio, stale).map(|r| r.error), Some(ErrorCode::InvalidFetchSessionEpoch));
}

#[test]
fn a_consumer_out_of_range_is_told_at_once() {
    let mut trio = Trio::with_topic();
    let id = trio.ask(1, consumer_fetch(5, (0, -1), true));
    trio.run_ms(5);
    let answer = fetched(&trio, id).expect("errors do not wait");
    assert_eq!(answer.partitions[0].error, ErrorCode::OffsetOutOfRange);
    let id = trio.ask(2, consumer_fetch(0, (0, -1), true));
    trio.run_ms(5);
    let answer = &fetched(&trio, id).expect("errors do not wait").partitions[0];
    assert_eq!(answer.error, ErrorCode::NotLeaderOrFollower);
    let leader = LeaderAndEpoch { leader: NodeId(1), epoch: 0 };
    assert_eq!(answer.current_leader, Some(leader), "KIP-951");
}

#[test]
fn a_duplicate_is_acknowledged_where_it_stands() {
    let mut trio = Trio::with_topic();
    let mut batch = Batch::new(Body::single(0, None, Some(b"a")));
    (batch.header.producer_id, batch.header.producer_epoch) = (9, 0);
    batch.header.base_sequence = 0;
    for _ in 0..2 {
        let sent = trio.produce_batch(1, Acks::All, batch.clone());
        trio.run_ms(10);
        assert_eq!(trio.produced(sent), Some((ErrorCode::None, 0)));
    }
    batch.header.base_sequence = 4;
    let gap = trio.produce_batch(1, Acks::All, batch);
    trio.run_ms(10);
    assert_eq!(trio.produced(gap), Some((ErrorCode::OutOfOrderSequenceNumber, -1)));
    assert_eq!(trio.ends(1).0, 1);
}

#[test]
fn a_batch_larger_than_the_topic_allows_is_refused() {
    let mut trio = Trio::with_topic();
    let large = vec![0; 1_048_600];
    let batch = Batch::new(Body::single(0, None, Some(&large)));
    let sent = trio.produce_batch(1, Acks::Leader, batch);
    trio.run_ms(10);
    assert_eq!(trio.produced(sent), Some((ErrorCode::MessageTooLarge, -1)));
}

#[test]
fn the_first_batch_is_returned_however_large_it_is() {
    let mut trio = Trio::with_topic();
    for _ in 0..3 {
        trio.produce_batch(1, Acks::All, Batch::new(Body::single(0, None, Some(&[7; 1000]))));
    }
    trio.run_ms(20);
    let request = FetchRequest { max_bytes: 10, ..consumer_fetch(0, (0, -1), true) };
    let id = trio.ask(1, request);
    trio.run_ms(5);
    assert_eq!(fetched(&trio, id).map(|r| r.partitions[0].batches.len()), Some(1));
}

#[test]
fn the_planted_bug_commits_without_followers() {
    let mut setup = ClusterSetup::split(1, 3, 1);
    setup.planted_bugs = vec![PlantedBug::HighWatermarkWithoutFollower];
    let mut trio = Trio::with_topic_in(setup);
    trio.cut.extend([NodeId(2), NodeId(3)]);
    let sent = trio.produce(1, Acks::All, "a");
    trio.run_ms(5);
    assert_eq!(trio.produced(sent), Some((ErrorCode::None, 0)));
}

#[test]
fn facts_tell_appends_and_acknowledgements() {
    let mut trio = Trio::with_topic();
    trio.produce(1, Acks::All, "a");
    trio.run_ms(20);
    let appended = |leader: bool| {
        let is_it =
            |f: &&Fact| matches!(f, Fact::Appended { as_leader, .. } if *as_leader == leader);
        trio.facts.iter().filter(is_it).count()
    };
    assert_eq!((appended(true), appended(false)), (1, 2));
    let acknowledged = |f: &Fact| {
        matches!(
            f,
            Fact::ProduceAcknowledged { base_offset: 0, last_offset: 0, acks_all: true, .. }
        )
    };
    assert!(trio.facts.iter().any(acknowledged));
}
