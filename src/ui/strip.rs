//! A replica cell: its role, and its log as a strip of record cells on the column's axis.

use yew::{Html, classes, html};

use super::board::Shared;
use crate::view::describe;
use crate::view::scene::{Process, Replica, ReplicaRole};
use crate::view::text::{Lang, Text};
use crate::view::window::{self, Cell, EDGE};

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
    html! {
        <div class="rep" aria-hidden="true">
            <div class="lab">{ role(lang, replica, props.shared.scene.brokers[props.broker].process) }</div>
            { strip(props, replica) }
        </div>
    }
}

fn role(lang: Lang, replica: &Replica, process: Process) -> Html {
    let (class, text) = match replica.role {
        ReplicaRole::Leader => {
            let text = Text::LeaderChip.with(lang, &[("epoch", &replica.leader_epoch)]);
            let fresh = (replica.leader_epoch > 0).then_some("fresh");
            // The key makes a new leader a new chip, so that its entrance is seen.
            return html! { <span key={replica.leader_epoch} class={classes!("role", "L", fresh)}>{ text }</span> };
        }
        ReplicaRole::Follower => ("role F", Text::Follower),
        ReplicaRole::OutOfSync => ("role X", Text::OutOfSync),
        ReplicaRole::Stopped if process == Process::Starting => ("role X", Text::Starting),
        ReplicaRole::Stopped => ("role X", Text::Stopped),
        ReplicaRole::WasLeader => ("role X", Text::WasLeader),
    };
    html! { <span {class}>{ text.say(lang) }</span> }
}

fn strip(props: &Props, replica: &Replica) -> Html {
    let window = props.shared.windows[props.column];
    let column = &props.shared.scene.columns[props.column];
    let cells = window::cells(window, column, replica);
    let leads = replica.role == ReplicaRole::Leader;
    let dead = matches!(replica.role, ReplicaRole::Stopped | ReplicaRole::WasLeader);
    let class = classes!("strip", if leads { "L" } else { "F" }, dead.then_some("dead"));
    let picked =
        props.shared.picked_record((column.partition, props.shared.scene.brokers[props.broker].id));
    let records = cells.iter().enumerate().map(|(place, cell)| record(place, cell, leads, picked));
    html! { <div {class}>{ for records }{ log_end(window.slot(replica.log_end), replica, behind(props, replica)) }</div> }
}

fn record(place: usize, cell: &Cell, leads: bool, picked: Option<i64>) -> Html {
    let class = classes!(
        if cell.committed { "c" } else { "u" },
        cell.doomed.then_some("x"),
        (leads && cell.new_epoch).then_some("e"),
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
