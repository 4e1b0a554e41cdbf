//! The keys of the page. Letters act only while no field has the focus, and not at all where they were switched off.

use gloo::events::{EventListener, EventListenerOptions};
use wasm_bindgen::JsCast;
use web_sys::KeyboardEvent;
use yew::{Callback, hook, use_effect_with};

use crate::ui::browser::document;
use crate::view::keys::{self, Does};

/// Calls back with what each key does that is not meant for a field, an open dialog or the browser.
#[hook]
pub fn use_keys(letters: bool, on_key: Callback<Does>) {
    use_effect_with((letters, on_key), |(letters, on_key)| {
        let (letters, on_key) = (*letters, on_key.clone());
        let listener = web_sys::window().map(|window| {
            let options = EventListenerOptions::enable_prevent_default();
            EventListener::new_with_options(&window, "keydown", options, move |event| {
                let Some(event) = event.dyn_ref::<KeyboardEvent>() else { return };
                let Some(does) = meant(event, letters) else { return };
                event.prevent_default();
                on_key.emit(does);
            })
        });
        move || drop(listener)
    });
}

/// What a key that was pressed is meant to do.
fn meant(event: &KeyboardEvent, letters: bool) -> Option<Does> {
    let name = name(event)?;
    let in_field = document::typing() && name.chars().count() < 2;
    let pressed_by_focus = name == " " && document::on_button();
    if event.default_prevented() || in_field || pressed_by_focus || document::in_dialog() {
        return None;
    }
    let does = keys::pressed(&name, letters)?.does;
    // Who holds a key down means to step or to change the speed, not to crash one broker after the other.
    let once = !matches!(does, Does::Step | Does::StepBack | Does::Slower | Does::Faster);
    (does != Does::Focused && !(once && event.repeat())).then_some(does)
}

/// The key with its modifier, as the table names it; None for what belongs to the browser.
fn name(event: &KeyboardEvent) -> Option<String> {
    let key = event.key();
    if event.alt_key() {
        return None;
    }
    match event.ctrl_key() || event.meta_key() {
        true => Some(["Control+", &key].concat()),
        false if event.shift_key() && key.len() > 1 => Some(["Shift+", &key].concat()),
        false => Some(key),
    }
}
