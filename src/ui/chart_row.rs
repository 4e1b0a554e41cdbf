//! A chart of the dock: lines over the shared time axis, and their values now.

use web_sys::PointerEvent;
use yew::{Callback, Html, Properties, classes, component, html, use_context, use_state_eq};

use super::browser::pointer;
use super::chart_chooser::{chart_chooser, title as metric_title};
use crate::view::chart::{self, Frame};
use crate::view::protocol::Command;
use crate::view::scene::{Chart, ChartKind, Line, Metric};
use crate::view::text::{Lang, Text};
use crate::view::timeline;

/// The height of a row's plot in pixels; its width is 1000 units, stretched.
const HEIGHT: f64 = 46.0;
const WIDTH: f64 = 1000.0;
const MARGIN: f64 = 4.0;

/// Which chart, on which axis.
#[derive(Properties, PartialEq)]
pub struct Props {
    pub chart: Chart,
    pub now: u64,
    pub reach: u64,
    /// The second chart gives way on smaller screens.
    pub second: bool,
    pub send: Callback<Command>,
}

/// A row with a chart.
#[component]
pub fn ChartRow(props: &Props) -> Html {
    let lang = use_context::<Lang>().unwrap_or_default();
    let (title, note) = title(lang, &props.chart.kind);
    // Where the pointer reads the curves; nowhere, the values are those of now.
    let read = use_state_eq(|| None::<u64>);
    let at = read.filter(|at| *at <= props.now);
    let onpointermove = {
        let (read, reach) = (read.clone(), props.reach);
        Callback::from(move |event: PointerEvent| {
            read.set(pointer::share(&event, ".reads").map(|share| (share * reach as f64) as u64));
        })
    };
    let onpointerleave = Callback::from(move |_: PointerEvent| read.set(None));
    html! {
        <div class={classes!("drow", "chart", props.second.then_some("two"))}>
            <div class="dl">
                if props.second {
                    <h2 class="vh">{ title.clone() }</h2>
                    { chart_chooser(lang, &props.chart, &props.send) }
                } else {
                    <h2>{ title.clone() }</h2>
                }
                <span>{ note }</span>
            </div>
            <div class="reads" {onpointermove} {onpointerleave}>{ plot(props, &title, at) }</div>
            <div class="dr">{ for at.map(|at| html! { <span class="at">{ timeline::short(at / 100_000 * 100_000) }</span> }) }{ for values(lang, &props.chart, at).into_iter().map(|text| html! { <span>{ text }</span> }) }</div>
        </div>
    }
}

fn title(lang: Lang, kind: &ChartKind) -> (String, String) {
    match kind {
        ChartKind::Throughput { group: Some(group) } => {
            (Text::RecordsPerSecond.say(lang), Text::InAndOut.with(lang, &[("group", group)]))
        }
        ChartKind::Throughput { group: None } => {
            (Text::RecordsPerSecond.say(lang), Text::InOnly.say(lang))
        }
        ChartKind::Lag { group } => {
            (Text::LagOf.with(lang, &[("group", group)]), Text::RecordsPerPartition.say(lang))
        }
        ChartKind::Metric(metric) => (metric_title(*metric).say(lang), metric.names().join(" · ")),
        ChartKind::UnderReplicated { partitions } => (
            Text::UnderReplicated.say(lang),
            Text::PartitionsOf.with(lang, &[("count", partitions)]),
        ),
    }
}

/// The values at a moment, or now.
fn values(lang: Lang, chart: &Chart, at: Option<u64>) -> Vec<String> {
    let last = |line: &Line| {
        let known = at.map_or(line.points.len(), |at| line.points.partition_point(|p| p.0 <= at));
        line.points[..known].last().map_or(0.0, |&(_, value)| value)
    };
    let at = |place: usize| chart.lines.get(place).map_or(0.0, last);
    match &chart.kind {
        ChartKind::Throughput { group } => {
            let mut rows = vec![Text::InNow.with(lang, &[("rate", &format!("{:.1}", at(0)))])];
            if group.is_some() {
                rows.push(Text::OutNow.with(lang, &[("rate", &format!("{:.1}", at(1)))]));
            }
            rows
        }
        ChartKind::Lag { .. } => {
            let total: f32 = chart.lines.iter().map(last).sum();
            vec![Text::LagAll.with(lang, &[("lag", &format!("{total:.0}"))])]
        }
        ChartKind::UnderReplicated { .. } => vec![format!("{:.0}", at(0))],
        ChartKind::Metric(Metric::Lag) => {
            let most = chart.lines.iter().map(last).fold(0.0, f32::max);
            vec![format!("records-lag-max {most}")]
        }
        ChartKind::Metric(_) => {
            (0..chart.lines.len()).map(|place| chart::short(at(place)).to_string()).collect()
        }
    }
}

fn plot(props: &Props, title: &str, at: Option<u64>) -> Html {
    let top = props.chart.lines.iter().flat_map(|line| &line.points).map(|&(_, value)| value);
    let top = f64::from(top.fold(1.0f32, f32::max)) * 1.1;
    let frame = Frame {
        x_max: props.reach as f64,
        y_min: 0.0,
        y_max: top,
        left: 0.0,
        top: 6.0,
        width: WIDTH,
        height: HEIGHT - MARGIN - 6.0,
    };
    let lines = props.chart.lines.iter().enumerate();
    html! {
        <svg class="plot" role="img" aria-label={title.to_owned()}>
            <svg viewBox="0 0 1000 46" width="100%" height="46" preserveAspectRatio="none">
                { for lines.map(|(place, line)| curve(&props.chart.kind, place, line, &frame)) }
                <path class="floor" d="M0 42H1000" />
            </svg>
            { playhead(props.now, props.reach) }
            { for at.map(|at| reading(at, props.reach)) }
        </svg>
    }
}

/// The line that the pointer reads at.
fn reading(at: u64, reach: u64) -> Html {
    let x = format!("{:.2}%", timeline::percent(at, reach));
    html! { <line class="read" x1={x.clone()} x2={x} y1="0" y2="100%" /> }
}

/// The future, hatched, and the line of now.
pub fn playhead(now: u64, reach: u64) -> Html {
    let at = timeline::percent(now, reach);
    html! {
        <>
            <rect class="future" x={format!("{at:.2}%")} y="0" width={format!("{:.2}%", 100.0 - at)} height="100%" fill="url(#future)" />
            <line class="now" x1={format!("{at:.2}%")} x2={format!("{at:.2}%")} y1="0" y2="100%" />
        </>
    }
}

fn curve(kind: &ChartKind, place: usize, line: &Line, frame: &Frame) -> Html {
    let points: Vec<(f64, f64)> =
        line.points.iter().map(|&(time, value)| (time as f64, f64::from(value))).collect();
    let hue = line.column.map_or_else(|| "ink".to_owned(), |column| format!("hue{}", column % 6));
    let filled = match kind {
        ChartKind::Throughput { .. } => place == 0,
        ChartKind::UnderReplicated { .. } => true,
        ChartKind::Metric(_) => place == 0 && line.column.is_none(),
        ChartKind::Lag { .. } => false,
    };
    let alarm = matches!(kind, ChartKind::UnderReplicated { .. }).then_some("alarm");
    html! {
        <g class={classes!(hue, alarm)}>
            if filled { <path class="area" d={chart::area(&points, frame)} /> }
            <path class={format!("curve dash{}", place % 4)} d={chart::path(points.into_iter(), frame)} />
        </g>
    }
}
