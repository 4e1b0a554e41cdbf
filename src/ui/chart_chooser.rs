//! What the second chart shows, its values as a table, and its export.

use yew::{Callback, Event, Html, TargetCast, html};

use super::browser::download;
use crate::view::chart;
use crate::view::protocol::Command;
use crate::view::scene::{Chart, ChartKind, Metric};
use crate::view::text::{Lang, Text};
use crate::view::timeline;

/// Rows of the table: the latest moments. The file has them all.
const ROWS: usize = 40;

/// The choice of a chart.
pub fn chart_chooser(lang: Lang, chart: &Chart, send: &Callback<Command>) -> Html {
    let chosen = match chart.kind {
        ChartKind::Metric(metric) => Some(metric),
        _ => None,
    };
    let send = send.clone();
    let onchange = Callback::from(move |event: Event| {
        let select: web_sys::HtmlSelectElement = event.target_unchecked_into();
        let place = usize::try_from(select.selected_index() - 1).ok();
        send.emit(Command::Chart(place.and_then(|place| Metric::ALL.get(place).copied())));
    });
    let options = Metric::ALL.map(|metric| {
        html! { <option selected={chosen == Some(metric)}>{ title(metric).say(lang) }</option> }
    });
    html! {
        <div class="choose">
            <select aria-label={Text::ChartChoice.say(lang)} {onchange}>
                <option selected={chosen.is_none()}>{ Text::ChartAuto.say(lang) }</option>
                { for options }
            </select>
            <details class="values">
                <summary>{ Text::ChartTable.say(lang) }</summary>
                <div class="pop">
                    <div class="row">
                        { export(Text::ExportCsv.say(lang), chart.clone(), |chart| download::csv(&chart::csv(&chart))) }
                        { export(Text::ExportPng.say(lang), chart.clone(), |chart| download::png(&chart)) }
                    </div>
                    { table(lang, chart) }
                </div>
            </details>
        </div>
    }
}

/// The title of a metric in the language of the page; its lines keep Kafka's names.
pub fn title(metric: Metric) -> Text {
    match metric {
        Metric::Records => Text::RecordsPerSecond,
        Metric::Bytes => Text::MetricBytes,
        Metric::Lag => Text::MetricLag,
        Metric::Drain => Text::MetricDrain,
        Metric::Partitions => Text::MetricPartitions,
        Metric::Isr => Text::MetricIsr,
        Metric::Latency => Text::MetricLatency,
        Metric::Rebalances => Text::MetricRebalances,
        Metric::Elections => Text::MetricElections,
        Metric::Errors => Text::MetricErrors,
    }
}

fn export(text: String, chart: Chart, save: fn(Chart)) -> Html {
    let onclick = Callback::from(move |_| save(chart.clone()));
    html! { <button type="button" class="btn line" {onclick}>{ text }</button> }
}

fn table(lang: Lang, chart: &Chart) -> Html {
    let heads = (0..chart.lines.len())
        .map(|place| html! { <th scope="col">{ chart::name(chart, place) }</th> });
    let count = chart.lines.first().map_or(0, |line| line.points.len());
    let rows = (0..count).rev().take(ROWS).map(|at| {
        let cells = chart.lines.iter().map(|line| html! { <td>{ line.points.get(at).map_or(0.0, |point| chart::short(point.1)) }</td> });
        html! { <tr><th scope="row">{ timeline::short(chart.lines[0].points[at].0) }</th>{ for cells }</tr> }
    });
    html! {
        <div class="scroll" tabindex="0" role="region" aria-label={Text::ChartTable.say(lang)}>
            <table>
                <thead><tr><th scope="col">{ Text::Time.say(lang) }</th>{ for heads }</tr></thead>
                <tbody>{ for rows }</tbody>
            </table>
        </div>
    }
}
