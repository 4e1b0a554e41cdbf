//! The list of keys, straight from the table.

use yew::{Html, html};

use super::keys::Hands;
use super::settings;
use super::state::AppState;
use crate::view::keys::{KEYS, Key, Part, label};
use crate::view::text::{Lang, Text};

/// All keys by part, and whether letters act.
pub fn key_list(lang: Lang, state: &AppState, hands: &Hands) -> Html {
    let note = if state.letters { Text::LettersNote } else { Text::LettersOff };
    html! {
        <>
            <div class="keylist" tabindex="0">{ for Part::ALL.into_iter().map(|part| section(lang, part)) }</div>
            <div class="ways">{ settings::letters(lang, state, hands) }<p class="muted">{ note.say(lang) }</p></div>
        </>
    }
}

fn section(lang: Lang, part: Part) -> Html {
    let keys = KEYS.iter().filter(|key| key.part == part && !key.names.is_empty());
    html! {
        <section><h3>{ part.text().say(lang) }</h3><dl>{ for keys.map(|key| line(lang, key)) }</dl></section>
    }
}

fn line(lang: Lang, key: &Key) -> Html {
    let names = key.names.iter().map(|name| html! { <kbd>{ label(name) }</kbd> });
    html! { <div><dt>{ for names }</dt><dd>{ key.text.say(lang) }</dd></div> }
}
