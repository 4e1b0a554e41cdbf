//! The top bar: the setup, the two views, language and theme.

use yew::{Callback, Html, html};

use super::icon::Icon;
use super::state::{AppAction, Theme};
use crate::view::protocol::SetupName;
use crate::view::text::{Lang, Text};

/// What the bar shows.
pub struct Props {
    pub setup: SetupName,
    /// The setup that the Cluster tab shows.
    pub cluster: SetupName,
    /// Trainers of the digits.
    pub workers: u16,
    pub theme: Theme,
    pub dispatch: Callback<AppAction>,
}

/// The top bar.
pub fn top_bar(lang: Lang, props: Props) -> Html {
    let props = &props;
    html! {
        <header class="top">
            <div class="brand">{ logo() }<h1 class="hide-sm">{ "Kafka Playground" }</h1></div>
            <div class="scenario">{ super::scenario_menu::scenario_menu(lang, super::scenario_menu::Props { setup: props.setup, workers: props.workers, dispatch: props.dispatch.clone() }) }</div>
            <span class="sp"></span>
            { views(lang, props) }
            <span class="sp"></span>
            { language_switch(lang, &props.dispatch) }
            { theme_switch(lang, props) }
        </header>
    }
}

fn views(lang: Lang, props: &Props) -> Html {
    let view = |setup: SetupName, text: Text| {
        let dispatch = props.dispatch.clone();
        let onclick = Callback::from(move |_| dispatch.emit(AppAction::Setup(setup)));
        let here = props.setup.is_training() == setup.is_training();
        let current = here.then_some("page");
        html! { <button type="button" aria-current={current} {onclick}>{ text.say(lang) }</button> }
    };
    html! {
        <nav class="seg" aria-label={Text::Views.say(lang)}>
            { view(props.cluster, Text::Cluster) }
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

fn theme_switch(lang: Lang, props: &Props) -> Html {
    let dispatch = props.dispatch.clone();
    let other = props.theme.other();
    let onclick = Callback::from(move |_| dispatch.emit(AppAction::Theme(other)));
    let (icon, text) = match other {
        Theme::Dark => (Icon::Moon, Text::ThemeToDark),
        Theme::Light => (Icon::Sun, Text::ThemeToLight),
    };
    let label = text.say(lang);
    html! {
        <button type="button" class="btn icon" aria-label={label.clone()} title={label} {onclick}>
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
