//! A consumer group's row: its state and lag, and a lane per partition.

use yew::{Html, classes, html};

use super::board::Shared;
use crate::view::board::{BoardAct, GROUPS_MAX};
use crate::view::describe;
use crate::view::protocol::Selected;
use crate::view::scene::{Group, Lane, Process};
use crate::view::text::{Lang, Text};
use crate::view::window::Window;
use crate::view::zoom::Level;

/// Which group.
pub struct Props {
    pub shared: Shared,
    pub index: usize,
    /// The row's place in the grid.
    pub row: usize,
}

/// Shares of an ink scale that a lag is told apart by.
const SHADES: i64 = 9;
/// Idle members that are named.
const CHIPS_MAX: usize = 2;
/// The lag that is darkest.
const DARKEST: i64 = 240;

/// The rows of the groups; of many, the last share a row.
pub fn group_rows(lang: Lang, shared: &Shared) -> Html {
    let shown = shared.groups_shown();
    let rows = (0..shown).map(|index| {
        let row = shared.first_group() + index;
        group_row(lang, Props { shared: shared.clone(), index, row })
    });
    let folds = shown < shared.scene.groups.len();
    let opened = shared.groups_open && shown > GROUPS_MAX + 1;
    html! { <>{ for rows }if folds || opened { { fold(lang, shared, shown) } }</> }
}

/// The groups without a row of their own, with their lag together; or the way back to that.
fn fold(lang: Lang, shared: &Shared, shown: usize) -> Html {
    let rest = &shared.scene.groups[shown.min(shared.scene.groups.len())..];
    let lag: i64 = rest.iter().filter_map(Group::lag).sum();
    let name = match rest.len() {
        0 => Text::FewerGroups.say(lang),
        count => Text::MoreGroups.with(lang, &[("count", &count)]),
    };
    let onclick = shared.board_act(BoardAct::Groups);
    let expanded = if rest.is_empty() { "true" } else { "false" };
    let cells = (0..shared.scene.columns.len()).map(|column| {
        let lags = rest.iter().filter_map(|group| group.lanes.get(column)?.lag);
        let total: i64 = lags.sum();
        html! {
            <div class={shared.cell_class(column)} id={format!("fold-{column}")} role="gridcell">
                if !rest.is_empty() {
                    <div class="folded">if shared.side_level(column) >= Level::Records { <small>{ Text::LagWord.say(lang) }{ " " }</small> }{ total }</div>
                }
            </div>
        }
    });
    html! {
        <div class="row grp fold" role="row">
            <div class="rhead" role="rowheader">
                <button type="button" class="nm" aria-expanded={expanded} {onclick}>{ name }</button>
                if !rest.is_empty() { <div class="sub">{ Text::Lag.with(lang, &[("lag", &lag)]) }</div> }
            </div>
            { for cells }
        </div>
    }
}

/// The row of a group.
fn group_row(lang: Lang, props: Props) -> Html {
    let props = &props;
    let group = &props.shared.scene.groups[props.index];
    let cells =
        (0..props.shared.scene.columns.len()).map(|column| cell(lang, props, group, column));
    html! {
        <div class="row grp" role="row">
            <div class="rhead" role="rowheader">
                <span class="vh">{ describe::group(lang, group) }</span>
                { props.shared.name(Selected::Group(group.name.clone()), html! { <>{ group.name.clone() }{ idle(group) }</> }) }
                <div class="sub" aria-hidden="true">
                    <span class="tiny">{ Text::MembersCount.with(lang, &[("count", &group.members.len())]) }</span>
                    <span class="wide">{ sub(lang, group, Text::GroupSub) }</span>
                    <span class="middle">{ sub(lang, group, Text::GroupSubShort) }</span>
                    <span class="narrow">{ Text::Lag.with(lang, &[("lag", &describe::lag(group))]) }</span>
                </div>
            </div>
            { for cells }
        </div>
    }
}

fn sub(lang: Lang, group: &Group, text: Text) -> String {
    text.with(
        lang,
        &[
            ("lag", &Text::Lag.with(lang, &[("lag", &describe::lag(group))])),
            ("state", &describe::group_state_text(group.state).say(lang)),
            ("generation", &group.generation),
        ],
    )
}

/// Members that own nothing of this topic stand in the head; of many only the first.
fn idle(group: &Group) -> Html {
    let idle = group.members.iter().filter(|member| !member.owns);
    let chips = idle.take(CHIPS_MAX).map(|member| {
        let down = (member.process == Process::Stopped).then_some("gone");
        html! { <span class={classes!("idle", down)}>{ member.name.clone() }</span> }
    });
    html! { <span class="chips">{ for chips }</span> }
}

fn cell(lang: Lang, props: &Props, group: &Group, column: usize) -> Html {
    let shared = &props.shared;
    let partition =
        describe::partition_name(shared.topic(), shared.scene.columns[column].partition);
    let empty = Lane::default();
    let lane = group.lanes.get(column).unwrap_or(&empty);
    html! {
        <div class={shared.cell_class(column)} role="gridcell" id={Shared::cell_id(props.row, column)}
            tabindex={shared.tab_index(props.row, column)} aria-selected={shared.is_picked(props.row, column)}>
            <span class="vh">{ describe::lane(lang, &group.name, &partition, lane) }</span>
            { picture(lang, shared, group, lane, column) }
        </div>
    }
}

fn picture(lang: Lang, shared: &Shared, group: &Group, lane: &Lane, column: usize) -> Html {
    if shared.is_lens(column) {
        return open(lang, group, lane);
    }
    if shared.side_level(column) == Level::Tiles {
        return shade(lane);
    }
    let window = shared.windows[column];
    html! {
        <>
            <div class="lane" aria-hidden="true">
                <div class="base"></div>
                { marks(window, lane, shared.scene.columns[column].high_watermark) }
                { for lane.consumer.as_ref().map(|name| pill(group, name, window, lane)) }
            </div>
            if let Some(lag) = lane.lag {
                <div class="lagn" aria-hidden="true"><small>{ Text::LagWord.say(lang) }</small>{ format!(" {lag}") }</div>
            }
        </>
    }
}

/// Among tiles lag is a number, the darker the more.
fn shade(lane: &Lane) -> Html {
    let Some(lag) = lane.lag else {
        return html! { <div class="lg" aria-hidden="true">{ "–" }</div> };
    };
    let shade = (lag * SHADES / DARKEST).clamp(0, SHADES);
    html! { <div class={classes!("lg", format!("a{shade}"))} aria-hidden="true">{ lag }</div> }
}

/// The open column among tiles: who reads it, where, and how far behind.
fn open(lang: Lang, group: &Group, lane: &Lane) -> Html {
    let position = lane.position.or(lane.committed);
    html! {
        <div class="lens-l" aria-hidden="true">
            { for lane.consumer.as_ref().map(|name| html! { <span class={classes!("who1", gone(group, name))}>{ name.clone() }</span> }) }
            { for position.map(|at| html! { <span class="mono">{ Text::AtOffset.with(lang, &[("offset", &at)]) }</span> }) }
            <span class="sp"></span>
            { for lane.lag.map(|lag| html! { <span><small>{ Text::LagWord.say(lang) }</small><b class="mono">{ format!(" {lag}") }</b></span> }) }
        </div>
    }
}

fn gone(group: &Group, name: &str) -> Option<&'static str> {
    let member = group.members.iter().find(|member| member.name == name);
    member.is_some_and(|member| !member.process.is_alive()).then_some("gone")
}

/// From the committed post over what is being worked on to what is not yet read.
fn marks(window: Window, lane: &Lane, high_watermark: i64) -> Html {
    let Some(committed) = lane.committed else { return html! {} };
    let position = lane.position.unwrap_or(committed).max(committed);
    let [from, read, to] =
        [committed, position, high_watermark.max(position)].map(|o| window.clamped(o));
    let post = match window.slot(committed) {
        Some(slot) => html! { <div class={format!("com at{slot}")}></div> },
        None => html! { <div class="off">{ format!("‹ {}", window.start - committed) }</div> },
    };
    html! {
        <>
            if to > read { <div class={format!("unread at{read} w{}", to - read)}></div> }
            if read > from { <div class={format!("open at{from} w{}", read - from)}></div> }
            { post }
        </>
    }
}

fn pill(group: &Group, name: &str, window: Window, lane: &Lane) -> Html {
    let slot = lane.position.or(lane.committed).map_or(0, |offset| window.clamped(offset));
    html! { <div class={classes!("who", format!("at{}", slot.clamp(1, 15)), gone(group, name))}>{ name.to_owned() }</div> }
}
