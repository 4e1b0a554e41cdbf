//! The keys of the page. Letters act only while no field has the focus.

use gloo::events::EventListener;
use wasm_bindgen::JsCast;
use web_sys::KeyboardEvent;
use yew::{Callback, hook, use_effect_with};

use crate::ui::browser::document;

/// Calls back with the name of each key that is not meant for a field, a menu or a shortcut of the browser.
#[hook]
pub fn use_keys(on_key: Callback<String>) {
    use_effect_with(on_key, |on_key| {
        let on_key = on_key.clone();
        let listener = web_sys::window().map(|window| {
            EventListener::new(&window, "keydown", move |event| {
                let Some(event) = event.dyn_ref::<KeyboardEvent>() else { return };
                if is_ours(event) {
                    on_key.emit(event.key());
                }
            })
        });
        move || drop(listener)
    });
}

fn is_ours(event: &KeyboardEvent) -> bool {
    let with_modifier = event.ctrl_key() || event.alt_key() || event.meta_key();
    let pressed_by_focus = event.key() == " " && document::on_button();
    !with_modifier && !event.default_prevented() && !document::typing() && !pressed_by_focus
}
