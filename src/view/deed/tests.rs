//! What is asked, done in a run.

use super::*;
use crate::playground::setup;
use crate::sim::time::SimTime;

fn running() -> History<AnyProgram> {
    let mut history = setup::orders(1).open().unwrap();
    history.run_until(SimTime(20_000_000));
    history
}

fn ask(history: &mut History<AnyProgram>, asked: Asked) -> Outcome {
    let (deeds, token) = match actions(history, &asked) {
        Ok(actions) => actions,
        Err(outcome) => return outcome,
    };
    for deed in deeds {
        history.act(deed).expect("everything runs");
    }
    history.run_until(SimTime(history.position().time.0 + 5_000_000));
    token.and_then(|token| outcome(history, token)).unwrap_or(Outcome::Done)
}

#[test]
fn topics_are_made_and_refused_in_kafkas_words() {
    let mut history = running();
    let create = |name: &str, copies| {
        Asked::Order(Order::CreateTopic { name: name.into(), partitions: 2, copies })
    };
    assert_eq!(ask(&mut history, create("payments", 3)), Outcome::Done);
    let again = ask(&mut history, create("payments", 3));
    assert_eq!(again, refused("TopicExistsException: Topic 'payments' already exists."));
    let Outcome::Refused(too_many) = ask(&mut history, create("wide", 4)) else {
        panic!("three brokers hold no four copies")
    };
    assert!(too_many.starts_with("InvalidReplicationFactorException: Unable to replicate"));
    let gone = Asked::Order(Order::DeleteTopic("payments".into()));
    assert_eq!(ask(&mut history, gone), Outcome::Done);
}

#[test]
fn a_typed_record_is_stored_where_its_key_leads() {
    let mut history = running();
    let send = Order::Send { topic: "orders".into(), key: "ella".into(), value: "hi".into() };
    let first = ask(&mut history, Asked::Order(send.clone()));
    let second = ask(&mut history, Asked::Order(send));
    let (Outcome::Stored { partition: a, .. }, Outcome::Stored { partition: b, .. }) =
        (&first, &second)
    else {
        panic!("{first:?} {second:?}")
    };
    assert_eq!(a, b);
}

#[test]
fn a_datacentre_answers_before_a_message_of_the_teaching_network_arrives() {
    let stored = |latency_us: Option<u32>| {
        let mut history = running();
        if let Some(latency_us) = latency_us {
            let outcome = ask(&mut history, Asked::Act(Act::Network(latency_us)));
            assert_eq!(outcome, Outcome::Done);
        }
        let send = Order::Send { topic: "orders".into(), key: "ella".into(), value: "hi".into() };
        let (deeds, token) = actions(&history, &Asked::Order(send)).expect("it can be sent");
        for deed in deeds {
            history.act(deed).expect("everything runs");
        }
        history.run_until(SimTime(history.position().time.0 + 100_000));
        outcome(&history, token.expect("it is answered")).is_some()
    };
    assert_eq!([stored(None), stored(Some(500)), stored(Some(150_000))], [false, true, false]);
}

#[test]
fn configs_are_checked_as_kafka_checks_them() {
    let mut history = running();
    let topic = |value: &str| {
        Asked::Order(Order::TopicConfig {
            topic: "orders".into(),
            name: "min.insync.replicas".into(),
            value: Some(value.into()),
        })
    };
    assert_eq!(
        ask(&mut history, topic("0")),
        refused(
            "InvalidConfigurationException: Invalid value 0 for configuration min.insync.replicas: Value must be at least 1"
        )
    );
    assert_eq!(ask(&mut history, topic("3")), Outcome::Done);
    let client = |name: &str, value: &str| {
        Asked::Order(Order::ClientConfig {
            node: TOOL.0 + 1,
            name: name.into(),
            value: value.into(),
        })
    };
    assert_eq!(ask(&mut history, client("acks", "1")), Outcome::Done);
    let Outcome::Refused(idempotence) = ask(&mut history, client("enable.idempotence", "true"))
    else {
        panic!("acks=1 excludes idempotence")
    };
    assert!(idempotence.starts_with("Must set acks to all"), "{idempotence}");
}

#[test]
fn brokers_configs_are_set_and_refused_as_kafka_does() {
    let mut history = running();
    let mut set = |broker, name: &str, value: Option<&str>| {
        let value = value.map(str::to_owned);
        let order = Order::BrokerConfig { broker, name: name.into(), value };
        ask(&mut history, Asked::Order(order))
    };
    assert_eq!(set(None, "unclean.leader.election.enable", Some("true")), Outcome::Done);
    assert_eq!(set(None, "unclean.leader.election.enable", None), Outcome::Done);
    assert_eq!(
        set(Some(2), "num.io.threads", Some("2")),
        refused(
            "InvalidRequestException: Cannot update these configs dynamically: [num.io.threads]"
        )
    );
    assert_eq!(
        set(Some(2), "min.insync.replicas", Some("3")),
        refused(
            "InvalidConfigurationException: Broker-level min.insync.replicas cannot be altered while ELR is enabled."
        )
    );
}

#[test]
fn leaders_are_elected_and_partitions_added_by_the_tool() {
    let mut history = running();
    let elect = || Asked::Act(Act::Elect { unclean: false });
    assert_eq!(ask(&mut history, elect()), Outcome::Done);
    let more = |total| Asked::Order(Order::AddPartitions { topic: "orders".into(), total });
    assert_eq!(
        ask(&mut history, more(4)),
        refused("InvalidPartitionsException: Topic already has 4 partition(s).")
    );
    assert_eq!(ask(&mut history, more(6)), Outcome::Done);
    ask(&mut history, Asked::Act(Act::Kill(2)));
    history.run_until(SimTime(history.position().time.0 + 15_000_000));
    let Outcome::Refused(why) = ask(&mut history, elect()) else {
        panic!("broker 2 is down and preferred somewhere")
    };
    assert!(why.starts_with("PreferredLeaderNotAvailableException: The preferred"), "{why}");
    assert!(why.contains("orders-1"), "{why}");
}

#[test]
fn a_producer_is_told_its_keys_and_kept_within_the_limits() {
    let mut history = running();
    let checkout = TOOL.0 + 1;
    assert_eq!(ask(&mut history, Asked::Act(Act::Keys(checkout, 1))), Outcome::Done);
    let rate = Act::Rate(checkout, PRODUCER_RATE_MAX + 1);
    assert_eq!(ask(&mut history, Asked::Act(rate)), Outcome::Limit(PRODUCER_RATE_MAX));
    let ends = |history: &History<AnyProgram>| {
        let world = &history.run().world;
        let image = world.metadata().expect("it runs").clone();
        let topic = image.topic("orders").expect("it exists");
        (0..4)
            .map(|partition| {
                let at = crate::sim::ids::TopicPartition::new(topic.id, partition);
                let leader = world.node(NodeId(image.partition(at).expect("it exists").leader));
                crate::view::compose::access::replica(leader.expect("it runs"), at)
                    .expect("its log")
                    .log_end
            })
            .collect::<Vec<_>>()
    };
    let before = ends(&history);
    history.run_until(SimTime(history.position().time.0 + 5_000_000));
    let after = ends(&history);
    let grown = before.iter().zip(&after).filter(|(before, after)| after > before).count();
    assert_eq!(grown, 1, "one key leads to one partition: {before:?} {after:?}");
}

#[test]
fn one_more_member_divides_the_partitions_anew() {
    let mut history = running();
    let c1 = TOOL.0 + 2;
    assert_eq!(ask(&mut history, Asked::Act(Act::AddLike(c1))), Outcome::Done);
    let specs = history.run().world.client_specs();
    assert_eq!(&*specs.last().expect("five clients and one more").name, "c3");
    history.run_until(SimTime(45_000_000));
    let group = crate::view::compose::access::group(&history.run().world, "billing");
    assert_eq!(group.expect("it is coordinated").members.len(), 3);
    assert!(history.verify());
}
