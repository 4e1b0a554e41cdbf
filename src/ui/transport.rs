//! The transport: start, step back, play, step, next event; the clock; the speed.

use yew::{Callback, Html, Properties, classes, component, html, use_context};

use super::icon::{Icon, IconMark};
use super::speed::Speed;
use crate::view::protocol::Command;
use crate::view::text::{Lang, Text};
use crate::view::timeline;

/// What the transport shows.
#[derive(Properties, PartialEq)]
pub struct Props {
    /// Whether the engine takes commands.
    pub live: bool,
    pub playing: bool,
    pub time: u64,
    pub speed: f64,
    pub achieved: f64,
    pub send: Callback<Command>,
}

/// The transport.
#[component]
pub fn Transport(props: &Props) -> Html {
    let lang = use_context::<Lang>().unwrap_or_default();
    let (play_icon, play_text, play) = match props.playing {
        true => (Icon::Pause, Text::Pause, Command::Pause),
        false => (Icon::Play, Text::Play, Command::Play),
    };
    html! {
        <div class="transport" role="toolbar" aria-label={Text::Time.say(lang)}>
            { button(lang, props, "icon hide-sm", Icon::Start, Text::ToStart, Command::Seek(0)) }
            { button(lang, props, "icon", Icon::Back, Text::StepBack, Command::StepBack) }
            { button(lang, props, "ink play", play_icon, play_text, play) }
            { button(lang, props, "icon", Icon::Forward, Text::Step, Command::Step) }
            { next(lang, props) }
            { clock(lang, props.time) }
            <Speed speed={props.speed} achieved={props.achieved}
                behind={props.live && props.playing} send={props.send.clone()} />
        </div>
    }
}

fn button(
    lang: Lang,
    props: &Props,
    class: &'static str,
    icon: Icon,
    text: Text,
    command: Command,
) -> Html {
    let send = props.send.clone();
    let onclick = Callback::from(move |_| send.emit(command.clone()));
    let label = text.say(lang);
    html! {
        <button type="button" class={classes!("btn", class)} disabled={!props.live}
            aria-label={label.clone()} title={label} {onclick}>
            <IconMark {icon} />
        </button>
    }
}

fn next(lang: Lang, props: &Props) -> Html {
    let send = props.send.clone();
    let onclick = Callback::from(move |_| send.emit(Command::Next));
    let label = Text::NextEvent.say(lang);
    html! {
        <button type="button" class="btn hide-sm" disabled={!props.live} aria-label={label.clone()} {onclick}>
            <IconMark icon={Icon::Next} /><span class="hide-md">{ label }</span>
        </button>
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
