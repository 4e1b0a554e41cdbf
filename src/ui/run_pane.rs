//! The run itself: its world hash and the proof that it repeats, its other futures, and two of them side by side.

use yew::{Callback, Html, html};

use crate::view::describe;
use crate::view::protocol::{Branch, Command, Desk, Ending, Verified};
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
    html! {
        <table class="compare">
            <caption>{ Text::Comparison.say(lang) }{ button(props, "btn", Text::Close.say(lang), Command::Compare(None)) }</caption>
            <thead><tr><td></td>{ for pair.iter().map(head) }</tr></thead>
            <tbody>{ for promises }{ for figures }</tbody>
        </table>
    }
}

fn line(name: String, cells: [Html; 2]) -> Html {
    html! { <tr><th scope="row">{ name }</th>{ for cells }</tr> }
}
