//! What runs through all rows of a column: the high watermark, one line from the ruler to the last group.

use yew::{Html, html};

use super::board::Shared;
use crate::view::zoom::Level;

/// What the overlay shows.
pub struct Props {
    pub shared: Shared,
}

/// The lines over the board; every number in it is told by a cell too.
pub fn overlay(props: Props) -> Html {
    let props = &props;
    let shared = &props.shared;
    let columns = shared.scene.columns.iter().enumerate().map(|(index, column)| {
        let slot = shared.windows[index].clamped(column.high_watermark);
        if shared.plan.column(index) == Level::Tiles {
            return html! { <div class={shared.cell_class(index)}></div> };
        }
        html! {
            <div class={shared.cell_class(index)}>
                <div class="axis">
                    <div class={format!("hw at{slot}")}><span>{ format!("HW {}", column.high_watermark) }</span></div>
                </div>
                <div class="riser"></div>
            </div>
        }
    });
    html! {
        <div class="row cols" aria-hidden="true"><div class="gutter"></div>{ for columns }</div>
    }
}
