//! What a person can choose of the training. A choice opens a new run.

use yew::{Callback, Event, Html, MouseEvent, TargetCast, html};

use crate::view::protocol::{Command, Script};
use crate::view::text::{Lang, Text};
use crate::view::training::{ModelName, TrainingSpec};

const WORKERS: [u16; 4] = [1, 2, 4, 8];
/// Learning rates of one batch, in millionths.
const RATES: [u32; 5] = [50_000, 100_000, 150_000, 300_000, 600_000];

/// The controls of a run.
pub fn controls(lang: Lang, script: &Script, send: &Callback<Command>) -> Html {
    let spec = script.training;
    let open = opener(script, send);
    let workers = WORKERS.map(|count| {
        let onclick = open.reform(move |_: MouseEvent| TrainingSpec { trainers: count, ..spec });
        let pressed = (spec.trainers == count).to_string();
        html! { <button type="button" aria-pressed={pressed} {onclick}>{ count }</button> }
    });
    let models = [(ModelName::Softmax, "softmax"), (ModelName::Mlp, "MLP(32)")];
    let model = models.map(|(model, name)| {
        let onclick = open.reform(move |_: MouseEvent| TrainingSpec { model, ..spec });
        let pressed = (spec.model == model).to_string();
        html! { <button type="button" aria-pressed={pressed} {onclick}>{ name }</button> }
    });
    html! {
        <div class="ctl">
            <span class="seg" role="group" aria-label={Text::Workers.say(lang)}><i>{ Text::Workers.say(lang) }</i>{ for workers }</span>
            <span class="seg" role="group" aria-label={Text::ModelChoice.say(lang)}><i>{ Text::ModelChoice.say(lang) }</i>{ for model }</span>
            <label>{ Text::LearningRate.say(lang) }{ rates(spec, open) }</label>
            <span class="hint">{ Text::NewRunNote.say(lang) }</span>
        </div>
    }
}

fn rates(spec: TrainingSpec, open: Callback<TrainingSpec>) -> Html {
    let options = RATES.map(|rate| {
        html! { <option value={rate.to_string()} selected={rate == spec.rate_millionths}>{ f64::from(rate) / 1e6 }</option> }
    });
    let onchange = Callback::from(move |event: Event| {
        let select: web_sys::HtmlSelectElement = event.target_unchecked_into();
        if let Ok(rate_millionths) = select.value().parse() {
            open.emit(TrainingSpec { rate_millionths, ..spec });
        }
    });
    html! { <select {onchange}>{ for options }</select> }
}

fn opener(script: &Script, send: &Callback<Command>) -> Callback<TrainingSpec> {
    let (send, script) = (send.clone(), script.clone());
    Callback::from(move |training| {
        let script = Script { training, acts: Vec::new(), ..script.clone() };
        let at_us = script.setup.opens_at_us();
        send.emit(Command::Open { script, at_us, playing: true });
    })
}
