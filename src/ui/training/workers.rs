//! A row per trainer: its partitions, the labels it sees, its own loss.

use std::rc::Rc;

use yew::{AttrValue, Callback, Html, Properties, classes, component, html, use_context};

use crate::ui::board::hue;
use crate::ui::icon::{Icon, IconMark};
use crate::ui::rich::Rich;
use crate::view::chart::{self, Frame};
use crate::view::describe;
use crate::view::protocol::{Act, Command};
use crate::view::scene::Process;
use crate::view::text::{Lang, Text, list};
use crate::view::training::{TrainingScene, Worker};

/// The scene.
#[derive(Properties, PartialEq)]
pub struct Props {
    pub scene: Rc<TrainingScene>,
    pub send: Callback<Command>,
}

/// The card of workers.
#[component]
pub fn WorkersCard(props: &Props) -> Html {
    let lang = use_context::<Lang>().unwrap_or_default();
    let scene = &props.scene;
    let idle = scene.workers.iter().filter(|worker| worker.is_idle()).count();
    let rich = |text: String| html! { <span><Rich text={AttrValue::from(text)} /></span> };
    html! {
        <section class="card">
            <h2>{ Text::Workers.say(lang) }<span class="hint">{ Text::WorkersNote.say(lang) }</span></h2>
            { for scene.workers.iter().map(|worker| row(lang, props, worker)) }
            <div class="sums">
                { rich(Text::EpochOf.with(lang, &[("epoch", &scene.epoch), ("epochs", &scene.epochs)])) }
                { rich(Text::TrainedRecords.with(lang, &[("count", &scene.records)])) }
                { rich(Text::TrainedTwice.with(lang, &[("count", &scene.trained_twice)])) }
                { rich(Text::IdleWorkers.with(lang, &[("count", &idle)])) }
                { rich(Text::RecordRate.with(lang, &[("rate", &scene.rate.round())])) }
                <span class="badge n">{ Text::SimulatedTime.say(lang) }</span>
            </div>
        </section>
    }
}

fn row(lang: Lang, props: &Props, worker: &Worker) -> Html {
    let crowded = props.scene.workers.len() > 4;
    let gone = (worker.process == Process::Stopped).then_some("gone");
    let partitions = match &worker.partitions[..] {
        [] if worker.is_idle() => Text::WorkerIdle.say(lang),
        [] => Text::WorkerNoPartition.say(lang),
        [one] => Text::WorkerPartition.with(lang, &[("partition", one)]),
        several => Text::WorkerPartitions.with(lang, &[("partitions", &list(lang, several))]),
    };
    html! {
        <div class={classes!("wr", crowded.then_some("tight"))}>
            <div class="wi">
                <div class="n">
                    <span class={classes!("who1", gone)}>{ worker.name.clone() }</span>
                    { for worker.partitions.iter().map(|p| html! { <span class={hue(*p)}><span class="tag"></span></span> }) }
                    <span class="muted">{ partitions }</span>
                </div>
                { mix(lang, worker) }
                <div class="x">{ figures(lang, worker) }</div>
            </div>
            { spark(worker) }
            <div class="acts">{ action(lang, worker, &props.send) }</div>
        </div>
    }
}

/// How often it has seen each label, as ten columns.
fn mix(lang: Lang, worker: &Worker) -> Html {
    let most = worker.labels.iter().copied().max().unwrap_or(0).max(1);
    let columns = worker.labels.iter().enumerate().map(|(label, &count)| {
        let height = f64::from(count) / f64::from(most) * 18.0;
        let x = format!("{:.1}%", label as f64 * 10.0);
        let text = format!("{:.1}%", label as f64 * 10.0 + 4.5);
        html! {
            <>
                <rect class="lab" {x} y={format!("{:.1}", 18.0 - height)} width="9%" height={format!("{height:.1}")} rx="1.5" />
                <text x={text} y="29" text-anchor="middle">{ label }</text>
            </>
        }
    });
    let label = Text::LabelMix.with(lang, &[("labels", &list(lang, &worker.labels))]);
    html! { <svg class="mix" role="img" aria-label={label}>{ for columns }</svg> }
}

fn figures(lang: Lang, worker: &Worker) -> Html {
    let loss = worker.loss.last().map_or_else(|| "–".to_owned(), |&(_, loss)| format!("{loss:.2}"));
    let state = (worker.process != Process::Running)
        .then(|| html! { <span class="badge bad">{ describe::process_text(worker.process).say(lang) }</span> });
    html! {
        <>
            <span><Rich text={AttrValue::from(Text::WorkerLoss.with(lang, &[("loss", &loss)]))} /></span>
            <span><Rich text={AttrValue::from(Text::WorkerRecords.with(lang, &[("count", &worker.records)]))} /></span>
            <span title={Text::AtRiskNote.say(lang)}><Rich text={AttrValue::from(Text::AtRisk.with(lang, &[("count", &worker.at_risk)]))} /></span>
            { for state }
        </>
    }
}

fn spark(worker: &Worker) -> Html {
    let start = worker.loss.first().map_or(0, |&(time, _)| time);
    let end = worker.loss.last().map_or(1, |&(time, _)| (time - start).max(1));
    let top = worker.loss.iter().map(|&(_, loss)| f64::from(loss)).fold(0.1, f64::max);
    let frame = Frame {
        x_max: end as f64,
        y_min: 0.0,
        y_max: top,
        left: 0.0,
        top: 2.0,
        width: 120.0,
        height: 50.0,
    };
    let points = worker.loss.iter().map(|&(time, loss)| ((time - start) as f64, f64::from(loss)));
    html! {
        <svg class="spark" viewBox="0 0 120 56" aria-hidden="true">
            <path class="gridline" d="M0 53H120" /><path class="own" d={chart::path(points, &frame)} />
        </svg>
    }
}

fn action(lang: Lang, worker: &Worker, send: &Callback<Command>) -> Html {
    let (icon, text, label, act) = match worker.process {
        Process::Stopped => {
            (Icon::Play, Text::Restart, Text::RestartWorker, Act::Restart(worker.node))
        }
        _ => (Icon::Bolt, Text::Kill, Text::KillWorker, Act::Kill(worker.node)),
    };
    let send = send.clone();
    let onclick = Callback::from(move |_| send.emit(Command::Act(act)));
    html! {
        <button type="button" class="btn" aria-label={label.with(lang, &[("worker", &worker.name)])} {onclick}>
            <IconMark {icon} />{ text.say(lang) }
        </button>
    }
}
