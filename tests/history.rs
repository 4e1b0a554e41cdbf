//! Going back in time is exact: the same world, the same judges, journal and metrics, wherever a seek ends.
#![allow(clippy::unwrap_used, reason = "a test that cannot set its world up has failed")]

use kafka_playground::apps::AnyProgram;
use kafka_playground::playground::action::Action;
use kafka_playground::playground::history::History;
use kafka_playground::playground::setup;
use kafka_playground::sim::act::Fault;
use kafka_playground::sim::fact::Fact;
use kafka_playground::sim::ids::NodeId;
use kafka_playground::sim::rng::Rng;
use kafka_playground::sim::time::SimTime;

/// The teaching setup with a crash and a restart of broker 2.
fn eventful(seed: u64) -> History<AnyProgram> {
    let mut history = setup::orders(seed).open().unwrap();
    history.run_until(SimTime(14_200_000));
    history.act(Action::Fault(Fault::Kill(NodeId(2)))).expect("broker 2 runs");
    history.run_until(SimTime(30_000_000));
    history.act(Action::Fault(Fault::Start(NodeId(2)))).expect("broker 2 is down");
    history.run_until(SimTime(45_000_000));
    history
}

#[test]
fn the_same_seed_gives_the_same_hash_and_another_seed_another() {
    let hash = |seed| eventful(seed).run().world.hash();
    assert_eq!(hash(7), hash(7));
    assert_ne!(hash(7), hash(8));
}

#[test]
fn a_seek_to_any_moment_gives_the_state_of_an_uninterrupted_run() {
    let mut rng = Rng::new(1, "seeks");
    let mut sought = eventful(3);
    for _ in 0..12 {
        let time = SimTime(rng.below(45_000_000));
        sought.seek(time);
        let mut straight = eventful_until(3, time);
        assert_eq!(sought.run().world.hash(), straight.run().world.hash(), "world hash at {time}");
        assert_eq!(sought.run().state_digest(), straight.run().state_digest(), "state at {time}");
        straight.step();
    }
}

#[test]
fn a_moment_that_was_kept_is_come_back_to_event_for_event() {
    let mut history = eventful(5);
    history.seek(SimTime(20_000_000));
    for _ in 0..7 {
        history.step();
    }
    let kept = (history.position(), history.run().state_digest());
    assert!(!history.recall(), "nothing was kept before");
    history.keep();
    history.keep();
    assert_eq!(history.kept().collect::<Vec<_>>(), [kept.0]);
    assert!(!history.recall(), "it is here, not before");
    history.run_until(SimTime(600_000_000));
    assert!(history.recall());
    assert_eq!((history.position(), history.run().state_digest()), kept);
    assert_eq!(history.end().time, SimTime(600_000_000), "what was known stays known");
}

#[test]
fn of_too_many_kept_moments_the_oldest_goes_and_none_is_thinned_out() {
    let mut history = setup::orders(1).open().unwrap();
    for second in 1..=20 {
        history.run_until(SimTime(second * 1_000_000));
        history.keep();
    }
    history.run_until(SimTime(4_800_000_000));
    let seconds: Vec<u64> = history.kept().map(|position| position.time.0 / 1_000_000).collect();
    assert_eq!(seconds, (5..=20).collect::<Vec<u64>>());
}

/// The eventful run again, but never further than `time`.
fn eventful_until(seed: u64, time: SimTime) -> History<AnyProgram> {
    let mut history = setup::orders(seed).open().unwrap();
    history.run_until(time.min(SimTime(14_200_000)));
    if time >= SimTime(14_200_000) {
        history.act(Action::Fault(Fault::Kill(NodeId(2)))).expect("broker 2 runs");
        history.run_until(time.min(SimTime(30_000_000)));
    }
    if time >= SimTime(30_000_000) {
        history.act(Action::Fault(Fault::Start(NodeId(2)))).expect("broker 2 is down");
        history.run_until(time);
    }
    history
}

#[test]
fn a_step_back_undoes_exactly_one_event() {
    let mut history = eventful(5);
    history.seek(SimTime(20_000_000));
    let before = history.run().state_digest();
    history.step();
    assert_ne!(history.run().state_digest(), before);
    history.step_back();
    history.run_until(SimTime(20_000_000));
    assert_eq!(history.run().state_digest(), before);
}

#[test]
fn acting_in_the_past_keeps_the_old_future_as_a_branch() {
    let mut history = eventful(5);
    let (end, hash) = (history.end(), history.run().world.hash());
    history.seek(SimTime(20_000_000));
    history.act(Action::Fault(Fault::Start(NodeId(2)))).expect("broker 2 is down");
    history.run_until(SimTime(45_000_000));
    assert_ne!(history.run().world.hash(), hash);
    assert_eq!(history.branches().len(), 1);
    assert_eq!(history.branches()[0].end, end);
    history.switch(0);
    assert_eq!(history.run().world.hash(), hash);
    assert!(history.verify());
}

#[test]
fn acting_before_the_script_drops_what_the_person_did_and_keeps_what_the_setup_does() {
    let mut history = eventful(5);
    assert_eq!(history.actions().len(), 2, "the script is no action of the person");
    history.seek(SimTime(500_000));
    history.act(Action::Fault(Fault::Pause(NodeId(3)))).expect("broker 3 runs");
    history.run_until(SimTime(600_000));
    history.act(Action::Fault(Fault::Resume(NodeId(3)))).expect("broker 3 is paused");
    history.run_until(SimTime(20_000_000));
    assert_eq!(history.actions().len(), 2);
    let image = history.run().world.metadata().expect("the cluster runs");
    assert_eq!(image.topic("orders").map(|topic| topic.partitions.len()), Some(4));
    assert!(history.verify());
    let digest = history.run().state_digest();
    history.seek(SimTime(550_000));
    history.seek(SimTime(20_000_000));
    assert_eq!(history.run().state_digest(), digest);
}

#[test]
fn an_action_at_the_moment_of_the_script_comes_after_it_also_when_repeated() {
    let mut history = setup::orders(5).open().unwrap();
    history.run_until(SimTime(999_999));
    while history.position().time < SimTime(1_000_000) {
        history.step();
    }
    history.act(Action::Fault(Fault::Kill(NodeId(2)))).expect("broker 2 runs");
    history.run_until(SimTime(9_000_000));
    let digest = history.run().state_digest();
    history.seek(SimTime::ZERO);
    history.seek(SimTime(9_000_000));
    assert_eq!(history.run().state_digest(), digest);
}

#[test]
fn the_cause_chain_of_a_new_leader_ends_at_the_kill() {
    let history = eventful(3);
    let journal = &history.run().journal;
    let elected = journal
        .milestones()
        .find(|record| {
            record.time > SimTime(14_200_000)
                && matches!(&record.fact, Fact::LeaderElected { leader, .. } if *leader != NodeId(2))
        })
        .expect("somebody took over from broker 2");
    let chain = journal.why(elected.id);
    let facts: Vec<&Fact> = chain.iter().map(|record| &record.fact).collect();
    assert!(matches!(facts.last(), Some(Fact::Fault(Fault::Kill(NodeId(2))))), "{facts:?}");
    assert!(
        facts.iter().any(|fact| matches!(fact, Fact::BrokerFenced { broker: NodeId(2) })),
        "{facts:?}"
    );
}

#[test]
fn a_refused_act_changes_nothing() {
    let mut history = eventful(3);
    let before = history.run().state_digest();
    assert!(history.act(Action::Fault(Fault::Start(NodeId(1)))).is_err());
    assert!(history.act(Action::Fault(Fault::Kill(NodeId(99)))).is_err());
    assert_eq!(history.run().state_digest(), before);
}
