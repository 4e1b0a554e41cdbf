//! The host as the page meets it.

use super::*;
use crate::view::protocol::{Act, FRAME_BYTES_MAX, Filter, Order, Outcome, Verified, encode};
use crate::view::scene::{GroupState, Process, QuorumRole, ReplicaRole};
use crate::view::training::TrainingScene;

fn opened(setup: SetupName, at_us: u64) -> Host {
    let mut host = Host::default();
    host.command(Command::Open { script: Script::first(setup), at_us, playing: false });
    host
}

fn scene(host: &mut Host) -> Scene {
    let Some(Update::Frame(frame)) = host.update(0.0) else { panic!("a frame is due") };
    host.command(Command::Drawn(frame.number));
    let Picture::Cluster(scene) = frame.picture else { panic!("orders is a cluster") };
    scene
}

#[test]
fn the_first_picture_shows_a_cluster_at_work() {
    let scene = scene(&mut opened(SetupName::Orders, 24_200_000));
    assert_eq!(scene.columns.len(), 4);
    assert_eq!(scene.columns[1].leader, Some(2));
    assert!(scene.columns.iter().all(|column| column.isr.len() == 3 && column.high_watermark > 0));
    assert_eq!(scene.controllers.iter().filter(|c| c.role == QuorumRole::Leader).count(), 1);
    let cell = scene.brokers[1].cells[1].as_ref().expect("broker 2 holds orders-1");
    assert_eq!(cell.role, ReplicaRole::Leader);
    assert!(cell.log_end >= cell.high_watermark);
    assert_eq!(scene.groups.len(), 2);
    for group in &scene.groups {
        assert_eq!(group.state, GroupState::Stable, "{}", group.name);
        assert!(group.lanes.iter().all(|lane| lane.consumer.is_some() && lane.lag.is_some()));
    }
    assert!(scene.charts[0].lines[0].points.len() > 50);
    assert!(scene.producers[0].rate >= 6, "{} records a second", scene.producers[0].rate);
}

#[test]
fn a_killed_leader_is_replaced_and_a_rewind_brings_it_back() {
    let mut host = opened(SetupName::Orders, 14_200_000);
    host.command(Command::Act(Act::Kill(2)));
    let before = scene(&mut host);
    assert_eq!(before.brokers[1].process, Process::Stopped);
    assert_eq!(before.columns[1].leader, Some(2), "the controller has not noticed");
    host.command(Command::Seek(30_000_000));
    let after = scene(&mut host);
    assert_eq!(after.columns[1].leader, Some(3));
    assert_eq!(after.columns[1].leader_epoch, 1);
    host.command(Command::Seek(14_000_000));
    let again = scene(&mut host);
    assert_eq!(again.columns[1].leader_epoch, 0);
    assert_eq!(again.brokers[1].process, Process::Running);
    assert!(again.timeline.known_us >= 30_000_000);
}

#[test]
fn what_was_asked_is_answered_and_can_be_taken_back() {
    let mut host = opened(SetupName::Orders, 14_200_000);
    let order = Order::CreateTopic { name: "payments".into(), partitions: 2, copies: 3 };
    host.command(Command::Order(order));
    let waiting = frame(&mut host).desk.reply.expect("something was asked");
    assert_eq!(waiting.outcome, Outcome::Waiting);
    host.command(Command::Seek(17_000_000));
    let answered = frame(&mut host);
    assert_eq!(answered.desk.reply.expect("it is still told").outcome, Outcome::Done);
    let Picture::Cluster(scene) = answered.picture else { panic!("orders is a cluster") };
    assert!(scene.topics.contains(&"payments".to_owned()));
    host.command(Command::Undo);
    let undone = frame(&mut host);
    assert!(undone.picture.time_us() <= 14_200_000);
    assert_eq!((undone.desk.letter, undone.desk.branches.len()), (1, 1));
    host.command(Command::Seek(17_000_000));
    assert!(!scene_of(frame(&mut host)).topics.contains(&"payments".to_owned()));
    host.command(Command::Compare(Some(0)));
    let [here, there] = frame(&mut host).desk.compared.expect("two runs are compared");
    assert_eq!((here.letter, there.letter), (1, 0));
    assert!(!there.promises.is_empty() && there.figures[0] > 0);
    assert_eq!((here.time_us, there.time_us), (17_000_000, 17_000_000));
    let fork_us = there.fork_us;
    for ending in [&here, &there] {
        assert_eq!((ending.charts.len(), ending.fork_us), (4, fork_us));
        let points = ending.charts.iter().flat_map(|chart| &chart.lines[0].points);
        assert!(points.clone().count() > 8 && points.clone().all(|point| point.0 >= fork_us));
    }
    host.command(Command::Seek(15_000_000));
    let [here, there] = frame(&mut host).desk.compared.expect("they are still compared");
    assert_eq!((here.time_us, there.time_us), (15_000_000, 15_000_000));
    assert_eq!(here.figures, there.figures, "nothing has come of the act yet");
    host.command(Command::Seek(60_000_000));
    let [_, there] = frame(&mut host).desk.compared.expect("they are still compared");
    assert_eq!(there.time_us, 60_000_000, "further than the branch was run");
    host.command(Command::Act(Act::Pause(3)));
    assert_eq!(frame(&mut host).desk.reply.map(|reply| reply.number), Some(2));
    host.command(Command::Switch(0));
    assert!(scene_of(frame(&mut host)).topics.contains(&"payments".to_owned()));
}

#[test]
fn the_run_is_verified_a_slice_at_a_time_while_it_stands_still() {
    let mut host = opened(SetupName::Orders, 14_200_000);
    host.command(Command::Pause);
    host.command(Command::Verify);
    assert!(host.is_busy());
    host.tick(0.0, || true);
    assert!(matches!(frame(&mut host).desk.verified, Verified::Running(_)));
    while host.is_busy() {
        host.tick(0.0, || false);
        frame(&mut host);
    }
    assert_eq!(frame_again(&mut host).desk.verified, Verified::Same(14_200_000));
}

#[test]
fn the_auto_pace_hurries_while_nobody_has_noticed_a_crash() {
    let mut host = opened(SetupName::Orders, 14_200_000);
    host.command(Command::Act(Act::Kill(2)));
    host.tick(0.0, || false);
    assert!(frame_again(&mut host).speed < 1.0, "the crash itself is worth seeing");
    host.command(Command::Seek(18_000_000));
    host.tick(0.0, || false);
    assert!(frame_again(&mut host).speed > 1.0, "nine seconds of waiting are not");
}

#[test]
fn one_frame_at_a_time_is_on_its_way() {
    let mut host = opened(SetupName::Orders, 14_200_000);
    let first = host.update(0.0).expect("a frame is due");
    assert!(encode(&first).len() <= FRAME_BYTES_MAX);
    host.command(Command::Step);
    assert!(host.update(1_000.0).is_none(), "the page has not drawn the first");
    host.command(Command::Drawn(1));
    assert!(matches!(host.update(1_000.0), Some(Update::Frame(_))));
}

fn frame(host: &mut Host) -> Frame {
    match host.update(host.last_frame_ms + host.frame_interval_ms()) {
        Some(Update::Frame(frame)) => {
            host.command(Command::Drawn(frame.number));
            *frame
        }
        other => panic!("a frame is due, not {other:?}"),
    }
}

/// A frame though nothing has changed.
fn frame_again(host: &mut Host) -> Frame {
    host.command(Command::SetFilter(Filter::All));
    frame(host)
}

fn scene_of(frame: Frame) -> Scene {
    match frame.picture {
        Picture::Cluster(scene) => scene,
        Picture::Training(_) => panic!("orders is a cluster"),
    }
}

#[test]
fn the_walk_stops_before_each_step_and_prints_the_message() {
    let mut host = opened(SetupName::AiData, 5_900_000);
    for step in 0..=3 {
        host.command(Command::Play);
        host.command(Command::SetSpeed(1_000.0));
        host.tick(0.0, || false);
        host.tick(20.0, || false);
        let scene = scene(&mut host);
        let walk = scene.walk.expect("this setup is a walk");
        assert_eq!(walk.step, step);
        match step {
            0 => assert!(scene.topic.is_none()),
            1 => assert_eq!(scene.columns.len(), 4),
            2 => assert_eq!(walk.stored.map(|(_, offset)| offset), Some(0)),
            _ => assert!(walk.printed.expect("it is read").ends_with(walk::MESSAGE)),
        }
    }
}

#[test]
fn training_shows_its_workers_and_curves() {
    let mut host = opened(SetupName::Digits, 20_000_000);
    let Some(Update::Frame(frame)) = host.update(0.0) else { panic!("a frame is due") };
    let Picture::Training(scene) = frame.picture else { panic!("digits is a training") };
    assert_eq!(scene.workers.len(), 4);
    assert_eq!(
        scene.samples[..10].iter().map(|s| s.label).collect::<Vec<_>>(),
        (0..10).collect::<Vec<_>>()
    );
    assert!(scene.samples[10..].iter().all(|sample| sample.label != sample.answer));
    assert!(scene.accuracy.len() > 1, "{} tests", scene.accuracy.len());
    assert!(!scene.confusion.is_empty());
}

fn training(host: &mut Host) -> TrainingScene {
    match frame_again(host).picture {
        Picture::Training(scene) => scene,
        Picture::Cluster(_) => panic!("it is a training"),
    }
}

#[test]
fn what_a_dead_trainer_has_trained_stays_counted_and_any_dead_worker_is_to_be_started() {
    let mut host = opened(SetupName::Digits, 10_000_000);
    let before = training(&mut host);
    let trainer = before.workers[1].clone();
    assert!(trainer.records > 0 && before.version > 0);
    assert_eq!(before.suggestion(), Some((trainer.name.as_str(), Act::Kill(trainer.node))));
    host.command(Command::Act(Act::Kill(trainer.node)));
    assert!(training(&mut host).records >= before.records);
    let restart = Act::Restart(trainer.node);
    assert_eq!(training(&mut host).suggestion(), Some((trainer.name.as_str(), restart)));
    host.command(Command::Act(restart));
    let preprocessor = before.board().groups[0].members[0].clone();
    host.command(Command::Act(Act::Kill(preprocessor.node)));
    let (name, act) = (preprocessor.name.as_str(), Act::Restart(preprocessor.node));
    assert_eq!(training(&mut host).suggestion(), Some((name, act)));
}

#[test]
fn a_large_cluster_tells_how_far_its_opening_is_and_fits_a_frame() {
    let mut host = opened(SetupName::TenBrokers, 20_000_000);
    assert_eq!(host.update(200.0), Some(Update::Opening(0)));
    let (mut told, mut opened) = (Vec::new(), None);
    let mut now_ms = 200.0;
    while host.is_opening() {
        now_ms += FRAME_INTERVAL_MS;
        host.tick(now_ms, || true);
        match host.update(now_ms) {
            Some(Update::Opening(percent)) => told.push(percent),
            other => opened = other,
        }
    }
    let rises = told.is_sorted() && told.iter().all(|percent| *percent <= 100);
    assert!(told.len() > 1 && rises, "{told:?}");
    let Some(Update::Frame(frame)) = opened else { panic!("the picture follows the last slice") };
    assert!(encode(&frame).len() <= FRAME_BYTES_MAX);
    let scene = scene_of(*frame);
    assert_eq!((scene.brokers.len(), scene.columns.len()), (10, 24));
    assert!(!scene.flights.is_empty() || !scene.flows.is_empty());
}
