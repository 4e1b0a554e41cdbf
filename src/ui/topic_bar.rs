//! The topic on the board: its name, or a picker when there are several, and its settings.

use std::rc::Rc;

use wasm_bindgen::JsCast;
use web_sys::{Event, HtmlSelectElement};
use yew::{Callback, Html, html};

use super::icon::Icon;
use super::state::AppAction;
use crate::view::board::BoardState;
use crate::view::describe;
use crate::view::offers::name_of;
use crate::view::protocol::{Act, Command, Selected};
use crate::view::scene::{Link, Scene, Topic};
use crate::view::text::{Lang, Text};

/// Links that are named one by one.
const LINKS_MAX: usize = 2;

/// What the bar shows.
pub struct Props {
    pub scene: Rc<Scene>,
    pub selected: Option<Selected>,
    pub board: BoardState,
    pub send: Callback<Command>,
    pub dispatch: Callback<AppAction>,
}

/// The topic bar.
pub fn topic_bar(lang: Lang, props: Props) -> Html {
    let props = &props;
    html! {
        <div class="topicbar">
            { for props.scene.topic.as_ref().map(|topic| summary(lang, topic, props)) }
            { topic_button(lang, props) }
            { links(lang, props) }
            { super::zoom_bar::zoom_bar(lang, &super::zoom_bar::Props { scene: &props.scene, board: &props.board, selected: props.selected.as_ref(), send: &props.send, dispatch: &props.dispatch }) }
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
    let dispatch = props.dispatch.clone();
    let onchange = Callback::from(move |event: Event| {
        let select = event.target().and_then(|target| target.dyn_into::<HtmlSelectElement>().ok());
        if let Some(select) = select {
            dispatch.emit(AppAction::Topic(select.value()));
        }
    });
    let options = props.scene.topics.iter().map(|name| {
        html! { <option value={name.clone()} selected={*name == topic.name}>{ name.clone() }</option> }
    });
    html! {
        <select class="picker" aria-label={Text::TopicPicker.say(lang)} {onchange}>{ for options }</select>
    }
}

/// Opens what can be done to the topic; without one, how to make one.
fn topic_button(lang: Lang, props: &Props) -> Html {
    let selected = props.selected == Some(Selected::Topic);
    let next = (!selected).then_some(Selected::Topic);
    let dispatch = props.dispatch.clone();
    let onclick = Callback::from(move |_| dispatch.emit(AppAction::Select(next.clone())));
    let pressed = if selected { "true" } else { "false" };
    html! {
        <button type="button" class="btn small" aria-pressed={pressed} {onclick}>{ Text::TopicActions.say(lang) }</button>
    }
}

/// Links that are not as they were made; many are only counted, "Needs attention" says whose they are.
fn links(lang: Lang, props: &Props) -> Html {
    let links = &props.scene.links;
    if links.len() > LINKS_MAX {
        let text = Text::LinksChanged.with(lang, &[("count", &links.len())]);
        return html! { <span class="badge bad">{ Icon::Cut.mark() }{ text }</span> };
    }
    html! { <>{ for links.iter().map(|link| changed(lang, props, *link)) }</> }
}

/// A link that is cut or slowed: a press brings it back.
fn changed(lang: Lang, props: &Props, link: Link) -> Html {
    let [a, b] = [link.a, link.b].map(|id| describe::node_name(lang, &name_of(&props.scene, id)));
    let (text, act) = match link.cut {
        true => (Text::LinkIsCut, Act::Heal(link.a, link.b)),
        false => (Text::LinkIsSlow, Act::Slow(link.a, link.b, 0)),
    };
    let latency = link.latency_ms.unwrap_or(0);
    let label = text.with(lang, &[("a", &a), ("b", &b), ("latency", &latency)]);
    let send = props.send.clone();
    let onclick = Callback::from(move |_| send.emit(Command::Act(act)));
    html! {
        <button key={format!("{}-{}", link.a, link.b)} type="button" class="badge bad" title={Text::RestoreLink.say(lang)} {onclick}>
            { Icon::Cut.mark() }{ label }
        </button>
    }
}
