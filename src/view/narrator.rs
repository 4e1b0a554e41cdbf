//! The narrator: one sentence about what is happening, and one thing to try.

use super::describe::{milliseconds, partition_name, promise_text};
use super::scene::{
    Attention, Broker, Column, Look, Next, Process, Producer, PromiseKind, QuorumRole, Scene,
    Standing, What,
};
use super::text::{Lang, Text};
use super::timeline;
use crate::playground::walk::STEPS_US;

pub use super::suggestion::Suggestion;

/// `broker.session.timeout.ms`, in seconds, as the sentence names it.
const SESSION_TIMEOUT_S: u32 = 9;
/// `replica.lag.time.max.ms`, in seconds, as the sentence names it.
const REPLICA_LAG_TIME_MAX_S: u32 = 30;
/// How long a returned broker or a moved leader is worth a sentence, in virtual microseconds.
const FRESH_US: u64 = 12_000_000;

/// The tone of the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    Plain,
    Alarm,
}

/// The narrator's line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The sentence, with `**strong**` marks.
    pub sentence: String,
    pub tone: Tone,
    pub suggestion: Option<Suggestion>,
    /// The column the sentence is about: a phone shows it first.
    pub column: Option<usize>,
}

/// The line for a scene. The most urgent thing wins: a broken promise, an outage, a fault, the calm.
pub fn line(lang: Lang, scene: &Scene, seed: u64) -> Line {
    broken(lang, scene, seed)
        .or_else(|| starting(lang, scene))
        .or_else(|| looking(lang, scene))
        .or_else(|| no_controller(lang, scene))
        .or_else(|| offline(lang, scene))
        .or_else(|| down(lang, scene))
        .or_else(|| paused(lang, scene))
        .or_else(|| slow_disk(lang, scene))
        .or_else(|| catching_up(lang, scene))
        .or_else(|| cut_off(lang, scene))
        .or_else(|| walking(lang, scene))
        .or_else(|| guiding(lang, scene))
        .unwrap_or_else(|| calm(lang, scene))
}

fn plain(sentence: String, suggestion: Option<Suggestion>, column: Option<usize>) -> Line {
    Line { sentence, tone: Tone::Plain, suggestion, column }
}

fn broken(lang: Lang, scene: &Scene, seed: u64) -> Option<Line> {
    let broken = scene.promises.iter().find(|promise| promise.standing == Standing::Broken)?;
    let promise = promise_text(broken.kind).say(lang);
    let time = timeline::long(scene.time_us);
    let sentence =
        Text::NarrateBroken.with(lang, &[("promise", &promise), ("seed", &seed), ("time", &time)]);
    Some(Line { sentence, tone: Tone::Alarm, suggestion: None, column: None })
}

fn starting(lang: Lang, scene: &Scene) -> Option<Line> {
    let led = scene.columns.iter().any(|column| column.leader_epoch > 0 || column.leader.is_some());
    // The walk begins without a topic: there the cluster is up once its brokers are.
    let up = scene.walk.is_some() && scene.brokers.iter().all(|b| b.process == Process::Running);
    (!led && !up).then(|| plain(Text::NarrateStarting.say(lang), None, None))
}

fn no_controller(lang: Lang, scene: &Scene) -> Option<Line> {
    let active = |role| matches!(role, QuorumRole::Leader);
    let any = scene.controllers.iter().any(|c| active(c.role) && c.process == Process::Running);
    let stopped = scene.controllers.iter().find(|c| c.process == Process::Stopped);
    let suggestion = stopped.map(|controller| Suggestion::Restart(controller.id));
    (!any).then(|| plain(Text::NarrateNoController.say(lang), suggestion, None))
}

fn offline(lang: Lang, scene: &Scene) -> Option<Line> {
    let index = scene.columns.iter().position(|column| column.leader.is_none())?;
    let column = &scene.columns[index];
    let partition = partition_name(topic(scene), column.partition);
    let waiting = column.isr.iter().chain(&column.elr).chain(&column.replicas);
    let stopped = waiting.copied().find(|id| broker(scene, *id).is_some_and(is_stopped));
    let sentence = Text::NarrateOffline.with(lang, &[("partition", &partition)]);
    Some(plain(sentence, stopped.map(Suggestion::Restart), Some(index)))
}

fn down(lang: Lang, scene: &Scene) -> Option<Line> {
    let stopped = scene.brokers.iter().filter(|b| is_stopped(b)).max_by_key(|b| b.since_us)?;
    let suggestion = Some(Suggestion::Restart(stopped.id));
    let believed = scene.columns.iter().position(|column| column.isr.contains(&stopped.id));
    if believed.is_some() {
        let leads = scene.columns.iter().position(|column| column.leader == Some(stopped.id));
        let waits_for_all = scene.producers.iter().any(|producer| producer.acks == "all");
        let text = match waits_for_all {
            true => Text::NarrateNotNoticed,
            false => Text::NarrateNotNoticedOne,
        };
        let sentence = text.with(lang, &[("broker", &stopped.id), ("timeout", &SESSION_TIMEOUT_S)]);
        return Some(plain(sentence, suggestion, leads.or(believed)));
    }
    let (sentence, column) = moved(lang, scene, stopped)
        .unwrap_or_else(|| (Text::NarrateNoted.with(lang, &[("broker", &stopped.id)]), None));
    Some(plain(sentence, suggestion, column))
}

/// The leadership that moved away from a stopped broker.
fn moved(lang: Lang, scene: &Scene, stopped: &Broker) -> Option<(String, Option<usize>)> {
    let event = scene.events.iter().rev().find(|event| {
        event.time_us >= stopped.since_us
            && matches!(event.what, What::LeaderElected { from: Some(from), .. } if from == stopped.id)
    })?;
    let What::LeaderElected { topic, partition, to, leader_epoch, .. } = &event.what else {
        return None;
    };
    let name = partition_name(topic, *partition);
    let index = scene.columns.iter().position(|column| column.partition == *partition);
    let sentence =
        Text::NarrateMoved.with(lang, &[("to", to), ("partition", &name), ("epoch", leader_epoch)]);
    Some((sentence, index))
}

fn paused(lang: Lang, scene: &Scene) -> Option<Line> {
    let paused = scene.brokers.iter().find(|broker| broker.process == Process::Paused)?;
    let sentence = Text::NarratePaused.with(lang, &[("broker", &paused.id)]);
    Some(plain(sentence, Some(Suggestion::Resume(paused.id)), led_by(scene, paused.id)))
}

/// First everybody waits for the slow disk; then the controller has taken its copies out of the ISR.
fn slow_disk(lang: Lang, scene: &Scene) -> Option<Line> {
    let slow = scene.brokers.iter().find(|broker| broker.slow_disk_ms > 0)?;
    let out =
        |column: &&Column| column.replicas.contains(&slow.id) && !column.isr.contains(&slow.id);
    let count = scene.columns.iter().filter(out).count();
    let column = scene.columns.iter().position(|column| out(&column));
    let sentence = match count {
        0 => Text::NarrateSlowDisk
            .with(lang, &[("broker", &slow.id), ("timeout", &REPLICA_LAG_TIME_MAX_S)]),
        _ => Text::NarrateSlowAlone.with(lang, &[("broker", &slow.id), ("count", &count)]),
    };
    Some(plain(sentence, Some(Suggestion::RestoreDisk(slow.id)), column))
}

fn catching_up(lang: Lang, scene: &Scene) -> Option<Line> {
    let behind = |broker: &&Broker| {
        let missing = |column: &Column| {
            column.replicas.contains(&broker.id) && !column.isr.contains(&broker.id)
        };
        broker.process != Process::Stopped
            && scene.time_us < broker.since_us + FRESH_US
            && scene.columns.iter().any(missing)
    };
    let broker = scene.brokers.iter().find(behind)?;
    let sentence = Text::NarrateCatchingUp.with(lang, &[("broker", &broker.id)]);
    let column = scene.columns.iter().position(|column| !column.isr.contains(&broker.id));
    Some(plain(sentence, None, column))
}

/// A broker that several links are cut from.
fn cut_off(lang: Lang, scene: &Scene) -> Option<Line> {
    let (broker, links) = scene.attention.iter().find_map(|item| match item {
        Attention::CutOff { broker, links } => Some((*broker, *links)),
        _ => None,
    })?;
    let missing = scene
        .columns
        .iter()
        .filter(|column| column.replicas.contains(&broker) && !column.isr.contains(&broker));
    let (count, column) = (missing.clone().count(), missing.clone().next());
    let place = column.and_then(|column| led(scene, column));
    let link = scene.links.iter().find(|link| link.cut && (link.a == broker || link.b == broker));
    let slots: [(&str, &dyn std::fmt::Display); 3] =
        [("broker", &broker), ("links", &links), ("count", &count)];
    let sentence = Text::NarrateCutOff.with(lang, &slots);
    Some(plain(sentence, link.map(|link| Suggestion::Heal(link.a, link.b)), place))
}

fn led(scene: &Scene, column: &Column) -> Option<usize> {
    scene.columns.iter().position(|other| other.partition == column.partition)
}

/// The walk: what the last command did, and what the next one is.
fn walking(lang: Lang, scene: &Scene) -> Option<Line> {
    let walk = scene.walk.as_ref()?;
    let next = Some(Suggestion::Walk(walk.step));
    if let Some(printed) = &walk.printed {
        let sentence = Text::WalkPrinted.with(lang, &[("line", &printed.replace('\t', "  "))]);
        return Some(plain(sentence, None, None));
    }
    // A step is offered where the walk stops for it; before that the last command is under way.
    let stops = STEPS_US.get(usize::from(walk.step)) == Some(&scene.time_us);
    if !stops {
        return Some(plain(under_way(lang, scene), None, None));
    }
    Some(match (walk.step, walk.stored, &scene.topic) {
        (0, ..) => plain(Text::WalkCreate.say(lang), next, None),
        (1, _, Some(_)) => plain(Text::WalkPublish.say(lang), next, Some(0)),
        (2, Some((partition, offset)), _) => {
            let slots: [(&str, &dyn std::fmt::Display); 2] =
                [("partition", &partition), ("offset", &offset)];
            plain(Text::WalkSubscribe.with(lang, &slots), next, usize::try_from(partition).ok())
        }
        _ => plain(under_way(lang, scene), None, None),
    })
}

fn under_way(lang: Lang, scene: &Scene) -> String {
    Text::WalkWaiting.with(lang, &[("latency", &milliseconds(scene.hop_us))])
}

/// Where the guide has stopped the clock: what is about to happen, or what is so now.
fn looking(lang: Lang, scene: &Scene) -> Option<Line> {
    let look = scene.guide.look.as_ref()?;
    let (Look::Cut { partition, .. } | Look::OnlyLeader { partition, .. }) = look;
    let name = partition_name(topic(scene), *partition);
    let column = scene.columns.iter().position(|column| column.partition == *partition);
    let producer = scene.producers.first().map_or("", |producer| producer.name.as_str());
    let (sentence, suggestion) = match look {
        Look::Cut { broker, from, to, told, .. } => {
            let text = if *told { Text::GuideCutTold } else { Text::GuideCut };
            let sentence = text.with(
                lang,
                &[
                    ("broker", broker),
                    ("partition", &name),
                    ("from", from),
                    ("to", to),
                    ("producer", &producer),
                ],
            );
            (sentence, Suggestion::GoOn)
        }
        Look::OnlyLeader { leader, offset, .. } => {
            let sentence = Text::GuideOnlyLeader.with(
                lang,
                &[
                    ("producer", &producer),
                    ("offset", offset),
                    ("partition", &name),
                    ("broker", leader),
                ],
            );
            (sentence, Suggestion::Crash(*leader))
        }
    };
    Some(plain(sentence, Some(suggestion), column))
}

/// What the guide would try next, once all is calm.
fn guiding(lang: Lang, scene: &Scene) -> Option<Line> {
    let producer = scene.producers.first()?;
    let of_producer: (&str, &dyn std::fmt::Display) = ("producer", &producer.name);
    let (sentence, suggestion) = match scene.guide.next {
        Next::Crash | Next::Free => return None,
        Next::AcksOne => {
            (Text::GuideAcksOne.with(lang, &[of_producer]), Suggestion::AcksOne(producer.node))
        }
        Next::AcksAll => {
            let no_loss = |promise: &&super::scene::Promise| promise.kind == PromiseKind::NoLoss;
            let lost = scene.promises.iter().find(no_loss).map_or(0, |promise| promise.anomalies);
            let sentence = Text::GuideLost.with(lang, &[of_producer, ("count", &lost)]);
            (sentence, Suggestion::AcksAll(producer.node))
        }
    };
    Some(plain(sentence, Some(suggestion), None))
}

fn calm(lang: Lang, scene: &Scene) -> Line {
    let index = scene.columns.len().min(2).saturating_sub(1);
    let shown = scene.columns.get(index).and_then(|column| Some((column, column.leader?)));
    let Some((column, leader)) = shown else {
        return plain(Text::NoTopic.say(lang), None, None);
    };
    let partition = partition_name(topic(scene), column.partition);
    let sentence = match scene.producers.first() {
        Some(Producer { name, .. }) => Text::NarrateCalm
            .with(lang, &[("producer", name), ("broker", &leader), ("partition", &partition)]),
        None => Text::NarrateQuiet.with(lang, &[("broker", &leader), ("partition", &partition)]),
    };
    plain(sentence, Some(Suggestion::Crash(leader)), Some(index))
}

fn topic(scene: &Scene) -> &str {
    scene.topic.as_ref().map_or("", |topic| topic.name.as_str())
}

fn broker(scene: &Scene, id: i32) -> Option<&Broker> {
    scene.brokers.iter().find(|broker| broker.id == id)
}

fn is_stopped(broker: &Broker) -> bool {
    broker.process == Process::Stopped
}

fn led_by(scene: &Scene, id: i32) -> Option<usize> {
    scene.columns.iter().position(|column| column.leader == Some(id))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::protocol::{Command, Order};
    use crate::view::scene::{Controller, Event, Topic, Walk};

    fn scene() -> Scene {
        let column = |partition, leader| Column {
            partition,
            leader: Some(leader),
            replicas: vec![1, 2, 3],
            isr: vec![1, 2, 3],
            ..Column::default()
        };
        let broker = |id| Broker { id, ..Broker::default() };
        let active = Controller { id: 101, role: QuorumRole::Leader, ..Controller::default() };
        Scene {
            topic: Some(Topic { name: "orders".into(), ..Topic::default() }),
            columns: vec![column(0, 1), column(1, 2)],
            brokers: vec![broker(1), broker(2), broker(3)],
            controllers: vec![active],
            producers: vec![Producer { name: "checkout".into(), ..Producer::default() }],
            ..Scene::default()
        }
    }

    #[test]
    fn a_topic_without_a_producer_has_a_sentence_of_its_own() {
        let quiet = Scene { producers: Vec::new(), ..scene() };
        let line = line(Lang::English, &quiet, 1);
        assert!(line.sentence.starts_with("Each column has one leader"), "{}", line.sentence);
    }

    #[test]
    fn the_walk_names_each_command_and_then_what_was_printed() {
        let mut scene = scene();
        scene.walk = Some(Walk::default());
        scene.time_us = STEPS_US[0];
        let columns = std::mem::take(&mut scene.columns);
        let first = line(Lang::English, &scene, 1);
        assert!(first.sentence.contains("kafka-topics.sh --create --topic ai_data"));
        assert_eq!(first.suggestion, Some(Suggestion::Walk(0)));
        scene.columns = columns;
        scene.walk = Some(Walk { step: 2, stored: Some((3, 0)), printed: None });
        let under_way = line(Lang::English, &scene, 1);
        assert_eq!(under_way.suggestion, None, "no step is offered before the walk stops for it");
        scene.time_us = STEPS_US[2];
        let third = line(Lang::Chinese, &scene, 1);
        assert!(third.sentence.contains("kafka-console-consumer.sh"), "{}", third.sentence);
        assert_eq!(third.column, Some(3));
        let printed = Some("Partition:3\tOffset:0\t{\"label\": 1}".to_owned());
        scene.walk = Some(Walk { step: 3, stored: Some((3, 0)), printed });
        assert!(line(Lang::English, &scene, 1).sentence.contains("{\"label\": 1}"));
    }

    #[test]
    fn in_the_calm_it_offers_to_crash_a_leader() {
        let line = line(Lang::English, &scene(), 1);
        assert_eq!(line.suggestion, Some(Suggestion::Crash(2)));
        assert!(line.sentence.contains("**Broker 2 leads orders-1.**"), "{}", line.sentence);
        assert_eq!(line.column, Some(1));
    }

    #[test]
    fn where_the_guide_stops_the_clock_it_says_what_to_look_at() {
        let mut scene = scene();
        scene.guide.look =
            Some(Look::Cut { partition: 1, broker: 2, from: 36, to: 35, told: false });
        let cut = line(Lang::English, &scene, 1);
        assert!(cut.sentence.contains("orders-1 back from 36 to 35"), "{}", cut.sentence);
        assert_eq!((cut.suggestion, cut.column), (Some(Suggestion::GoOn), Some(1)));
        scene.guide.look = Some(Look::OnlyLeader { partition: 0, leader: 1, offset: 57 });
        let alone = line(Lang::Chinese, &scene, 1);
        assert!(alone.sentence.contains("Broker 1"), "{}", alone.sentence);
        assert_eq!(alone.suggestion, Some(Suggestion::Crash(1)));
    }

    #[test]
    fn the_guide_goes_on_once_all_is_calm() {
        let mut scene = scene();
        scene.guide.next = Next::AcksOne;
        let suggestion = line(Lang::English, &scene, 1).suggestion.expect("acks=1");
        let Command::Order(Order::ClientConfig { name, value, .. }) = suggestion.command() else {
            panic!("a config is set")
        };
        assert_eq!((name.as_str(), value.as_str()), ("acks", "1"));
        scene.brokers[0].process = Process::Stopped;
        scene.brokers[0].since_us = 1;
        let down = line(Lang::English, &scene, 1).suggestion;
        assert_eq!(down, Some(Suggestion::Restart(1)), "an outage is told first");
    }

    #[test]
    fn a_crash_is_first_unnoticed_then_the_new_leader_is_told() {
        let mut scene = scene();
        scene.brokers[1].process = Process::Stopped;
        scene.brokers[1].since_us = 20;
        let unnoticed = line(Lang::English, &scene, 1);
        assert!(unnoticed.sentence.contains("has not noticed"), "{}", unnoticed.sentence);
        for column in &mut scene.columns {
            column.isr = vec![1, 3];
            column.leader = Some(3);
        }
        let what = What::LeaderElected {
            topic: "orders".into(),
            partition: 1,
            from: Some(2),
            to: 3,
            leader_epoch: 1,
            unclean: false,
        };
        scene.events.push(Event { id: 1, time_us: 30, what });
        let told = line(Lang::English, &scene, 1);
        assert!(told.sentence.starts_with("**Broker 3 now leads orders-1 (epoch 1).**"));
        assert_eq!(told.suggestion, Some(Suggestion::Restart(2)));
    }

    #[test]
    fn an_outage_is_told_before_a_fault() {
        let mut scene = scene();
        scene.brokers[1].process = Process::Stopped;
        scene.columns[1].leader = None;
        scene.columns[1].isr = vec![2];
        scene.columns[1].leader_epoch = 3;
        let line = line(Lang::English, &scene, 1);
        assert!(line.sentence.starts_with("**orders-1 has no leader.**"));
        assert_eq!(line.suggestion, Some(Suggestion::Restart(2)));
    }
}
