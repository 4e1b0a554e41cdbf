//! A line of text beside the pointer.

use web_sys::{HtmlElement, MouseEvent};
use yew::NodeRef;

/// Right of and below the pointer, so that it hides nothing.
const AWAY_PX: i32 = 14;
/// Room for a line near the right edge of the window.
const LINE_PX: i32 = 320;

/// Shows a text beside the pointer, or nothing.
pub fn show(node: &NodeRef, text: Option<String>, event: &MouseEvent) {
    let Some(tip) = node.cast::<HtmlElement>() else { return };
    tip.set_hidden(text.is_none());
    let Some(text) = text else { return };
    tip.set_text_content(Some(&text));
    let width = web_sys::window().and_then(|window| window.inner_width().ok()?.as_f64());
    let limit = width.map_or(i32::MAX, |width| width as i32 - LINE_PX);
    let (x, y) = ((event.client_x() + AWAY_PX).min(limit.max(0)), event.client_y() + AWAY_PX);
    // A place that is refused leaves the tip where it was.
    let _ = tip.style().set_property("left", &format!("{x}px"));
    let _ = tip.style().set_property("top", &format!("{y}px"));
}
