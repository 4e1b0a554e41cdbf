//! The page's only polite live region: the narrator's sentence, at most one line in three seconds.

use std::time::Duration;

use gloo::timers::callback::Timeout;
use yew::{AttrValue, Html, Properties, component, html, use_effect_with, use_mut_ref, use_state};

use super::browser::document;

/// The shortest time between two lines; one that comes earlier waits, and gives way to a newer one.
const BETWEEN: Duration = Duration::from_secs(3);

/// What is to be said.
#[derive(Properties, PartialEq)]
pub struct Props {
    pub text: AttrValue,
    /// Whether it counts something: then another number alone is not worth a line.
    #[prop_or_default]
    pub counts: bool,
}

/// Says it to who listens instead of looking.
#[component]
pub fn Announcer(props: &Props) -> Html {
    let said = use_state(|| props.text.clone());
    let last_ms = use_mut_ref(|| 0.0_f64);
    {
        let said = said.clone();
        let text = props.text.clone();
        let words = if props.counts { without_digits(&text) } else { text.to_string() };
        use_effect_with(words, move |_| {
            let due = *last_ms.borrow() + BETWEEN.as_millis() as f64 - document::now_ms();
            let timer = Timeout::new(due.max(0.0) as u32, move || {
                *last_ms.borrow_mut() = document::now_ms();
                said.set(text);
            });
            move || drop(timer)
        });
    }
    html! { <p class="vh" role="status">{ (*said).clone() }</p> }
}

fn without_digits(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_ascii_digit()).collect()
}
