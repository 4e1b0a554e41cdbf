//! What is known of the thing that is looked at, and why it came to this.

use std::rc::Rc;

use yew::{Callback, Html, html};

use super::browser::clipboard;
use super::icon::Icon;
use super::rich::rich;
use super::state::AppAction;
use crate::view::describe;
use crate::view::inspect::{Inspection, Row, Sign, Step, Tells, Why};
use crate::view::protocol::{Command, Selected};
use crate::view::says::Word;
use crate::view::scene::{Config, Scene, Standing};
use crate::view::text::{Lang, Text};
use crate::view::timeline;

/// The id of the section that tells why.
pub const WHY: &str = "why";
/// The id of the seed and time of a broken promise.
const PLACE: &str = "seed-and-time";

/// What is looked at.
pub struct Props<'a> {
    pub scene: &'a Rc<Scene>,
    pub selected: &'a Selected,
    pub seed: u64,
    pub send: &'a Callback<Command>,
    pub dispatch: &'a Callback<AppAction>,
}

/// The facts, the cases and the reasons.
pub fn inspector(lang: Lang, props: &Props) -> Html {
    // A picture from before the choice still has something else.
    if props.scene.configs_of.as_ref() != Some(props.selected) {
        return html! {};
    }
    let Some(found) = &props.scene.inspection else {
        return html! { <p class="muted">{ Text::NotHere.say(lang) }</p> };
    };
    html! {
        <>
            { for sentence(lang, props) }
            <dl class="facts">{ for found.rows.iter().map(|row| fact(lang, props, row)) }</dl>
            { for broken(lang, props) }
            { cases(lang, props, found) }
            { for found.why.as_ref().map(|why| reasons(lang, props, why)) }
        </>
    }
}

/// What happened, for something that happened.
fn sentence(lang: Lang, props: &Props) -> Option<Html> {
    let Selected::Event(id) = props.selected else { return None };
    let event = props.scene.events.iter().find(|event| event.id == *id)?;
    Some(html! { <p>{ rich(&describe::event(lang, event)) }</p> })
}

fn fact(lang: Lang, props: &Props, row: &Row) -> Html {
    html! {
        <>
            <dt>{ row.label.say(lang, props.scene) }</dt>
            <dd>{ for row.values.iter().map(|word| value(lang, props, word)) }</dd>
        </>
    }
}

fn value(lang: Lang, props: &Props, word: &Word) -> Html {
    let text = word.say(lang, props.scene);
    match word {
        Word::Time(time) => moment(lang, props, *time),
        Word::Thing(thing) => {
            let (dispatch, thing) = (props.dispatch.clone(), thing.clone());
            let onclick =
                Callback::from(move |_| dispatch.emit(AppAction::Select(Some(thing.clone()))));
            html! { <button type="button" class="link" {onclick}>{ text }</button> }
        }
        _ => html! { <span>{ text }</span> },
    }
}

/// A time that one can go to.
fn moment(lang: Lang, props: &Props, time: u64) -> Html {
    let text = timeline::long(time);
    let label = Text::GoToEvent.with(lang, &[("time", &text)]);
    let send = props.send.clone();
    let onclick = Callback::from(move |_| send.emit(Command::Seek(time)));
    html! { <button type="button" class="when" aria-label={label.clone()} title={label} {onclick}>{ text }</button> }
}

/// Seed and time of a broken promise, to be copied.
fn broken(lang: Lang, props: &Props) -> Option<Html> {
    let Selected::Promise(kind) = props.selected else { return None };
    let promise = props.scene.promises.iter().find(|promise| promise.kind == *kind)?;
    if promise.standing != Standing::Broken {
        return None;
    }
    let time = timeline::long(props.scene.time_us);
    let text = Text::SeedAndTime.with(lang, &[("seed", &props.seed), ("time", &time)]);
    let copied = text.clone();
    let onclick = Callback::from(move |_| {
        // Where the browser does not copy, the text is left selected.
        clipboard::copy(copied.clone(), PLACE, Callback::noop());
    });
    Some(html! {
        <div class="ways">
            <code id={PLACE}>{ text }</code>
            <button type="button" class="btn line" {onclick}>{ Text::CopySeedAndTime.say(lang) }</button>
        </div>
    })
}

fn cases(lang: Lang, props: &Props, found: &Inspection) -> Html {
    if found.cases.is_empty() {
        return html! {};
    }
    html! {
        <>
            <h3>{ Text::WhatWasFound.say(lang) }</h3>
            <ol class="chain">{ for found.cases.iter().map(|case| step(lang, props, case)) }</ol>
        </>
    }
}

fn reasons(lang: Lang, props: &Props, why: &Why) -> Html {
    html! {
        <section id={WHY} tabindex="-1" class="reasons">
            <h3>{ why.question.say(lang, props.scene) }</h3>
            <ol class="chain">{ for why.steps.iter().map(|one| step(lang, props, one)) }</ol>
            <div class="ways">{ show(lang, props, why) }{ for fork(lang, props, why) }</div>
        </section>
    }
}

fn step(lang: Lang, props: &Props, step: &Step) -> Html {
    let class = match step.sign {
        Sign::Act => "act",
        Sign::Fact => "fact",
        Sign::Rule => "rule",
        Sign::Result => "result",
    };
    let said = match &step.tells {
        Tells::Event(what) => describe::what(lang, what),
        Tells::Says(says) => says.say(lang, props.scene),
    };
    html! {
        <li {class}>
            { for step.time_us.map(|time| moment(lang, props, time)) }
            <span>{ rich(&said) }</span>
            { for step.config.as_ref().map(config) }
        </li>
    }
}

fn config(config: &Config) -> Html {
    html! { <code>{ [&config.name, " = ", &config.value].concat() }</code> }
}

/// Goes to the moment when it came to this, and stays there.
fn show(lang: Lang, props: &Props, why: &Why) -> Html {
    let (send, at) = (props.send.clone(), why.at_us);
    let onclick = Callback::from(move |_| {
        send.emit(Command::Pause);
        send.emit(Command::Seek(at));
    });
    let text = Text::ShowMoment.with(lang, &[("time", &timeline::long(at))]);
    html! { <button type="button" class="btn line" {onclick}>{ Icon::Start.mark() }{ text }</button> }
}

/// Goes back to before what a person did. An event that has not happened then is not looked at any more.
fn fork(lang: Lang, props: &Props, why: &Why) -> Option<Html> {
    let fork = why.fork.as_ref()?;
    let (send, dispatch, actions) = (props.send.clone(), props.dispatch.clone(), fork.actions);
    let passes = matches!(props.selected, Selected::Event(_) | Selected::Message(_));
    let onclick = Callback::from(move |_| {
        send.emit(Command::Pause);
        send.emit(Command::ForkBefore(actions));
        if passes {
            dispatch.emit(AppAction::Select(None));
        }
    });
    let text = fork.text.say(lang);
    Some(
        html! { <button type="button" class="btn line" {onclick}>{ Icon::Fork.mark() }{ text }</button> },
    )
}
