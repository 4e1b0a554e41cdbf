//! A chart over virtual time with axes, for loss and accuracy.

use yew::{AttrValue, Html, Properties, component, html, use_context};

use crate::view::chart::{self, Frame};
use crate::view::text::{Lang, Text};
use crate::view::timeline;

const WIDTH: f64 = 448.0;
const HEIGHT: f64 = 160.0;
const LEFT: f64 = 40.0;
const RIGHT: f64 = 52.0;
const TOP: f64 = 8.0;
const BOTTOM: f64 = 20.0;
/// Horizontal lines besides the floor.
const GRID_LINES: u32 = 4;
/// Labels along the time axis.
const TIME_LABELS: u64 = 5;

/// The value axis.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Axis {
    pub bottom: f64,
    pub top: f64,
    pub percent: bool,
}

/// A line.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    points: Vec<(u64, f32)>,
    bold: bool,
}

impl Series {
    /// A line that stays in the background.
    pub fn thin(points: Vec<(u64, f32)>) -> Series {
        Series { points, bold: false }
    }

    /// The line that the chart is about.
    pub fn bold(points: Vec<(u64, f32)>) -> Series {
        Series { points, bold: true }
    }
}

/// What the chart shows.
#[derive(Properties, PartialEq)]
pub struct Props {
    pub label: AttrValue,
    pub axis: Axis,
    pub series: Vec<Series>,
    /// The ends of the time axis.
    pub start: u64,
    pub end: u64,
    /// The value at the end of the bold line.
    pub now: Option<String>,
    /// A value to be reached, as a share.
    #[prop_or_default]
    pub goal: Option<f32>,
}

/// The chart.
#[component]
pub fn CurveChart(props: &Props) -> Html {
    let lang = use_context::<Lang>().unwrap_or_default();
    let frame = Frame {
        x_max: props.end.saturating_sub(props.start).max(1) as f64,
        y_min: props.axis.bottom,
        y_max: props.axis.top,
        left: LEFT,
        top: TOP,
        width: WIDTH - LEFT - RIGHT,
        height: HEIGHT - TOP - BOTTOM,
    };
    let empty = props.series.iter().all(|series| series.points.len() < 2);
    html! {
        <svg class="ch" viewBox="0 0 448 160" role="img" aria-label={props.label.clone()}>
            { grid(props.axis, &frame) }
            { times(props.start, props.end, &frame) }
            { for props.series.iter().enumerate().map(|(place, series)| line(place, series, props.start, &frame)) }
            { for props.goal.map(|goal| goal_line(lang, f64::from(goal), &frame)) }
            { for now(props, &frame) }
            if empty { <text class="none" x="218" y="78" text-anchor="middle">{ Text::NoDataYet.say(lang) }</text> }
        </svg>
    }
}

fn grid(axis: Axis, frame: &Frame) -> Html {
    let lines = (0..=GRID_LINES).map(|step| {
        let value = axis.bottom + (axis.top - axis.bottom) * f64::from(step) / f64::from(GRID_LINES);
        let y = frame.y(value);
        let text = if axis.percent { format!("{:.0}%", value * 100.0) } else { trim(value) };
        html! {
            <>
                <path class="gridline" d={format!("M{LEFT} {y:.1}H{:.1}", LEFT + frame.width)} />
                <text x={format!("{:.1}", LEFT - 6.0)} y={format!("{:.1}", y + 4.0)} text-anchor="end">{ text }</text>
            </>
        }
    });
    html! { <>{ for lines }</> }
}

fn goal_line(lang: Lang, goal: f64, frame: &Frame) -> Html {
    let y = frame.y(goal);
    let text = Text::GoalLine.with(lang, &[("goal", &format!("{:.0}%", goal * 100.0))]);
    html! {
        <g class="goal">
            <path d={format!("M{LEFT} {y:.1}H{:.1}", LEFT + frame.width)} />
            <text x={format!("{:.1}", LEFT + frame.width - 4.0)} y={format!("{:.1}", y + 14.0)} text-anchor="end">{ text }</text>
        </g>
    }
}

fn trim(value: f64) -> String {
    format!("{}", (value * 100.0).round() / 100.0)
}

fn times(start: u64, end: u64, frame: &Frame) -> Html {
    let ticks = timeline::ticks(end.saturating_sub(start).max(1_000));
    let every = ticks.len().div_ceil(TIME_LABELS as usize).max(1);
    let labels = ticks.into_iter().step_by(every).map(|time| {
        let x = format!("{:.1}", frame.x(time as f64));
        html! { <text {x} y="156" text-anchor="middle">{ super::seconds(start + time) }</text> }
    });
    html! { <>{ for labels }</> }
}

fn line(place: usize, series: &Series, start: u64, frame: &Frame) -> Html {
    let since = |time: u64| time.saturating_sub(start) as f64;
    let points = series.points.iter().map(|&(time, value)| (since(time), f64::from(value)));
    let class = if series.bold { "bold".to_owned() } else { format!("own dash{}", place % 4) };
    html! { <path {class} d={chart::path(points, frame)} /> }
}

fn now(props: &Props, frame: &Frame) -> Option<Html> {
    let text = props.now.clone()?;
    let series = props.series.iter().find(|series| series.bold)?;
    let &(time, value) = series.points.last()?;
    let x = format!("{:.1}", frame.x(time.saturating_sub(props.start) as f64) + 5.0);
    let y = format!("{:.1}", frame.y(f64::from(value)) + 4.0);
    Some(html! { <text class="v" {x} {y}>{ text }</text> })
}
