//! The board: partitions by column, everyone who touches them by row, one offset axis per column.

use std::rc::Rc;

use web_sys::{KeyboardEvent, MouseEvent};
use yew::{
    Callback, Html, Properties, UseStateHandle, classes, component, html, use_context, use_state,
};

use super::browser::{document, pointer};
use super::flight_layer::{FlightFeed, FlightLayer};
use super::state::AppAction;
use crate::view::pick;
use crate::view::protocol::{Command, Selected};
use crate::view::scene::Scene;
use crate::view::text::{Lang, Text};
use crate::view::window::{SLOTS, Window};

/// What the board shows.
#[derive(Properties, PartialEq)]
pub struct Props {
    pub scene: Rc<Scene>,
    /// The column a phone shows.
    pub column: usize,
    pub feed: FlightFeed,
    pub selected: Option<Selected>,
    pub send: Callback<Command>,
    pub dispatch: Callback<AppAction>,
}

/// What every row of the board gets.
#[derive(Clone, Debug, PartialEq)]
pub struct Shared {
    pub scene: Rc<Scene>,
    pub windows: Rc<[Window]>,
    pub column: usize,
    /// The cell that has the board's one tab stop, as (row, column).
    pub focus: (usize, usize),
    /// What is looked at closely.
    pub selected: Option<Selected>,
    pub dispatch: Callback<AppAction>,
}

impl Shared {
    /// The name of the topic.
    pub fn topic(&self) -> &str {
        self.scene.topic.as_ref().map_or("", |topic| topic.name.as_str())
    }

    /// The id of a cell.
    pub fn cell_id(row: usize, column: usize) -> String {
        format!("cell-{row}-{column}")
    }

    /// Looks closely at something; at what is looked at already, no more.
    pub fn select(&self, thing: Selected) {
        let next = (self.selected.as_ref() != Some(&thing)).then_some(thing);
        self.dispatch.emit(AppAction::Select(next));
    }

    /// The value of a cell's `aria-selected`.
    pub fn is_picked(&self, row: usize, column: usize) -> Option<&'static str> {
        let picked = pick::is_at(&self.scene, row, column, self.selected.as_ref()?);
        picked.then_some("true")
    }

    /// The record that is looked at in this copy.
    pub fn picked_record(&self, of: (i32, i32)) -> Option<i64> {
        match self.selected {
            Some(Selected::Record { partition, broker, offset }) if (partition, broker) == of => {
                Some(offset)
            }
            _ => None,
        }
    }

    /// The name of something that can be looked at closely: a button that opens it, and closes it again.
    pub fn name(&self, thing: Selected, name: Html) -> Html {
        let pressed = self.selected.as_ref() == Some(&thing);
        let shared = self.clone();
        let onclick = Callback::from(move |_| shared.select(thing.clone()));
        let pressed = if pressed { "true" } else { "false" };
        html! { <button type="button" class="nm" aria-pressed={pressed} {onclick}>{ name }</button> }
    }

    /// The tab index of a cell.
    pub fn tab_index(&self, row: usize, column: usize) -> &'static str {
        if self.focus == (row, column) { "0" } else { "-1" }
    }

    /// The classes of a cell in this column.
    pub fn cell_class(&self, column: usize) -> yew::Classes {
        let partition = self.scene.columns[column].partition;
        classes!("cell", hue(partition), (column == self.column).then_some("on"))
    }
}

/// The class that gives a partition its hue; from the seventh on the tag is split by a band.
pub fn hue(partition: i32) -> yew::Classes {
    let band = (partition % 12 >= 6).then_some("band");
    classes!(format!("hue{}", partition.rem_euclid(6)), band)
}

/// The board.
#[component]
pub fn Board(props: &Props) -> Html {
    let lang = use_context::<Lang>().unwrap_or_default();
    let focus = use_state(|| (0, 0));
    let scene = &props.scene;
    let windows = (0..scene.columns.len()).map(|index| Window::of(scene, index)).collect();
    let shared = Shared {
        scene: scene.clone(),
        windows,
        column: props.column,
        focus: *focus,
        selected: props.selected.clone(),
        dispatch: props.dispatch.clone(),
    };
    let first_group = 1 + scene.producers.len() + scene.brokers.len();
    html! {
        <div class="board">
            <div class="grid" role="grid" aria-label={Text::BoardLabel.say(lang)}
                onkeydown={keys(&focus, &shared)} onclick={clicks(&focus, &shared)}>
                <FlightLayer shared={shared.clone()} feed={props.feed.clone()} />
                { super::column_head::column_heads(lang, super::column_head::Props { shared: shared.clone() }) }
                { for (0..scene.producers.len()).map(|index| html! {
                    { super::producer_row::producer_row(lang, super::producer_row::Props { shared: shared.clone(), index, row: 1 + index }) }
                }) }
                <div class="axisbox" role="rowgroup">
                    { super::ruler::ruler(super::ruler::Props { shared: shared.clone() }) }
                    { for (0..scene.brokers.len()).map(|index| html! {
                        { super::broker_row::broker_row(lang, super::broker_row::Props { shared: shared.clone(), index, row: 1 + scene.producers.len() + index, send: props.send.clone() }) }
                    }) }
                    { for (0..scene.groups.len()).map(|index| html! {
                        { super::group_row::group_row(lang, super::group_row::Props { shared: shared.clone(), index, row: first_group + index }) }
                    }) }
                    { super::overlay::overlay(super::overlay::Props { shared: shared.clone() }) }
                </div>
            </div>
            { super::legend::legend(lang) }
        </div>
    }
}

/// Arrow keys move the board's tab stop from cell to cell; Enter looks closely at the cell.
fn keys(focus: &UseStateHandle<(usize, usize)>, shared: &Shared) -> Callback<KeyboardEvent> {
    let focus = focus.clone();
    let shared = shared.clone();
    Callback::from(move |event: KeyboardEvent| {
        let scene = &shared.scene;
        let rows = 1 + scene.producers.len() + scene.brokers.len() + scene.groups.len();
        let columns = scene.columns.len();
        let (row, column) = *focus;
        let next = match event.key().as_str() {
            "ArrowUp" => (row.saturating_sub(1), column),
            "ArrowDown" => ((row + 1).min(rows.saturating_sub(1)), column),
            "ArrowLeft" => (row, column.saturating_sub(1)),
            "ArrowRight" => (row, (column + 1).min(columns.saturating_sub(1))),
            "Home" => (row, 0),
            "End" => (row, columns.saturating_sub(1)),
            "Enter" => return inspect(&shared, pointer::cell(&event), None),
            _ => return,
        };
        event.prevent_default();
        focus.set(next);
        document::focus(&Shared::cell_id(next.0, next.1));
    })
}

/// A click looks closely at the cell, or at the record under the pointer.
fn clicks(focus: &UseStateHandle<(usize, usize)>, shared: &Shared) -> Callback<MouseEvent> {
    let focus = focus.clone();
    let shared = shared.clone();
    Callback::from(move |event: MouseEvent| {
        let Some((row, column)) = pointer::cell(&event) else { return };
        focus.set((row, column));
        let slot = pointer::share_of(&event, ".strip").map(|share| (share * SLOTS as f64) as i64);
        let window = shared.windows.get(column);
        let offset = slot.zip(window).map(|(slot, window)| window.start + slot);
        inspect(&shared, Some((row, column)), offset);
    })
}

fn inspect(shared: &Shared, cell: Option<(usize, usize)>, offset: Option<i64>) {
    let thing = cell.and_then(|(row, column)| pick::at(&shared.scene, row, column, offset));
    if let Some(thing) = thing {
        shared.select(thing);
    }
}
