//! What happens when leaders and followers go and come back.

use super::trio::{T0, Trio};
use crate::sim::fact::Fact;
use crate::sim::ids::*;
use crate::sim::protocol::ErrorCode;
use crate::sim::protocol::data::Acks;
use crate::sim::setup::ClusterSetup;
use crate::sim::version::{KafkaVersion, PlantedBug};

#[test]
fn a_silent_follower_leaves_the_isr_between_one_and_one_and_a_half_lag_times() {
    let mut trio = Trio::with_topic();
    trio.cut.insert(NodeId(3));
    trio.produce(1, Acks::Leader, "a");
    trio.run_ms(29_000);
    assert_eq!(trio.isr(), [1, 2, 3]);
    assert_eq!(trio.ends(1), (1, 0), "the high watermark waits for 3");
    trio.run_ms(17_000);
    assert_eq!(trio.isr(), [1, 2]);
    assert_eq!(trio.ends(1), (1, 1));
}

#[test]
fn an_idle_follower_stays_in_the_isr() {
    let mut trio = Trio::with_topic();
    trio.cut.insert(NodeId(3));
    trio.run_ms(100_000);
    assert_eq!(trio.isr(), [1, 2, 3], "it is at the end of the log");
}

/// Fetches that find nothing do not touch the partition, yet they count as being at the end.
#[test]
fn a_record_after_a_long_silence_does_not_make_followers_lag() {
    let mut trio = Trio::with_topic();
    trio.run_ms(100_000);
    trio.produce(1, Acks::All, "a");
    trio.run_ms(1);
    trio.cut.extend([NodeId(2), NodeId(3)]);
    trio.run_ms(15_000);
    assert_eq!(trio.isr(), [1, 2, 3]);
}

#[test]
fn a_follower_that_has_caught_up_joins_the_isr() {
    let mut trio = Trio::with_topic();
    trio.cut.insert(NodeId(3));
    trio.produce(1, Acks::Leader, "a");
    trio.run_ms(46_000);
    assert_eq!(trio.isr(), [1, 2]);
    trio.cut.clear();
    trio.kill(NodeId(3));
    trio.start(NodeId(3));
    trio.run_ms(2000);
    assert_eq!(trio.ends(3).0, 1);
    assert_eq!(trio.isr(), [1, 2, 3]);
}

#[test]
fn a_refused_isr_is_proposed_again_with_a_later_fetch() {
    let mut trio = Trio::with_topic();
    trio.change(None, &[1, 2]);
    trio.refuse_isr = Some(ErrorCode::IneligibleReplica);
    trio.run_ms(1200);
    assert_eq!(trio.isr(), [1, 2]);
    trio.refuse_isr = None;
    trio.run_ms(600);
    assert_eq!(trio.isr(), [1, 2, 3]);
}

#[test]
fn the_high_watermark_stands_still_below_min_isr() {
    for (version, expected) in [(KafkaVersion::V4_3, 0), (KafkaVersion::V3_6, 1)] {
        let mut setup = ClusterSetup::split(1, 3, 1);
        setup.version = version;
        setup.config.min_insync_replicas = 2;
        let mut trio = Trio::with_topic_in(setup);
        trio.cut.extend([NodeId(2), NodeId(3)]);
        trio.fence(NodeId(2));
        trio.fence(NodeId(3));
        trio.change(None, &[1]);
        let refused = trio.produce(1, Acks::All, "a");
        let taken = trio.produce(1, Acks::Leader, "b");
        trio.run_ms(10);
        assert_eq!(trio.produced(refused), Some((ErrorCode::NotEnoughReplicas, -1)));
        assert_eq!(trio.produced(taken), Some((ErrorCode::None, 0)));
        assert_eq!(trio.ends(1), (1, expected));
    }
}

#[test]
fn too_few_replicas_after_the_append_are_an_error_of_their_own() {
    let mut setup = ClusterSetup::split(1, 3, 1);
    setup.version = KafkaVersion::V3_6;
    setup.config.min_insync_replicas = 2;
    let mut trio = Trio::with_topic_in(setup);
    trio.cut.extend([NodeId(2), NodeId(3)]);
    let sent = trio.produce(1, Acks::All, "a");
    trio.run_ms(100);
    // While 2 and 3 might still join the ISR the high watermark waits for them.
    trio.fence(NodeId(2));
    trio.fence(NodeId(3));
    trio.change(None, &[1]);
    trio.run_ms(10);
    assert_eq!(trio.produced(sent), Some((ErrorCode::NotEnoughReplicasAfterAppend, -1)));
    assert_eq!(trio.ends(1).0, 1, "the record is in the log");
}

/// Test C of facts/kafka.md §3.4, with acks=1.
#[test]
fn a_returning_leader_cuts_what_the_new_one_never_had() {
    let mut trio = Trio::with_topic();
    trio.produce(1, Acks::All, "a");
    trio.run_ms(600);
    trio.cut.extend([NodeId(2), NodeId(3)]);
    trio.produce(1, Acks::Leader, "lost");
    trio.run_ms(10);
    trio.kill(NodeId(1));
    trio.cut.clear();
    trio.fence(NodeId(1));
    trio.change(Some(2), &[2, 3]);
    trio.kill(NodeId(3));
    trio.start(NodeId(3));
    trio.kill(NodeId(2));
    trio.start(NodeId(2));
    trio.run_ms(3000);
    let sent = trio.produce(2, Acks::All, "kept");
    trio.run_ms(600);
    assert_eq!(trio.produced(sent), Some((ErrorCode::None, 1)));
    trio.start(NodeId(1));
    trio.run_ms(3000);
    for node in 1..=3 {
        assert_eq!(trio.values(node), ["a", "kept"]);
    }
    assert_eq!(trio.isr(), [2, 3, 1]);
    let cut = Fact::Truncated { broker: NodeId(1), partition: T0, from: 2, to: 1 };
    assert!(trio.facts.contains(&cut));
}

#[test]
fn a_leader_that_wrote_nothing_can_follow_again() {
    let mut trio = Trio::with_topic();
    trio.produce(1, Acks::All, "a");
    trio.run_ms(20);
    trio.change(Some(2), &[1, 2, 3]);
    trio.run_ms(20);
    trio.change(Some(1), &[1, 2, 3]);
    trio.run_ms(20);
    trio.produce(1, Acks::All, "b");
    trio.run_ms(1000);
    assert_eq!(trio.ends(1), (2, 2));
    assert_eq!(trio.ends(2).0, 2);
}

#[test]
fn who_waits_for_a_leader_is_told_when_it_resigns() {
    let mut trio = Trio::with_topic();
    trio.cut.extend([NodeId(2), NodeId(3)]);
    let sent = trio.produce(1, Acks::All, "a");
    trio.run_ms(10);
    trio.change(Some(2), &[1, 2, 3]);
    trio.run_ms(10);
    assert_eq!(trio.produced(sent), Some((ErrorCode::NotLeaderOrFollower, -1)));
    let late = trio.produce(1, Acks::All, "b");
    trio.run_ms(10);
    assert_eq!(trio.produced(late), Some((ErrorCode::NotLeaderOrFollower, -1)));
}

#[test]
fn a_restart_keeps_the_log_and_the_checkpointed_high_watermark() {
    let mut trio = Trio::with_topic();
    trio.produce(1, Acks::All, "a");
    trio.run_ms(6000);
    trio.kill(NodeId(2));
    trio.start(NodeId(2));
    trio.run_ms(100);
    assert_eq!(trio.ends(2), (1, 1));
}

#[test]
fn a_clean_stop_leaves_the_file_that_says_so() {
    let mut trio = Trio::with_topic();
    trio.with_broker(NodeId(3), |broker, now, out| broker.shut_down(now, out));
    trio.run_ms(100);
    assert_eq!(trio.exited, [NodeId(3)]);
    let epoch = trio.image.brokers[&NodeId(3)].broker_epoch;
    trio.kill(NodeId(3));
    assert_eq!(trio.disks[&NodeId(3)].clean_shutdown, Some(epoch));
    trio.start(NodeId(3));
    trio.kill(NodeId(3));
    assert_eq!(trio.disks[&NodeId(3)].clean_shutdown, None, "it counts once");
}

#[test]
fn the_planted_bug_loses_a_committed_record() {
    for planted in [false, true] {
        let mut setup = ClusterSetup::split(1, 3, 1);
        setup.planted_bugs =
            if planted { vec![PlantedBug::TruncateToHighWatermark] } else { vec![] };
        let mut trio = Trio::with_topic_in(setup);
        let sent = trio.produce(1, Acks::All, "a");
        trio.run_ms(5);
        assert_eq!(trio.produced(sent), Some((ErrorCode::None, 0)));
        assert_eq!(trio.ends(2), (1, 0), "the follower has not heard that it is committed");
        // The follower restarts, then the leader fails before it was asked: KIP-101, scenario 1.
        trio.kill(NodeId(2));
        trio.start(NodeId(2));
        trio.cut.insert(NodeId(1));
        trio.run_ms(300);
        trio.change(Some(2), &[2, 3]);
        assert_eq!(trio.values(2).is_empty(), planted);
    }
}

#[test]
fn a_deleted_topic_goes_with_its_replicas() {
    use crate::sim::controller::metadata::MetadataRecord;
    let mut trio = Trio::with_topic();
    trio.produce(1, Acks::All, "a");
    trio.run_ms(600);
    trio.commit(vec![MetadataRecord::RemoveTopic { topic: T0.topic }]);
    trio.run_ms(600);
    assert!(trio.brokers.values().all(|broker| broker.replica(T0).is_none()));
    let late = trio.produce(1, Acks::All, "b");
    trio.run_ms(10);
    assert_eq!(trio.produced(late), Some((ErrorCode::UnknownTopicId, -1)));
}
