//! The dock: charts, timeline and transport on one time axis, under one playhead.

use yew::{Callback, Html, classes, html};

use super::chart_row::ChartRow;
use super::side_panel::look;
use super::state::{AppAction, AppState, Engine, Sheet};
use crate::view::protocol::Command;
use crate::view::scene::{Chart, Timeline};
use crate::view::text::{Lang, Text};
use crate::view::timeline;

/// A training run is a few simulated seconds: its axis starts shorter.
const TRAINING_AXIS_US: u64 = 4_000_000;

/// What the dock shows.
pub struct Props {
    pub state: AppState,
    pub send: Callback<Command>,
    pub dispatch: Callback<AppAction>,
}

/// The dock.
pub fn dock(lang: Lang, props: Props) -> Html {
    let props = &props;
    let state = &props.state;
    let (axis, charts) = content(state);
    let known = axis.known_us.max(state.time_us());
    let reach = match state.setup.is_training() {
        true => timeline::reach_from(TRAINING_AXIS_US, known),
        false => timeline::reach(known),
    };
    let now = state.time_us();
    let open = (state.sheet == Some(Sheet::Charts)).then_some("open");
    html! {
        <footer class={classes!("dock", open)}>
            { for charts.into_iter().enumerate().map(|(place, chart)| html! {
                <ChartRow {chart} {now} {reach} second={place > 0} send={props.send.clone()} />
            }) }
            { super::timeline::timeline_row(lang, super::timeline::Props { timeline: axis, branches: state.desk.branches.clone(), now, reach, send: props.send.clone() }) }
            { super::transport::transport(lang, super::transport::Props { live: state.engine == Engine::Live, playing: state.playing, time: now, auto: state.auto, filter: state.filter, speed: state.speed(), achieved: state.achieved, rewound: super::keys::is_rewound(state), letters: state.letters, send: props.send.clone() }) }
            if !state.setup.is_training() { { bottom_bar(lang, props) } }
        </footer>
    }
}

fn content(state: &AppState) -> (Timeline, Vec<Chart>) {
    if state.setup.is_training() {
        let axis = state.training.as_ref().map(|scene| scene.timeline.clone());
        return (axis.unwrap_or_default(), Vec::new());
    }
    let scene = state.scene.as_ref();
    scene.map(|scene| (scene.timeline.clone(), scene.charts.clone())).unwrap_or_default()
}

/// The panels of a phone.
fn bottom_bar(lang: Lang, props: &Props) -> Html {
    let promises = props.state.scene.as_ref().is_some_and(|scene| !scene.promises.is_empty());
    let sheets = [
        promises.then_some(Sheet::Promises),
        Some(Sheet::Events),
        Some(Sheet::Charts),
        Some(Sheet::Run),
    ];
    let buttons = sheets.into_iter().flatten().map(|sheet| {
        let (icon, text) = look(sheet);
        let pressed = props.state.sheet == Some(sheet);
        let dispatch = props.dispatch.clone();
        let onclick =
            Callback::from(move |_| dispatch.emit(AppAction::Sheet((!pressed).then_some(sheet))));
        html! {
            <button type="button" class="btn" aria-pressed={if pressed { "true" } else { "false" }} {onclick}>
                { icon.mark() }{ text.say(lang) }
            </button>
        }
    });
    html! {
        <nav class="mbar onlynarrow" aria-label={Text::Panels.say(lang)}>{ for buttons }</nav>
    }
}
