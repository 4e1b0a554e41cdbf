//! The legend under the board: the marks of the level on show.

use yew::{Html, html};

use super::icon::Icon;
use crate::view::text::{Lang, Text};
use crate::view::zoom::Level;

/// The legend.
pub fn legend(lang: Lang, level: Level) -> Html {
    let marks = if level == Level::Tiles { tiles(lang) } else { records(lang) };
    html! { <div class="legend">{ marks }</div> }
}

fn swatch(lang: Lang, class: &'static str, text: Text) -> Html {
    html! { <span><i {class} aria-hidden="true"></i>{ text.say(lang) }</span> }
}

fn records(lang: Lang) -> Html {
    html! {
        <>
            { swatch(lang, "sw c", Text::LegendCommitted) }
            { swatch(lang, "sw u", Text::LegendUncommitted) }
            { swatch(lang, "sw f", Text::LegendFollower) }
            { swatch(lang, "sw x", Text::LegendDoomed) }
            { swatch(lang, "sw h", Text::LegendHighWatermark) }
            <span><b class="mono" aria-hidden="true">{ "29" }</b>{ Text::LegendLogEnd.say(lang) }</span>
            <span><b class="msg r" aria-hidden="true">{ "3" }</b>{ Text::LegendRecords.say(lang) }</span>
            { swatch(lang, "msg q", Text::LegendRequest) }
            <span><i class="msg a" aria-hidden="true">{ Icon::Check.mark() }</i>{ Text::LegendResponse.say(lang) }</span>
            { swatch(lang, "msg d", Text::LegendControl) }
        </>
    }
}

fn tiles(lang: Lang) -> Html {
    html! {
        <>
            { swatch(lang, "tl L", Text::LegendLeader) }
            { swatch(lang, "tl F", Text::LegendInSync) }
            <span><i class="tl X" aria-hidden="true">{ Icon::Cross.mark() }</i>{ Text::OutOfSync.say(lang) }</span>
            <span><b class="mono" aria-hidden="true">{ "14" }</b>{ Text::LegendLag.say(lang) }</span>
            <span>{ Text::LegendLens.say(lang) }</span>
        </>
    }
}
