//! The run itself: its world hash and the proof that it repeats, its other futures, and two of them side by side.

use yew::{Callback, Html, html};

use super::chart_chooser;
use crate::view::chart::{self, Frame};
use crate::view::describe;
use crate::view::protocol::{Branch, Command, Desk, Ending, Verified};
use crate::view::scene::{Chart, ChartKind, Metric};
use crate::view::text::{Lang, Text};
use crate::view::timeline;

/// The figures of a comparison, in the order of [`Ending::figures`].
const FIGURES: [Text; 7] = [
    Text::FigureCommitted,
    Text::FigureAcknowledged,
    Text::FigureFailed,
    Text::FigureConsumed,
    Text::FigureTruncated,
    Text::FigureElections,
    Text::FigureRebalances,
];

/// The size of a curve, in units that the page stretches.
const CURVE: (f64, f64) = (300.0, 56.0);

/// What the pane shows.
pub struct Props {
    pub desk: Desk,
    pub seed: u64,
    pub send: Callback<Command>,
}

/// The pane.
pub fn run_pane(lang: Lang, props: Props) -> Html {
    let props = &props;
    let desk = &props.desk;
    let letter = letter(desk.letter);
    let hash = format!("{:016x}", desk.hash);
    html! {
        <>
            <h2>{ Text::RunLine.with(lang, &[("letter", &letter), ("seed", &props.seed)]) }</h2>
            <div class="proof">
                <code>{ Text::WorldHash.with(lang, &[("hash", &hash)]) }</code>
                { button(props, "btn line", Text::Verify.say(lang), Command::Verify) }
                { for verified(lang, desk.verified).map(|text| html! { <span class="why">{ text }</span> }) }
            </div>
            { for desk.branches.iter().enumerate().map(|(place, branch)| row(lang, props, place, branch)) }
            { for desk.compared.as_ref().map(|pair| comparison(lang, props, pair)) }
        </>
    }
}

/// The letter of a run: A, B, C.
pub fn letter(place: u8) -> char {
    char::from(b'A' + place % 26)
}

fn verified(lang: Lang, verified: Verified) -> Option<String> {
    let at = |text: Text, time: u64| Some(text.with(lang, &[("time", &timeline::long(time))]));
    match verified {
        Verified::No => None,
        Verified::Running(percent) => {
            Some(Text::VerifyRunning.with(lang, &[("percent", &percent)]))
        }
        Verified::Same(time) => at(Text::VerifySame, time),
        Verified::Different(time) => at(Text::VerifyDifferent, time),
    }
}

fn button(props: &Props, class: &'static str, text: String, command: Command) -> Html {
    let send = props.send.clone();
    let onclick = Callback::from(move |_| send.emit(command.clone()));
    html! { <button type="button" {class} {onclick}>{ text }</button> }
}

fn row(lang: Lang, props: &Props, place: usize, branch: &Branch) -> Html {
    let letter = letter(branch.letter);
    let [fork, end] = [branch.fork_us, branch.end_us].map(timeline::long);
    let line = Text::BranchLine.with(lang, &[("letter", &letter), ("fork", &fork), ("end", &end)]);
    let place = place as u8;
    let name = |text: Text| text.with(lang, &[("letter", &letter)]);
    html! {
        <div class="branch" key={branch.letter}>
            <span>{ line }</span>
            { button(props, "btn line", name(Text::SwitchTo), Command::Switch(place)) }
            { button(props, "btn line", name(Text::CompareWith), Command::Compare(Some(place))) }
        </div>
    }
}

fn comparison(lang: Lang, props: &Props, pair: &[Ending; 2]) -> Html {
    let head = |ending: &Ending| {
        let time = timeline::long(ending.time_us);
        let text = Text::AtTime.with(lang, &[("letter", &letter(ending.letter)), ("time", &time)]);
        html! { <th scope="col">{ text }</th> }
    };
    let promises = pair[0].promises.iter().map(|promise| {
        let standing = |ending: &Ending| {
            let same = ending.promises.iter().find(|other| other.kind == promise.kind);
            let text = same.map(|same| describe::standing_text(same.standing).say(lang));
            html! { <td>{ text.unwrap_or_default() }</td> }
        };
        line(describe::promise_text(promise.kind).say(lang), pair.each_ref().map(standing))
    });
    let figures = FIGURES.iter().enumerate().map(|(place, text)| {
        let figure = |ending: &Ending| html! { <td>{ ending.figures[place] }</td> };
        line(text.say(lang), pair.each_ref().map(figure))
    });
    let curves = pair[0].charts.iter().zip(&pair[1].charts);
    html! {
        <>
        <table class="compare">
            <caption>{ Text::Comparison.say(lang) }{ button(props, "btn", Text::Close.say(lang), Command::Compare(None)) }</caption>
            <thead><tr><td></td>{ for pair.iter().map(head) }</tr></thead>
            <tbody>{ for promises }{ for figures }</tbody>
        </table>
        { for curves.map(|(here, there)| curve(lang, pair, here, there)) }
        </>
    }
}

/// One chart of both runs on one axis, from the fork on; the run on show is solid, the other dashed.
fn curve(lang: Lang, pair: &[Ending; 2], here: &Chart, there: &Chart) -> Html {
    let title = match &here.kind {
        ChartKind::Metric(Metric::Latency) => Text::LatencyP99.say(lang),
        ChartKind::Metric(Metric::Partitions) => Text::UnderReplicated.say(lang),
        ChartKind::Metric(metric) => chart_chooser::title(*metric).say(lang),
        _ => String::new(),
    };
    let from = pair[0].fork_us;
    let to = pair[0].time_us.max(pair[1].time_us).max(from + 1);
    let lines = [here, there].map(|chart| chart.lines.first().map_or(&[][..], |line| &line.points));
    let most = lines.iter().flat_map(|line| line.iter()).map(|point| point.1).fold(1.0, f32::max);
    let top = chart::ceiling(f64::from(most));
    let frame = Frame {
        x_max: (to - from) as f64,
        y_min: 0.0,
        y_max: top,
        left: 0.0,
        top: 4.0,
        width: CURVE.0,
        height: CURVE.1 - 8.0,
    };
    let path = |line: &[(u64, f32)]| {
        let since = |&(time, value): &(u64, f32)| ((time - from) as f64, f64::from(value));
        chart::path(line.iter().map(since), &frame)
    };
    let now = [0, 1].map(|place| {
        let value = lines[place].last().map_or(0.0, |point| chart::short(point.1));
        [letter(pair[place].letter).to_string(), value.to_string()].join(" ")
    });
    let [start, end] = [from, to].map(timeline::long);
    let label = [&*title, ": ", &now.join(", ")].concat();
    html! {
        <figure class="duel">
            <figcaption>{ title }<span>{ now[0].clone() }</span><span class="other">{ now[1].clone() }</span></figcaption>
            <svg viewBox="0 0 300 56" preserveAspectRatio="none" role="img" aria-label={label}>
                <path class="floor" d="M0 52H300" />
                <path class="other" d={path(lines[1])} />
                <path d={path(lines[0])} />
            </svg>
            <div aria-hidden="true"><span>{ start }</span><span>{ Text::UpTo.with(lang, &[("top", &top)]) }</span><span>{ end }</span></div>
        </figure>
    }
}

fn line(name: String, cells: [Html; 2]) -> Html {
    html! { <tr><th scope="row">{ name }</th>{ for cells }</tr> }
}
