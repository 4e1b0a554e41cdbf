//! A small form: its fields, its buttons, and the command line of what it would ask.

use std::rc::Rc;

use wasm_bindgen::JsCast;
use web_sys::{Event, HtmlInputElement, HtmlSelectElement, InputEvent, SubmitEvent};
use yew::{Callback, Html, Properties, UseStateHandle, component, html, use_context, use_state};

use crate::view::describe;
use crate::view::offers::{self, Field, Form, Kind};
use crate::view::protocol::{Asked, Command};
use crate::view::scene::Scene;
use crate::view::text::{Lang, Text};

/// The form.
#[derive(Properties, PartialEq)]
pub struct Props {
    pub form: Form,
    pub scene: Rc<Scene>,
    pub send: Callback<Command>,
}

type Values = UseStateHandle<Vec<String>>;

/// The form with what has been entered so far.
#[component]
pub fn FormRow(props: &Props) -> Html {
    let lang = use_context::<Lang>().unwrap_or_default();
    let form = &props.form;
    let values =
        use_state(|| form.fields.iter().map(|field| field.value.clone()).collect::<Vec<_>>());
    let asked = offers::submitted(&form.about, 0, &values);
    let line = asked.as_ref().and_then(|command| shell(props, command));
    let send = props.send.clone();
    let first = asked.clone();
    let onsubmit = Callback::from(move |event: SubmitEvent| {
        event.prevent_default();
        first.iter().for_each(|command| send.emit(command.clone()));
    });
    html! {
        <form class="ask" {onsubmit}>
            <h3>{ form.title.say(lang) }</h3>
            <div class="fields">{ for form.fields.iter().enumerate().map(|(place, field)| input(lang, &values, place, field)) }
                { for (0..form.submits.len()).map(|place| submit(lang, props, &values, place)) }
            </div>
            if asked.is_none() { <p class="why">{ Text::NotANumber.say(lang) }</p> }
            { for line.map(|line| html! { <code>{ line }</code> }) }
        </form>
    }
}

fn shell(props: &Props, command: &Command) -> Option<String> {
    let asked = match command {
        Command::Act(act) => Asked::Act(*act),
        Command::Order(order) => Asked::Order(order.clone()),
        _ => return None,
    };
    offers::shell(&props.scene, &asked)
}

/// The first button also answers to Enter.
fn submit(lang: Lang, props: &Props, values: &Values, place: usize) -> Html {
    let text = props.form.submits[place].say(lang);
    if place == 0 {
        return html! { <button class="btn line">{ text }</button> };
    }
    let command = offers::submitted(&props.form.about, place, values);
    let disabled = command.is_none();
    let send = props.send.clone();
    let onclick =
        Callback::from(move |_| command.iter().for_each(|command| send.emit(command.clone())));
    html! { <button type="button" class="btn line" {disabled} {onclick}>{ text }</button> }
}

fn input(lang: Lang, values: &Values, place: usize, field: &Field) -> Html {
    let value = values[place].clone();
    let label = field.label.say(lang);
    let entered = entered(values, place, &field.kind);
    let body = match &field.kind {
        Kind::Words => text_input("text", value, entered),
        Kind::Number => text_input("number", value, entered),
        Kind::Configs(configs) => {
            let options = configs.iter().map(|config| {
                let text = match (config.own, config.fixed) {
                    (_, true) => Text::FixedConfig.with(lang, &[("name", &config.name)]),
                    (true, _) => Text::OwnValue.with(lang, &[("name", &config.name)]),
                    _ => config.name.clone(),
                };
                (config.name.clone(), text)
            });
            select(value, options, entered)
        }
        Kind::Choice(texts) => {
            let options = texts.iter().enumerate();
            select(value, options.map(|(place, text)| (place.to_string(), text.say(lang))), entered)
        }
        Kind::Peers(peers) => {
            let names = peers.iter().enumerate();
            let options =
                names.map(|(place, peer)| (place.to_string(), describe::node_name(lang, peer)));
            select(value, options, entered)
        }
    };
    html! { <label><span>{ label }</span>{ body }</label> }
}

/// Takes in a value; a chosen config brings its own into the next field.
fn entered(values: &Values, place: usize, kind: &Kind) -> Callback<String> {
    let values = values.clone();
    let configs = match kind {
        Kind::Configs(configs) => configs.clone(),
        _ => Vec::new(),
    };
    Callback::from(move |value: String| {
        let mut next = (*values).clone();
        if let Some(config) = configs.iter().find(|config| config.name == value) {
            next[place + 1] = config.value.clone();
        }
        next[place] = value;
        values.set(next);
    })
}

fn text_input(kind: &'static str, value: String, entered: Callback<String>) -> Html {
    let oninput = Callback::from(move |event: InputEvent| {
        let input = event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok());
        input.iter().for_each(|input| entered.emit(input.value()));
    });
    html! { <input type={kind} {value} {oninput} /> }
}

fn select(
    value: String,
    options: impl Iterator<Item = (String, String)>,
    entered: Callback<String>,
) -> Html {
    let onchange = Callback::from(move |event: Event| {
        let select = event.target().and_then(|target| target.dyn_into::<HtmlSelectElement>().ok());
        select.iter().for_each(|select| entered.emit(select.value()));
    });
    let options = options.map(|(option, text)| {
        let selected = option == value;
        html! { <option value={option} {selected}>{ text }</option> }
    });
    html! { <select {onchange}>{ for options }</select> }
}
