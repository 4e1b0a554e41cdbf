//! What is told of a shared run: how far it is opened, that it was made by another version, or what is wrong with it.

use yew::{Callback, Html, html};

use super::hooks::EngineHandle;
use super::sharing::{SharingAction, Told};
use super::state::{AppAction, AppState};
use crate::view::share::complaint::{self, Complaint, Source};
use crate::view::share::opening::Opened;
use crate::view::share::sharing::ShareCommand;
use crate::view::text::{Lang, Text};

/// The notice, if there is anything to tell.
pub fn share_notice(
    lang: Lang,
    state: &AppState,
    engine: &EngineHandle,
    dispatch: &Callback<AppAction>,
) -> Html {
    if let Some(percent) = state.sharing.opening {
        return opening(lang, percent, engine);
    }
    match &state.sharing.told {
        Some(Told::Refused(source, complaint, engine)) => {
            refused(lang, *source, complaint, engine, dispatch)
        }
        Some(Told::Opened(opened)) => opened_other(lang, opened, dispatch),
        None if !state.kept => not_kept(lang, dispatch),
        None => html! {},
    }
}

/// The visitor chose a language or a theme, and the browser keeps nothing for the page.
fn not_kept(lang: Lang, dispatch: &Callback<AppAction>) -> Html {
    let dispatch = dispatch.clone();
    let onclick = Callback::from(move |_| dispatch.emit(AppAction::Kept(true)));
    html! {
        <div class="notice" role="status">
            <p>{ Text::NotKept.say(lang) }</p>
            <div class="ways"><button type="button" class="btn line" {onclick}>{ Text::Close.say(lang) }</button></div>
        </div>
    }
}

fn opening(lang: Lang, percent: u8, engine: &EngineHandle) -> Html {
    let text = Text::OpeningShared.with(lang, &[("percent", &percent)]);
    let engine = engine.clone();
    let onclick = Callback::from(move |_| engine.share(ShareCommand::GiveUp));
    html! {
        <div class="notice" role="status">
            <p>{ text.clone() }</p>
            <progress max="100" value={percent.to_string()} aria-label={text}></progress>
            <div class="ways"><button type="button" class="btn line" {onclick}>{ Text::Cancel.say(lang) }</button></div>
        </div>
    }
}

fn refused(
    lang: Lang,
    source: Source,
    complaint: &Complaint,
    engine: &str,
    dispatch: &Callback<AppAction>,
) -> Html {
    let title = match source {
        Source::Link => Text::RefusedLink,
        Source::File => Text::RefusedFile,
    };
    html! {
        <div class="notice bad" role="alert">
            <h2>{ title.say(lang) }</h2>
            <p>{ complaint.say(lang, source) }</p>
            { for complaint::made_by(lang, engine).map(|text| html! { <p>{ text }</p> }) }
            { close(lang, dispatch) }
        </div>
    }
}

/// A run that is repeated exactly, by the version that it was made by, needs no word.
fn opened_other(lang: Lang, opened: &Opened, dispatch: &Callback<AppAction>) -> Html {
    let from = complaint::made_by(lang, &opened.engine);
    if from.is_none() && opened.same {
        return html! {};
    }
    let hash = if opened.same { Text::SharedSame } else { Text::SharedOther };
    html! {
        <div class="notice" role="status">
            <p>{ for from }{ " " }{ hash.say(lang) }</p>
            { close(lang, dispatch) }
        </div>
    }
}

fn close(lang: Lang, dispatch: &Callback<AppAction>) -> Html {
    let dispatch = dispatch.clone();
    let onclick = Callback::from(move |_| dispatch.emit(AppAction::Share(SharingAction::Read)));
    html! { <div class="ways"><button type="button" class="btn line" {onclick}>{ Text::Close.say(lang) }</button></div> }
}
