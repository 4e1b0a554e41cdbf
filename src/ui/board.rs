//! The board: partitions by column, everyone who touches them by row, one offset axis per column.

use std::rc::Rc;

use web_sys::{KeyboardEvent, MouseEvent};
use yew::{
    Callback, Html, Properties, classes, component, html, use_context, use_effect,
    use_force_update, use_node_ref,
};

use super::browser::{document, pointer, stage};
use super::flight_layer::{FlightFeed, FlightLayer};
use super::state::AppAction;
use crate::view::board::{BoardAct, BoardState, GROUPS_MAX, ROWS_MAX};
use crate::view::pick;
use crate::view::protocol::{Command, Selected};
use crate::view::scene::Scene;
use crate::view::text::{Lang, Text};
use crate::view::window::{FOCUS_SLOTS, SLOTS, Window};
use crate::view::zoom::{Level, Plan, Wide};

/// Rows drawn above and below those in sight.
const ROWS_SPARE: usize = 3;
/// Up to this speed, in virtual seconds per second, what moves slides; above it, it would never come to rest.
const CALM_SPEED: f64 = 2.0;
/// With more columns it jumps too: the browser lays the whole board out again for each frame of a slide.
const CALM_COLUMNS: usize = 12;

/// What the board shows.
#[derive(Properties, PartialEq)]
pub struct Props {
    pub scene: Rc<Scene>,
    /// The column a phone shows.
    pub column: usize,
    pub board: BoardState,
    /// Virtual seconds per second.
    pub speed: f64,
    pub playing: bool,
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
    pub plan: Rc<Plan>,
    pub column: usize,
    /// The cell that has the board's one tab stop, as (row, column).
    pub focus: (usize, usize),
    /// The partition and the broker in focus.
    pub wishes: (Option<i32>, Option<i32>),
    pub groups_open: bool,
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

    /// The id of a column's riser: the dotted line that its messages travel on.
    pub fn riser_id(column: usize) -> String {
        format!("riser-{column}")
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
        let width = match self.plan.wide {
            Some(Wide::Focus(place)) if place == column => "wide",
            Some(Wide::Lens(place)) if place == column => "lens",
            _ => self.plan.column(column).class(),
        };
        classes!("cell", width, hue(partition), (column == self.column).then_some("on"))
    }

    /// Whether a column is open among tiles.
    pub fn is_lens(&self, column: usize) -> bool {
        self.plan.wide == Some(Wide::Lens(column))
    }

    /// The level of the rows that stand beside those of the brokers.
    pub fn side_level(&self, column: usize) -> Level {
        let level = self.plan.column(column);
        if self.plan.level < Level::Records && !self.is_lens(column) {
            return level.min(self.plan.level);
        }
        level
    }

    /// Groups that have a row of their own.
    pub fn groups_shown(&self) -> usize {
        let count = self.scene.groups.len();
        if self.groups_open || count <= GROUPS_MAX + 1 { count } else { GROUPS_MAX }
    }

    /// The grid row of the first group.
    pub fn first_group(&self) -> usize {
        1 + self.scene.producers.len() + self.scene.brokers.len()
    }

    /// A callback that does something to how the board is looked at.
    pub fn board_act<E>(&self, act: BoardAct) -> Callback<E> {
        let dispatch = self.dispatch.clone();
        Callback::from(move |_| dispatch.emit(AppAction::Board(act)))
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
    let update = use_force_update();
    let grid = use_node_ref();
    let scene = &props.scene;
    let plan = props.board.plan(scene);
    let slots = |index| if is_focus(&plan, index) { FOCUS_SLOTS } else { SLOTS };
    let windows =
        (0..scene.columns.len()).map(|index| Window::of(scene, index, slots(index))).collect();
    let shared = Shared {
        scene: scene.clone(),
        windows,
        plan: Rc::new(plan),
        column: props.column,
        focus: within(scene, props.board.cursor),
        wishes: (props.board.column, props.board.row),
        groups_open: props.board.groups_open,
        selected: props.selected.clone(),
        dispatch: props.dispatch.clone(),
    };
    {
        let (grid, known, dispatch) = (grid.clone(), props.board.stage, props.dispatch.clone());
        use_effect(move || {
            let measured = stage::measure(&grid).filter(|stage| *stage != known);
            if let Some(stage) = measured {
                dispatch.emit(AppAction::Board(BoardAct::Measured(stage)));
            }
        });
    }
    let tall = scene.brokers.len() > ROWS_MAX;
    let count = format!("n{}", scene.columns.len());
    let level = format!("lv-{}", shared.plan.level.class());
    // Beside a column in focus the others have a width of their own.
    let others = match shared.plan.wide {
        Some(Wide::Focus(place)) => Some(shared.plan.column(usize::from(place == 0))),
        _ => None,
    };
    let others = others.map(|level| format!("beside-{}", level.class()));
    let calm = props.speed <= CALM_SPEED && scene.columns.len() <= CALM_COLUMNS;
    // A tall or wide board scrolls by itself; its cells have moved then.
    let onscroll = Callback::from(move |_| update.force_update());
    html! {
        <div class={classes!("board", level, others, count, tall.then_some("tall"), calm.then_some("calm"))}>
            <div class="gridbox" onmousemove={tips(lang, props, true)} onmouseleave={tips(lang, props, false)}>
                <div class="grid" role="grid" aria-label={Text::BoardLabel.say(lang)} ref={grid.clone()} {onscroll}
                    onkeydown={keys(&shared)} onclick={clicks(props, &shared)}>
                    { super::column_head::column_heads(lang, super::column_head::Props { shared: shared.clone() }) }
                    { for (0..scene.producers.len()).map(|index| html! {
                        { super::producer_row::producer_row(lang, super::producer_row::Props { shared: shared.clone(), index, row: 1 + index }) }
                    }) }
                    <div class="axisbox" role="rowgroup">
                        { super::ruler::ruler(super::ruler::Props { shared: shared.clone() }) }
                        { brokers(lang, props, &shared, tall.then(|| stage::rows_in_sight(&grid)).flatten()) }
                        { super::group_row::group_rows(lang, &shared) }
                        { super::overlay::overlay(super::overlay::Props { shared: shared.clone() }) }
                    </div>
                </div>
                <FlightLayer shared={shared.clone()} feed={props.feed.clone()} speed={props.speed} playing={props.playing} />
            </div>
            { super::legend::legend(lang, shared.plan.level) }
        </div>
    }
}

fn is_focus(plan: &Plan, column: usize) -> bool {
    plan.wide == Some(Wide::Focus(column)) && plan.column(column) == Level::Focus
}

/// A cursor that the board has.
fn within(scene: &Scene, (row, column): (usize, usize)) -> (usize, usize) {
    let rows = 1 + scene.producers.len() + scene.brokers.len() + scene.groups.len();
    (row.min(rows - 1), column.min(scene.columns.len().saturating_sub(1)))
}

/// The rows of the brokers; of many, those out of sight only keep their place.
fn brokers(lang: Lang, props: &Props, shared: &Shared, in_sight: Option<(f64, f64)>) -> Html {
    let count = shared.scene.brokers.len();
    let producers = shared.scene.producers.len();
    let drawn = match in_sight {
        Some((from, to)) => {
            let from = (from * count as f64) as usize;
            let to = (to * count as f64) as usize + 1;
            from.saturating_sub(ROWS_SPARE)..(to + ROWS_SPARE).min(count)
        }
        None => 0..count.min(ROWS_MAX + ROWS_SPARE),
    };
    let rows = (0..count).map(|index| {
        let row = 1 + producers + index;
        // The rows around the cursor are always there, so that the keys lead to them.
        if !drawn.contains(&index) && shared.focus.0.abs_diff(row) > 1 {
            return super::broker_row::placeholder(shared.plan.row(index));
        }
        super::broker_row::broker_row(
            lang,
            super::broker_row::Props {
                shared: shared.clone(),
                index,
                row,
                send: props.send.clone(),
            },
        )
    });
    html! { <>{ for rows }</> }
}

/// Arrow keys move the board's tab stop from cell to cell; Enter looks closely at the cell.
fn keys(shared: &Shared) -> Callback<KeyboardEvent> {
    let shared = shared.clone();
    Callback::from(move |event: KeyboardEvent| {
        let scene = &shared.scene;
        let rows = shared.first_group() + shared.groups_shown();
        let columns = scene.columns.len();
        let (row, column) = pointer::cell(&event).unwrap_or(shared.focus);
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
        shared.dispatch.emit(AppAction::Board(BoardAct::Cursor(next.0, next.1)));
        document::focus(&Shared::cell_id(next.0, next.1));
    })
}

/// A click looks closely at the message under the pointer, else at the cell or at the record in it.
fn clicks(props: &Props, shared: &Shared) -> Callback<MouseEvent> {
    let shared = shared.clone();
    let (feed, send) = (props.feed.clone(), props.send.clone());
    Callback::from(move |event: MouseEvent| {
        let on_button = pointer::cell(&event).is_none() && pointer::is_on_button(&event);
        if let Some(id) = feed.hit(&event).filter(|_| !on_button) {
            send.emit(Command::Pause);
            return shared.select(Selected::Message(id));
        }
        let Some((row, column)) = pointer::cell(&event) else { return };
        shared.dispatch.emit(AppAction::Board(BoardAct::Cursor(row, column)));
        let slots = shared.windows.get(column).map_or(SLOTS, |window| window.slots);
        let slot = pointer::share_of(&event, ".strip").map(|share| (share * slots as f64) as i64);
        let window = shared.windows.get(column);
        let offset = slot.zip(window).map(|(slot, window)| window.start + slot);
        inspect(&shared, Some((row, column)), offset);
    })
}

/// The tip of the message under the pointer.
fn tips(lang: Lang, props: &Props, inside: bool) -> Callback<MouseEvent> {
    let (feed, scene) = (props.feed.clone(), props.scene.clone());
    Callback::from(move |event: MouseEvent| {
        let flight = feed.flight(&event).filter(|_| inside);
        feed.tip(flight.map(|flight| crate::view::describe::flight(lang, &scene, &flight)), &event);
    })
}

fn inspect(shared: &Shared, cell: Option<(usize, usize)>, offset: Option<i64>) {
    let thing = cell.and_then(|(row, column)| pick::at(&shared.scene, row, column, offset));
    if let Some(thing) = thing {
        shared.select(thing);
    }
}
