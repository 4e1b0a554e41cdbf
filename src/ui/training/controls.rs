//! What a person can choose of the training. A choice opens a new run.

use yew::{Callback, Event, Html, MouseEvent, TargetCast, html};

use crate::view::protocol::{Act, Command, Script};
use crate::view::scene::Process;
use crate::view::text::{Lang, Text};
use crate::view::training::{ModelName, TrainingSpec};

const WORKERS: [u16; 4] = [1, 2, 4, 8];
/// Learning rates of one batch, in millionths.
const RATES: [u32; 5] = [50_000, 100_000, 150_000, 300_000, 600_000];

/// The controls of a run, and the brokers it runs on.
pub fn controls(
    lang: Lang,
    script: &Script,
    brokers: &[(i32, Process)],
    send: &Callback<Command>,
) -> Html {
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
            <span class="seg brokers" role="group" aria-label={Text::TrainBrokers.say(lang)}>
                <i>{ Text::TrainBrokers.say(lang) }</i>{ for brokers.iter().map(|one| broker(lang, *one, send)) }
            </span>
        </div>
    }
}

/// A press crashes a broker, or starts it again.
fn broker(lang: Lang, (id, process): (i32, Process), send: &Callback<Command>) -> Html {
    let down = process == Process::Stopped;
    let (text, act) = match down {
        true => (Text::RestartBroker, Act::Restart(id)),
        false => (Text::CrashBroker, Act::Kill(id)),
    };
    let send = send.clone();
    let onclick = Callback::from(move |_| send.emit(Command::Act(act)));
    let label = text.with(lang, &[("id", &id)]);
    html! {
        <button type="button" class={down.then_some("gone")} title={label.clone()} aria-label={label} {onclick}>{ id }</button>
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
