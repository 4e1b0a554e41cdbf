//! What is handed on comes back whole, and what was damaged or made up is refused with its place.

use proptest::collection::vec;
use proptest::prelude::*;

use super::complaint::{Complaint, Source, Wrong};
use super::opening::{Opened, Opening};
use super::trace::Trace;
use super::{Look, Moment, Shared, file, link};
use crate::apps::AnyCommand;
use crate::apps::load::{ConsumerCommand, Pace, ProducerCommand};
use crate::apps::tool::{OneRecord, ToolCommand};
use crate::limits::{ACTIONS_MAX, LINK_CHARS_MAX, SHARED_BYTES_MAX};
use crate::playground::action::Action;
use crate::playground::setup::TOOL;
use crate::sim::act::Fault;
use crate::sim::client::program::AdminCall;
use crate::sim::ids::NodeId;
use crate::sim::protocol::data::Acks;
use crate::sim::time::Micros;
use crate::view::host::setup_of;
use crate::view::protocol::{Act, Command, Order, Script, SetupName, Stamped};
use crate::view::session::Session;
use crate::view::text::Lang;

type Deed = Action<AnyCommand>;

fn stamped(time_us: u64, after_events: u64, action: &Deed) -> Stamped {
    let action = postcard::to_allocvec(action).expect("plain data can be encoded");
    Stamped { time_us, after_events, action }
}

/// A run of the board that nobody has played: good enough to be encoded.
fn shared(acts: Vec<Stamped>) -> Shared {
    Shared {
        engine: "0.1.0".to_owned(),
        script: Script { seed: 7, acts, ..Script::default() },
        moment: Moment { time_us: 86_400_000_000, after_events: Some(u64::MAX) },
        hash: 0x0123_4567_89ab_cdef,
        look: Some(Look {
            lang: Lang::Chinese,
            dark: true,
            speed: 3.0,
            auto: true,
            topic: Some("payments".to_owned()),
        }),
    }
}

fn without_look(shared: &Shared) -> Shared {
    Shared { look: None, ..shared.clone() }
}

/// A person at the board: kills, links, records, topics that Kafka refuses, configs, one more client.
fn played() -> Session {
    let script = Script::first(SetupName::Orders);
    let history = setup_of(&script).open().expect("within the limits");
    let mut session = Session::open(history, script, 12_000_000, false);
    let client = |place: i32| TOOL.0 + place;
    let send = Order::Send { topic: "orders".into(), key: "ella".into(), value: "h\u{e9}".into() };
    let create = |name: &str| Order::CreateTopic { name: name.into(), partitions: 2, copies: 3 };
    let acks = Order::ClientConfig { node: client(1), name: "acks".into(), value: "1".into() };
    let commands = [
        Command::Act(Act::Kill(2)),
        Command::Act(Act::Slow(1, 3, 700)),
        Command::Seek(13_000_000),
        Command::Order(send),
        Command::Order(create("payments")),
        Command::Order(create("not a topic name")),
        Command::Step,
        Command::Step,
        Command::Act(Act::Rate(client(1), 20)),
        Command::Order(acks),
        Command::Act(Act::AddLike(client(2))),
        Command::Seek(16_000_000),
        Command::Act(Act::Restart(2)),
        Command::Act(Act::Commit(client(2))),
        Command::Seek(20_000_000),
        Command::Step,
        Command::Step,
        Command::Step,
    ];
    commands.iter().for_each(|command| session.command(command));
    session
}

fn opened(shared: Shared) -> Result<(Session, Opened), Complaint> {
    let mut opening = Opening::new(shared)?;
    loop {
        if let Some(ended) = opening.advance() {
            return ended.map(|()| opening.finish(Source::Link));
        }
    }
}

#[test]
fn a_link_and_a_file_open_at_the_same_moment_of_the_same_world() {
    let played = played();
    let look = Look { speed: 3.0, topic: Some("payments".into()), ..Look::default() };
    let shared = Shared::of(&played, Some(look.clone()));
    assert!(shared.script.acts.len() >= 10, "{} actions", shared.script.acts.len());
    let link = link::encode(&shared).expect("it is short");
    assert!(link.len() < 900, "{} characters", link.len());
    let by_link = link::decode(&link).expect("it was just made");
    assert_eq!(by_link, shared);
    let by_file = file::decode(file::encode(&shared).as_bytes()).expect("it was just made");
    assert_eq!(by_file, without_look(&shared));

    let (session, told) = opened(by_link).expect("it was played before");
    assert_eq!(session.history.position(), played.history.position());
    assert_eq!(session.history.run().world.hash(), played.history.run().world.hash());
    assert_eq!(session.script(), played.script());
    assert!(told.same && !session.pace.playing);
    assert_eq!(session.viewport.topic, look.topic);
    assert!(opened(by_file).expect("it was played before").1.same);
}

#[test]
fn a_person_reads_a_file_action_by_action() {
    let file = file::encode(&Shared::of(&played(), None));
    let lines: Vec<&str> = file.lines().collect();
    assert_eq!(lines[1], r#"  "kafka_playground": "run","#);
    assert!(file.contains(r#""action":{"Fault":{"Kill":2}}"#), "{file}");
    assert!(file.contains(r#""key":"ella""#) && file.contains("\"value\":\"h\u{e9}\""), "{file}");
    assert!(file.contains(r#""name":"acks","value":"1""#), "{file}");
    assert!(lines.iter().all(|line| line.len() < 400), "{file}");
}

#[test]
fn a_training_is_shared_with_its_choices() {
    let mut script = Script::first(SetupName::Digits);
    script.training.trainers = 2;
    let history = setup_of(&script).open().expect("within the limits");
    let session = Session::open(history, script, 8_000_000, false);
    let shared = Shared::of(&session, None);
    let again = link::decode(&link::encode(&shared).expect("it is short")).expect("just made");
    let (session, told) = opened(again).expect("it was played before");
    assert!(told.same);
    assert_eq!((session.setup(), session.training().trainers), (SetupName::Digits, 2));
}

/// A link of the first day. If this fails, the format has changed without its number: links of other people would not open.
#[test]
fn a_link_of_the_first_day_still_opens() {
    let kill = stamped(14_200_000, 5_000, &Action::Fault(Fault::Kill(NodeId(2))));
    let old = shared(vec![kill]);
    assert_eq!(link::decode(FIRST_DAY), Ok(old));
}

const FIRST_DAY: &str = "#run=AUgAAABjNdAz1DNgYGdh_DCZk_HAzUdsHerMDAwsDQfuvjvIxPgfBhjfz15_9seaixMZgYABDDgcGBk5ChIrc1PzSooBCqTAbg";

fn action() -> impl Strategy<Value = Deed> {
    let node = || (1..=3).prop_map(NodeId);
    let client = || (0..5).prop_map(|place| NodeId(TOOL.0 + place));
    let tell = |client, command| Action::Command { client, command };
    prop_oneof![
        node().prop_map(|node| Action::Fault(Fault::Kill(node))),
        node().prop_map(|node| Action::Fault(Fault::WipeDisk(node))),
        (node(), node()).prop_map(|(from, to)| Action::Fault(Fault::CutLink { from, to })),
        (node(), node(), proptest::option::of(0..1_000_000_u64)).prop_map(|(from, to, latency)| {
            Action::Fault(Fault::SetLatency { from, to, latency: latency.map(Micros) })
        }),
        (0..1_000_000_u64)
            .prop_map(|latency| { Action::Fault(Fault::SetNetwork { latency: Micros(latency) }) }),
        (client(), 0..1_000_u32).prop_map(move |(client, rate)| {
            tell(client, ProducerCommand::SetPace(Pace::Rate(rate)).into())
        }),
        client().prop_map(move |client| tell(client, ConsumerCommand::CommitNow.into())),
        (any::<u64>(), vec(any::<u8>(), 0..40), ".{0,20}").prop_map(move |(token, key, value)| {
            let (key, value) = (Some(key), Some(value.into_bytes()));
            let record = OneRecord { topic: "orders".into(), partition: None, key, value };
            tell(TOOL, AnyCommand::Tool(ToolCommand::Send { token, record, acks: Acks::All }))
        }),
        (any::<u64>(), ".{0,300}").prop_map(move |(token, name)| {
            let call = AdminCall::DeleteTopics(vec![name.into()]);
            tell(TOOL, AnyCommand::Tool(ToolCommand::Admin { token, call }))
        }),
        (client(), "[a-z0-9]{0,20}")
            .prop_map(|(like, name)| Action::AddClient { like, name: name.into() }),
    ]
}

/// Actions in the order of their time.
fn acts(count: usize) -> impl Strategy<Value = Vec<Stamped>> {
    vec((0..10_000_000_u64, 0..100_000_u64, action()), 0..count).prop_map(|gaps| {
        let mut at = (0, 0);
        let stamp = |(time, events, action): &(u64, u64, Deed)| {
            at = (at.0 + time, at.1 + events);
            stamped(at.0, at.1, action)
        };
        gaps.iter().map(stamp).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_was_done_comes_back(acts in acts(40), seed in any::<u64>(), hash in any::<u64>()) {
        let mut shared = shared(acts);
        (shared.script.seed, shared.hash) = (seed, hash);
        let link = link::encode(&shared).expect("forty actions fit");
        prop_assert_eq!(&link::decode(&link), &Ok(shared.clone()));
        let file = file::encode(&shared);
        prop_assert_eq!(&file::decode(file.as_bytes()), &Ok(without_look(&shared)));
    }

    #[test]
    fn a_changed_or_missing_character_is_refused(acts in acts(6), at in any::<prop::sample::Index>(), by in 1..64_usize) {
        let link = link::encode(&shared(acts)).expect("six actions fit");
        let place = link::PREFIX.len() + at.index(link.len() - link::PREFIX.len());
        let mut changed = link.clone().into_bytes();
        let from = DIGITS.iter().position(|digit| *digit == changed[place]).expect("a digit");
        changed[place] = DIGITS[(from + by) % 64];
        let changed = String::from_utf8(changed).expect("base64url is ASCII");
        prop_assert!(link::decode(&changed).is_err());
        prop_assert!(link::decode(&link[..place]).is_err());
        let longer = link.clone() + "A";
        prop_assert!(link::decode(&longer).is_err());
    }

    #[test]
    fn bytes_that_were_made_up_are_refused(body in vec(any::<u8>(), 0..400), length in any::<u32>()) {
        prop_assert!(link::decode(&link::seal(1, length, &body)).is_err());
        // A well-sealed body of noise may not get further than an error either.
        let noise = link::seal(1, body.len() as u32, &body);
        if let Ok(shared) = link::decode(&noise) {
            prop_assert!(shared.script.acts.is_empty());
        }
        let text = String::from_utf8_lossy(&body);
        let text = link::PREFIX.to_owned() + &text;
        prop_assert!(link::decode(&text).is_err());
        prop_assert!(file::decode(&body).is_err());
    }

    #[test]
    fn an_action_with_a_changed_byte_is_read_or_refused(action in action(), at in any::<prop::sample::Index>(), by in 1..=255_u8) {
        let mut act = stamped(5, 5, &action);
        let place = at.index(act.action.len());
        act.action[place] ^= by;
        let link = link::encode(&shared(vec![act])).expect("one action fits");
        // Never a panic, and a complaint names the action.
        if let Err(complaint) = link::decode(&link) {
            let named = matches!(complaint, Complaint::Action { action: 1, count: 1, .. });
            prop_assert!(named, "{:?}", complaint);
        }
    }
}

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

#[test]
fn a_made_up_action_is_named_with_its_place_and_its_fault() {
    let kill = |node| Action::Fault(Fault::Kill(NodeId(node)));
    let rate = |client, rate| Action::Command {
        client: NodeId(client),
        command: ProducerCommand::SetPace(Pace::Rate(rate)).into(),
    };
    let config = ConsumerCommand::SetConfig { name: "no.such".into(), value: "1".into() };
    let config = Action::Command { client: NodeId(TOOL.0 + 2), command: config.into() };
    let latency = Some(Micros(u64::MAX));
    let slow = Fault::SetLatency { from: NodeId(1), to: NodeId(2), latency };
    let cases = [
        (stamped(2, 2, &kill(9)), Wrong::UnknownNode(9)),
        (stamped(2, 2, &kill(i32::MIN)), Wrong::UnknownNode(i32::MIN)),
        (stamped(2, 2, &rate(TOOL.0 + 77, 1)), Wrong::UnknownNode(TOOL.0 + 77)),
        (
            stamped(2, 2, &rate(TOOL.0 + 1, u32::MAX)),
            Wrong::TooLarge { number: u64::from(u32::MAX), limit: 100_000 },
        ),
        (
            stamped(2, 2, &Action::Fault(slow)),
            Wrong::TooLarge { number: u64::MAX, limit: 86_400_000_000 },
        ),
        (
            stamped(2, 2, &Action::Fault(Fault::SetNetwork { latency: Micros(u64::MAX) })),
            Wrong::TooLarge { number: u64::MAX, limit: 86_400_000_000 },
        ),
        (stamped(2, 2, &config), Wrong::Config("Unknown config name 'no.such'".into())),
        (stamped(0, 0, &kill(1)), Wrong::OutOfOrder),
        (stamped(u64::MAX, 2, &kill(1)), Wrong::AfterMoment),
    ];
    for (act, expected) in cases {
        let shared = shared(vec![stamped(1, 1, &kill(1)), act, stamped(3, 3, &kill(2))]);
        let complaint = file::decode(file_of(&shared).as_bytes()).expect_err("it is wrong");
        let Complaint::Action { action, count, wrong } = &complaint else {
            panic!("{complaint:?}")
        };
        assert_eq!((*action, *count), (2, 3), "{complaint:?}");
        match (&expected, wrong) {
            (Wrong::Config(_), Wrong::Config(why)) => assert!(why.contains("no.such"), "{why}"),
            _ => assert_eq!(wrong, &expected),
        }
        let said = complaint.say(Lang::English, Source::File);
        assert!(said.starts_with("Action 2 of 3 is wrong"), "{said}");
    }
}

/// A file of actions that are not looked at, as a stranger writes one.
fn file_of(shared: &Shared) -> String {
    let honest = file::encode(&Shared {
        script: Script { acts: Vec::new(), ..shared.script.clone() },
        ..shared.clone()
    });
    let lines = shared.script.acts.iter().map(|act| {
        let action: Deed = postcard::from_bytes(&act.action).expect("it is an action");
        let action = serde_json::to_string(&action).expect("it can be told");
        format!(
            r#"{{"time_us":{},"after_events":{},"action":{action}}}"#,
            act.time_us, act.after_events
        )
    });
    honest.replace(
        "\"actions\": []",
        &format!("\"actions\": [{}]", lines.collect::<Vec<_>>().join(",")),
    )
}

#[test]
fn what_cannot_be_done_at_its_moment_is_found_before_anything_is_shown() {
    let mut shared = Shared::of(&played(), None);
    // Broker 2 is down by then: it cannot be killed once more.
    let again = Stamped { ..shared.script.acts[0].clone() };
    shared.script.acts.insert(1, again);
    let count = shared.script.acts.len() as u32;
    let Err(complaint) = opened(shared.clone()) else { panic!("a dead broker cannot be killed") };
    let Complaint::Action { action: 2, count: named, wrong: Wrong::Refused(why) } = &complaint
    else {
        panic!("{complaint:?}")
    };
    assert_eq!((*named, why.as_str()), (count, "node 2 is not running; start it first"));
    // The run has as many events only later.
    shared.script.acts.remove(1);
    shared.script.acts[0].after_events -= 40;
    let Err(complaint) = opened(shared.clone()) else {
        panic!("the clock shows another time then")
    };
    assert!(matches!(
        complaint,
        Complaint::Action { action: 1, wrong: Wrong::NoMoment { .. }, .. }
    ));
    shared.script.acts[0].after_events += 40;
    shared.moment.after_events = shared.moment.after_events.map(|events| events + 1_000);
    let Err(complaint) = opened(shared) else { panic!("there are no more events by then") };
    assert!(matches!(complaint, Complaint::NoMoment { .. }), "{complaint:?}");
}

#[test]
fn sizes_are_bounded_before_anything_is_unpacked() {
    let bomb = link::seal(1, u32::MAX, &vec![0; 8 * SHARED_BYTES_MAX]);
    let said = u64::from(u32::MAX);
    let limit = SHARED_BYTES_MAX as u64;
    assert_eq!(link::decode(&bomb), Err(Complaint::TooLarge { size: said, limit }));
    // One that lies about its size is not inflated past what it says.
    let liar = link::seal(1, 100, &vec![0; 8 * SHARED_BYTES_MAX]);
    assert_eq!(link::decode(&liar), Err(Complaint::Damaged));
    let long = format!("{}{}", link::PREFIX, "A".repeat(LINK_CHARS_MAX));
    assert!(matches!(link::decode(&long), Err(Complaint::TooLarge { .. })));
    let large = vec![b' '; SHARED_BYTES_MAX + 1];
    assert!(matches!(file::decode(&large), Err(Complaint::TooLarge { .. })));
    assert_eq!(link::decode(&link::seal(9, 0, &[])), Err(Complaint::Newer { format: 9 }));
    assert_eq!(link::decode("#cluster"), Err(Complaint::Foreign));
}

#[test]
fn a_thousand_acts_still_fit_a_link_and_too_many_are_counted() {
    let kill = |place: u64| {
        let fault = if place.is_multiple_of(2) { Fault::Pause } else { Fault::Resume };
        stamped(place * 1_234_567, place * 777, &Action::Fault(fault(NodeId(2))))
    };
    let link = link::encode(&shared((0..1_000).map(kill).collect())).expect("it fits");
    assert!(link.len() < 8_000, "{} characters", link.len());
    let many = shared((0..=ACTIONS_MAX as u64).map(kill).collect());
    let complaint = link::decode(&link::encode(&many).expect("they are alike")).unwrap_err();
    let count = ACTIONS_MAX as u64 + 1;
    assert_eq!(complaint, Complaint::TooManyActions { count, limit: ACTIONS_MAX as u64 });
}

#[test]
fn a_file_is_refused_where_it_is_wrong() {
    let good = file::encode(&shared(vec![stamped(1, 1, &Action::Fault(Fault::Kill(NodeId(1))))]));
    let cases = [
        (good.replace("\"moment\"", "moment"), "It is not JSON at line 6, column 3."),
        (good.replace("\"format\": 1", "\"format\": 2"), "It has format 2"),
        (
            good.replace("\"format\": 1", "\"format\": -1"),
            "The field format is wrong: invalid value",
        ),
        (good.replace("\"run\",", "\"walk\","), "It is not a run of Kafka Playground."),
        ("[]".to_owned(), "It is not a run of Kafka Playground."),
        (
            good.replace("\"format\"", "\"colour\": 1, \"format\""),
            "The field colour is wrong: it is not known",
        ),
        (good.replace("\"seed\"", "\"sed\""), "The field run is wrong: missing field `seed`"),
        (
            good.replace("\"seed\":7", "\"seed\":7,\"x\":1"),
            "The field run is wrong: x is not known",
        ),
        (good.replace("\"world_hash\"", "\"hash\""), "The field hash is wrong: it is not known"),
        (good.replace("Orders", "Sorders"), "The field run is wrong: unknown variant `Sorders`"),
        (
            good.replace("Kill", "Explode"),
            "Action 1 of 1 is wrong: it cannot be read (unknown variant `Explode`",
        ),
        (
            good.replace("{\"Kill\":1}", "{\"Kill\":1e99}"),
            "Action 1 of 1 is wrong: it cannot be read",
        ),
        (
            good.replace("\"after_events\":1,", "\"after_events\":1,\"by\":\"me\","),
            "Action 1 of 1 is wrong: it cannot be read (by is not known)",
        ),
    ];
    for (file, expected) in cases {
        let complaint = file::decode(file.as_bytes()).expect_err(&file);
        let said = complaint.say(Lang::English, Source::File);
        assert!(said.starts_with(expected), "{said}\n{file}");
    }
    assert!(file::decode(good.as_bytes()).is_ok());
}

#[test]
fn the_trace_tells_every_fact_once_with_its_cause() {
    let played = played();
    let mut trace = Trace::of(&played);
    let mut lines = Vec::new();
    while trace.step(&mut lines) {}
    let text = String::from_utf8(lines).expect("JSON is UTF-8");
    let mut lines =
        text.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).expect(line));
    let head = lines.next().expect("a head");
    assert_eq!(head["kafka_playground"], "trace");
    assert_eq!(head["run"]["seed"], 1);
    assert_eq!(head["actions"].as_array().map(Vec::len), Some(played.history.actions().len()));
    let facts: Vec<_> = lines.collect();
    assert_eq!(facts.len() as u64, played.history.run().journal.seen());
    assert!(facts.windows(2).all(|two| two[0]["id"].as_u64() < two[1]["id"].as_u64()));
    assert!(facts.iter().all(|fact| fact["cause"].as_u64() < fact["id"].as_u64()));
    let killed = facts.iter().find(|fact| fact["kind"] == "Fault").expect("broker 2 was killed");
    assert_eq!(killed["fields"], serde_json::json!({ "Kill": 2 }));
    assert_eq!(killed["time_us"], 12_000_000);
    let known = played.history.run().journal.milestones().count();
    assert!(known < facts.len(), "milestones are not all that happens");
}

#[test]
fn a_file_whose_time_was_changed_opens_at_that_time() {
    let file = file::encode(&Shared::of(&played(), None));
    let mut value: serde_json::Value = serde_json::from_str(&file).expect("it is JSON");
    value["moment"] = serde_json::json!({ "time_us": 33_000_000 });
    let shared = file::decode(value.to_string().as_bytes()).expect("a moment may be a time alone");
    let (session, told) = opened(shared).expect("every run has such a time");
    assert_eq!(session.time_us(), 33_000_000);
    assert!(told.same, "nothing is claimed of it");
}

#[test]
fn speeds_of_a_link_are_bounded() {
    for (asked, given) in [(f64::NAN, 1.0), (f64::INFINITY, 1.0), (1e9, 1_000.0), (-3.0, 0.001)] {
        let mut shared = shared(Vec::new());
        shared.look.as_mut().expect("it has one").speed = asked;
        let again = link::decode(&link::encode(&shared).expect("it fits")).expect("it is sound");
        assert_eq!(again.look.expect("it has one").speed, given);
    }
}
