//! What stands in place of the picture when there is none: starting up, or a readable fault with a way on.

use yew::{Callback, Html, html};

use super::browser::clipboard;
use super::browser::engine::START_TIMEOUT_S;
use super::hooks::EngineHandle;
use super::rich::rich;
use super::share_menu;
use super::sharing::SharingAction;
use super::state::{AppAction, AppState, Engine};
use crate::limits::{RUN_HOURS_MAX, RUN_MICROS_MAX};
use crate::view::protocol::{Command, Script};
use crate::view::text::{Lang, Text};
use crate::view::timeline;

/// A run is opened again this long before its fault, in virtual microseconds.
const BEFORE_US: u64 = 1_000_000;

/// The report of a fault, as it is shown.
const REPORT: &str = "report";

/// The state with its engine.
pub struct Props {
    pub state: AppState,
    pub engine: EngineHandle,
    pub dispatch: Callback<AppAction>,
}

/// The notice, if there is anything to notice.
pub fn notice(lang: Lang, props: Props) -> Html {
    let props = &props;
    match &props.state.engine {
        Engine::Live if props.state.time_us() >= RUN_MICROS_MAX => over(lang, props),
        Engine::Live if props.state.opening.is_none() => html! {},
        Engine::Live | Engine::Starting => starting(lang, &props.state),
        Engine::Silent => silent(lang, props),
        Engine::WrongVersion => html! {
            <div class="notice bad" role="alert"><p>{ Text::WrongVersion.say(lang) }</p></div>
        },
        Engine::NoDigits => no_digits(lang, props),
        Engine::Panicked { message, seed, time_us } => {
            panicked(lang, props, message, *seed, *time_us)
        }
    }
}

fn starting(lang: Lang, state: &AppState) -> Html {
    let drawn = match state.setup.is_training() {
        true => state.training.is_some(),
        false => state.scene.is_some(),
    };
    if drawn || state.sharing.opening.is_some() {
        return html! {};
    }
    let progress = state.opening.map(|percent| {
        html! { <progress max="100" value={percent.to_string()} aria-label={Text::OpeningProgress.say(lang)}></progress> }
    });
    html! {
        <div class="notice" role="status"><p>{ Text::StartingSimulator.say(lang) }</p>{ for progress }</div>
    }
}

/// The run is as long as a run can be.
fn over(lang: Lang, props: &Props) -> Html {
    let text = Text::RunOver.with(lang, &[("hours", &RUN_HOURS_MAX)]);
    html! {
        <div class="notice" role="status">
            <p>{ rich(&text) }</p>
            <div class="ways">{ fresh(lang, props, "btn ink") }</div>
        </div>
    }
}

/// A button that starts the same setup anew.
fn fresh(lang: Lang, props: &Props, class: &'static str) -> Html {
    let script = Script { acts: Vec::new(), ..props.state.script().clone() };
    let start = script.setup.opens_at_us();
    opener(props, Text::StartOver.say(lang), class, script, start, true)
}

fn silent(lang: Lang, props: &Props) -> Html {
    let body = Text::WorkerFailedBody.with(lang, &[("seconds", &START_TIMEOUT_S)]);
    let script = props.state.script().clone();
    let at = props.state.time_us().max(script.setup.opens_at_us());
    html! {
        <div class="notice bad" role="alert">
            <h2>{ Text::WorkerFailedTitle.say(lang) }</h2>
            <p>{ body }</p>
            <div class="ways">{ opener(props, Text::TryAgain.say(lang), "btn ink", script, at, true) }</div>
        </div>
    }
}

fn no_digits(lang: Lang, props: &Props) -> Html {
    let script = props.state.script().clone();
    let at_us = script.setup.opens_at_us();
    let engine = props.engine.clone();
    let again = Command::Open { script, at_us, playing: true };
    let onclick = Callback::from(move |_| engine.send(again.clone()));
    html! {
        <div class="notice bad" role="alert">
            <h2>{ Text::NoDigitsTitle.say(lang) }</h2>
            <p>{ Text::NoDigitsBody.say(lang) }</p>
            <div class="ways">
                <button type="button" class="btn ink" {onclick}>{ Text::TryAgain.say(lang) }</button>
            </div>
        </div>
    }
}

fn panicked(lang: Lang, props: &Props, message: &str, seed: u64, time_us: u64) -> Html {
    let last = timeline::long(props.state.time_us());
    let report = Text::EngineReport
        .with(lang, &[("seed", &seed), ("time", &timeline::long(time_us)), ("message", &message)]);
    let copied = report.clone();
    let dispatch = props.dispatch.clone();
    let told = Callback::from(move |copied| {
        dispatch.emit(AppAction::Share(SharingAction::Copied(copied)));
    });
    let copy = Callback::from(move |_| clipboard::copy(copied.clone(), REPORT, told.clone()));
    let at = time_us.saturating_sub(BEFORE_US);
    let script = props.state.script();
    let before = Script {
        acts: script.acts.iter().filter(|stamped| stamped.time_us <= at).cloned().collect(),
        ..script.clone()
    };
    html! {
        <div class="notice bad" role="alert">
            <h2>{ Text::EngineStoppedTitle.say(lang) }</h2>
            <p>{ Text::EngineStoppedBody.with(lang, &[("time", &last)]) }</p>
            <p><code id={REPORT}>{ report }</code></p>
            <div class="ways">
                { opener(props, Text::ReopenBefore.say(lang), "btn ink", before, at, false) }
                { fresh(lang, props, "btn line") }
                <button type="button" class="btn line" onclick={copy}>{ Text::CopyReport.say(lang) }</button>
            </div>
            { share_menu::copied(lang, &props.state) }
        </div>
    }
}

/// A button that opens a run in a new engine.
fn opener(
    props: &Props,
    text: String,
    class: &'static str,
    script: Script,
    at_us: u64,
    playing: bool,
) -> Html {
    let engine = props.engine.clone();
    let onclick = Callback::from(move |_| engine.open(script.clone(), at_us, playing));
    html! { <button type="button" {class} {onclick}>{ text }</button> }
}
