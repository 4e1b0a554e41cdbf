//! The top bar: the setup, the two views, commands, language, settings, keys.

use yew::{Callback, Html, html};

use super::icon::Icon;
use super::keys::{self, Hands};
use super::state::{AppAction, AppState};
use crate::view::keys::{Does, shortcut};
use crate::view::protocol::SetupName;
use crate::view::text::{Lang, Text};

/// What the bar shows.
pub struct Props {
    pub state: AppState,
    pub hands: Hands,
    /// The share menu.
    pub share: Html,
}

/// The top bar.
pub fn top_bar(lang: Lang, props: Props) -> Html {
    let props = &props;
    html! {
        <header class="top">
            <div class="brand">{ logo() }<h1 class="hide-sm">{ "Kafka Playground" }</h1></div>
            <div class="scenario">{ super::scenario_menu::scenario_menu(lang, super::scenario_menu::Props { state: &props.state, send: props.hands.send.clone(), dispatch: props.hands.dispatch.clone() }) }</div>
            <span class="sp"></span>
            { views(lang, props) }
            <span class="sp"></span>
            { props.share.clone() }
            { opener(lang, props, Does::Commands, Icon::Search, Text::KeyCommands) }
            { language_switch(lang, &props.hands.dispatch) }
            { super::settings::settings(lang, &props.state, &props.hands) }
            { opener(lang, props, Does::Keys, Icon::Question, Text::KeysTitle) }
        </header>
    }
}

fn views(lang: Lang, props: &Props) -> Html {
    let view = |setup: SetupName, text: Text| {
        let dispatch = props.hands.dispatch.clone();
        let onclick = Callback::from(move |_| dispatch.emit(AppAction::Setup(setup)));
        let does = if setup == SetupName::Digits { Does::Training } else { Does::Cluster };
        let here = props.state.setup.is_training() == setup.is_training();
        let current = here.then_some("page");
        html! { <button type="button" aria-current={current} aria-keyshortcuts={shortcut(does, props.state.letters)} {onclick}>{ text.say(lang) }</button> }
    };
    html! {
        <nav class="seg" aria-label={Text::Views.say(lang)}>
            { view(props.state.cluster_setup(), Text::Cluster) }
            { view(SetupName::Digits, Text::Training) }
        </nav>
    }
}

fn language_switch(lang: Lang, dispatch: &Callback<AppAction>) -> Html {
    let dispatch = dispatch.clone();
    let other = lang.other();
    let onclick = Callback::from(move |_| dispatch.emit(AppAction::Language(other)));
    html! {
        <button type="button" class="btn" lang={other.tag()} {onclick}>{ Text::OtherLanguage.say(lang) }</button>
    }
}

/// A button for what a key does too.
fn opener(lang: Lang, props: &Props, does: Does, icon: Icon, text: Text) -> Html {
    let (state, hands) = (props.state.clone(), props.hands.clone());
    let onclick = Callback::from(move |_| keys::perform(does, &state, &hands));
    let label = text.say(lang);
    html! {
        <button type="button" class="btn icon hide-sm" aria-label={label.clone()} title={label}
            aria-keyshortcuts={shortcut(does, props.state.letters)} {onclick}>
            { icon.mark() }
        </button>
    }
}

/// Records in two rows and the line they are read up to.
fn logo() -> Html {
    let record = |x: &'static str, y: &'static str| {
        html! { <rect {x} {y} width="4" height="5" rx="1" /> }
    };
    html! {
        <svg viewBox="0 0 22 22" aria-hidden="true">
            <g fill="currentColor">
                { record("1", "3") }{ record("6.5", "3") }{ record("12", "3") }
                { record("1", "14") }{ record("6.5", "14") }
            </g>
            <path d="M14 .5v21" stroke="currentColor" stroke-width="1.6" />
        </svg>
    }
}
