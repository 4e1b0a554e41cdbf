//! The narrator's line and its one button. It is the page's only polite live region.

use yew::{Callback, Html, html};

use super::icon::Icon;
use super::rich::rich;
use crate::view::narrator::{Line, Suggestion, Tone};
use crate::view::protocol::{Act, Command};
use crate::view::text::{Lang, Text};

/// What the narrator says.
pub struct Props {
    pub line: Line,
    pub send: Callback<Command>,
}

/// The narrator.
pub fn narrator(lang: Lang, props: Props) -> Html {
    let props = &props;
    let class = match props.line.tone {
        Tone::Plain => "narrator",
        Tone::Alarm => "narrator bad",
    };
    html! {
        <div {class}>
            <p role="status">{ rich(&props.line.sentence.clone()) }</p>
            <span class="sp"></span>
            { for props.line.suggestion.map(|suggestion| button(lang, suggestion, &props.send)) }
        </div>
    }
}

fn button(lang: Lang, suggestion: Suggestion, send: &Callback<Command>) -> Html {
    let (icon, text, id, act, key) = match suggestion {
        Suggestion::Walk(step) => return walk(lang, step, send),
        Suggestion::Heal(a, b) => (Icon::Play, Text::RestoreLinkOf, b, Act::Heal(a, b), "R"),
        Suggestion::Crash(id) => (Icon::Bolt, Text::CrashBroker, id, Act::Kill(id), "K"),
        Suggestion::Restart(id) => (Icon::Play, Text::RestartBroker, id, Act::Restart(id), "R"),
        Suggestion::RestoreDisk(id) => {
            (Icon::Play, Text::RestoreDisk, id, Act::SlowDisk(id, 0), "R")
        }
        Suggestion::Resume(id) => (Icon::Play, Text::ResumeBroker, id, Act::Resume(id), "R"),
    };
    let send = send.clone();
    let onclick = Callback::from(move |_| send.emit(Command::Act(act)));
    html! {
        <button type="button" class="btn ink" aria-keyshortcuts={key} {onclick}>
            { icon.mark() }{ text.with(lang, &[("id", &id)]) }
            <kbd class="hide-sm" aria-hidden="true">{ key }</kbd>
        </button>
    }
}

/// The next step of the walk: the clock runs until the step after it.
fn walk(lang: Lang, step: u8, send: &Callback<Command>) -> Html {
    let text = match step {
        0 => Text::WalkCreateButton,
        1 => Text::WalkPublishButton,
        _ => Text::WalkSubscribeButton,
    };
    let send = send.clone();
    let onclick = Callback::from(move |_| send.emit(Command::Play));
    html! {
        <button type="button" class="btn ink" {onclick}>{ Icon::Play.mark() }{ text.say(lang) }</button>
    }
}
