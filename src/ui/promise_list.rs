//! What the configuration promises, and how often it was checked.

use std::rc::Rc;

use yew::{Html, html};

use super::icon::Icon;
use crate::view::describe;
use crate::view::scene::{Promise, Scene, Standing};
use crate::view::text::{Lang, Text};

/// The scene with its promises.
pub struct Props {
    pub scene: Rc<Scene>,
}

/// The list of promises.
pub fn promise_list(lang: Lang, props: Props) -> Html {
    let props = &props;
    html! {
        <>
            <h2>{ Text::Promises.say(lang) }<small>{ Text::UnderThisConfiguration.say(lang) }</small></h2>
            <ul class="plain">{ for props.scene.promises.iter().map(|promise| row(lang, promise)) }</ul>
        </>
    }
}

fn row(lang: Lang, promise: &Promise) -> Html {
    let (class, icon) = match promise.standing {
        Standing::Holds => ("prom ok", Icon::Check),
        Standing::NoSpare => ("prom warn", Icon::Warn),
        Standing::NotPromised => ("prom no", Icon::Dash),
        Standing::Broken => ("prom bad", Icon::Cross),
    };
    html! {
        <li {class}>
            <span class="ic">{ icon.mark() }</span>
            <span>{ describe::promise_text(promise.kind).say(lang) }</span>
            <span class="st">{ describe::standing_text(promise.standing).say(lang) }</span>
            { for evidence(lang, promise).map(|text| html! { <span class="why">{ text }</span> }) }
        </li>
    }
}

fn evidence(lang: Lang, promise: &Promise) -> Option<String> {
    if promise.anomalies > 0 {
        return Some(Text::Anomalies.with(lang, &[("count", &promise.anomalies)]));
    }
    (promise.checked > 0).then(|| Text::Checked.with(lang, &[("count", &promise.checked)]))
}
