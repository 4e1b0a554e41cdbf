//! The hatchings that SVG marks are filled with. One texture means "not yet" everywhere.

use yew::{Html, html};

/// Hues of the board.
const HUES: u8 = 6;

/// The patterns, by id: `hatch0` to `hatch5`, and `future`.
pub fn patterns() -> Html {
    html! {
        <svg class="defs" aria-hidden="true">
            <defs>
                { for (0..HUES).map(hatch) }
                <pattern id="future" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
                    <path class="pattern-future" d="M0 0V7" />
                </pattern>
            </defs>
        </svg>
    }
}

fn hatch(hue: u8) -> Html {
    html! {
        <pattern id={format!("hatch{hue}")} class={format!("hue{hue}")} width="4" height="4"
            patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
            <rect class="pattern" width="4" height="4" /><path class="pattern-line" d="M1 0V4" />
        </pattern>
    }
}
