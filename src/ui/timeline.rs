//! The timeline: milestones, snapshots and ticks; dragging it rewinds.

use web_sys::{KeyboardEvent, PointerEvent};
use yew::{Callback, Html, Properties, classes, component, html, use_context, use_state_eq};

use super::browser::{document, pointer};
use super::chart_row::playhead;
use super::icon::Icon;
use super::run_pane::letter;
use crate::view::protocol::{Branch, Command};
use crate::view::scene::{Glyph, Mark, Timeline};
use crate::view::text::{Lang, Text};
use crate::view::timeline;

/// A glyph takes this many pixels, its count included.
const GLYPH_PX: f64 = 26.0;
/// The track is at least this part of the page's width.
const TRACK_SHARE: f64 = 0.68;
/// Arrow keys move the playhead by this part of the axis.
const KEY_STEPS: u64 = 100;

/// What the timeline shows.
#[derive(Properties, PartialEq)]
pub struct Props {
    pub timeline: Timeline,
    pub branches: Vec<Branch>,
    pub now: u64,
    pub reach: u64,
    pub send: Callback<Command>,
}

/// The timeline's row.
pub fn timeline_row(lang: Lang, props: Props) -> Html {
    let props = &props;
    let known = props.timeline.known_us.max(props.now);
    let right = match known > props.now {
        true => Text::KnownTo.with(lang, &[("time", &timeline::short(known / 100_000 * 100_000))]),
        false => Text::Now.say(lang),
    };
    html! {
        <div class="drow tlr">
            <div class="dl"><h2>{ Text::Timeline.say(lang) }</h2><span>{ Text::DragToRewind.say(lang) }</span></div>
            <Track timeline={props.timeline.clone()} branches={props.branches.clone()} now={props.now} reach={props.reach} send={props.send.clone()} />
            <div class="dr"><span>{ right }</span></div>
        </div>
    }
}

/// The track itself, a slider over virtual time.
#[component]
fn Track(props: &Props) -> Html {
    let lang = use_context::<Lang>().unwrap_or_default();
    let dragging = use_state_eq(|| false);
    let known = props.timeline.known_us.max(props.now);
    let drag = *dragging;
    let onpointerdown = {
        let (dragging, seek) = (dragging.clone(), seek(props));
        Callback::from(move |event: PointerEvent| {
            pointer::capture(&event, ".track");
            dragging.set(true);
            seek.emit(event);
        })
    };
    let onpointermove = {
        let seek = seek(props);
        Callback::from(move |event: PointerEvent| {
            if drag {
                seek.emit(event);
            }
        })
    };
    let stop = Callback::from(move |_: PointerEvent| dragging.set(false));
    html! {
        <div class="track" role="slider" tabindex="0" aria-label={Text::Timeline.say(lang)}
            aria-valuemin="0" aria-valuemax={(known / 1_000).to_string()}
            aria-valuenow={(props.now / 1_000).to_string()} aria-valuetext={timeline::long(props.now)}
            {onpointerdown} {onpointermove} onpointerup={stop.clone()} onpointercancel={stop} onkeydown={keys(props)}>
            { picture(lang, props) }
        </div>
    }
}

/// A pointer on the track seeks to its time, no further than the run is known.
fn seek(props: &Props) -> Callback<PointerEvent> {
    let send = props.send.clone();
    let reach = props.reach;
    let known = props.timeline.known_us.max(props.now);
    Callback::from(move |event: PointerEvent| {
        if let Some(share) = pointer::share(&event, ".track") {
            let time = (share * reach as f64) as u64;
            send.emit(Command::Seek(time.min(known)));
        }
    })
}

fn keys(props: &Props) -> Callback<KeyboardEvent> {
    let send = props.send.clone();
    let known = props.timeline.known_us.max(props.now);
    let (now, step) = (props.now, props.reach / KEY_STEPS);
    Callback::from(move |event: KeyboardEvent| {
        let to = match event.key().as_str() {
            "ArrowLeft" | "ArrowDown" => now.saturating_sub(step),
            "ArrowRight" | "ArrowUp" => (now + step).min(known),
            "PageUp" => (now + 10 * step).min(known),
            "PageDown" => now.saturating_sub(10 * step),
            "Home" => 0,
            "End" => known,
            _ => return,
        };
        event.prevent_default();
        send.emit(Command::Seek(to));
    })
}

fn picture(lang: Lang, props: &Props) -> Html {
    let place = |time| format!("{:.2}%", timeline::percent(time, props.reach));
    let ticks = timeline::ticks(props.reach).into_iter().map(|time| {
        let x = place(time);
        html! {
            <g key={time}>
                <line class="tickline" x1={x.clone()} x2={x.clone()} y1="34" y2="50" />
                <svg {x} y="0" overflow="visible"><text class="ticktext" x="4" y="46">{ timeline::short(time) }</text></svg>
            </g>
        }
    });
    let snapshots = props.timeline.snapshots.iter().map(|&time| html! {
        <svg key={time} x={place(time)} y="27" overflow="visible"><path class="snap" d="M0 0L3.5 7H-3.5Z" /></svg>
    });
    let kept = props.timeline.kept.iter().map(|&time| html! {
        <svg key={time} x={place(time)} y="23" overflow="visible"><path class="kept" d="M0 0L6 11H-6Z" /></svg>
    });
    let branches = props
        .branches
        .iter()
        .enumerate()
        .map(|(row, branch)| fork(lang, props, row, branch, place));
    let room = (document::width() * TRACK_SHARE / GLYPH_PX) as u64;
    let marks = timeline::gathered(&props.timeline.marks, props.reach, room);
    let marks = marks.iter().map(|item| mark(lang, item, place(item.time_us)));
    html! {
        <svg class="plot tl" aria-hidden="true">
            { playhead(props.now, props.reach) }
            { for ticks }
            { for snapshots }
            { for kept }
            { for branches }
            { for marks }
            <svg x={place(props.now)} y="0" overflow="visible"><path class="head" d="M-6 0H6L0 8Z" /></svg>
        </svg>
    }
}

/// A branch over the track, from its fork to its end. A click goes over to it; the pane of the run has the button.
fn fork(
    lang: Lang,
    props: &Props,
    row: usize,
    branch: &Branch,
    place: impl Fn(u64) -> String,
) -> Html {
    let [from, to] = [branch.fork_us, branch.end_us].map(place);
    let send = props.send.clone();
    let command = Command::Switch(row as u8);
    // Else the track would seek to where the pointer is.
    let onpointerdown = Callback::from(move |event: PointerEvent| {
        event.stop_propagation();
        send.emit(command.clone());
    });
    let name = letter(branch.letter);
    html! {
        <g class="fork" key={branch.letter} {onpointerdown}>
            <title>{ Text::SwitchTo.with(lang, &[("letter", &name)]) }</title>
            <line class="rise" x1={from.clone()} x2={from.clone()} y1="3" y2="27" />
            <line x1={from} x2={to.clone()} y1="3" y2="3" />
            <svg x={to} y="0" overflow="visible">
                <rect x="-1" y="-4" width="15" height="14" rx="3" /><text x="3" y="7">{ name }</text>
            </svg>
        </g>
    }
}

fn mark(lang: Lang, mark: &Mark, x: String) -> Html {
    let class = match mark.glyph {
        Glyph::Fault | Glyph::Alarm => "bad",
        Glyph::Elected => "strong",
        _ => "plain",
    };
    let time = timeline::long(mark.time_us);
    let title = Text::EventCount.with(lang, &[("count", &mark.count), ("time", &time)]);
    html! {
        <svg key={mark.time_us} {x} y="6" overflow="visible">
            <g class={classes!("gl", class)}>
                <title>{ title }</title>
                <rect x="-10" y="0" width="20" height="20" rx="5" />
                <path transform="translate(-6 4) scale(.75)" d={Icon::of_glyph(mark.glyph).path()} />
                if mark.count > 1 { <text class="count" x="8" y="2">{ mark.count }</text> }
            </g>
        </svg>
    }
}
