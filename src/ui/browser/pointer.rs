//! Where a pointer is on an element.

use wasm_bindgen::JsCast;
use web_sys::{Element, PointerEvent};

/// The horizontal place of the pointer on the event's own element, from 0 to 1.
pub fn share(event: &PointerEvent) -> Option<f64> {
    let element: Element = event.current_target()?.dyn_into().ok()?;
    let bounds = element.get_bounding_client_rect();
    (bounds.width() > 0.0)
        .then(|| ((f64::from(event.client_x()) - bounds.left()) / bounds.width()).clamp(0.0, 1.0))
}

/// Keeps the pointer's moves coming to the element while a button is held.
pub fn capture(event: &PointerEvent) {
    let element = event.current_target().and_then(|target| target.dyn_into::<Element>().ok());
    if let Some(element) = element {
        // A pointer that was lifted in the meantime cannot be captured, and needs not.
        let _ = element.set_pointer_capture(event.pointer_id());
    }
}
