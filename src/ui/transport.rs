//! The transport: start, step back, play, step, next event; the clock; the speed.

use wasm_bindgen::JsCast;
use web_sys::{Event, HtmlSelectElement};
use yew::{Callback, Html, classes, html};

use super::icon::Icon;
use crate::view::keys::{Does, shortcut};
use crate::view::protocol::{Command, Filter};
use crate::view::text::{Lang, Text};
use crate::view::timeline;

/// What a step can stop at.
const FILTERS: [(Filter, Text); 3] = [
    (Filter::All, Text::FilterAll),
    (Filter::Protocol, Text::FilterProtocol),
    (Filter::Milestones, Text::FilterMilestones),
];

/// What the transport shows.
pub struct Props {
    /// Whether the engine takes commands.
    pub live: bool,
    pub playing: bool,
    pub time: u64,
    /// Whether the speed follows what happens.
    pub auto: bool,
    pub filter: Filter,
    pub speed: f64,
    pub achieved: f64,
    /// Whether the run is known further than it stands.
    pub rewound: bool,
    /// Whether keys that type a letter act.
    pub letters: bool,
    pub send: Callback<Command>,
}

/// The transport.
pub fn transport(lang: Lang, props: Props) -> Html {
    let props = &props;
    let (play_icon, play_text, play) = match props.playing {
        true => (Icon::Pause, Text::Pause, Command::Pause),
        false => (Icon::Play, Text::Play, Command::Play),
    };
    html! {
        <div class="transport" role="toolbar" aria-label={Text::Time.say(lang)}>
            { button(lang, props, "icon hide-sm", Icon::Start, (Text::ToStart, Does::ToStart), Command::Seek(0), false) }
            { button(lang, props, "icon", Icon::Back, (Text::StepBack, Does::StepBack), Command::StepBack, false) }
            { button(lang, props, "ink play", play_icon, (play_text, Does::Play), play, false) }
            { button(lang, props, "icon", Icon::Forward, (Text::Step, Does::Step), Command::Step, false) }
            { button(lang, props, "icon hide-sm", Icon::Previous, (Text::PreviousEvent, Does::PreviousMilestone), Command::Previous, false) }
            { button(lang, props, "hide-sm", Icon::Next, (Text::NextEvent, Does::NextMilestone), Command::Next, true) }
            { filter(lang, props) }
            { clock(lang, props.time) }
            { auto(lang, props) }
            { super::speed::speed(lang, super::speed::Props { speed: props.speed, achieved: props.achieved, behind: props.live && props.playing, send: props.send.clone() }) }
            { button(lang, props, "hide-md apart", Icon::Flag, (Text::Snapshot, Does::Snapshot), Command::Snapshot, true) }
            { button(lang, props, "hide-md", Icon::Fork, (Text::ForkHere, Does::Fork), Command::Fork, true) }
        </div>
    }
}

/// A button; with its word beside its icon, where there is room, or with the word as its tip.
fn button(
    lang: Lang,
    props: &Props,
    class: &'static str,
    icon: Icon,
    (text, does): (Text, Does),
    command: Command,
    word: bool,
) -> Html {
    let send = props.send.clone();
    let onclick = Callback::from(move |_| send.emit(command.clone()));
    let live = props.live && (does != Does::Fork || props.rewound);
    let label = text.say(lang);
    html! {
        <button type="button" class={classes!("btn", class)} disabled={!live} aria-label={label.clone()}
            title={(!word).then(|| label.clone())} aria-keyshortcuts={shortcut(does, props.letters)} {onclick}>
            { icon.mark() }
            if word { <span class="hide-md">{ label }</span> }
        </button>
    }
}

/// What a step stops at.
fn filter(lang: Lang, props: &Props) -> Html {
    let send = props.send.clone();
    let onchange = Callback::from(move |event: Event| {
        let select = event.target().and_then(|target| target.dyn_into::<HtmlSelectElement>().ok());
        let chosen =
            select.and_then(|select| FILTERS.get(select.selected_index() as usize).copied());
        chosen.iter().for_each(|(filter, _)| send.emit(Command::SetFilter(*filter)));
    });
    let options = FILTERS.iter().map(|(filter, text)| {
        html! { <option selected={*filter == props.filter}>{ text.say(lang) }</option> }
    });
    html! {
        <select class="picker hide-md" aria-label={Text::StepFilter.say(lang)} title={Text::StepFilter.say(lang)}
            disabled={!props.live} {onchange}>{ for options }</select>
    }
}

fn auto(lang: Lang, props: &Props) -> Html {
    let send = props.send.clone();
    let next = !props.auto;
    let onclick = Callback::from(move |_| send.emit(Command::SetAuto(next)));
    let pressed = if props.auto { "true" } else { "false" };
    html! {
        <button type="button" class="btn line hide-sm" disabled={!props.live} aria-pressed={pressed}
            title={Text::AutoLong.say(lang)} aria-keyshortcuts={shortcut(Does::Auto, props.letters)} {onclick}>{ Text::Auto.say(lang) }</button>
    }
}

fn clock(lang: Lang, time: u64) -> Html {
    let text = timeline::long(time);
    let (main, fraction) = text.split_once('.').unwrap_or((&text, ""));
    html! {
        <div class="clock" role="timer" aria-label={Text::Clock.with(lang, &[("time", &text)])}>
            { main }<small>{ format!(".{fraction}") }</small>
        </div>
    }
}
