//! Inspectors of the first setup, as a person reads them.

use super::*;
use crate::playground::setup::orders;
use crate::view::compose::cluster;
use crate::view::inspect::{Sign, Tells};
use crate::view::protocol::{Act, Command, Order, Script, Viewport};
use crate::view::scene::PromiseKind;
use crate::view::text::{Lang, plain};

fn session(acts: &[(u64, Command)], end_ms: u64) -> Session {
    let history = orders(1).open().expect("within the limits");
    let mut session = Session::open(history, Script::default(), 14_000_000, false);
    for (time_ms, command) in acts {
        session.command(&Command::Seek(time_ms * 1_000));
        session.command(command);
    }
    session.command(&Command::Seek(end_ms * 1_000));
    session
}

fn look(session: &mut Session, selected: Selected) -> (Scene, Inspection) {
    let viewport = Viewport { selected: Some(selected), ..Viewport::default() };
    session.command(&Command::Subscribe(viewport));
    let mut scene = cluster::scene(session);
    let inspection = scene.inspection.take().expect("the thing is there");
    (scene, inspection)
}

/// `label: value, value` of each row.
fn rows(session: &mut Session, selected: Selected) -> Vec<String> {
    let (scene, inspection) = look(session, selected);
    let say = |word: &Word| word.say(Lang::English, &scene);
    let row = |row: &Row| {
        let values: Vec<String> = row.values.iter().map(say).collect();
        format!("{}: {}", say(&row.label), values.join(", "))
    };
    inspection.rows.iter().map(row).collect()
}

fn has(rows: &[String], row: &str) {
    assert!(rows.iter().any(|other| other == row), "no {row:?} in {rows:#?}");
}

/// The steps of the why, each with its mark and config.
fn why(session: &mut Session, selected: Selected) -> Vec<String> {
    let (scene, inspection) = look(session, selected);
    let why = inspection.why.expect("there is a reason");
    assert!(!why.question.say(Lang::Chinese, &scene).is_empty());
    let step = |step: &Step| {
        let mark = match step.sign {
            Sign::Act => "act",
            Sign::Fact => "fact",
            Sign::Rule => "rule",
            Sign::Result => "result",
        };
        let said = match &step.tells {
            Tells::Event(what) => describe::what(Lang::English, what),
            Tells::Says(says) => says.say(Lang::English, &scene),
        };
        let config = step.config.as_ref().map(|one| format!(" {}={}", one.name, one.value));
        format!("{mark} {}{}", plain(&said), config.unwrap_or_default())
    };
    why.steps.iter().map(step).collect()
}

use crate::view::describe;

fn kill(broker: i32) -> Command {
    Command::Act(Act::Kill(broker))
}

#[test]
fn a_leader_is_inspected_with_its_followers_and_the_purgatory() {
    let mut session = session(&[], 24_200);
    let rows = rows(&mut session, Selected::Replica { partition: 1, broker: 2 });
    assert!(rows[0].starts_with("role: leader since 0:05."), "{rows:#?}");
    has(&rows, "leader epoch → start offset: 0 → 0");
    has(&rows, "ISR: 2, 3, 1");
    assert!(rows.iter().any(|row| row.starts_with("follower 3 fetched to: ")), "{rows:#?}");
    assert!(rows.iter().any(|row| row.starts_with("waiting for acks=all: ")), "{rows:#?}");
}

#[test]
fn a_partition_tells_what_is_true_where_the_controller_does_not_know() {
    let mut session = session(&[(14_200, kill(2))], 15_000);
    let seen = rows(&mut session, Selected::Partition(1));
    has(&seen, "leader: Broker 2");
    has(&seen, "actually: broker 2: stopped; the controller does not know yet");
    let steps = why(&mut session, Selected::Partition(1));
    assert_eq!(steps[0], "act You crashed broker 2");
    assert!(steps[2].ends_with("broker.session.timeout.ms=9000"), "{steps:#?}");
    assert!(steps[3].starts_with("result Until that is over"), "{steps:#?}");
}

#[test]
fn the_new_leader_is_explained_back_to_the_crash() {
    let mut session = session(&[(14_200, kill(2))], 30_000);
    let steps = why(&mut session, Selected::Replica { partition: 1, broker: 3 });
    let expected = [
        "act You crashed broker 2",
        "fact Since then no heartbeat of broker 2 reaches the active controller.",
        "rule A broker that is not heard for so long is fenced and leaves every ISR. broker.session.timeout.ms=9000",
        "fact Broker 2 is fenced: it leads nothing and is in no ISR",
        "rule New leader: the first replica in assignment order 2, 3, 1 that is in the ISR and alive.",
        "result orders-1 leader 2 → 3, epoch 1",
    ];
    assert_eq!(steps, expected);
    let (_, inspection) = look(&mut session, Selected::Replica { partition: 1, broker: 3 });
    let fork = inspection.why.and_then(|why| why.fork).expect("a person did it");
    assert_eq!((fork.actions, fork.text), (0, Text::ForkBeforeCrash));
}

#[test]
fn going_back_to_before_the_crash_leaves_it_as_a_branch() {
    let mut session = session(&[(14_200, kill(2))], 30_000);
    session.command(&Command::ForkBefore(0));
    assert!(session.time_us() <= 14_200_000);
    assert_eq!(session.desk().branches.len(), 1);
    session.command(&Command::Seek(30_000_000));
    let rows = rows(&mut session, Selected::Partition(1));
    has(&rows, "leader: Broker 2");
}

#[test]
fn a_calm_leader_is_explained_by_the_assignment() {
    let mut session = session(&[], 24_200);
    let steps = why(&mut session, Selected::Partition(1));
    assert!(steps[0].starts_with("fact The run begins"), "{steps:#?}");
    let end = &steps[steps.len() - 2..];
    assert_eq!(
        end[0],
        "rule The first replica of the assignment 2, 3, 1 leads (the preferred leader)."
    );
    assert_eq!(end[1], "result Broker 2 leads orders-1 from the beginning.");
}

#[test]
fn a_record_is_read_from_the_log_it_lies_in() {
    let mut session = session(&[], 24_200);
    let rows = rows(&mut session, Selected::Record { partition: 1, broker: 2, offset: 3 });
    has(&rows, "committed: yes: below the high watermark");
    for label in ["key: ", "value: ", "batch: ", "producer id: ", "sequence: ", "billing: read"] {
        assert!(rows.iter().any(|row| row.starts_with(label)), "no {label} in {rows:#?}");
    }
}

#[test]
fn a_record_that_waits_for_a_dead_follower_says_so() {
    let mut session = session(&[(14_200, kill(3))], 16_500);
    let scene = cluster::scene(&session);
    let broker = &scene.brokers[1];
    let cell = broker.cells[1].as_ref().expect("broker 2 leads orders-1");
    assert!(cell.log_end > cell.high_watermark, "nothing waits");
    let record = Selected::Record { partition: 1, broker: 2, offset: cell.log_end - 1 };
    let steps = why(&mut session, record);
    assert_eq!(steps[0], "act You crashed broker 3");
    assert!(steps[1].starts_with("fact Broker 3 is in the ISR and has fetched up to"));
    assert!(steps[2].starts_with("rule A record is committed once"), "{steps:#?}");
}

#[test]
fn a_group_tells_its_members_and_waits_for_the_dead_one() {
    let consumer = 100_002;
    let mut session = session(&[(24_200, kill(consumer))], 26_000);
    let rows = rows(&mut session, Selected::Group("billing".into()));
    has(&rows, "session.timeout.ms: 45000");
    has(&rows, "assignor: range");
    has(&rows, "c1: orders-0, -1, stopped");
    let steps = why(&mut session, Selected::Lane { group: "billing".into(), partition: 0 });
    assert_eq!(steps[0], "act You crashed c1");
    assert!(steps[2].ends_with("session.timeout.ms=45000"), "{steps:#?}");
}

#[test]
fn processes_are_inspected_in_their_own_words() {
    let mut session = session(&[], 24_200);
    let broker = rows(&mut session, Selected::Node(2));
    has(&broker, "the controller believes: alive (unfenced), controller 103");
    assert!(broker.iter().any(|row| row.starts_with("last heartbeat: ")), "{broker:#?}");
    let controller = rows(&mut session, Selected::Node(103));
    has(&controller, "role: leader");
    has(&controller, "active controller: yes");
    let producer = rows(&mut session, Selected::Node(100_001));
    has(&producer, "acks: all");
    has(&producer, "linger.ms: 5");
    let consumer = rows(&mut session, Selected::Node(100_002));
    has(&consumer, "group: billing");
    has(&consumer, "session.timeout.ms: 45000");
}

#[test]
fn a_message_in_flight_is_taken_apart() {
    let mut session = session(&[], 24_200);
    let flight = cluster::scene(&session).flights[0];
    let seen = rows(&mut session, Selected::Message(flight.id));
    assert!(seen[0].starts_with("message: ") && seen.len() >= 5, "{seen:#?}");
    session.command(&Command::Seek(30_000_000));
    has(&rows(&mut session, Selected::Message(flight.id)), "state: it has arrived, or was lost");
}

#[test]
fn a_message_that_was_dropped_by_hand_is_told_as_dropped_until_that_is_undone() {
    let mut session = session(&[], 24_200);
    let flight = cluster::scene(&session).flights[0];
    let message = Selected::Message(flight.id);
    session.command(&Command::Act(Act::Reset(flight.nodes.0, flight.nodes.1)));
    let told = "state: dropped: you reset its connection";
    let is_told = |rows: Vec<String>| rows.iter().any(|row| row.starts_with(told));
    assert!(is_told(rows(&mut session, message.clone())));
    session.command(&Command::Seek(30_000_000));
    assert!(is_told(rows(&mut session, message.clone())));
    session.command(&Command::Undo);
    assert!(!is_told(rows(&mut session, message.clone())));
    session.command(&Command::Seek(30_000_000));
    has(&rows(&mut session, message), "state: it has arrived, or was lost");
}

#[test]
fn too_few_in_sync_are_the_reason_of_a_refused_write() {
    let mut session = session(&[(14_200, kill(2)), (14_300, kill(3))], 60_000);
    let journal = &session.history.run().journal;
    let refused = journal.fine().find(|record| {
        matches!(&record.fact, Fact::ProduceRefused { error, .. } if error.name() == "NOT_ENOUGH_REPLICAS")
    });
    let id = refused.expect("a write was refused").id.0;
    let steps = why(&mut session, Selected::Event(id));
    assert_eq!(steps[0], "act You crashed broker 3");
    assert!(steps.iter().any(|step| step.ends_with("min.insync.replicas=2")), "{steps:#?}");
}

#[test]
fn a_promise_names_the_configs_that_decide() {
    let mut session = session(&[], 24_200);
    let rows = rows(&mut session, Selected::Promise(PromiseKind::NoLoss));
    has(&rows, "guarantee: holds");
    has(&rows, "acks: all");
    has(&rows, "min.insync.replicas: 2");
    has(&rows, "unclean.leader.election.enable: false");
}

#[test]
fn what_is_set_for_all_brokers_is_in_force_for_a_topic() {
    let name = "unclean.leader.election.enable".to_owned();
    let order = Order::BrokerConfig { broker: None, name, value: Some("true".into()) };
    let mut session = session(&[(14_200, Command::Order(order))], 20_000);
    let rows = rows(&mut session, Selected::Promise(PromiseKind::CommittedOnly));
    has(&rows, "unclean.leader.election.enable: true");
}

#[test]
fn a_changed_config_is_an_event_with_its_value_and_its_order() {
    let order = Order::TopicConfig {
        topic: "orders".into(),
        name: "min.insync.replicas".into(),
        value: Some("1".into()),
    };
    let mut session = session(&[(14_200, Command::Order(order))], 20_000);
    let events = cluster::scene(&session).events;
    let told = |event: &crate::view::scene::Event| plain(&describe::event(Lang::English, event));
    let changed = events.iter().find(|event| told(event) == "orders: min.insync.replicas=1");
    let steps = why(&mut session, Selected::Event(changed.expect("it is told").id));
    assert_eq!(steps, ["act You asked for it.", "result orders: min.insync.replicas=1"]);
}

#[test]
fn everything_is_told_on_request_and_milestones_otherwise() {
    let mut session = session(&[(14_200, kill(2))], 30_000);
    let milestones = cluster::scene(&session).events.len();
    let viewport = Viewport { everything: true, ..Viewport::default() };
    session.command(&Command::Subscribe(viewport));
    let all = cluster::scene(&session).events;
    assert!(all.len() > milestones);
    assert!(all.is_sorted_by_key(|event| event.time_us));
    let joined = |event: &crate::view::scene::Event| {
        matches!(event.what, crate::view::scene::What::SendRetried { .. })
    };
    assert!(all.iter().any(joined), "{all:#?}");
}
