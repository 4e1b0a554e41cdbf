//! Fetching the digits for the engine. Where they are is known to `www/engine-boot.js`, whose references follow the names that
//! files get when the site is put together.

use js_sys::{Function, Reflect, Uint8Array};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};

/// Fetches them; `done` gets nothing if they do not come.
pub fn fetch(done: impl FnOnce(Option<Vec<u8>>) + 'static) {
    let done = Closure::once_into_js(move |bytes: JsValue| {
        done(bytes.dyn_ref().map(Uint8Array::to_vec));
    });
    let scope = js_sys::global();
    let fetch = Reflect::get(&scope, &"fetchDigits".into());
    let fetch: Function = fetch.unwrap_or_default().unchecked_into();
    // It is there, and it never throws: what fails becomes its answer.
    let _ = fetch.call1(&scope, &done);
}
