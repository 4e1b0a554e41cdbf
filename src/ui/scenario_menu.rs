//! The scenario menu: every built-in setup, sorted by what it is for.

use yew::{Callback, Event, Html, TargetCast, html};

use super::state::{AppAction, AppState};
use crate::view::describe;
use crate::view::offers::NETWORKS;
use crate::view::protocol::{Act, Command, SetupName};
use crate::view::text::{Lang, Text};

/// What the menu shows.
pub struct Props<'a> {
    pub state: &'a AppState,
    pub send: Callback<Command>,
    pub dispatch: Callback<AppAction>,
}

/// The groups of the menu.
const GROUPS: [(Text, &[SetupName]); 3] = [
    (Text::Sandbox, &[SetupName::Orders, SetupName::AiData]),
    (Text::Scale, &[SetupName::TenBrokers, SetupName::HundredBrokers]),
    (Text::Training, &[SetupName::Digits]),
];

/// The menu.
pub fn scenario_menu(lang: Lang, props: Props<'_>) -> Html {
    let (send, dispatch) = (props.send.clone(), props.dispatch.clone());
    let setup = props.state.setup;
    let onchange = Callback::from(move |event: Event| {
        let select: web_sys::HtmlSelectElement = event.target_unchecked_into();
        match select.value().parse() {
            Ok(latency_us) => {
                select.set_value(setup.address());
                send.emit(Command::Act(Act::Network(latency_us)));
            }
            Err(_) => dispatch.emit(AppAction::Setup(SetupName::at(&select.value()))),
        }
    });
    let group = GROUPS.iter().find(|(_, setups)| setups.contains(&setup));
    let options = GROUPS.iter().map(|(group, setups)| {
        html! {
            <optgroup label={group.say(lang)}>{ for setups.iter().map(|setup| option(lang, props.state, *setup)) }</optgroup>
        }
    });
    html! {
        <>
            <span class="hide-md" aria-hidden="true">{ for group.map(|(text, _)| format!("{}\u{2009}/", text.say(lang))) }</span>
            <select class="picker" aria-label={Text::Scenario.say(lang)} {onchange}>
                { for options }
                { for props.state.scene.as_ref().filter(|_| !setup.is_training()).map(|scene| networks(lang, scene.hop_us)) }
            </select>
        </>
    }
}

/// How long a hop takes, and the networks to choose from: an act like others, on the run that is on show.
fn networks(lang: Lang, hop_us: u32) -> Html {
    let options = NETWORKS.into_iter().map(|(text, latency_us)| {
        html! { <option value={latency_us.to_string()} disabled={latency_us == hop_us}>{ text.say(lang) }</option> }
    });
    html! { <optgroup label={describe::network(lang, hop_us)}>{ for options }</optgroup> }
}

fn option(lang: Lang, state: &AppState, setup: SetupName) -> Html {
    let text = match setup {
        SetupName::Orders => Text::SetupOrders,
        SetupName::Digits => Text::SetupDigits,
        SetupName::AiData => Text::SetupAiData,
        SetupName::TenBrokers => Text::SetupTenBrokers,
        SetupName::HundredBrokers => Text::SetupHundredBrokers,
    };
    let name = text.with(lang, &[("workers", &state.script().training.trainers)]);
    html! { <option value={setup.address()} selected={setup == state.setup}>{ name }</option> }
}
