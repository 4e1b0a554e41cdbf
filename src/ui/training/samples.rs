//! Test images with the model's answer: one of each class, then the mistakes it still makes.

use yew::{Html, html};

use crate::view::text::{Lang, Text};
use crate::view::training::Sample;

const SIDE: usize = 8;
const PIXEL_MAX: f64 = 16.0;

/// The images, each with its answer.
pub fn samples(lang: Lang, samples: &[Sample]) -> Html {
    html! {
        <ul class="digits" aria-label={Text::SampleImages.say(lang)}>{ for samples.iter().map(|sample| image(lang, sample)) }</ul>
    }
}

fn image(lang: Lang, sample: &Sample) -> Html {
    let right = sample.label == sample.answer;
    let share = format!("{:.0}%", sample.share * 100.0);
    let label = Text::SampleLabel
        .with(lang, &[("label", &sample.label), ("answer", &sample.answer), ("share", &share)]);
    let pixels = sample.pixels.iter().enumerate().filter(|(_, value)| **value > 0);
    let cells = pixels.map(|(place, &value)| {
        let (x, y) = ((place % SIDE).to_string(), (place / SIDE).to_string());
        let opacity = format!("{:.2}", f64::from(value) / PIXEL_MAX);
        html! { <rect {x} {y} width="1.02" height="1.02" fill-opacity={opacity} /> }
    });
    let mark = if right { "✓" } else { "✗" };
    html! {
        <li class={(!right).then_some("wrong")}>
            <svg viewBox="0 0 8 8" role="img" aria-label={label}>{ for cells }</svg>
            <span aria-hidden="true"><b>{ sample.answer }</b>{ mark }</span>
        </li>
    }
}
