//! The command list: a field, and what it finds of everything that can be done.

use wasm_bindgen::JsCast;
use web_sys::{HtmlInputElement, InputEvent, KeyboardEvent};
use yew::{Callback, Html, html};

use super::browser::document;
use super::dialog;
use super::keys::{self, Hands};
use super::state::{AppAction, AppState, Open};
use crate::view::keys::{Does, label};
use crate::view::palette::{Entry, Runs, entries, found};
use crate::view::protocol::Command;
use crate::view::text::{Lang, Text};

/// The field with its list; Enter takes the entry at `place`.
pub fn palette(lang: Lang, state: &AppState, hands: &Hands, query: &str, place: usize) -> Html {
    let list = listed(state, query);
    let place = place.min(list.len().saturating_sub(1));
    let active = (!list.is_empty()).then(|| id(place));
    html! {
        <>
            <input type="text" role="combobox" autocomplete="off" spellcheck="false" value={query.to_owned()}
                aria-label={Text::CommandQuery.say(lang)} placeholder={Text::CommandQuery.say(lang)}
                aria-expanded="true" aria-controls="found" aria-autocomplete="list" aria-activedescendant={active}
                oninput={typed(hands)} onkeydown={moved(state, hands, query, place)} />
            <ul id="found" role="listbox" class="plain found" tabindex="-1" aria-label={Text::KeyCommands.say(lang)}>
                { for list.iter().enumerate().map(|(index, entry)| option(lang, state, hands, entry, index, index == place)) }
            </ul>
            if list.is_empty() { <p class="muted">{ Text::CommandNone.say(lang) }</p> }
        </>
    }
}

fn listed(state: &AppState, query: &str) -> Vec<Entry> {
    let possible = |does| keys::is_possible(does, state);
    let all = entries(state.scene.as_deref(), state.viewport.selected.as_ref(), possible);
    found(all, query)
}

fn id(place: usize) -> String {
    ["found-", &place.to_string()].concat()
}

fn option(
    lang: Lang,
    state: &AppState,
    hands: &Hands,
    entry: &Entry,
    place: usize,
    on: bool,
) -> Html {
    let (state, hands, runs) = (state.clone(), hands.clone(), entry.runs.clone());
    let onclick = Callback::from(move |_| choose(&runs, &state, &hands));
    html! {
        <li id={id(place)} role="option" aria-selected={if on { "true" } else { "false" }} {onclick}>
            <span>{ entry.say(lang) }</span>
            { for entry.key.map(|key| html! { <kbd aria-hidden="true">{ label(key) }</kbd> }) }
        </li>
    }
}

fn typed(hands: &Hands) -> Callback<InputEvent> {
    let dispatch = hands.dispatch.clone();
    Callback::from(move |event: InputEvent| {
        if let Some(query) = value(&event) {
            dispatch.emit(AppAction::Open(Some(Open::Commands { query, place: 0 })));
        }
    })
}

/// What stands in the field.
fn value(event: &web_sys::Event) -> Option<String> {
    let input = event.target()?.dyn_into::<HtmlInputElement>().ok()?;
    Some(input.value())
}

/// The arrows choose, Enter does it; what is typed by a method of input is not disturbed.
fn moved(state: &AppState, hands: &Hands, query: &str, place: usize) -> Callback<KeyboardEvent> {
    let (state, hands, drawn) = (state.clone(), hands.clone(), query.to_owned());
    Callback::from(move |event: KeyboardEvent| {
        // What was typed since the list was drawn counts: else Enter would do what nobody asked for.
        let query = value(&event).unwrap_or_default();
        let list = listed(&state, &query);
        let count = list.len();
        let place = if query == drawn { place.min(count.saturating_sub(1)) } else { 0 };
        let next = match event.key().as_str() {
            _ if event.is_composing() || count == 0 => return,
            "ArrowDown" => (place + 1) % count,
            "ArrowUp" => (place + count - 1) % count,
            "Enter" => {
                event.prevent_default();
                return choose(&list[place].runs, &state, &hands);
            }
            _ => return,
        };
        event.prevent_default();
        document::reveal(&id(next));
        let open = Open::Commands { query, place: next };
        hands.dispatch.emit(AppAction::Open(Some(open)));
    })
}

fn choose(runs: &Runs, state: &AppState, hands: &Hands) {
    // The list of keys takes the place of this one in the same dialog.
    if *runs != Runs::Does(Does::Keys) {
        document::close_dialog(dialog::ID);
        // The browser tells of it later, and until the field is gone it holds the focus: the next key would be typed into it.
        hands.dispatch.emit(AppAction::Open(None));
    }
    match runs {
        Runs::Does(does) => keys::perform(*does, state, hands),
        Runs::Act(act) => hands.send.emit(Command::Act(*act)),
        Runs::Order(order) => hands.send.emit(Command::Order(order.clone())),
        Runs::Select(selected) => hands.dispatch.emit(AppAction::Select(Some(selected.clone()))),
        Runs::Topic(topic) => hands.dispatch.emit(AppAction::Topic(topic.clone())),
    }
}
