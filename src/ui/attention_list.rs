//! What needs attention, the worst first: it leads the side panel when the cluster is too large to be looked over.

use std::rc::Rc;

use yew::{Html, html};

use super::icon::Icon;
use crate::view::describe;
use crate::view::scene::{Attention, Scene};
use crate::view::text::{Lang, Text};

/// Items that are shown; more would be no help.
const ITEMS_MAX: usize = 6;

/// The list.
pub fn attention_list(lang: Lang, scene: &Rc<Scene>) -> Html {
    let items = scene.attention.iter().take(ITEMS_MAX).map(|item| row(lang, scene, item));
    html! {
        <>
            <h2>{ Text::NeedsAttention.say(lang) }</h2>
            if scene.attention.is_empty() {
                <p class="muted">{ Text::NothingNeeds.say(lang) }</p>
            } else {
                <ul class="plain">{ for items }</ul>
            }
        </>
    }
}

fn row(lang: Lang, scene: &Scene, item: &Attention) -> Html {
    let said = describe::attention(lang, scene, item);
    let (class, icon) = match item {
        Attention::Broken(_) | Attention::Offline { .. } => ("prom bad", Icon::Cross),
        Attention::Idle { .. } => ("prom no", Icon::Dash),
        _ => ("prom warn", Icon::Warn),
    };
    html! {
        <li {class}>
            <span class="ic">{ icon.mark() }</span>
            <span>{ said.what }</span>
            <span class="st">{ said.much }</span>
            if !said.why.is_empty() { <span class="why">{ said.why }</span> }
        </li>
    }
}
