//! What happened in plain words, the latest first; each leads back to its moment, and to why it happened.

use yew::{Callback, Html, classes, html};

use super::icon::Icon;
use super::rich::rich;
use super::state::AppAction;
use crate::view::describe;
use crate::view::protocol::{Command, Selected};
use crate::view::scene::{Event, Glyph, Kind};
use crate::view::text::{Lang, Text};
use crate::view::timeline;

/// The events, oldest first.
pub struct Props {
    pub events: Vec<Event>,
    /// The one kind that is shown; none shows all.
    pub kind: Option<Kind>,
    pub everything: bool,
    pub selected: Option<Selected>,
    pub send: Callback<Command>,
    pub dispatch: Callback<AppAction>,
}

/// The list of events, under what it can be narrowed by.
pub fn event_log(lang: Lang, props: Props) -> Html {
    let props = &props;
    let shown = props.events.iter().rev();
    let shown: Vec<&Event> =
        shown.filter(|event| props.kind.is_none_or(|kind| event.what.kind() == kind)).collect();
    html! {
        <>
            <h2>{ Text::Events.say(lang) }</h2>
            <div class="kinds" role="group" aria-label={Text::ShowOnly.say(lang)}>
                { for Kind::ALL.iter().map(|kind| {
                    toggle(lang, props, kind_text(*kind), props.kind == Some(*kind), AppAction::Kind(*kind))
                }) }
                { toggle(lang, props, Text::SmallSteps, props.everything, AppAction::Everything(!props.everything)) }
            </div>
            if props.events.is_empty() {
                <p class="muted">{ Text::NoEvents.say(lang) }</p>
            } else if shown.is_empty() {
                <p class="muted">{ Text::NoSuchEvents.say(lang) }</p>
            } else {
                <ol class="plain" reversed={true}>
                    { for shown.into_iter().map(|event| row(lang, props, event)) }
                </ol>
            }
        </>
    }
}

fn kind_text(kind: Kind) -> Text {
    match kind {
        Kind::Faults => Text::KindFaults,
        Kind::Leaders => Text::KindLeaders,
        Kind::Groups => Text::KindGroups,
        Kind::Clients => Text::KindClients,
        Kind::Controllers => Text::KindControllers,
    }
}

fn toggle(lang: Lang, props: &Props, text: Text, pressed: bool, action: AppAction) -> Html {
    let dispatch = props.dispatch.clone();
    let onclick = Callback::from(move |_| dispatch.emit(action.clone()));
    let pressed = if pressed { "true" } else { "false" };
    html! { <button type="button" class="chip" aria-pressed={pressed} {onclick}>{ text.say(lang) }</button> }
}

fn row(lang: Lang, props: &Props, event: &Event) -> Html {
    let time = timeline::long(event.time_us);
    let label = Text::GoToEvent.with(lang, &[("time", &time)]);
    let glyph = event.what.glyph();
    let bad = matches!(glyph, Glyph::Fault | Glyph::Alarm).then_some("bad");
    let send = props.send.clone();
    let at = event.time_us;
    let onclick = Callback::from(move |_| send.emit(Command::Seek(at)));
    html! {
        <li key={event.id} class="ev">
            <button type="button" class="when" aria-label={label.clone()} title={label} {onclick}>{ time }</button>
            <span class={classes!("g", bad)}>{ Icon::of_glyph(glyph).mark() }</span>
            <span>{ rich(&describe::event(lang, event)) }{ " " }{ why(lang, props, event) }</span>
        </li>
    }
}

fn why(lang: Lang, props: &Props, event: &Event) -> Html {
    let thing = Selected::Event(event.id);
    let label = Text::WhyOf.with(lang, &[("event", &describe::event_plain(lang, event))]);
    let pressed = if props.selected.as_ref() == Some(&thing) { "true" } else { "false" };
    let dispatch = props.dispatch.clone();
    let onclick = Callback::from(move |_| dispatch.emit(AppAction::Select(Some(thing.clone()))));
    html! {
        <button type="button" class="link" aria-label={label} aria-pressed={pressed} {onclick}>
            { Text::WhyWord.say(lang) }
        </button>
    }
}
