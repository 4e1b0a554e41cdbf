//! Copying text.

use wasm_bindgen_futures::{JsFuture, spawn_local};

/// Copies a text, if the browser lets the page.
pub fn copy(text: String) {
    let Some(window) = web_sys::window() else { return };
    let promise = window.navigator().clipboard().write_text(&text);
    spawn_local(async move {
        // A refused permission leaves the report on the screen, where it can be selected.
        let _ = JsFuture::from(promise).await;
    });
}
