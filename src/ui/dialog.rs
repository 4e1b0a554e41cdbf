//! The dialog over the page: the list of keys, or the command list.

use yew::{Callback, Html, html};

use super::browser::document;
use super::icon::Icon;
use super::keys::Hands;
use super::state::{AppAction, AppState, Open};
use crate::view::text::{Lang, Text};

/// The id of the dialog's element.
pub const ID: &str = "dialog";

/// The state, and where deeds go.
pub struct Props {
    pub state: AppState,
    pub hands: Hands,
}

/// The dialog, if one is open. The browser closes it and gives the focus back; the state only follows.
pub fn dialog(lang: Lang, props: Props) -> Html {
    let Props { state, hands } = &props;
    let dispatch = hands.dispatch.clone();
    let onclose = Callback::from(move |_| {
        // It can be told late, when the next dialog is open already.
        if !document::in_dialog() {
            dispatch.emit(AppAction::Open(None));
        }
    });
    let (title, body) = match &state.open {
        None => return html! {},
        Some(Open::Keys) => (Text::KeysTitle, super::key_list::key_list(lang, state, hands)),
        Some(Open::Commands { query, place }) => {
            (Text::KeyCommands, super::palette::palette(lang, state, hands, query, *place))
        }
    };
    let close = Callback::from(|_| document::close_dialog(ID));
    html! {
        <dialog id={ID} aria-labelledby="dialog-title" closedby="any" {onclose}>
            <h2 id="dialog-title">{ title.say(lang) }</h2>
            { body }
            <button type="button" class="btn icon close" autofocus={state.open == Some(Open::Keys)} aria-label={Text::Close.say(lang)} onclick={close}>
                { Icon::Cross.mark() }
            </button>
        </dialog>
    }
}
