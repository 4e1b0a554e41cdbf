//! The ruler above the brokers: the offsets of each column's window. Decoration; the cells say their own numbers.

use yew::{Html, html};

use super::board::Shared;

/// What the ruler shows.
pub struct Props {
    pub shared: Shared,
}

/// The ruler.
pub fn ruler(props: Props) -> Html {
    let props = &props;
    let shared = &props.shared;
    let cells = shared.scene.columns.iter().enumerate().map(|(index, column)| {
        let marks = shared.windows[index].ruler(column).into_iter().map(|(slot, offset)| {
            html! { <span key={offset} class={format!("at{slot}")}>{ offset }</span> }
        });
        html! { <div class={shared.cell_class(index)}><div class="ruler">{ for marks }</div></div> }
    });
    html! { <div class="row scale" aria-hidden="true"><div></div>{ for cells }</div> }
}
