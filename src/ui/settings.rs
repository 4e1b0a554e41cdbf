//! The menu of what a visitor chooses for the page: theme, size, letter keys, and the way to commands and keys.

use yew::{Callback, Html, html};

use super::browser::document;
use super::icon::Icon;
use super::keys::{self, Hands};
use super::state::{AppAction, AppState, Size, Theme};
use crate::view::keys::{Does, KEYS, label, shortcut};
use crate::view::text::{Lang, Text};

/// The menu.
pub fn settings(lang: Lang, state: &AppState, hands: &Hands) -> Html {
    let title = Text::Settings.say(lang);
    let themes = [(Text::ThemeLight, Theme::Light), (Text::ThemeDark, Theme::Dark)];
    let themes = themes.map(|(text, theme)| (text, theme == state.theme, AppAction::Theme(theme)));
    let sizes = [(Text::SizeNormal, Size::Normal), (Text::SizePresenter, Size::Presenter)];
    let sizes = sizes.map(|(text, size)| (text, size == state.size, AppAction::Size(size)));
    html! {
        <details class="menu">
            <summary class="btn icon" aria-label={title.clone()} {title}>{ Icon::Sliders.mark() }</summary>
            <div class="pop">
                { choice(lang, hands, Text::ThemeWord, themes) }
                { choice(lang, hands, Text::SizeWord, sizes) }
                { letters(lang, state, hands) }
                { opener(lang, state, hands, Does::Commands) }
                { opener(lang, state, hands, Does::Keys) }
            </div>
        </details>
    }
}

/// Whether keys that type a letter act.
pub fn letters(lang: Lang, state: &AppState, hands: &Hands) -> Html {
    let choices = [(Text::SwitchedOn, true), (Text::SwitchedOff, false)];
    let choices = choices.map(|(text, on)| (text, on == state.letters, AppAction::Letters(on)));
    choice(lang, hands, Text::LettersWord, choices)
}

fn choice(lang: Lang, hands: &Hands, of: Text, choices: [(Text, bool, AppAction); 2]) -> Html {
    let buttons = choices.into_iter().map(|(text, chosen, action)| {
        let dispatch = hands.dispatch.clone();
        let onclick = Callback::from(move |_| dispatch.emit(action.clone()));
        let pressed = if chosen { "true" } else { "false" };
        html! { <button type="button" aria-pressed={pressed} {onclick}>{ text.say(lang) }</button> }
    });
    html! {
        <div class="choice">
            <span aria-hidden="true">{ of.say(lang) }</span>
            <div class="seg" role="group" aria-label={of.say(lang)}>{ for buttons }</div>
        </div>
    }
}

/// A line that opens a dialog, with its key.
fn opener(lang: Lang, state: &AppState, hands: &Hands, does: Does) -> Html {
    let line = KEYS.iter().find(|key| key.does == does).expect("both stand in the table");
    let key = line.names.iter().find(|name| state.letters || name.len() > 1);
    let (of, hands) = (state.clone(), hands.clone());
    let onclick = Callback::from(move |_| {
        document::close_menu();
        keys::perform(does, &of, &hands);
    });
    html! {
        <button type="button" class="btn wide" aria-keyshortcuts={shortcut(does, state.letters)} {onclick}>
            { line.text.say(lang) }{ for key.map(|key| html! { <kbd aria-hidden="true">{ label(key) }</kbd> }) }
        </button>
    }
}
