//! What the configuration promises, and what decides.

use std::rc::Rc;

use yew::{Callback, Html, html};

use super::icon::Icon;
use super::state::AppAction;
use crate::view::describe;
use crate::view::protocol::Selected;
use crate::view::scene::{Promise, Scene, Standing};
use crate::view::text::{Lang, Text};

/// The scene with its promises.
pub struct Props {
    pub scene: Rc<Scene>,
    pub selected: Option<Selected>,
    pub dispatch: Callback<AppAction>,
}

/// The list of promises.
pub fn promise_list(lang: Lang, props: Props) -> Html {
    let props = &props;
    html! {
        <>
            <h2>{ Text::Promises.say(lang) }<small>{ Text::UnderThisConfiguration.say(lang) }</small></h2>
            <ul class="plain">{ for props.scene.promises.iter().map(|promise| row(lang, props, promise)) }</ul>
        </>
    }
}

fn row(lang: Lang, props: &Props, promise: &Promise) -> Html {
    let (class, icon) = match promise.standing {
        Standing::Holds => ("prom ok", Icon::Check),
        Standing::NoSpare => ("prom warn", Icon::Warn),
        Standing::NotPromised => ("prom no", Icon::Dash),
        Standing::Broken => ("prom bad", Icon::Cross),
    };
    html! {
        <li {class} title={checked(lang, promise)}>
            <span class="ic">{ icon.mark() }</span>
            { name(lang, props, promise) }
            <span class="st">{ describe::standing_text(promise.standing).say(lang) }</span>
            { for evidence(lang, props, promise).map(|text| html! { <span class="why">{ text }</span> }) }
        </li>
    }
}

/// The claim: a button that looks closely at the promise, and no more when it does.
fn name(lang: Lang, props: &Props, promise: &Promise) -> Html {
    let thing = Selected::Promise(promise.kind);
    let pressed = props.selected.as_ref() == Some(&thing);
    let next = (!pressed).then_some(thing);
    let dispatch = props.dispatch.clone();
    let onclick = Callback::from(move |_| dispatch.emit(AppAction::Select(next.clone())));
    let text = describe::promise_text(promise.kind).say(lang);
    let pressed = if pressed { "true" } else { "false" };
    html! { <button type="button" class="claim" aria-pressed={pressed} {onclick}>{ text }</button> }
}

/// What went wrong as the configuration allows, else what decides.
fn evidence(lang: Lang, props: &Props, promise: &Promise) -> Option<String> {
    if promise.anomalies > 0 {
        return Some(Text::Anomalies.with(lang, &[("count", &promise.anomalies)]));
    }
    promise.basis.as_ref().map(|basis| basis.say(lang, &props.scene))
}

fn checked(lang: Lang, promise: &Promise) -> Option<String> {
    (promise.checked > 0).then(|| Text::Checked.with(lang, &[("count", &promise.checked)]))
}
