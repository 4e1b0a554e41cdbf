//! How much room the board has, and which of its rows are in sight.

use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};
use yew::NodeRef;

use super::document::text_scale;
use crate::view::board::Stage;

/// Windows up to this width show one column at a time, and from that on everything at its full height; as the style sheet
/// has it.
const PHONE_PX: f64 = 640.0;
const LARGE_PX: f64 = 1280.0;
/// The padding of the stage beside and below the board.
const PADDING: f64 = 34.0;

/// Measures the stage around the board's grid. Nothing that it reads depends on the level, so it settles at once.
pub fn measure(grid: &NodeRef) -> Option<Stage> {
    let grid: HtmlElement = grid.cast()?;
    let stage = grid.closest(".stage").ok()??;
    let head = grid.query_selector(".rhead").ok()??.get_bounding_client_rect();
    let outer = stage.get_bounding_client_rect();
    // Behind the still frame nothing has a size yet.
    if outer.width() == 0.0 || head.width() == 0.0 {
        return None;
    }
    let window = web_sys::window()?.inner_width().ok()?.as_f64()?;
    let scale = text_scale();
    let top = grid.get_bounding_client_rect().top() - outer.top() + f64::from(stage.scroll_top());
    let px = |length: f64| (length / scale).max(0.0) as u32;
    Some(Stage {
        width: px(outer.width() - PADDING - head.width()),
        height: px(outer.height() - top - 8.0),
        phone: window <= PHONE_PX,
        large: window >= LARGE_PX,
    })
}

/// Which part of all brokers' rows is in sight, as shares of them from the first to the last.
pub fn rows_in_sight(grid: &NodeRef) -> Option<(f64, f64)> {
    let grid: Element = grid.cast()?;
    let rows = grid.query_selector_all(".row.brk").ok()?;
    let edge = |place: u32| -> Option<web_sys::DomRect> {
        Some(rows.get(place)?.dyn_into::<Element>().ok()?.get_bounding_client_rect())
    };
    let (first, last) = (edge(0)?, edge(rows.length().checked_sub(1)?)?);
    let (top, whole) = (first.top(), (last.bottom() - first.top()).max(1.0));
    let view = grid.get_bounding_client_rect();
    let share = |y: f64| ((y - top) / whole).clamp(0.0, 1.0);
    Some((share(view.top()), share(view.bottom())))
}
