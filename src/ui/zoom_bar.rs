//! The end of the topic bar: the pages of a topic with many partitions, and the levels of the zoom.

use yew::{Callback, Html, html};

use super::icon::Icon;
use super::state::AppAction;
use crate::view::board::{BoardAct, BoardState};
use crate::view::describe;
use crate::view::protocol::{Act, Command, Selected};
use crate::view::scene::{Flight, Scene};
use crate::view::text::{Lang, Text};
use crate::view::zoom::{COLUMNS_MAX, Level};

/// What the bar needs.
pub struct Props<'a> {
    pub scene: &'a Scene,
    pub board: &'a BoardState,
    pub selected: Option<&'a Selected>,
    pub send: &'a Callback<Command>,
    pub dispatch: &'a Callback<AppAction>,
}

/// Pages, the message that is looked at, and levels.
pub fn zoom_bar(lang: Lang, props: &Props) -> Html {
    html! {
        <>
            { for message(props).map(|flight| dropper(lang, props, &flight)) }
            <span class="sp"></span>
            { pages(lang, props) }
            { levels(lang, props) }
        </>
    }
}

/// The message that is looked at, while it flies.
fn message(props: &Props) -> Option<Flight> {
    let Some(Selected::Message(id)) = props.selected else { return None };
    props.scene.flights.iter().find(|flight| flight.id == *id).copied()
}

/// Drops the message: what it travels on is reset.
fn dropper(lang: Lang, props: &Props, flight: &Flight) -> Html {
    let send = props.send.clone();
    let act = Act::Reset(flight.nodes.0, flight.nodes.1);
    let onclick = Callback::from(move |_| send.emit(Command::Act(act)));
    html! {
        <span class="fchip">
            <span>{ describe::flight(lang, props.scene, flight) }</span>
            <button type="button" class="btn line small" {onclick}>
                { Icon::Cross.mark() }{ Text::DropMessage.say(lang) }
            </button>
        </span>
    }
}

fn pages(lang: Lang, props: &Props) -> Html {
    let count = props.scene.topic.as_ref().map_or(0, |topic| topic.partitions as usize);
    let first = props.scene.columns.first().map_or(0, |column| column.partition as usize);
    if count <= COLUMNS_MAX {
        return html! {};
    }
    let page = first / COLUMNS_MAX;
    let last = (count - 1) / COLUMNS_MAX;
    let turn = |to: Option<usize>, icon: Icon, text: Text| {
        let dispatch = props.dispatch.clone();
        let page = to.unwrap_or(page) as u16;
        let onclick = Callback::from(move |_| dispatch.emit(AppAction::Page(page)));
        let label = text.say(lang);
        html! {
            <button type="button" class="btn icon small" aria-label={label.clone()} title={label} disabled={to.is_none()} {onclick}>
                { icon.mark() }
            </button>
        }
    };
    let to = (first + COLUMNS_MAX).min(count) - 1;
    let range =
        Text::PageOfPartitions.with(lang, &[("first", &first), ("last", &to), ("count", &count)]);
    html! {
        <span class="pages" role="group" aria-label={Text::Pages.say(lang)}>
            { turn(page.checked_sub(1), Icon::Back, Text::PreviousPage) }
            <span>{ range }</span>
            { turn((page < last).then_some(page + 1), Icon::Forward, Text::NextPage) }
        </span>
    }
}

fn levels(lang: Lang, props: &Props) -> Html {
    let focused = props.board.column.is_some();
    let now = if focused { Level::Focus } else { props.board.plan(props.scene).level };
    let buttons = Level::ALL.into_iter().rev().map(|level| {
        let chosen = now == level;
        let act = wish(props, level, chosen);
        let dispatch = props.dispatch.clone();
        let onclick = Callback::from(move |_| {
            act.into_iter().for_each(|act| dispatch.emit(AppAction::Board(act)));
        });
        let pressed = if chosen { "true" } else { "false" };
        html! { <button type="button" aria-pressed={pressed} {onclick}>{ name(level).say(lang) }</button> }
    });
    html! {
        <span class="zoom hide-sm" role="group" aria-label={Text::Zoom.say(lang)}>
            <span aria-hidden="true">{ Text::Zoom.say(lang) }</span>{ for buttons }
        </span>
    }
}

/// What a press on a level wishes: that level; on the chosen one, the level that the size gives.
fn wish(props: &Props, level: Level, chosen: bool) -> Option<BoardAct> {
    let cursor = props.board.cursor.1;
    let partition = props.scene.columns.get(cursor).map(|column| column.partition);
    match (level, chosen) {
        (Level::Focus, _) => props.board.column.or(partition).map(BoardAct::Column),
        (_, true) => Some(BoardAct::Level(None)),
        (level, false) => Some(BoardAct::Level(Some(level))),
    }
}

fn name(level: Level) -> Text {
    match level {
        Level::Tiles => Text::LevelTiles,
        Level::Bars => Text::LevelBars,
        Level::Records => Text::LevelRecords,
        Level::Focus => Text::LevelFocus,
    }
}
