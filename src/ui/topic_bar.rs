//! The topic on the board: its name, or a picker when there are several, and its settings.

use std::rc::Rc;

use wasm_bindgen::JsCast;
use web_sys::{Event, HtmlSelectElement};
use yew::{Callback, Html, Properties, component, html, use_context};

use crate::view::protocol::{Command, Viewport};
use crate::view::scene::{Scene, Topic};
use crate::view::text::{Lang, Text};

/// What the bar shows.
#[derive(Properties, PartialEq)]
pub struct Props {
    pub scene: Rc<Scene>,
    pub send: Callback<Command>,
}

/// The topic bar.
#[component]
pub fn TopicBar(props: &Props) -> Html {
    let lang = use_context::<Lang>().unwrap_or_default();
    html! {
        <div class="topicbar">
            { for props.scene.topic.as_ref().map(|topic| summary(lang, topic, props)) }
        </div>
    }
}

fn summary(lang: Lang, topic: &Topic, props: &Props) -> Html {
    let name = if props.scene.topics.len() > 1 {
        picker(lang, topic, props)
    } else {
        html! { <h2>{ topic.name.clone() }</h2> }
    };
    let text = Text::TopicSummary.with(
        lang,
        &[
            ("partitions", &topic.partitions),
            ("copies", &topic.replication_factor),
            ("min", &topic.min_insync_replicas),
        ],
    );
    html! { <>{ name }<span class="muted">{ text }</span></> }
}

fn picker(lang: Lang, topic: &Topic, props: &Props) -> Html {
    let send = props.send.clone();
    let onchange = Callback::from(move |event: Event| {
        let select = event.target().and_then(|target| target.dyn_into::<HtmlSelectElement>().ok());
        if let Some(select) = select {
            send.emit(Command::Subscribe(Viewport { topic: Some(select.value()) }));
        }
    });
    let options = props.scene.topics.iter().map(|name| {
        html! { <option value={name.clone()} selected={*name == topic.name}>{ name.clone() }</option> }
    });
    html! {
        <select class="picker" aria-label={Text::TopicPicker.say(lang)} {onchange}>{ for options }</select>
    }
}
