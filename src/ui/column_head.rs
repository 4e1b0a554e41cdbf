//! The first row: the controllers, and what they believe of each partition.

use yew::{Callback, Html, classes, html};

use super::board::Shared;
use super::state::AppAction;
use crate::view::describe;
use crate::view::protocol::Selected;
use crate::view::scene::{Column, Controller, Process, QuorumRole};
use crate::view::text::{Lang, Text};

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
    let pressed = shared.selected.as_ref() == Some(&selected);
    let next = (!pressed).then_some(selected);
    let dispatch = shared.dispatch.clone();
    let onclick = Callback::from(move |_| dispatch.emit(AppAction::Select(next.clone())));
    let pressed = if pressed { "true" } else { "false" };
    html! {
        <button type="button" {class} aria-label={label.clone()} title={label} aria-pressed={pressed} {onclick}>
            { controller.id }
        </button>
    }
}

fn head(lang: Lang, shared: &Shared, index: usize) -> Html {
    let column = &shared.scene.columns[index];
    let name = describe::partition_name(shared.topic(), column.partition);
    let epoch = Text::Epoch.with(lang, &[("epoch", &column.leader_epoch)]);
    html! {
        <div class={shared.cell_class(index)} role="columnheader" id={Shared::cell_id(0, index)}
            tabindex={shared.tab_index(0, index)} aria-selected={shared.is_picked(0, index)} aria-label={describe::column(lang, shared.topic(), column)}>
            <div class="phead" aria-hidden="true">
                <div class="l1"><span class="tag"></span>{ name }{ for offline(lang, column) }</div>
                <div class="l2"><span>{ "ISR" }</span>
                    <span class="pips">{ for column.replicas.iter().map(|id| isr_pip(column, *id)) }</span>
                    <span class="muted">{ epoch }</span>
                </div>
            </div>
        </div>
    }
}

fn offline(lang: Lang, column: &Column) -> Option<Html> {
    let text = Text::Offline.say(lang);
    column.leader.is_none().then(|| html! { <span class="badge bad">{ text }</span> })
}

fn isr_pip(column: &Column, id: i32) -> Html {
    let leads = column.leader == Some(id);
    let out = !column.isr.contains(&id);
    let class = classes!("pip", leads.then_some("lead"), out.then_some("out"));
    html! { <span {class}>{ id }</span> }
}
