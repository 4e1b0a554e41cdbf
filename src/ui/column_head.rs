//! The first row: the controllers, and what they believe of each partition.

use yew::{Html, Properties, classes, component, html, use_context};

use super::board::Shared;
use crate::view::describe;
use crate::view::scene::{Column, Controller, Process, QuorumRole};
use crate::view::text::{Lang, Text};

/// What the row shows.
#[derive(Properties, PartialEq)]
pub struct Props {
    pub shared: Shared,
}

/// The row of column heads.
#[component]
pub fn ColumnHeads(props: &Props) -> Html {
    let lang = use_context::<Lang>().unwrap_or_default();
    let shared = &props.shared;
    let heads = (0..shared.scene.columns.len()).map(|index| head(lang, shared, index));
    html! {
        <div class="row meta" role="row">
            <div class="rhead" role="rowheader">
                <div class="nm">{ Text::Controllers.say(lang) }</div>
                <div class="sub"><span class="pips">
                    { for shared.scene.controllers.iter().map(|c| quorum_pip(lang, c)) }
                </span></div>
            </div>
            { for heads }
        </div>
    }
}

fn quorum_pip(lang: Lang, controller: &Controller) -> Html {
    let stopped = matches!(controller.process, Process::Stopped | Process::Paused);
    let leads = controller.role == QuorumRole::Leader && !stopped;
    let class = classes!("pip", leads.then_some("lead"), stopped.then_some("out"));
    let label = describe::controller(lang, controller);
    html! { <span {class} role="img" aria-label={label.clone()} title={label}>{ controller.id }</span> }
}

fn head(lang: Lang, shared: &Shared, index: usize) -> Html {
    let column = &shared.scene.columns[index];
    let name = describe::partition_name(shared.topic(), column.partition);
    let epoch = Text::Epoch.with(lang, &[("epoch", &column.leader_epoch)]);
    html! {
        <div class={shared.cell_class(index)} role="columnheader" id={Shared::cell_id(0, index)}
            tabindex={shared.tab_index(0, index)} aria-label={describe::column(lang, shared.topic(), column)}>
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
