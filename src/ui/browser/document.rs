//! The document: its language and theme, what the visitor prefers, where the focus is.

use wasm_bindgen::JsCast;
use web_sys::{Document, Element, HtmlElement, Storage, Window};

use crate::ui::state::Theme;
use crate::view::text::Lang;

const LANG_KEY: &str = "kafka-playground.lang";
const THEME_KEY: &str = "kafka-playground.theme";

fn window() -> Option<Window> {
    web_sys::window()
}

fn document() -> Option<Document> {
    window()?.document()
}

/// Storage can be switched off by the visitor; then nothing is remembered.
fn storage() -> Option<Storage> {
    window()?.local_storage().ok()?
}

fn stored(key: &str) -> Option<String> {
    storage()?.get_item(key).ok()?
}

fn store(key: &str, value: &str) {
    if let Some(storage) = storage() {
        // A full or forbidden store only means that the choice is not remembered.
        let _ = storage.set_item(key, value);
    }
}

/// The language chosen before, else the browser's.
pub fn preferred_lang() -> Lang {
    let tag = stored(LANG_KEY).or_else(|| window()?.navigator().language());
    Lang::from_tag(&tag.unwrap_or_default())
}

/// The theme chosen before, else the system's.
pub fn preferred_theme() -> Theme {
    match stored(THEME_KEY).as_deref() {
        Some("dark") => Theme::Dark,
        Some("light") => Theme::Light,
        _ if system_is_dark() => Theme::Dark,
        _ => Theme::Light,
    }
}

fn system_is_dark() -> bool {
    let query = window().and_then(|w| w.match_media("(prefers-color-scheme: dark)").ok().flatten());
    query.is_some_and(|query| query.matches())
}

/// The width of the page in pixels; that of a small laptop if there is no telling.
pub fn width() -> f64 {
    let width = window().and_then(|window| window.inner_width().ok()?.as_f64());
    width.unwrap_or(1024.0)
}

/// Sets the language of the document and remembers it.
pub fn set_lang(lang: Lang) {
    set_root_attribute("lang", lang.tag());
    store(LANG_KEY, lang.tag());
}

/// Sets the theme of the document and remembers it.
pub fn set_theme(theme: Theme) {
    set_root_attribute("data-theme", theme.name());
    store(THEME_KEY, theme.name());
}

fn set_root_attribute(name: &str, value: &str) {
    if let Some(root) = document().and_then(|document| document.document_element()) {
        root.set_attribute(name, value).expect("the name of a fixed attribute is valid");
    }
}

/// Moves the focus to the element with this id.
pub fn focus(id: &str) {
    let element = document().and_then(|document| document.get_element_by_id(id));
    if let Some(element) = element.and_then(|element| element.dyn_into::<HtmlElement>().ok()) {
        // An element that has just gone cannot take the focus; the next key finds another.
        let _ = element.focus();
    }
}

/// Takes the element with this id out of the document.
pub fn remove(id: &str) {
    if let Some(element) = document().and_then(|document| document.get_element_by_id(id)) {
        element.remove();
    }
}

/// Whether keys typed now belong to a field or a menu; a slider takes no letters.
pub fn typing() -> bool {
    let focused: Option<Element> = document().and_then(|document| document.active_element());
    let field = focused.filter(|element| element.get_attribute("type").as_deref() != Some("range"));
    field.is_some_and(|element| {
        matches!(element.tag_name().as_str(), "INPUT" | "SELECT" | "TEXTAREA")
    })
}

/// Whether the focus is on something that Space or Enter presses.
pub fn on_button() -> bool {
    let focused: Option<Element> = document().and_then(|document| document.active_element());
    focused.is_some_and(|element| matches!(element.tag_name().as_str(), "BUTTON" | "A" | "SUMMARY"))
}

/// The setup named in the address (`#training`), so that a reload keeps the tab.
pub fn hash() -> String {
    window().and_then(|window| window.location().hash().ok()).unwrap_or_default()
}

/// Writes the address without adding to the history.
pub fn set_hash(hash: &str) {
    let history = window().and_then(|window| window.history().ok());
    if let Some(history) = history {
        // Refused on pages without an address of their own, such as a file; the tab is then not kept.
        let _ = history.replace_state_with_url(&wasm_bindgen::JsValue::NULL, "", Some(hash));
    }
}
