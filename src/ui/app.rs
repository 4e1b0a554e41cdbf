//! The page as a whole.

use yew::{
    Callback, ContextProvider, Html, UseReducerHandle, component, html, use_effect_with,
    use_reducer,
};

use super::browser::document;
use super::hooks::{EngineHandle, use_engine, use_keys};
use super::state::{AppAction, AppState, Engine};
use super::training::TrainingView;
use crate::view::narrator::{self, Suggestion};
use crate::view::offers;
use crate::view::protocol::{Act, Command, SetupName};
use crate::view::scene::Process;

/// Speeds that the keys step through, virtual seconds per second.
const SPEED_STEP: f64 = 2.0;

/// The page.
#[component]
pub fn App() -> Html {
    let state = use_reducer(first_state);
    let engine = use_engine(&state);
    use_effect_with(state.lang, |lang| document::set_lang(*lang));
    use_effect_with(state.theme, |theme| document::set_theme(*theme));
    use_effect_with(state.setup, |setup| document::set_hash(setup.address()));
    {
        let engine = engine.clone();
        let live = state.engine == Engine::Live;
        use_effect_with((state.viewport.clone(), state.setup, live), move |(viewport, ..)| {
            engine.send(Command::Subscribe(viewport.clone()));
        });
    }
    // The still frame of the board gives way to the first picture, or to the reason why there is none.
    let has_started = state.setup != SetupName::Orders
        || state.scene.is_some()
        || state.engine != Engine::Starting;
    use_effect_with(has_started, |has_started| {
        if *has_started {
            document::remove("still");
        }
    });
    use_keys(keys(&state, &engine));
    let dispatch = {
        let dispatcher = state.dispatcher();
        Callback::from(move |action| dispatcher.dispatch(action))
    };
    let send = send(&state, &engine);
    html! {
        <ContextProvider<crate::view::text::Lang> context={state.lang}>
            { super::patterns::patterns() }
            <div class="app">
                { super::top_bar::top_bar(state.lang, super::top_bar::Props { setup: state.setup, cluster: state.cluster_setup(), workers: state.script().training.trainers, theme: state.theme, dispatch: dispatch.clone() }) }
                { super::notice::notice(state.lang, super::notice::Props { state: (*state).clone(), engine: engine.clone() }) }
                { for picture(&state, &engine, &send, &dispatch) }
                { super::dock::dock(state.lang, super::dock::Props { state: (*state).clone(), send: send.clone(), dispatch: dispatch.clone() }) }
            </div>
        </ContextProvider<crate::view::text::Lang>>
    }
}

fn first_state() -> AppState {
    let setup = SetupName::at(&document::hash());
    AppState::new(document::preferred_lang(), document::preferred_theme(), setup)
}

/// Sends to the engine, and keeps the page's own values in step.
fn send(state: &UseReducerHandle<AppState>, engine: &EngineHandle) -> Callback<Command> {
    let dispatcher = state.dispatcher();
    let engine = engine.clone();
    Callback::from(move |command: Command| {
        if let Command::SetSpeed(speed) = command {
            dispatcher.dispatch(AppAction::Speed(speed));
        }
        engine.send(command);
    })
}

fn picture(
    state: &AppState,
    engine: &EngineHandle,
    send: &Callback<Command>,
    dispatch: &Callback<AppAction>,
) -> Option<Html> {
    if state.setup.is_training() {
        let scene = state.training.clone()?;
        let reply = state.reply();
        return Some(html! {
            <TrainingView {scene} script={state.script().clone()} {reply} send={send.clone()} dispatch={dispatch.clone()} />
        });
    }
    let scene = state.scene.clone()?;
    let feed = engine.feed().clone();
    Some(html! {
        { super::cluster::cluster_view(state.lang, super::cluster::Props { state: state.clone(), scene, feed, send: send.clone(), dispatch: dispatch.clone() }) }
    })
}

/// What each key does now.
fn keys(state: &UseReducerHandle<AppState>, engine: &EngineHandle) -> Callback<String> {
    let state = state.clone();
    let send = send(&state, engine);
    let dispatcher = state.dispatcher();
    Callback::from(move |key: String| match key.as_str() {
        "c" => dispatcher.dispatch(AppAction::Setup(state.cluster_setup())),
        "m" => dispatcher.dispatch(AppAction::Setup(SetupName::Digits)),
        "Escape" if state.sheet.is_some() => dispatcher.dispatch(AppAction::Select(None)),
        key => {
            if let Some(command) = command_of(key, &state) {
                send.emit(command);
            }
        }
    })
}

fn command_of(key: &str, state: &AppState) -> Option<Command> {
    match key {
        " " if state.playing => Some(Command::Pause),
        " " => Some(Command::Play),
        "." => Some(Command::Step),
        "," => Some(Command::StepBack),
        "n" => Some(Command::Next),
        "N" => Some(Command::Previous),
        "a" => Some(Command::SetAuto(!state.auto)),
        "-" => Some(Command::SetSpeed(super::speed::clamp(state.speed() / SPEED_STEP))),
        "=" | "+" => Some(Command::SetSpeed(super::speed::clamp(state.speed() * SPEED_STEP))),
        "1" => Some(Command::SetSpeed(1.0)),
        "k" | "r" | "p" | "d" => {
            selected(key, state).or_else(|| suggested(key, state)).map(Command::Act)
        }
        _ => None,
    }
}

/// What the key does to what is looked at.
fn selected(key: &str, state: &AppState) -> Option<Act> {
    let offers = offers::offers(state.scene.as_ref()?, state.viewport.selected.as_ref()?);
    let pressed = offers.presses.into_iter().find(|press| press.key == key.chars().next());
    pressed.map(|press| press.act)
}

/// `k` and `r` do what the narrator suggests, else they crash a worker or restart the first stopped broker.
fn suggested(key: &str, state: &AppState) -> Option<Act> {
    if state.setup.is_training() {
        return suggested_worker(key, state);
    }
    let scene = state.scene.as_ref()?;
    let suggestion = narrator::line(state.lang, scene, state.script().seed).suggestion?;
    match (key, suggestion) {
        ("k", Suggestion::Crash(broker)) => Some(Act::Kill(broker)),
        ("r", Suggestion::Restart(node)) => Some(Act::Restart(node)),
        ("r", Suggestion::Resume(node)) => Some(Act::Resume(node)),
        ("r", Suggestion::RestoreDisk(node)) => Some(Act::SlowDisk(node, 0)),
        ("d", Suggestion::Crash(node)) => Some(Act::SlowDisk(node, offers::SLOW_DISK_MS)),
        _ => None,
    }
}

fn suggested_worker(key: &str, state: &AppState) -> Option<Act> {
    let scene = state.training.as_ref()?;
    let stopped = scene.workers.iter().find(|worker| worker.process == Process::Stopped);
    match (key, stopped) {
        ("k", None) => {
            let victim = scene.workers.get(1).or(scene.workers.first());
            victim.map(|worker| Act::Kill(worker.node))
        }
        ("r", Some(worker)) => Some(Act::Restart(worker.node)),
        _ => None,
    }
}
