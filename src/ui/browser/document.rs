//! The document: its language and theme, what the visitor prefers, where the focus is.

use gloo::events::EventListener;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{
    Document, Element, HtmlDialogElement, HtmlElement, HtmlInputElement, NodeList,
    ScrollIntoViewOptions, ScrollLogicalPosition, Storage, Window,
};

use crate::ui::state::{Preferences, Size, Theme};
use crate::view::share::link;
use crate::view::text::Lang;

const LANG_KEY: &str = "kafka-playground.lang";
/// The usual size of text that lengths of the style sheet are multiples of.
const ROOT_PX: f64 = 16.0;
const THEME_KEY: &str = "kafka-playground.theme";
const SIZE_KEY: &str = "kafka-playground.size";
const LETTERS_KEY: &str = "kafka-playground.letters";
const OFF: &str = "off";
/// The regions that F6 goes through: in the order of the page, a part after what it lies in.
const REGIONS: &str =
    ".top,.narrator,.topicbar,.board,.pipe,.tgrid,.side,.rail,.drow,.transport,.mbar";
/// What can take the focus in a region: first its one tab stop, if it is a composite.
const FOCUSABLE: [&str; 2] = [
    "[tabindex='0']:not(details:not([open]) *)",
    ":is(button,select,input):not(:disabled,details:not([open]) *),summary",
];

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

/// Whether the browser keeps it: a store can be full or forbidden.
fn store(key: &str, value: &str) -> bool {
    storage().is_some_and(|storage| storage.set_item(key, value).is_ok())
}

/// What the visitor chose before, else what the browser and the system ask for.
pub fn preferences() -> Preferences {
    let large = stored(SIZE_KEY).as_deref() == Some(Size::Presenter.name());
    Preferences {
        lang: preferred_lang(),
        theme: preferred_theme(),
        size: if large { Size::Presenter } else { Size::Normal },
        letters: stored(LETTERS_KEY).as_deref() != Some(OFF),
    }
}

/// The language chosen before, else the browser's.
fn preferred_lang() -> Lang {
    let tag = stored(LANG_KEY).or_else(|| window()?.navigator().language());
    Lang::from_tag(&tag.unwrap_or_default())
}

/// The theme chosen before, else the system's.
fn preferred_theme() -> Theme {
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

/// The time since the page began, in milliseconds.
pub fn now_ms() -> f64 {
    window().and_then(|window| window.performance()).map_or(0.0, |clock| clock.now())
}

/// Lets the document look so: its language, theme and size, and whether keys that type a letter act.
pub fn show(looks: Preferences) {
    for (name, value) in
        ["lang", "data-theme", "data-size", "data-letters"].into_iter().zip(words(looks))
    {
        set_root_attribute(name, value);
    }
}

/// Keeps what the visitor chose for the next visit; tells whether the browser does that.
pub fn keep(likes: Preferences) -> bool {
    let keys = [LANG_KEY, THEME_KEY, SIZE_KEY, LETTERS_KEY].into_iter();
    keys.zip(words(likes)).all(|(key, value)| store(key, value))
}

fn words(of: Preferences) -> [&'static str; 4] {
    let letters = if of.letters { "on" } else { OFF };
    [of.lang.tag(), of.theme.name(), of.size.name(), letters]
}

fn set_root_attribute(name: &str, value: &str) {
    if let Some(root) = document().and_then(|document| document.document_element()) {
        root.set_attribute(name, value).expect("the name of a fixed attribute is valid");
    }
}

/// The address of the engine's script, where the page is one file and has made it itself.
pub fn engine() -> Option<String> {
    document()?.document_element()?.get_attribute("data-engine")
}

/// Moves the focus to the element with this id.
pub fn focus(id: &str) {
    let element = document().and_then(|document| document.get_element_by_id(id));
    if let Some(element) = element.and_then(|element| element.dyn_into::<HtmlElement>().ok()) {
        // An element that has just gone cannot take the focus; the next key finds another.
        let _ = element.focus();
    }
}

/// The size of the root's text beside the usual one; whole pixels do, and spare the page a parser of fractions.
pub fn text_scale() -> f64 {
    let size = || {
        let window = window()?;
        let style = window.get_computed_style(&window.document()?.document_element()?).ok()??;
        let size = style.get_property_value("font-size").ok()?;
        size.split(['.', 'p']).next()?.parse::<u32>().ok()
    };
    size().map_or(1.0, |pixels| f64::from(pixels) / ROOT_PX)
}

/// Takes the element with this id out of the document.
pub fn remove(id: &str) {
    if let Some(element) = document().and_then(|document| document.get_element_by_id(id)) {
        element.remove();
    }
}

/// Moves the focus to the next region of the page that can take it, or back by as many.
pub fn focus_region(by: i32) {
    let Some(doors) = document().map(|document| doors(&document)) else { return };
    let focused = document().and_then(|document| document.active_element());
    let inside =
        |region: &Element| region.contains(focused.as_ref().map(|element| element.as_ref()));
    let here = doors.iter().rposition(|(region, _)| inside(region));
    let count = doors.len() as i32;
    let next = match here {
        Some(place) => (place as i32 + by).rem_euclid(count.max(1)),
        None if by > 0 => 0,
        None => count - 1,
    };
    if let Some((_, door)) = doors.get(next as usize) {
        // An element that has just gone cannot take the focus; the next key finds another.
        let _ = door.focus();
    }
}

/// The regions on show, each with the first thing in it that can take the focus.
fn doors(document: &Document) -> Vec<(Element, HtmlElement)> {
    all(document.query_selector_all(REGIONS))
        .filter_map(|region| {
            let inside =
                FOCUSABLE.into_iter().flat_map(|what| all(region.query_selector_all(what)));
            let door = inside
                .filter_map(|element| element.dyn_into::<HtmlElement>().ok())
                .find(|element| element.offset_width() > 0)?;
            Some((region, door))
        })
        .collect()
}

fn all(list: Result<NodeList, JsValue>) -> impl Iterator<Item = Element> {
    let list = list.ok();
    let count = list.as_ref().map_or(0, NodeList::length);
    let node = move |place| list.as_ref()?.item(place)?.dyn_into::<Element>().ok();
    (0..count).filter_map(node)
}

/// Opens the dialog with this id over the page, so that nothing else takes keys.
pub fn show_dialog(id: &str) {
    if let Some(dialog) = dialog(id).filter(|dialog| !dialog.open()) {
        // A dialog that has just gone cannot open.
        let _ = dialog.show_modal();
    }
}

/// Closes the dialog with this id; the focus goes back to where it was.
pub fn close_dialog(id: &str) {
    if let Some(dialog) = dialog(id) {
        dialog.close();
    }
}

fn dialog(id: &str) -> Option<HtmlDialogElement> {
    document()?.get_element_by_id(id)?.dyn_into().ok()
}

/// Whether a dialog stands over the page.
pub fn in_dialog() -> bool {
    document()
        .is_some_and(|page| page.query_selector("dialog[open]").is_ok_and(|one| one.is_some()))
}

/// Scrolls the element with this id into view, no further than needed.
pub fn reveal(id: &str) {
    if let Some(element) = document().and_then(|document| document.get_element_by_id(id)) {
        let options = ScrollIntoViewOptions::new();
        options.set_block(ScrollLogicalPosition::Nearest);
        element.scroll_into_view_with_scroll_into_view_options(&options);
    }
}

/// Closes an open menu; tells whether there was one.
pub fn close_menu() -> bool {
    let menu = document().and_then(|document| document.query_selector(".menu[open]").ok()?);
    if let Some(menu) = &menu {
        // It is there: it was found by this attribute.
        let _ = menu.remove_attribute("open");
    }
    menu.is_some()
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

/// Whether a fragment is a shared run.
pub fn is_link(fragment: &str) -> bool {
    fragment.starts_with(link::PREFIX)
}

/// The address of the page with another fragment.
pub fn address_with(fragment: &str) -> String {
    let address = window().and_then(|window| window.location().href().ok()).unwrap_or_default();
    let bare = address.split('#').next().unwrap_or_default();
    format!("{bare}{fragment}")
}

/// Calls back with the fragment when the visitor changes it.
pub fn on_address(on_change: impl Fn(String) + 'static) -> Option<EventListener> {
    let window = window()?;
    Some(EventListener::new(&window, "hashchange", move |_| on_change(hash())))
}

/// Selects what the element with this id shows, so that it can be copied.
pub fn select(id: &str) {
    let Some(element) = document().and_then(|document| document.get_element_by_id(id)) else {
        return;
    };
    if let Some(field) = element.dyn_ref::<HtmlInputElement>() {
        field.select();
    } else if let Some(selection) = window().and_then(|window| window.get_selection().ok()?) {
        // What cannot be selected still stands there to be read.
        let _ = selection.select_all_children(&element);
    }
}

/// Writes the address without adding to the history.
pub fn set_hash(hash: &str) {
    let history = window().and_then(|window| window.history().ok());
    if let Some(history) = history {
        // Refused on pages without an address of their own, such as a file; the tab is then not kept.
        let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(hash));
    }
}
