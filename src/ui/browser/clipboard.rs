//! Copying text, also where the browser does not let the page do it.

use js_sys::Reflect;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use yew::Callback;

use super::document;

/// Copies a text and tells whether it could. If not, the element with that id, which shows the text, is selected, so that the
/// visitor can copy it.
pub fn copy(text: String, shown_in: &'static str, told: Callback<bool>) {
    let Some(window) = web_sys::window() else { return };
    let navigator = window.navigator();
    // Pages that are not served securely have no clipboard at all.
    let place = Reflect::get(&navigator, &JsValue::from_str("clipboard"));
    if place.is_ok_and(|place| place.is_undefined()) {
        document::select(shown_in);
        return told.emit(false);
    }
    let promise = navigator.clipboard().write_text(&text);
    spawn_local(async move {
        let copied = JsFuture::from(promise).await.is_ok();
        if !copied {
            document::select(shown_in);
        }
        told.emit(copied);
    });
}
