//! The legend under the board.

use yew::{Html, html};

use crate::view::text::{Lang, Text};

/// The legend.
pub fn legend(lang: Lang) -> Html {
    let swatch = |class: &'static str, text: Text| {
        html! { <span><i {class} aria-hidden="true"></i>{ text.say(lang) }</span> }
    };
    html! {
        <div class="legend">
            { swatch("sw c", Text::LegendCommitted) }
            { swatch("sw u", Text::LegendUncommitted) }
            { swatch("sw f", Text::LegendFollower) }
            { swatch("sw x", Text::LegendDoomed) }
            { swatch("sw h", Text::LegendHighWatermark) }
            <span><b class="mono" aria-hidden="true">{ "29" }</b>{ Text::LegendLogEnd.say(lang) }</span>
        </div>
    }
}
