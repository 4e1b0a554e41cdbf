//! Where a pointer is on an element, and on the board.

use wasm_bindgen::JsCast;
use web_sys::{Element, Event, MouseEvent, PointerEvent};

/// The horizontal place of the pointer on the part of the page around it that a selector names, from 0 to 1. The event's own
/// current target is the whole page: Yew listens there for all.
pub fn share(event: &PointerEvent, part: &str) -> Option<f64> {
    let bounds = around(event, part)?.get_bounding_client_rect();
    (bounds.width() > 0.0)
        .then(|| ((f64::from(event.client_x()) - bounds.left()) / bounds.width()).clamp(0.0, 1.0))
}

/// Keeps the pointer's moves coming to that part while a button is held.
pub fn capture(event: &PointerEvent, part: &str) {
    if let Some(element) = around(event, part) {
        // A pointer that was lifted in the meantime cannot be captured, and needs not.
        let _ = element.set_pointer_capture(event.pointer_id());
    }
}

fn around(event: &PointerEvent, part: &str) -> Option<Element> {
    let target: Element = event.target()?.dyn_into().ok()?;
    target.closest(part).ok()?
}

/// The cell of the board that an event is in, as (row, column); none on a button, which acts for itself.
pub fn cell(event: &Event) -> Option<(usize, usize)> {
    let target: Element = event.target()?.dyn_into().ok()?;
    // Both are fixed selectors, so there is no error to hear of.
    let element = target.closest("button,[id^='cell-']").ok()??;
    let id = element.id();
    let (row, column) = id.strip_prefix("cell-")?.split_once('-')?;
    Some((row.parse().ok()?, column.parse().ok()?))
}

/// Whether an event is on a button.
pub fn is_on_button(event: &Event) -> bool {
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    target.is_some_and(|target| target.closest("button").ok().flatten().is_some())
}

/// The horizontal place of a click on a part of its cell, from 0 to 1; none beside or above the part.
pub fn share_of(event: &MouseEvent, part: &str) -> Option<f64> {
    let target: Element = event.target()?.dyn_into().ok()?;
    let cell = target.closest("[id^='cell-']").ok()??;
    let bounds = cell.query_selector(part).ok()??.get_bounding_client_rect();
    let (x, y) = (f64::from(event.client_x()), f64::from(event.client_y()));
    let inside = (bounds.left()..bounds.right()).contains(&x)
        && (bounds.top()..bounds.bottom()).contains(&y);
    inside.then(|| (x - bounds.left()) / bounds.width())
}
