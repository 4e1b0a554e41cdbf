//! The scenario menu: every built-in setup, sorted by what it is for.

use yew::{Callback, Event, Html, TargetCast, html};

use super::state::AppAction;
use crate::view::protocol::SetupName;
use crate::view::text::{Lang, Text};

/// What the menu shows.
pub struct Props {
    pub setup: SetupName,
    /// Trainers of the digits.
    pub workers: u16,
    pub dispatch: Callback<AppAction>,
}

/// The groups of the menu.
const GROUPS: [(Text, &[SetupName]); 3] = [
    (Text::Sandbox, &[SetupName::Orders, SetupName::AiData]),
    (Text::Scale, &[SetupName::TenBrokers, SetupName::HundredBrokers]),
    (Text::Training, &[SetupName::Digits]),
];

/// The menu.
pub fn scenario_menu(lang: Lang, props: Props) -> Html {
    let dispatch = props.dispatch.clone();
    let onchange = Callback::from(move |event: Event| {
        let select: web_sys::HtmlSelectElement = event.target_unchecked_into();
        dispatch.emit(AppAction::Setup(SetupName::at(&select.value())));
    });
    let group = GROUPS.iter().find(|(_, setups)| setups.contains(&props.setup));
    let options = GROUPS.iter().map(|(group, setups)| {
        html! {
            <optgroup label={group.say(lang)}>{ for setups.iter().map(|setup| option(lang, &props, *setup)) }</optgroup>
        }
    });
    html! {
        <>
            <span class="hide-md" aria-hidden="true">{ for group.map(|(text, _)| format!("{}\u{2009}/", text.say(lang))) }</span>
            <select class="picker" aria-label={Text::Scenario.say(lang)} {onchange}>{ for options }</select>
        </>
    }
}

fn option(lang: Lang, props: &Props, setup: SetupName) -> Html {
    let text = match setup {
        SetupName::Orders => Text::SetupOrders,
        SetupName::Digits => Text::SetupDigits,
        SetupName::AiData => Text::SetupAiData,
        SetupName::TenBrokers => Text::SetupTenBrokers,
        SetupName::HundredBrokers => Text::SetupHundredBrokers,
    };
    let name = text.with(lang, &[("workers", &props.workers)]);
    html! { <option value={setup.address()} selected={setup == props.setup}>{ name }</option> }
}
