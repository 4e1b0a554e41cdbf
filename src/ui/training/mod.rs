//! The Training tab: the pipeline over its workers, curves and confusion matrix.

mod confusion;
mod controls;
mod curve;
mod pipeline;
mod samples;
mod speedup;
mod workers;

use std::rc::Rc;

use yew::{AttrValue, Callback, Html, Properties, component, html, use_context};

use self::confusion::ConfusionCard;
use self::controls::controls;
use self::curve::{Axis, CurveChart, Series};
use self::pipeline::Pipeline;
use self::speedup::SpeedUp;
use self::workers::WorkersCard;
use super::announcer::Announcer;
use super::icon::{Icon, IconMark};
use super::reply::{self, reply_bar};
use super::rich::Rich;
use super::state::AppAction;
use crate::apps::training::job::TRAINERS;
use crate::view::chart;
use crate::view::protocol::{Act, Command, Reply, Script};
use crate::view::text::{Lang, Text, plain};
use crate::view::timeline;
use crate::view::training::{GOAL, Owner, TrainingScene};

/// The scene of the tab.
#[derive(Properties, PartialEq)]
pub struct Props {
    pub scene: Rc<TrainingScene>,
    pub script: Script,
    /// The answer to what was asked last, until it is closed.
    pub reply: Option<Reply>,
    pub send: Callback<Command>,
    pub dispatch: Callback<AppAction>,
}

/// The Training tab.
#[component]
pub fn TrainingView(props: &Props) -> Html {
    let lang = use_context::<Lang>().unwrap_or_default();
    let scene = &props.scene;
    html! {
        <main class="stage training">
            { narrator(lang, props) }
            { controls(lang, &props.script, &scene.brokers, &props.send) }
            <Pipeline scene={scene.clone()} send={props.send.clone()} />
            <div class="tgrid">
                <WorkersCard scene={scene.clone()} send={props.send.clone()} />
                <section class="card">
                    { loss(lang, scene) }
                    { accuracy(lang, scene) }
                    <p class="note">{ model(lang, scene) }</p>
                    <SpeedUp script={props.script.clone()} />
                </section>
                <section class="card">
                    <ConfusionCard scene={scene.clone()} />
                </section>
            </div>
            <div class="replies">{ for props.reply.clone().map(|reply| answer(lang, props, reply)) }</div>
        </main>
    }
}

fn answer(lang: Lang, props: &Props, reply: Reply) -> Html {
    let scene = Rc::new(props.scene.board());
    let (send, dispatch) = (props.send.clone(), props.dispatch.clone());
    reply_bar(lang, reply::Props { reply, playing: true, scene, send, dispatch })
}

fn narrator(lang: Lang, props: &Props) -> Html {
    let sentence = sentence(lang, &props.scene);
    html! {
        <div class="narrator">
            <p><Rich text={AttrValue::from(sentence.clone())} /></p>
            <Announcer text={plain(&sentence)} counts=true />
            <span class="sp"></span>
            { for props.scene.suggestion().map(|(name, act)| suggestion(lang, name, act, &props.send)) }
        </div>
    }
}

fn sentence(lang: Lang, scene: &TrainingScene) -> String {
    let count = scene.workers.len();
    let idle = scene.workers.iter().filter(|worker| worker.is_idle()).count();
    if let Some((group, down)) = scene.down() {
        return down_sentence(lang, scene, group, down);
    }
    if scene.finished {
        let accuracy = percent(scene.accuracy_now().unwrap_or(0.0));
        let slots: [(&str, &dyn std::fmt::Display); 3] = [
            ("accuracy", &accuracy),
            ("records", &scene.records),
            ("seconds", &format!("{:.1}", scene.time_us as f64 / 1e6)),
        ];
        return Text::TrainFinished.with(lang, &slots);
    }
    if scene.version == 0 {
        return Text::TrainStarting.with(lang, &[("workers", &count)]);
    }
    let slots: [(&str, &dyn std::fmt::Display); 3] =
        [("workers", &count), ("version", &scene.version), ("idle", &idle)];
    let text = if idle > 0 { Text::TrainRunningIdle } else { Text::TrainRunning };
    text.with(lang, &slots)
}

/// First the group has not noticed; then the partitions have moved, and what was not committed is done again.
fn down_sentence(lang: Lang, scene: &TrainingScene, group: &str, down: &Owner) -> String {
    let text = match (down.partitions.is_empty(), group == TRAINERS && scene.trained_twice > 0) {
        (false, _) => Text::TrainMemberDown,
        (true, false) => Text::TrainTakenOver,
        (true, true) => Text::TrainTakenOverTwice,
    };
    text.with(lang, &[("worker", &down.name), ("count", &scene.trained_twice)])
}

fn suggestion(lang: Lang, name: &str, act: Act, send: &Callback<Command>) -> Html {
    let (icon, text, key) = match act {
        Act::Restart(_) => (Icon::Play, Text::RestartWorker, "R"),
        _ => (Icon::Bolt, Text::KillWorker, "K"),
    };
    let send = send.clone();
    let onclick = Callback::from(move |_| send.emit(Command::Act(act)));
    html! {
        <button type="button" class="btn ink" aria-keyshortcuts={key} {onclick}>
            <IconMark {icon} />{ text.with(lang, &[("worker", &name)]) }
            <kbd class="hide-sm" aria-hidden="true">{ key }</kbd>
        </button>
    }
}

fn loss(lang: Lang, scene: &TrainingScene) -> Html {
    let own = scene.workers.iter().map(|worker| Series::thin(worker.loss.clone()));
    let average = Series::bold(scene.loss.clone());
    let top = scene.loss.iter().map(|&(_, value)| f64::from(value)).fold(0.5, f64::max);
    let now = scene.loss.last().map(|&(_, value)| format!("{value:.3}"));
    let axis = Axis { bottom: 0.0, top: chart::ceiling(top), percent: false };
    let label = Text::LossLabel.with(lang, &[("loss", &now.clone().unwrap_or_else(|| "–".into()))]);
    html! {
        <>
            <h2>{ Text::Loss.say(lang) }<span class="badge n">{ Text::SimulatedTime.say(lang) }</span>
                <span class="keys">{ Text::LossKeyAverage.say(lang) }{ "  " }{ Text::LossKeyWorkers.say(lang) }</span>
            </h2>
            <CurveChart {label} {axis} series={own.chain([average]).collect::<Vec<_>>()} start={start_of(scene)} end={scene.time_us} {now} />
        </>
    }
}

fn accuracy(lang: Lang, scene: &TrainingScene) -> Html {
    let now = scene.accuracy_now().map(percent);
    let label =
        Text::AccuracyLabel.with(lang, &[("accuracy", &now.clone().unwrap_or_else(|| "–".into()))]);
    let axis = Axis { bottom: 0.0, top: 1.0, percent: true };
    let goal = Some(GOAL);
    let series = vec![Series::bold(scene.accuracy.clone())];
    html! {
        <>
            <h2>{ Text::Accuracy.say(lang) }<span class="badge n">{ Text::SimulatedTime.say(lang) }</span></h2>
            <CurveChart {label} {axis} {series} {goal} start={start_of(scene)} end={scene.time_us} {now} />
        </>
    }
}

fn model(lang: Lang, scene: &TrainingScene) -> String {
    let model = &scene.model;
    let rate = (model.learning_rate * 1000.0).round() / 1000.0;
    Text::ModelNote.with(
        lang,
        &[("shape", &model.shape), ("batch", &model.batch), ("rate", &rate), ("seed", &model.seed)],
    )
}

/// The curves begin at a whole second before the first test.
fn start_of(scene: &TrainingScene) -> u64 {
    const SECOND_US: u64 = 1_000_000;
    scene.accuracy.first().map_or(0, |&(time, _)| time / SECOND_US * SECOND_US)
}

fn percent(share: f32) -> String {
    format!("{:.1}%", share * 100.0)
}

fn seconds(time_us: u64) -> String {
    timeline::short(time_us)
}
