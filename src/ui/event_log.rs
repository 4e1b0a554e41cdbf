//! The milestones in plain words, the latest first; each leads back to its moment.

use yew::{Callback, Html, classes, html};

use super::icon::Icon;
use super::rich::rich;
use crate::view::describe;
use crate::view::protocol::Command;
use crate::view::scene::{Event, Glyph};
use crate::view::text::{Lang, Text};
use crate::view::timeline;

/// The events, oldest first.
pub struct Props {
    pub events: Vec<Event>,
    pub send: Callback<Command>,
}

/// The list of events.
pub fn event_log(lang: Lang, props: Props) -> Html {
    let props = &props;
    html! {
        <>
            <h2>{ Text::Events.say(lang) }</h2>
            if props.events.is_empty() {
                <p class="muted">{ Text::NoEvents.say(lang) }</p>
            } else {
                <ol class="plain" reversed={true}>
                    { for props.events.iter().rev().map(|event| row(lang, event, &props.send)) }
                </ol>
            }
        </>
    }
}

fn row(lang: Lang, event: &Event, send: &Callback<Command>) -> Html {
    let time = timeline::long(event.time_us);
    let label = Text::GoToEvent.with(lang, &[("time", &time)]);
    let glyph = event.what.glyph();
    let bad = matches!(glyph, Glyph::Fault | Glyph::Alarm).then_some("bad");
    let send = send.clone();
    let at = event.time_us;
    let onclick = Callback::from(move |_| send.emit(Command::Seek(at)));
    html! {
        <li key={event.id} class="ev">
            <button type="button" class="when" aria-label={label.clone()} title={label} {onclick}>{ time }</button>
            <span class={classes!("g", bad)}>{ Icon::of_glyph(glyph).mark() }</span>
            <span>{ rich(&describe::event(lang, event)) }</span>
        </li>
    }
}
