//! A column in focus: each record with its offset, key and epoch, and the batches they came in.

use yew::{Html, classes, html};

use super::board::Shared;
use super::strip::look;
use crate::view::scene::{BatchDetail, Replica, ReplicaRole};
use crate::view::text::{Lang, Text};
use crate::view::window::{self, Cell};

/// The batches of a copy in sight, if they have come.
fn batches(shared: &Shared, broker: usize, column: usize) -> &[BatchDetail] {
    let id = shared.scene.brokers[broker].id;
    let detail = shared.scene.detail.as_ref();
    let detail = detail.filter(|d| d.partition == shared.scene.columns[column].partition);
    let copy = detail.and_then(|detail| detail.copies.iter().find(|(broker, _)| *broker == id));
    copy.map_or(&[], |(_, batches)| batches)
}

/// Which producer wrote the last batch.
pub fn caption(lang: Lang, shared: &Shared, broker: usize, column: usize) -> Html {
    let last = batches(shared, broker, column).last().filter(|batch| batch.producer_id >= 0);
    let text = last.map(|batch| Text::ProducerId.with(lang, &[("id", &batch.producer_id)]));
    html! { <span class="muted">{ for text }</span> }
}

/// The records in sight; in a high row with their batches below.
pub fn records(
    shared: &Shared,
    broker: usize,
    column: usize,
    replica: &Replica,
    high: bool,
) -> Html {
    let window = shared.windows[column];
    let cells = window::cells(window, &shared.scene.columns[column], replica);
    let batches = batches(shared, broker, column);
    let leads = replica.role == ReplicaRole::Leader;
    let dead = matches!(replica.role, ReplicaRole::Stopped | ReplicaRole::WasLeader);
    let class = classes!("strip", "eight", if leads { "L" } else { "F" }, dead.then_some("dead"));
    let id = shared.scene.brokers[broker].id;
    let picked = shared.picked_record((shared.scene.columns[column].partition, id));
    let records = cells.iter().enumerate().map(|(place, cell)| {
        let batch = batches.iter().rfind(|batch| batch.first <= cell.offset);
        record(place, cell, batch, leads, picked)
    });
    let marks = batches.iter().filter(|batch| high && batch.first < replica.log_end);
    let end = window.slot(replica.log_end);
    html! {
        <>
            <div {class}>
                { for records }
                if let Some(slot) = end { <b key="leo" class={classes!("leo", format!("at{slot}"))}>{ replica.log_end }</b> }
            </div>
            if high { <div class="batches">{ for marks.filter_map(|batch| bracket(shared, column, batch)) }</div> }
        </>
    }
}

fn record(
    place: usize,
    cell: &Cell,
    batch: Option<&BatchDetail>,
    leads: bool,
    picked: Option<i64>,
) -> Html {
    let begins = batch.is_some_and(|batch| batch.first == cell.offset && !batch.cut);
    let key = batch.and_then(|batch| batch.keys.get((cell.offset - batch.first) as usize)?.clone());
    let class = classes!(
        "R",
        look(cell, leads),
        begins.then_some("b"),
        (picked == Some(cell.offset)).then_some("s"),
        (place == 0).then(|| format!("g{}", cell.slot))
    );
    html! {
        <i key={cell.offset} {class}>
            <b>{ cell.offset }</b><span>{ for key }</span>
            <em>{ for batch.map(|batch| format!("e{}", batch.epoch)) }</em>
        </i>
    }
}

/// A bracket under a batch, with its sequence numbers.
fn bracket(shared: &Shared, column: usize, batch: &BatchDetail) -> Option<Html> {
    let window = shared.windows[column];
    let from = window.clamped(batch.first);
    let to = window.clamped(batch.first + batch.keys.len() as i64);
    let last = batch.sequence + batch.keys.len() as i32 - 1;
    let text = match (batch.sequence, to - from) {
        (..0, _) => String::new(),
        (first, _) if first == last => format!("seq {first}"),
        (first, _) => format!("seq {first}–{last}"),
    };
    let class = classes!(format!("at{from}"), format!("w{}", to - from));
    (to > from).then(|| html! { <span {class}>{ text }</span> })
}
