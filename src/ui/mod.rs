//! The page: functions of Yew, one part of it a file, over the pictures of [`crate::view`].
//!
//! What holds a state of its own is a component; every other part is a plain function of its properties, because each
//! component costs the page kilobytes.
//!
//! - [`app`] holds everything together; [`state`] is the one reducible state of the page.
//! - [`hooks`] connect it to the engine and the keyboard; [`browser`] is the only place that touches web APIs.
//! - [`keys`] is what keys and commands do; [`key_list`] and [`palette`] list them in the [`dialog`].
//! - The Cluster tab is [`board`] with its rows, [`side_panel`], [`dock`]; the Training tab is [`training`].
//!
//! No component holds simulation logic, and none sets an inline style: the security policy allows none, so positions are
//! classes (a slot of a column) or SVG attributes (a place on a curve).

pub mod act_panel;
pub mod announcer;
pub mod app;
pub mod attention_list;
pub mod board;
pub mod broker_row;
pub mod browser;
pub mod chart_chooser;
pub mod chart_row;
pub mod cluster;
pub mod column_head;
pub mod dialog;
pub mod dock;
pub mod event_log;
pub mod flight_layer;
pub mod form_row;
pub mod group_row;
pub mod hooks;
pub mod icon;
pub mod inspector;
pub mod key_list;
pub mod keys;
pub mod legend;
pub mod narrator;
pub mod notice;
pub mod overlay;
pub mod palette;
pub mod partition_tabs;
pub mod patterns;
pub mod producer_row;
pub mod promise_list;
pub mod records;
pub mod reply;
pub mod rich;
pub mod ruler;
pub mod run_pane;
pub mod scenario_menu;
pub mod settings;
pub mod share_menu;
pub mod share_notice;
pub mod sharing;
pub mod side_panel;
pub mod speed;
pub mod state;
pub mod strip;
pub mod timeline;
pub mod top_bar;
pub mod topic_bar;
pub mod training;
pub mod transport;
pub mod zoom_bar;

/// Draws the page into its place in the document.
///
/// # Panics
/// If the document has no element `app`: then it is not this page's document.
pub fn start() {
    console_error_panic_hook::set_once();
    let root =
        gloo::utils::document().get_element_by_id("app").expect("index.html has an element app");
    yew::Renderer::<app::App>::with_root(root).render();
}
