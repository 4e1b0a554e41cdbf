//! A consumer group's row: its state and lag, and a lane per partition.

use yew::{Html, classes, html};

use super::board::Shared;
use crate::view::describe;
use crate::view::protocol::Selected;
use crate::view::scene::{Group, Lane, Process};
use crate::view::text::{Lang, Text};
use crate::view::window::Window;

/// Which group.
pub struct Props {
    pub shared: Shared,
    pub index: usize,
    /// The row's place in the grid.
    pub row: usize,
}

/// The row of a group.
pub fn group_row(lang: Lang, props: Props) -> Html {
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

/// Members that own nothing of this topic stand in the head.
fn idle(group: &Group) -> Html {
    let idle = group.members.iter().filter(|member| !member.owns);
    let chips = idle.map(|member| {
        let down = (member.process == Process::Stopped).then_some("gone");
        html! { <span class={classes!("idle", down)}>{ member.name.clone() }</span> }
    });
    html! { <span class="chips">{ for chips }</span> }
}

fn cell(lang: Lang, props: &Props, group: &Group, column: usize) -> Html {
    let shared = &props.shared;
    let partition =
        describe::partition_name(shared.topic(), shared.scene.columns[column].partition);
    let high_watermark = shared.scene.columns[column].high_watermark;
    let empty = Lane::default();
    let lane = group.lanes.get(column).unwrap_or(&empty);
    html! {
        <div class={shared.cell_class(column)} role="gridcell" id={Shared::cell_id(props.row, column)}
            tabindex={shared.tab_index(props.row, column)} aria-selected={shared.is_picked(props.row, column)}>
            <span class="vh">{ describe::lane(lang, &group.name, &partition, lane) }</span>
            <div class="lane" aria-hidden="true">
                <div class="base"></div>
                { marks(shared.windows[column], lane, high_watermark) }
                { for lane.consumer.as_ref().map(|name| pill(group, name, shared.windows[column], lane)) }
            </div>
            if let Some(lag) = lane.lag {
                <div class="lagn" aria-hidden="true"><small>{ Text::LagWord.say(lang) }</small>{ format!(" {lag}") }</div>
            }
        </div>
    }
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
    let member = group.members.iter().find(|member| member.name == name);
    let gone = member.is_some_and(|member| !member.process.is_alive()).then_some("gone");
    html! { <div class={classes!("who", format!("at{}", slot.clamp(1, 15)), gone)}>{ name.to_owned() }</div> }
}
