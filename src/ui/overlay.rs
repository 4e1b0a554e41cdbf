//! What runs through all rows of a column: the high watermark, one line from the ruler to the last group.

use std::cmp::Ordering;

use yew::{Html, html};

use super::board::Shared;
use crate::view::window::Window;
use crate::view::zoom::Level;

/// What the overlay shows.
pub struct Props {
    pub shared: Shared,
}

/// Where the line stands and what its flag says. Out of sight there is no line, only a flag at the edge beyond which it is.
fn flag(window: Window, high_watermark: i64) -> (String, String) {
    let (out, before, after) = match window.side(high_watermark) {
        Ordering::Less => (" out", "‹ ", ""),
        Ordering::Greater => (" out", "", " ›"),
        Ordering::Equal => ("", "", ""),
    };
    let slot = window.clamped(high_watermark);
    (format!("hw at{slot}{out}"), format!("{before}HW {high_watermark}{after}"))
}

/// The lines over the board; every number in it is told by a cell too.
pub fn overlay(props: Props) -> Html {
    let props = &props;
    let shared = &props.shared;
    let columns = shared.scene.columns.iter().enumerate().map(|(index, column)| {
        let (class, flag) = flag(shared.windows[index], column.high_watermark);
        if shared.plan.column(index) == Level::Tiles {
            return html! { <div class={shared.cell_class(index)}></div> };
        }
        html! {
            <div class={shared.cell_class(index)}>
                <div class="axis">
                    <div {class}><span>{ flag }</span></div>
                </div>
                <div class="riser" id={Shared::riser_id(index)}></div>
            </div>
        }
    });
    html! {
        <div class="row cols" aria-hidden="true"><div class="gutter"></div>{ for columns }</div>
    }
}
