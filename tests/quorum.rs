//! The metadata quorum in a world: elections, failover, and what happens without a majority.
#![allow(clippy::unwrap_used, reason = "a test that cannot set its world up has failed")]

use std::collections::BTreeMap;

use kafka_playground::sim::act::Fault;
use kafka_playground::sim::client::program::{ClientCalls, ClientEvent, Program};
use kafka_playground::sim::fact::{Fact, FactRecord};
use kafka_playground::sim::ids::*;
use kafka_playground::sim::setup::ClusterSetup;
use kafka_playground::sim::time::{Micros, NodeNow};
use kafka_playground::sim::world::World;

/// No client runs in these worlds.
#[derive(Clone, Debug, Hash)]
struct Nobody;

impl Program for Nobody {
    type Command = ();
    fn on(&mut self, _: NodeNow, _: ClientEvent<()>, _: &mut ClientCalls) {}
}

/// A world with everything that was told so far.
struct Told {
    world: World<Nobody>,
    facts: Vec<FactRecord>,
}

impl Told {
    fn new(setup: ClusterSetup) -> Told {
        Told { world: World::new(setup, Vec::new()).unwrap(), facts: Vec::new() }
    }

    fn run_ms(&mut self, ms: i64) {
        let end = self.world.now() + Micros::from_ms(ms);
        while self.world.next_event_time().is_some_and(|next| next <= end) {
            self.world.step();
            self.facts.extend(self.world.facts().iter().cloned());
        }
        self.world.advance_clock(end);
    }

    fn act(&mut self, fault: Fault) {
        self.world.act(fault).unwrap();
        self.facts.extend(self.world.facts().iter().cloned());
    }

    /// Who was elected in which epoch. Panics if an epoch had two leaders.
    fn elected(&self) -> BTreeMap<QuorumEpoch, NodeId> {
        let mut elected = BTreeMap::new();
        for record in &self.facts {
            if let Fact::QuorumLeaderElected { node, epoch } = record.fact {
                assert_eq!(elected.insert(epoch, node), None, "two leaders in epoch {epoch}");
            }
        }
        elected
    }

    /// The node that is the active controller, if there is exactly one.
    fn active(&self) -> Option<NodeId> {
        let active = self.world.nodes().filter(|node| {
            let controller = node.server().and_then(|server| server.controller());
            controller.is_some_and(|controller| controller.is_active())
        });
        let ids: Vec<NodeId> = active.map(|node| node.id).collect();
        (ids.len() == 1).then(|| ids[0])
    }

    fn high_watermark(&self, node: i32) -> Offset {
        let server = self.world.node(NodeId(node)).unwrap().server().unwrap();
        server.quorum().high_watermark().unwrap_or(-1)
    }

    /// Committed logs never disagree and never go back.
    fn check_committed(&self) {
        let mut digests = BTreeMap::new();
        for record in &self.facts {
            if let Fact::QuorumHighWatermark { offset, digest, .. } = record.fact {
                assert_eq!(*digests.entry(offset).or_insert(digest), digest, "at {offset}");
            }
        }
        assert!(!digests.is_empty());
    }
}

#[test]
fn quorums_of_one_three_and_five_elect_a_leader_and_commit() {
    for (seed, controllers) in [(1, 1), (2, 3), (3, 5)] {
        let mut told = Told::new(ClusterSetup::split(seed, 2, controllers));
        told.run_ms(12_000);
        let active = told.active().expect("there is one active controller");
        assert_eq!(told.elected().values().last(), Some(&active));
        let end = told.high_watermark(active.0);
        assert!(end > 10, "NoOp records move the log: {end}");
        for observer in [1, 2] {
            assert!(told.high_watermark(observer) >= end - 1, "broker {observer} follows");
        }
        told.check_committed();
    }
}

#[test]
fn a_new_leader_takes_over_when_the_leader_is_killed() {
    for seed in 0..5 {
        let mut told = Told::new(ClusterSetup::split(seed, 1, 3));
        told.run_ms(12_000);
        let first = told.active().unwrap();
        let epoch = *told.elected().keys().last().unwrap();
        told.act(Fault::Kill(first));
        let kill = told.facts.last().unwrap().id;
        told.run_ms(8_000);
        let second = told.active().expect("a majority is alive");
        assert_ne!(first, second);
        assert!(*told.elected().keys().last().unwrap() > epoch);
        let elected = told.facts.iter().rev().find(
            |record| matches!(record.fact, Fact::QuorumLeaderElected { node, .. } if node == second),
        );
        assert_eq!(elected.unwrap().cause, kill, "the election is a consequence of the kill");
        told.act(Fault::Start(first));
        told.run_ms(8_000);
        assert_eq!(told.active(), Some(second), "the old leader comes back as a follower");
        assert!(told.high_watermark(first.0) > 0);
        told.check_committed();
    }
}

#[test]
fn without_a_majority_nothing_is_committed_until_it_is_back() {
    let mut told = Told::new(ClusterSetup::split(7, 1, 3));
    told.run_ms(12_000);
    let active = told.active().unwrap();
    let others: Vec<NodeId> =
        [101, 102, 103].map(NodeId).into_iter().filter(|id| *id != active).collect();
    told.act(Fault::Kill(others[0]));
    told.act(Fault::PowerLoss(others[1]));
    told.run_ms(1_000);
    let stuck = told.high_watermark(active.0);
    told.run_ms(30_000);
    assert_eq!(told.active(), None, "the leader notices that nobody fetches");
    assert_eq!(told.high_watermark(active.0), stuck);
    told.act(Fault::Start(others[1]));
    told.run_ms(15_000);
    assert!(told.active().is_some());
    assert!(told.high_watermark(active.0) > stuck);
    told.elected();
    told.check_committed();
}

#[test]
fn a_leader_that_stops_cleanly_is_followed_without_a_fetch_timeout() {
    let mut told = Told::new(ClusterSetup::split(4, 0, 3));
    told.run_ms(12_000);
    let first = told.active().unwrap();
    let stop = told.world.now();
    told.act(Fault::CleanStop(first));
    told.run_ms(1_500);
    let is = |record: &&FactRecord| matches!(record.fact, Fact::QuorumLeaderElected { node, .. } if node != first);
    let elected = told.facts.iter().rev().find(is).unwrap().time;
    // The second successor backs off for half a second, and only then grants the first one's pre-vote.
    assert!(elected.since(stop) < Micros::from_ms(700), "elected {elected} after {stop}");
    assert!(told.active().is_some());
}

#[test]
fn a_paused_leader_that_wakes_up_finds_itself_replaced() {
    let mut told = Told::new(ClusterSetup::split(5, 1, 3));
    told.run_ms(12_000);
    let first = told.active().unwrap();
    told.act(Fault::Pause(first));
    told.run_ms(10_000);
    assert_ne!(told.active(), Some(first));
    told.act(Fault::Resume(first));
    told.run_ms(3_000);
    let second = told.active().expect("one is active, not two");
    assert_ne!(second, first);
    told.elected();
    told.check_committed();
}

#[test]
fn restarting_voters_never_elect_two_leaders_in_one_epoch() {
    for seed in 0..20 {
        let mut setup = ClusterSetup::split(seed, 0, 3);
        setup.costs.boot = Micros(1_000);
        let mut told = Told::new(setup);
        for round in 0..60 {
            told.run_ms(150 + (round * 37 + seed as i64 * 13) % 400);
            let node = NodeId(101 + (round as i32 % 3));
            if told.world.check(Fault::Kill(node)).is_ok() {
                told.act(Fault::Kill(node));
                told.act(Fault::Start(node));
            }
        }
        told.run_ms(10_000);
        assert!(told.active().is_some(), "it settles");
        told.elected();
        told.check_committed();
    }
}

#[test]
fn a_long_run_keeps_a_short_log_and_a_node_that_was_away_begins_with_the_snapshot() {
    let mut told = Told::new(ClusterSetup::split(6, 1, 3));
    told.run_ms(12_000);
    told.act(Fault::Kill(NodeId(1)));
    let active = told.active().unwrap();
    let follower = if active == NodeId(103) { 102 } else { 103 };
    told.act(Fault::Kill(NodeId(follower)));
    told.run_ms(1_500_000);
    let log = |told: &Told, node: i32| {
        let server = told.world.node(NodeId(node)).unwrap().server().unwrap();
        server.quorum().disk().log.clone()
    };
    let leaders = log(&told, active.0);
    assert!(leaders.len() <= 2_001 && leaders.end_offset() > 3_000);
    told.act(Fault::Start(NodeId(1)));
    told.act(Fault::Start(NodeId(follower)));
    told.run_ms(20_000);
    for node in [1, follower] {
        assert!(log(&told, node).start_offset() >= leaders.start_offset(), "{node} has a snapshot");
    }
    let image = told.world.node(NodeId(1)).unwrap().server().unwrap().image();
    assert!(!image.brokers[&NodeId(1)].fenced, "the broker serves again");
    told.check_committed();
}

#[test]
fn a_run_is_the_same_every_time() {
    let run = |seed| {
        let mut told = Told::new(ClusterSetup::split(seed, 3, 3));
        told.run_ms(15_000);
        told.world.hash()
    };
    assert_eq!(run(1), run(1));
    assert_ne!(run(1), run(2));
}
