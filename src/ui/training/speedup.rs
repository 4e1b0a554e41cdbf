//! Do more workers help? Throughput beside time to accuracy, run in a second Web Worker of the same engine.

use yew::{
    AttrValue, Callback, Html, Properties, component, html, use_context, use_mut_ref, use_state,
};

use crate::ui::browser::engine::{Engine, Signal};
use crate::ui::icon::{Icon, IconMark};
use crate::ui::rich::Rich;
use crate::view::protocol::{Command, Script, Update};
use crate::view::text::{Lang, Text};
use crate::view::training::{SweepReport, SweepRow};

const WORKERS: [u16; 4] = [1, 2, 4, 8];
/// The plot of a bar chart: its floor, and the height of the highest bar.
const FLOOR: f64 = 96.0;
const HEIGHT: f64 = 78.0;

/// The run whose settings are compared.
#[derive(Properties, PartialEq)]
pub struct Props {
    pub script: Script,
}

/// What the second worker is at.
#[derive(Clone, PartialEq)]
enum Stand {
    Idle,
    Working(SweepReport),
    /// What had ended before.
    Cancelled(SweepReport),
    Failed,
}

/// The comparison.
#[component]
pub fn SpeedUp(props: &Props) -> Html {
    let lang = use_context::<Lang>().unwrap_or_default();
    let stand = use_state(|| Stand::Idle);
    // Dropping the engine ends its worker: that is how one cancels.
    let engine = use_mut_ref(|| None::<Engine>);
    let report = match &*stand {
        Stand::Working(report) | Stand::Cancelled(report) => report.clone(),
        Stand::Idle | Stand::Failed => SweepReport::default(),
    };
    let running = matches!(&*stand, Stand::Working(report) if !report.finished);
    let onclick = {
        let (stand, engine) = (stand.clone(), engine.clone());
        let (seed, spec) = (props.script.seed, props.script.training);
        let mut ended = report.clone();
        ended.rows.retain(|row| row.ended);
        Callback::from(move |_| {
            if running {
                engine.borrow_mut().take();
                stand.set(Stand::Cancelled(ended.clone()));
                return;
            }
            stand.set(Stand::Working(SweepReport::default()));
            let heard = stand.clone();
            let second = Engine::start(move |signal| match signal {
                Signal::Update(Update::Sweep(report)) => heard.set(Stand::Working(report)),
                Signal::Update(
                    Update::Panicked { .. } | Update::WrongVersion | Update::NoDigits,
                )
                | Signal::Silent
                | Signal::WrongVersion => heard.set(Stand::Failed),
                Signal::Update(_) => {}
            });
            second.send(&Command::Sweep(seed, spec));
            *engine.borrow_mut() = Some(second);
        })
    };
    let (icon, text) =
        if running { (Icon::Cross, Text::Cancel) } else { (Icon::Play, Text::CompareWorkers) };
    html! {
        <section class="help">
            <h2>{ Text::DoWorkersHelp.say(lang) }<span class="badge n">{ Text::SimulatedTime.say(lang) }</span></h2>
            <div class="row">
                <button type="button" class="btn line" {onclick}><IconMark {icon} />{ text.say(lang) }</button>
                if running { { progress(lang, &report) } }
                if matches!(*stand, Stand::Cancelled(_)) { <span class="hint">{ Text::SweepCancelled.say(lang) }</span> }
                if *stand == Stand::Failed { <span role="alert" class="badge bad">{ Text::SweepFailed.say(lang) }</span> }
            </div>
            if report.rows.is_empty() {
                <p class="note">{ Text::CompareNote.say(lang) }</p>
            } else {
                { results(lang, &report) }
            }
        </section>
    }
}

fn progress(lang: Lang, report: &SweepReport) -> Html {
    let done = report.rows.iter().filter(|row| row.ended).count();
    let label = Text::SweepProgress.with(lang, &[("done", &done), ("all", &report.rows_total)]);
    html! {
        <>
            <progress max={report.rows_total.max(1).to_string()} value={done.to_string()} aria-label={label.clone()}></progress>
            <span class="hint">{ label }</span>
        </>
    }
}

fn results(lang: Lang, report: &SweepReport) -> Html {
    let goal = format!("{:.0}%", report.goal * 100.0);
    let speed = |row: &SweepRow| Some(f64::from(row.rate));
    let hurry = |row: &SweepRow| row.goal_us.map(|time| 1e6 / time as f64);
    html! {
        <>
            <div class="two">
                { bars(lang, Text::RecordsASecond.say(lang), report, speed, |row| format!("{:.1}k", row.rate / 1e3)) }
                { bars(lang, Text::TimeTo.with(lang, &[("goal", &goal)]), report, hurry, |row| time(row.goal_us)) }
            </div>
            { for caption(lang, report, &goal) }
            <p class="hint"><span class="badge n">{ Text::MeasuredHere.say(lang) }</span>{ " " }
                { Text::SweepTook.with(lang, &[("seconds", &format!("{:.1}", report.elapsed_ms / 1e3))]) }</p>
        </>
    }
}

fn time(time_us: Option<u64>) -> String {
    time_us.map_or_else(|| "–".into(), |time| format!("{:.1} s", time as f64 / 1e6))
}

/// A bar for each number of workers, relative to one; the line is the tuned single worker.
fn bars(
    lang: Lang,
    title: String,
    report: &SweepReport,
    value: impl Fn(&SweepRow) -> Option<f64>,
    show: impl Fn(&SweepRow) -> String,
) -> Html {
    let base = report.plain(1).and_then(&value);
    let factor = |row: &SweepRow| Some(value(row)? / base?);
    let rows: Vec<&SweepRow> = WORKERS.iter().filter_map(|&count| report.plain(count)).collect();
    let tuned = report.tuned().filter(|_| report.finished);
    let all = rows.iter().copied().chain(tuned);
    let top = all.clone().filter_map(factor).fold(1.0, f64::max);
    let words = all.map(|row| {
        let who = if row.tuned { Text::TunedOne.say(lang) } else { row.workers.to_string() };
        format!("{who}: {} ({:.1}×)", show(row), factor(row).unwrap_or(0.0))
    });
    let label = format!("{title}. {}", words.collect::<Vec<_>>().join(", "));
    let columns = rows.iter().enumerate().map(|(place, row)| {
        let height = factor(row).unwrap_or(0.0) / top * HEIGHT;
        let (x, y) = (place as f64 * 46.0 + 8.0, FLOOR - height);
        let middle = format!("{}", x + 16.0);
        html! {
            <>
                <rect x={x.to_string()} y={format!("{y:.1}")} width="32" height={format!("{height:.1}")} rx="2" />
                <text x={middle.clone()} y={format!("{:.1}", y - 4.0)} class="v">{ factor(row).map_or_else(|| "–".into(), |factor| format!("{factor:.1}×")) }</text>
                <text x={middle.clone()} y="110">{ row.workers }</text>
                <text x={middle} y="123" class="s">{ show(row) }</text>
            </>
        }
    });
    let line = tuned.and_then(factor).map(|factor| {
        let y = FLOOR - factor / top * HEIGHT;
        html! {
            <>
                <path class="tuned" d={format!("M0 {y:.1}H190")} />
                <text class="t" x="2" y={format!("{:.1}", y - 4.0)}>{ Text::TunedShort.with(lang, &[("factor", &format!("{factor:.1}"))]) }</text>
            </>
        }
    });
    html! {
        <figure>
            <figcaption>{ title }</figcaption>
            <svg class="bc" viewBox="0 -10 190 136" role="img" aria-label={label}>{ for columns }{ for line }</svg>
        </figure>
    }
}

/// What the numbers say, once they are all there.
fn caption(lang: Lang, report: &SweepReport, goal: &str) -> Option<Html> {
    let (one, eight) = (report.plain(1)?, report.plain(8)?);
    if !report.finished {
        return None;
    }
    let speed = format!("{:.1}", eight.rate / one.rate.max(1.0));
    let ratio = |row: &SweepRow| Some(one.goal_us? as f64 / row.goal_us? as f64);
    let sooner = ratio(eight).map_or_else(|| "–".into(), |ratio| format!("{ratio:.1}"));
    let mut text = Text::SweepSays.with(
        lang,
        &[
            ("speed", &speed),
            ("sooner", &sooner),
            ("goal", &goal),
            ("partitions", &eight.partitions),
        ],
    );
    let tuned = match report.tuned() {
        Some(tuned) => {
            let rate = f64::from(tuned.rate_millionths) / 1e6;
            let factor = ratio(tuned).map_or_else(|| "–".into(), |ratio| format!("{ratio:.1}"));
            Text::SweepTuned
                .with(lang, &[("rate", &rate), ("time", &time(tuned.goal_us)), ("factor", &factor)])
        }
        None => Text::SweepNeverTuned.with(lang, &[("goal", &goal)]),
    };
    text.push(' ');
    text.push_str(&tuned);
    Some(html! { <p class="note"><Rich text={AttrValue::from(text)} /></p> })
}
