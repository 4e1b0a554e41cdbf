//! The page as a whole.

use yew::{
    Callback, ContextProvider, Html, UseReducerHandle, component, html, use_effect_with,
    use_reducer,
};

use super::browser::document;
use super::hooks::{EngineHandle, use_engine, use_keys};
use super::keys::{self, Hands};
use super::state::{AppAction, AppState, Engine};
use super::training::TrainingView;
use crate::view::protocol::{Command, SetupName};

/// The page.
#[component]
pub fn App() -> Html {
    let state = use_reducer(first_state);
    let engine = use_engine(&state);
    use_effect_with(state.shows(), |shows| document::show(*shows));
    {
        let dispatcher = state.dispatcher();
        use_effect_with(state.chosen, move |chosen| {
            let kept = chosen.is_none_or(document::keep);
            dispatcher.dispatch(AppAction::Kept(kept));
        });
    }
    use_effect_with((state.setup, state.sharing.linked), |(setup, linked)| {
        // A link stays in the address, so that the page can be loaded again with it.
        if !linked {
            document::set_hash(setup.address());
        }
    });
    {
        let engine = engine.clone();
        let live = state.engine == Engine::Live;
        use_effect_with((state.viewport.clone(), state.setup, live), move |(viewport, ..)| {
            engine.send(Command::Subscribe(viewport.clone()));
        });
    }
    // The still frame of the board gives way to the first picture, or to the reason why there is none.
    let has_started = state.setup != SetupName::Orders
        || state.sharing.opening.is_some()
        || state.scene.is_some()
        || state.engine != Engine::Starting;
    use_effect_with(has_started, |has_started| {
        if *has_started {
            document::remove("still");
        }
    });
    let dispatch = {
        let dispatcher = state.dispatcher();
        Callback::from(move |action| dispatcher.dispatch(action))
    };
    let send = send(&state, &engine);
    let hands = Hands { send: send.clone(), dispatch: dispatch.clone() };
    {
        let (state, hands) = (state.clone(), hands.clone());
        use_keys(state.letters, Callback::from(move |does| keys::perform(does, &state, &hands)));
    }
    use_effect_with(state.openings, |openings| {
        if *openings > 0 {
            document::show_dialog(super::dialog::ID);
        }
    });
    let share = super::share_menu::Props { state: &state, engine: &engine, dispatch: &dispatch };
    let share = super::share_menu::share_menu(state.lang, &share);
    html! {
        <ContextProvider<crate::view::text::Lang> context={state.lang}>
            { super::patterns::patterns() }
            <div class="app">
                { super::top_bar::top_bar(state.lang, super::top_bar::Props { state: (*state).clone(), hands: hands.clone(), share }) }
                { super::notice::notice(state.lang, super::notice::Props { state: (*state).clone(), engine: engine.clone(), dispatch: dispatch.clone() }) }
                { super::share_notice::share_notice(state.lang, &state, &engine, &dispatch) }
                { for picture(&state, &engine, &send, &dispatch) }
                { super::dock::dock(state.lang, super::dock::Props { state: (*state).clone(), send: send.clone(), dispatch: dispatch.clone() }) }
                { super::dialog::dialog(state.lang, super::dialog::Props { state: (*state).clone(), hands }) }
            </div>
        </ContextProvider<crate::view::text::Lang>>
    }
}

fn first_state() -> AppState {
    let address = document::hash();
    let mut state = AppState::new(document::preferences(), SetupName::at(&address));
    state.sharing.linked = document::is_link(&address);
    state
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
