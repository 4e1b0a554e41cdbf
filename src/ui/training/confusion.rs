//! The confusion matrix: rows are the truth, columns the prediction.

use std::rc::Rc;

use yew::{Html, Properties, component, html, use_context};

use super::samples::samples;
use crate::view::text::{Lang, Text};
use crate::view::training::TrainingScene;

/// The scene.
#[derive(Properties, PartialEq)]
pub struct Props {
    pub scene: Rc<TrainingScene>,
}

/// The card of the average and its confusion matrix.
#[component]
pub fn ConfusionCard(props: &Props) -> Html {
    let lang = use_context::<Lang>().unwrap_or_default();
    let matrix = &props.scene.confusion;
    let all: u32 = matrix.iter().flatten().sum();
    let right: u32 = matrix.iter().enumerate().filter_map(|(class, row)| row.get(class)).sum();
    html! {
        <>
            <h2>{ Text::VersionTitle.with(lang, &[("version", &props.scene.version)]) }</h2>
            if !props.scene.samples.is_empty() {
                { samples(lang, &props.scene.samples) }
                <p class="hint">{ Text::SampleNote.say(lang) }</p>
            }
            <h2>{ Text::Confusion.say(lang) }
                <span class="hint">{ Text::ConfusionOf.with(lang, &[("right", &right), ("all", &all)]) }</span>
            </h2>
            if matrix.is_empty() {
                <p class="muted">{ Text::NoDataYet.say(lang) }</p>
            } else {
                { table(lang, matrix) }
                <p class="note">{ Text::ConfusionNote.say(lang) }</p>
            }
        </>
    }
}

fn table(lang: Lang, matrix: &[Vec<u32>]) -> Html {
    let heads = (0..matrix.len()).map(|class| html! { <th scope="col">{ class }</th> });
    let rows = matrix.iter().enumerate().map(|(truth, counts)| {
        let cells = counts.iter().enumerate().map(|(guess, &count)| {
            let class = match (truth == guess, count) {
                (true, _) => "d",
                (false, 0) => "",
                (false, _) => "e",
            };
            html! { <td {class}>{ count }</td> }
        });
        html! { <tr><th scope="row">{ truth }</th>{ for cells }</tr> }
    });
    html! {
        <table class="cm">
            <caption class="vh">{ Text::Confusion.say(lang) }</caption>
            <thead><tr><td></td>{ for heads }</tr></thead>
            <tbody>{ for rows }</tbody>
        </table>
    }
}
