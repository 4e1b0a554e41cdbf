//! The narrator's line and its one button.

use yew::{Callback, Html, classes, html};

use super::announcer::Announcer;
use super::icon::Icon;
use super::rich::rich;
use crate::view::keys::{KEYS, label, shortcut};
use crate::view::narrator::{Line, Suggestion, Tone};
use crate::view::protocol::Command;
use crate::view::text::{Lang, plain};

/// What the narrator says.
pub struct Props {
    pub line: Line,
    /// Whether it is the first suggestion of all: its button pulses once.
    pub first: bool,
    /// Whether keys that type a letter act.
    pub letters: bool,
    pub send: Callback<Command>,
}

/// The narrator.
pub fn narrator(lang: Lang, props: Props) -> Html {
    let props = &props;
    let bad = (props.line.tone == Tone::Alarm).then_some("bad");
    html! {
        <div class={classes!("narrator", bad)}>
            <p>{ rich(&props.line.sentence) }</p>
            <Announcer text={plain(&props.line.sentence)} />
            <span class="sp"></span>
            { for props.line.suggestion.map(|suggestion| button(lang, props, suggestion)) }
        </div>
    }
}

fn button(lang: Lang, props: &Props, suggestion: Suggestion) -> Html {
    let icon = match suggestion {
        Suggestion::Crash(_) => Icon::Bolt,
        Suggestion::AcksOne(_) | Suggestion::AcksAll(_) => Icon::Sliders,
        _ => Icon::Play,
    };
    let send = props.send.clone();
    let onclick = Callback::from(move |_| send.emit(suggestion.command()));
    let does = suggestion.key();
    let keys = does.and_then(|does| shortcut(does, props.letters));
    let line = KEYS.iter().find(|line| Some(line.does) == does);
    let name = line.and_then(|line| line.names.first());
    html! {
        <button type="button" class={classes!("btn", "ink", props.first.then_some("first"))}
            aria-keyshortcuts={keys} {onclick}>
            { icon.mark() }{ suggestion.label(lang) }
            { for name.map(|name| html! { <kbd class="hide-sm" aria-hidden="true">{ label(name) }</kbd> }) }
        </button>
    }
}
