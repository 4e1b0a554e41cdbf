//! A producer's row: its settings, and the batch it fills for each partition.

use yew::{Html, html};

use super::board::Shared;
use super::icon::Icon;
use crate::view::describe;
use crate::view::protocol::Selected;
use crate::view::text::{Lang, Text};
use crate::view::zoom::Level;

/// More waiting records than this are told as a number.
const MARKS_MAX: u32 = 8;

/// Which producer.
pub struct Props {
    pub shared: Shared,
    pub index: usize,
    /// The row's place in the grid.
    pub row: usize,
}

/// The row of a producer.
pub fn producer_row(lang: Lang, props: Props) -> Html {
    let props = &props;
    let producer = &props.shared.scene.producers[props.index];
    let sub = Text::ProducerRate.with(lang, &[("acks", &producer.acks), ("rate", &producer.rate)]);
    let short = Text::ProducerAcks.with(lang, &[("acks", &producer.acks)]);
    let cells = (0..props.shared.scene.columns.len()).map(|column| {
        cell(lang, props, column, producer.waiting.get(column).copied().unwrap_or(0))
    });
    html! {
        <div class="row prod" role="row">
            <div class="rhead" role="rowheader">
                { props.shared.name(Selected::Node(producer.node), html! {
                    <><span class="hide-sm">{ Icon::User.mark() }</span>{ producer.name.clone() }</>
                }) }
                <div class="sub"><span class="hide-sm">{ sub }</span><span class="narrow">{ short }</span></div>
            </div>
            { for cells }
        </div>
    }
}

fn cell(lang: Lang, props: &Props, column: usize, waiting: u32) -> Html {
    let shared = &props.shared;
    let partition =
        describe::partition_name(shared.topic(), shared.scene.columns[column].partition);
    let label = Text::BatchLabel.with(lang, &[("count", &waiting), ("partition", &partition)]);
    let marks = (0..waiting.min(MARKS_MAX)).map(|_| html! { <i></i> });
    html! {
        <div class={shared.cell_class(column)} role="gridcell" id={Shared::cell_id(props.row, column)}
            tabindex={shared.tab_index(props.row, column)} >
            <span class="vh">{ label }</span>
            if waiting > 0 && shared.side_level(column) < Level::Records {
                <div class="acc" aria-hidden="true"><b>{ waiting }</b></div>
            } else if waiting > 0 {
                <div class="acc" aria-hidden="true">
                    <span>{ Text::Batch.say(lang) }</span>{ for marks }
                    if waiting > MARKS_MAX { <b>{ waiting }</b> }
                </div>
            }
        </div>
    }
}
