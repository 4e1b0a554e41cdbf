//! The first row: the controllers, and what they believe of each partition.

use yew::{Callback, Html, classes, html};

use super::board::Shared;
use super::icon::Icon;
use crate::view::board::BoardAct;
use crate::view::describe;
use crate::view::protocol::Selected;
use crate::view::scene::{Column, Controller, Process, QuorumRole};
use crate::view::text::{Lang, Text};
use crate::view::zoom::Level;

/// What the row shows.
pub struct Props {
    pub shared: Shared,
}

/// The row of column heads.
pub fn column_heads(lang: Lang, props: Props) -> Html {
    let props = &props;
    let shared = &props.shared;
    let heads = (0..shared.scene.columns.len()).map(|index| head(lang, shared, index));
    html! {
        <div class="row meta" role="row">
            <div class="rhead" role="rowheader">
                <div class="nm">{ Text::Controllers.say(lang) }</div>
                <div class="sub"><span class="pips">
                    { for shared.scene.controllers.iter().map(|c| quorum_pip(lang, shared, c)) }
                </span></div>
            </div>
            { for heads }
        </div>
    }
}

fn quorum_pip(lang: Lang, shared: &Shared, controller: &Controller) -> Html {
    let stopped = matches!(controller.process, Process::Stopped | Process::Paused);
    let leads = controller.role == QuorumRole::Leader && !stopped;
    let class = classes!("pip", leads.then_some("lead"), stopped.then_some("out"));
    let label = describe::controller(lang, controller);
    let selected = Selected::Node(controller.id);
    let pressed = if shared.selected.as_ref() == Some(&selected) { "true" } else { "false" };
    let shared = shared.clone();
    let onclick = Callback::from(move |_| shared.select(selected.clone()));
    html! {
        <button type="button" {class} aria-label={label.clone()} title={label} aria-pressed={pressed} {onclick}>
            { controller.id }
        </button>
    }
}

fn head(lang: Lang, shared: &Shared, index: usize) -> Html {
    let column = &shared.scene.columns[index];
    let picture = match shared.plan.column(index) {
        _ if shared.is_lens(index) => full(lang, shared, column),
        Level::Tiles => tile(column),
        Level::Bars => html! {
            <>
                <div class="l1"><span class="tag"></span>{ column.partition }{ for offline(lang, column) }</div>
                <div class="l2">{ pips(shared, column) }</div>
            </>
        },
        Level::Records | Level::Focus => full(lang, shared, column),
    };
    let roomy = shared.plan.column(index) >= Level::Records && !shared.is_lens(index);
    html! {
        <div class={shared.cell_class(index)} role="columnheader" id={Shared::cell_id(0, index)}
            tabindex={shared.tab_index(0, index)} aria-label={describe::column(lang, shared.topic(), column)}
            aria-selected={shared.is_picked(0, index)}>
            <div class="phead" aria-hidden="true">{ picture }</div>
            if roomy { { focus(lang, shared, column.partition) } }
        </div>
    }
}

fn full(lang: Lang, shared: &Shared, column: &Column) -> Html {
    let name = describe::partition_name(shared.topic(), column.partition);
    let epoch = Text::Epoch.with(lang, &[("epoch", &column.leader_epoch)]);
    html! {
        <>
            <div class="l1"><span class="tag"></span>{ name }{ for offline(lang, column) }</div>
            <div class="l2"><span>{ "ISR" }</span>
                { pips(shared, column) }
                <span class="muted">{ epoch }</span>
            </div>
        </>
    }
}

/// Among tiles the ISR is told only where it is short.
fn tile(column: &Column) -> Html {
    let (have, all) = (column.isr.len(), column.replicas.len());
    let class = if column.leader.is_none() { "bad" } else { "" };
    html! {
        <>
            <span class="tag"></span>
            <b>{ column.partition }</b>
            if have < all || column.leader.is_none() { <em {class}>{ format!("{have}/{all}") }</em> }
        </>
    }
}

/// Widens the column of a partition, and narrows the rest.
fn focus(lang: Lang, shared: &Shared, partition: i32) -> Html {
    let name = describe::partition_name(shared.topic(), partition);
    let label = Text::FocusColumn.with(lang, &[("partition", &name)]);
    let pressed = if shared.wishes.0 == Some(partition) { "true" } else { "false" };
    let onclick = shared.board_act(BoardAct::Column(partition));
    html! {
        <button type="button" class="btn icon small focus hide-sm" aria-label={label.clone()} title={label} aria-pressed={pressed} {onclick}>
            { Icon::Focus.mark() }
        </button>
    }
}

fn pips(shared: &Shared, column: &Column) -> Html {
    let pips = column.replicas.iter().map(|id| isr_pip(shared, column, *id));
    html! { <span class="pips">{ for pips }</span> }
}

fn offline(lang: Lang, column: &Column) -> Option<Html> {
    let text = Text::Offline.say(lang);
    column.leader.is_none().then(|| html! { <span class="badge bad">{ text }</span> })
}

/// The ISR as the controller believes it; a dot tells that a broker that it counts on is in truth not there.
fn isr_pip(shared: &Shared, column: &Column, id: i32) -> Html {
    let leads = column.leader == Some(id);
    let out = !column.isr.contains(&id);
    let broker = shared.scene.brokers.iter().find(|broker| broker.id == id);
    let gone = broker.is_some_and(|b| matches!(b.process, Process::Stopped | Process::Paused));
    let class = classes!(
        "pip",
        leads.then_some("lead"),
        out.then_some("out"),
        (gone && !out).then_some("doubt")
    );
    html! { <span {class}>{ id }</span> }
}
