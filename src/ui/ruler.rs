//! The ruler above the brokers: the offsets of each column's window. Decoration; the cells say their own numbers.

use yew::{Html, html};

use super::board::Shared;
use crate::view::zoom::Level;

/// What the ruler shows.
pub struct Props {
    pub shared: Shared,
}

/// The ruler.
pub fn ruler(props: Props) -> Html {
    let props = &props;
    let shared = &props.shared;
    if shared.plan.level == Level::Tiles {
        return html! {};
    }
    let cells = shared.scene.columns.iter().enumerate().map(|(index, column)| {
        let roomy = shared.plan.column(index) >= Level::Records;
        let offsets = shared.windows[index].ruler(column).into_iter().filter(|_| roomy);
        let marks = offsets.map(|(slot, offset)| {
            html! { <span key={offset} class={format!("at{slot}")}>{ offset }</span> }
        });
        html! { <div class={shared.cell_class(index)}><div class="ruler">{ for marks }</div></div> }
    });
    html! { <div class="row scale" aria-hidden="true"><div></div>{ for cells }</div> }
}
