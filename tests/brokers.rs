//! The life of brokers in a world: registration, fencing, clean stop, return.
#![allow(clippy::unwrap_used, reason = "a test that cannot set its world up has failed")]

use kafka_playground::sim::act::Fault;
use kafka_playground::sim::broker::BrokerState;
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
    fn running(setup: ClusterSetup) -> Told {
        let mut told = Told { world: World::new(setup, Vec::new()).unwrap(), facts: Vec::new() };
        told.run_ms(10_000);
        told
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

    /// Milliseconds from `since` to the first fact that is `it`.
    fn ms_until(&self, since: usize, it: impl Fn(&Fact) -> bool) -> Option<i64> {
        let start = self.facts[since].time;
        let found = self.facts[since..].iter().find(|record| it(&record.fact))?;
        Some(found.time.since(start).as_ms())
    }

    fn state(&self, node: i32) -> BrokerState {
        let server = self.world.node(NodeId(node)).unwrap().server().unwrap();
        server.broker().unwrap().lifecycle().state
    }
}

fn is_fenced(broker: i32) -> impl Fn(&Fact) -> bool {
    move |fact| *fact == Fact::BrokerFenced { broker: NodeId(broker) }
}

fn is_unfenced(broker: i32) -> impl Fn(&Fact) -> bool {
    move |fact| *fact == Fact::BrokerUnfenced { broker: NodeId(broker) }
}

#[test]
fn brokers_run_soon_after_the_boot_in_every_layout() {
    for setup in
        [ClusterSetup::split(1, 3, 1), ClusterSetup::split(2, 3, 3), ClusterSetup::combined(3, 3)]
    {
        let told = Told::running(setup);
        for node in 1..=3 {
            assert_eq!(told.state(node), BrokerState::Running);
        }
    }
}

#[test]
fn a_killed_broker_is_fenced_after_its_session_and_unfenced_after_its_return() {
    let mut told = Told::running(ClusterSetup::split(1, 3, 1));
    let since = told.facts.len();
    told.act(Fault::Kill(NodeId(2)));
    told.run_ms(15_000);
    let fenced = told.ms_until(since, is_fenced(2)).unwrap();
    assert!((7000..=10_200).contains(&fenced), "fenced after {fenced} ms");
    let since = told.facts.len();
    told.act(Fault::Start(NodeId(2)));
    told.run_ms(10_000);
    let unfenced = told.ms_until(since, is_unfenced(2)).unwrap();
    assert!(unfenced < 4000, "unfenced after {unfenced} ms");
}

#[test]
fn a_clean_stop_does_not_wait_for_the_session() {
    let mut told = Told::running(ClusterSetup::split(1, 3, 1));
    let since = told.facts.len();
    told.act(Fault::CleanStop(NodeId(2)));
    told.run_ms(5000);
    let exited = told.ms_until(since, |f| *f == Fact::ProcessExited { node: NodeId(2) }).unwrap();
    assert!(exited < 3000, "exited after {exited} ms");
    told.act(Fault::Start(NodeId(2)));
    told.run_ms(10_000);
    assert_eq!(told.state(2), BrokerState::Running);
}

#[test]
fn a_broker_outlives_the_failover_of_the_controller() {
    let mut told = Told::running(ClusterSetup::split(1, 3, 3));
    let leader = |f: &FactRecord| match f.fact {
        Fact::QuorumLeaderElected { node, .. } => Some(node),
        _ => None,
    };
    let active = told.facts.iter().rev().find_map(leader).unwrap();
    let since = told.facts.len();
    told.act(Fault::Kill(active));
    told.run_ms(30_000);
    for node in 1..=3 {
        assert_eq!(told.ms_until(since, is_fenced(node)), None);
        assert_eq!(told.state(node), BrokerState::Running);
    }
}

#[test]
fn what_is_sent_to_a_machine_without_power_is_refused_when_it_is_up_again() {
    let mut told = Told::running(ClusterSetup::split(1, 3, 1));
    let is_refused = |fact: &Fact| matches!(fact, Fact::RequestFailed { to, api: "BrokerHeartbeat", timed_out: false, .. } if to.0 == 101);
    let since = told.facts.len();
    told.act(Fault::PowerLoss(NodeId(101)));
    told.run_ms(3000);
    assert_eq!(told.ms_until(since, is_refused), None, "nobody answers for it");
    let since = told.facts.len();
    told.act(Fault::Start(NodeId(101)));
    told.run_ms(100);
    let refused = told.facts[since..].iter().filter(|record| is_refused(&record.fact)).count();
    assert_eq!(refused, 3, "each broker hears it at once, not after its timeout");
}
