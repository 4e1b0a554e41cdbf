//! A replica cell: its role, and its log as a strip of record cells on the column's axis.

use yew::{Html, classes, html};

use super::board::Shared;
use super::icon::Icon;
use crate::view::describe;
use crate::view::scene::{Process, Replica, ReplicaRole};
use crate::view::text::{Lang, Text};
use crate::view::window::{self, Cell, EDGE, FOCUS_SLOTS, Segment};
use crate::view::zoom::Level;

/// Which replica.
pub struct Props {
    pub shared: Shared,
    /// The place of the broker in the scene.
    pub broker: usize,
    pub column: usize,
    /// The row's place in the grid.
    pub row: usize,
}

/// The cell of a replica; empty where the broker holds none.
pub fn replica_cell(lang: Lang, props: Props) -> Html {
    let props = &props;
    let Props { shared, column, row, .. } = props;
    let broker = &shared.scene.brokers[props.broker];
    let replica = broker.cells.get(*column).and_then(Option::as_ref);
    let partition =
        describe::partition_name(shared.topic(), shared.scene.columns[*column].partition);
    let label = match replica {
        Some(replica) => {
            describe::replica(lang, &partition, broker.id, replica, behind(props, replica))
        }
        None => Text::CellEmpty.with(lang, &[("partition", &partition), ("broker", &broker.id)]),
    };
    html! {
        <div class={shared.cell_class(*column)} role="gridcell" id={Shared::cell_id(*row, *column)}
            tabindex={shared.tab_index(*row, *column)} aria-selected={shared.is_picked(*row, *column)}>
            <span class="vh">{ label }</span>
            { for replica.map(|replica| picture(lang, props, replica)) }
        </div>
    }
}

/// How far a replica is behind the leader's log end.
fn behind(props: &Props, replica: &Replica) -> i64 {
    let cells =
        props.shared.scene.brokers.iter().filter_map(|b| b.cells.get(props.column)?.as_ref());
    let leader =
        cells.filter(|cell| cell.role == ReplicaRole::Leader).map(|cell| cell.log_end).max();
    leader.map_or(0, |end| end - replica.log_end)
}

fn picture(lang: Lang, props: &Props, replica: &Replica) -> Html {
    let shared = &props.shared;
    let level = shared.plan.cell(props.broker, props.column);
    let low = shared.plan.row(props.broker) < Level::Records;
    let process = shared.scene.brokers[props.broker].process;
    match level {
        Level::Tiles => tile(replica),
        Level::Focus => html! {
            <div class="rep full" aria-hidden="true">
                <div class="lab">{ role(lang, shared, props.column, replica, process) }{ super::records::caption(lang, shared, props.broker, props.column) }</div>
                { super::records::records(shared, props.broker, props.column, replica, true) }
            </div>
        },
        level if low || level == Level::Bars => html! {
            <div class="rep low" aria-hidden="true">
                { letter(replica) }
                { strip(props, replica, level == Level::Bars) }
            </div>
        },
        _ => html! {
            <div class="rep" aria-hidden="true">
                <div class="lab">{ role(lang, shared, props.column, replica, process) }</div>
                if shared.windows[props.column].slots == FOCUS_SLOTS {
                    { super::records::records(shared, props.broker, props.column, replica, false) }
                } else {
                    { strip(props, replica, false) }
                }
            </div>
        },
    }
}

/// Among tiles: the role, and whether it is in sync. A log that will be cut is slashed here too.
fn tile(replica: &Replica) -> Html {
    let kind = match replica.role {
        ReplicaRole::Leader => "L",
        ReplicaRole::Follower => "F",
        ReplicaRole::OutOfSync => "X",
        ReplicaRole::Stopped | ReplicaRole::WasLeader => "D",
    };
    let doomed = replica.diverges_at.is_some().then_some("x");
    let cross = (kind == "X").then(|| Icon::Cross.mark());
    html! { <i class={classes!("tl", kind, doomed)} aria-hidden="true">{ for cross }</i> }
}

/// In a low row the role is a letter.
fn letter(replica: &Replica) -> Html {
    let (class, text) = match replica.role {
        ReplicaRole::Leader => ("role L", "L"),
        ReplicaRole::Follower => ("role F", "f"),
        ReplicaRole::OutOfSync => ("role X", "×"),
        ReplicaRole::Stopped | ReplicaRole::WasLeader => ("role X", "–"),
    };
    html! { <span {class}>{ text }</span> }
}

fn role(lang: Lang, shared: &Shared, column: usize, replica: &Replica, process: Process) -> Html {
    let (class, text) = match replica.role {
        ReplicaRole::Leader => {
            // It has not heard yet that another leads.
            let stale = replica.leader_epoch < shared.scene.columns[column].leader_epoch;
            let text = Text::LeaderChip.with(lang, &[("epoch", &replica.leader_epoch)]);
            let fresh = (replica.leader_epoch > 0).then_some("fresh");
            // The key makes a new leader a new chip, so that its entrance is seen.
            return html! { <span key={replica.leader_epoch} class={classes!("role", "L", fresh, stale.then_some("stale"))}>{ text }</span> };
        }
        ReplicaRole::Follower => ("role F", Text::Follower),
        ReplicaRole::OutOfSync => ("role X", Text::OutOfSync),
        ReplicaRole::Stopped if process == Process::Starting => ("role X", Text::Starting),
        ReplicaRole::Stopped => ("role X", Text::Stopped),
        ReplicaRole::WasLeader => ("role X", Text::WasLeader),
    };
    html! { <span {class}>{ text.say(lang) }</span> }
}

fn strip(props: &Props, replica: &Replica, as_bar: bool) -> Html {
    let window = props.shared.windows[props.column];
    let column = &props.shared.scene.columns[props.column];
    let cells = window::cells(window, column, replica);
    let leads = replica.role == ReplicaRole::Leader;
    let dead = matches!(replica.role, ReplicaRole::Stopped | ReplicaRole::WasLeader);
    let bar = as_bar.then_some("bar");
    let class = classes!("strip", if leads { "L" } else { "F" }, dead.then_some("dead"), bar);
    let end = log_end(window.slot(replica.log_end), replica, behind(props, replica));
    if as_bar {
        let bars = window::segments(window, &cells);
        return html! { <div {class}>{ for bars.iter().map(|bar| segment(bar, leads)) }{ end }</div> };
    }
    let picked =
        props.shared.picked_record((column.partition, props.shared.scene.brokers[props.broker].id));
    let records = cells.iter().enumerate().map(|(place, cell)| record(place, cell, leads, picked));
    html! { <div {class}>{ for records }{ end }</div> }
}

fn segment(segment: &Segment, leads: bool) -> Html {
    let class = classes!(
        look(&segment.first, leads),
        format!("at{}", segment.at),
        format!("w{}", segment.width)
    );
    html! { <i {class}></i> }
}

/// The classes of a record, or of a run of them.
pub fn look(cell: &Cell, leads: bool) -> yew::Classes {
    classes!(
        if cell.committed { "c" } else { "u" },
        cell.doomed.then_some("x"),
        (leads && cell.new_epoch).then_some("e")
    )
}

fn record(place: usize, cell: &Cell, leads: bool, picked: Option<i64>) -> Html {
    let class = classes!(
        look(cell, leads),
        (picked == Some(cell.offset)).then_some("s"),
        (place == 0).then(|| format!("g{}", cell.slot)),
    );
    html! { <i key={cell.offset} {class}></i> }
}

/// The number at the end of the log; for a log that ends out of sight, how far it is behind.
fn log_end(slot: Option<u8>, replica: &Replica, behind: i64) -> Html {
    match slot {
        Some(slot) => {
            let near_edge = i64::from(slot) > EDGE + 1;
            html! { <b key="leo" class={classes!("leo", format!("at{slot}"), near_edge.then_some("in"))}>{ replica.log_end }</b> }
        }
        None => html! { <b key="leo" class="leo at0">{ format!("‹ −{behind}") }</b> },
    }
}
