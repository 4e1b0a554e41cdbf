//! What can be done to the thing that is looked at: presses and small forms, all from [`crate::view::offers`].

use std::rc::Rc;

use yew::{Callback, Html, html};

use super::form_row::FormRow;
use super::icon::Icon;
use super::inspector;
use super::state::AppAction;
use crate::view::describe;
use crate::view::offers::{self, Offers, Press};
use crate::view::protocol::{Asked, Command, Order, Selected};
use crate::view::scene::{Process, Scene};
use crate::view::text::{Lang, Text};

/// What is looked at.
pub struct Props {
    pub scene: Rc<Scene>,
    pub selected: Selected,
    pub seed: u64,
    pub send: Callback<Command>,
    pub dispatch: Callback<AppAction>,
}

/// The panel.
pub fn act_panel(lang: Lang, props: Props) -> Html {
    let props = &props;
    let Offers { presses, forms, parts, deletes } = offers::offers(&props.scene, &props.selected);
    let dispatch = props.dispatch.clone();
    let close = Callback::from(move |_| dispatch.emit(AppAction::Select(None)));
    // The forms are a list of their own, so that their keys hold: what is being entered outlives a form that comes or goes.
    html! {
        <>
            <h2>{ describe::thing(lang, &props.scene, &props.selected) }<small>{ for state(lang, props) }</small>
                <button type="button" class="btn icon end" aria-label={Text::Close.say(lang)} onclick={close}>
                    { Icon::Cross.mark() }
                </button>
            </h2>
            if !presses.is_empty() {
                <div class="offers">{ for presses.iter().map(|offer| press(lang, props, offer)) }</div>
            }
            { inspector::inspector(lang, &inspector::Props { scene: &props.scene, selected: &props.selected, seed: props.seed, send: &props.send, dispatch: &props.dispatch }) }
            if !parts.is_empty() {
                <h3>{ Text::Members.say(lang) }</h3>
                <div class="ways">{ for parts.iter().map(|one| part(lang, props, one)) }</div>
            }
            <div>{ for forms.iter().map(|form| html! {
                <FormRow key={[key(&props.selected), (form.title as usize).to_string()].concat()} form={form.clone()} scene={props.scene.clone()} send={props.send.clone()} />
            }) }</div>
            { for deletes.map(|order| delete(lang, props, order)) }
        </>
    }
}

/// Another thing has other forms: what was entered for the last one is gone.
fn key(selected: &Selected) -> String {
    match selected {
        Selected::Topic => String::new(),
        Selected::Node(node) => node.to_string(),
        Selected::Group(name) => name.clone(),
        other => format!("{other:?}"),
    }
}

fn state(lang: Lang, props: &Props) -> Option<String> {
    let Selected::Node(node) = props.selected else { return None };
    let process = offers::process_of(&props.scene, node)?;
    Some(describe::process_text(process).say(lang))
}

fn press(lang: Lang, props: &Props, offer: &Press) -> Html {
    let command = Command::Act(offer.act);
    let send = props.send.clone();
    let onclick = Callback::from(move |_| send.emit(command.clone()));
    let key = offer.key.map(|key| key.to_ascii_uppercase().to_string());
    html! {
        <div class="offer">
            <button type="button" class="btn line" aria-keyshortcuts={key.clone()} {onclick}>
                { offer.text.say(lang) }
                { for key.map(|key| html! { <kbd class="hide-sm" aria-hidden="true">{ key }</kbd> }) }
            </button>
            { for offers::shell(&props.scene, &Asked::Act(offer.act)).map(|line| html! { <code>{ line }</code> }) }
        </div>
    }
}

fn part(lang: Lang, props: &Props, (node, name, process): &(i32, String, Process)) -> Html {
    let dispatch = props.dispatch.clone();
    let next = Selected::Node(*node);
    let onclick = Callback::from(move |_| dispatch.emit(AppAction::Select(Some(next.clone()))));
    let state = describe::process_text(*process).say(lang);
    html! { <button type="button" class="btn line" {onclick}>{ name.clone() }<small>{ state }</small></button> }
}

fn delete(lang: Lang, props: &Props, order: Order) -> Html {
    let Order::DeleteTopic(topic) = &order else { return html! {} };
    let text = Text::DeleteTopic.with(lang, &[("topic", topic)]);
    let line = offers::shell(&props.scene, &Asked::Order(order.clone()));
    let send = props.send.clone();
    let onclick = Callback::from(move |_| send.emit(Command::Order(order.clone())));
    html! {
        <div class="offer">
            <button type="button" class="btn line" {onclick}>{ text }</button>
            { for line.map(|line| html! { <code>{ line }</code> }) }
        </div>
    }
}
