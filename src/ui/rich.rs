//! A sentence with its `**strong**` runs.

use yew::{AttrValue, Html, Properties, component, html};

use crate::view::text::spans;

/// The sentence.
#[derive(Properties, PartialEq)]
pub struct Props {
    pub text: AttrValue,
}

/// Renders the runs of a sentence.
#[component]
pub fn Rich(props: &Props) -> Html {
    rich(&props.text)
}

/// A sentence with its strong words.
pub fn rich(text: &str) -> Html {
    let runs = spans(text).into_iter().map(|span| {
        if span.strong {
            html! { <b>{ span.text }</b> }
        } else {
            html! { { span.text } }
        }
    });
    html! { <>{ for runs }</> }
}
