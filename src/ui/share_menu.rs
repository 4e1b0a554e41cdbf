//! The share menu: a link to this moment, the run as a file, and its trace.

use yew::{Callback, Event, Html, TargetCast, html};

use super::browser::{clipboard, document, file};
use super::hooks::EngineHandle;
use super::icon::Icon;
use super::sharing::{Link, SharingAction};
use super::state::{AppAction, AppState, Theme};
use crate::limits::LINK_CHARS_MAX;
use crate::view::share::Look;
use crate::view::share::sharing::ShareCommand;
use crate::view::text::{Lang, Text};
use crate::view::timeline;

/// The field that holds the link.
const FIELD: &str = "share-link";

/// What the menu needs.
pub struct Props<'a> {
    pub state: &'a AppState,
    pub engine: &'a EngineHandle,
    pub dispatch: &'a Callback<AppAction>,
}

/// The menu.
pub fn share_menu(lang: Lang, props: &Props) -> Html {
    let look = look(props.state);
    let name = Text::Share.say(lang);
    html! {
        <details class="menu share">
            <summary class="btn" onclick={ask(props, ShareCommand::Link(look))}>
                { Icon::Share.mark() }<span class="word">{ name }</span>
            </summary>
            <div class="pop">
                { link(lang, props) }
                <div class="way">
                    <button type="button" class="btn line" onclick={ask(props, ShareCommand::Save)}>{ Text::SaveRun.say(lang) }</button>
                    <p>{ Text::SaveRunNote.say(lang) }</p>
                </div>
                { load(lang, props) }
                { trace(lang, props) }
            </div>
        </details>
    }
}

/// How the page looks now, for a link.
fn look(state: &AppState) -> Look {
    Look {
        lang: state.lang,
        dark: state.theme == Theme::Dark,
        speed: state.speed(),
        auto: state.auto,
        topic: state.viewport.topic.clone(),
    }
}

fn ask<E>(props: &Props, command: ShareCommand) -> Callback<E> {
    let engine = props.engine.clone();
    Callback::from(move |_| engine.share(command.clone()))
}

fn link(lang: Lang, props: &Props) -> Html {
    let (fragment, time_us, actions) = match &props.state.sharing.link {
        None => return html! { <div class="way"></div> },
        Some(Link::TooLong(chars)) => {
            let slots: [(_, &dyn std::fmt::Display); 2] =
                [("chars", chars), ("limit", &LINK_CHARS_MAX)];
            return html! { <div class="way"><p role="status">{ Text::LinkTooLong.with(lang, &slots) }</p></div> };
        }
        Some(Link::Made { fragment, time_us, actions }) => (fragment, *time_us, *actions),
    };
    let address = document::address_with(fragment);
    let (text, dispatch) = (address.clone(), props.dispatch.clone());
    let told = Callback::from(move |copied| {
        dispatch.emit(AppAction::Share(SharingAction::Copied(copied)));
    });
    let copy = Callback::from(move |_| clipboard::copy(text.clone(), FIELD, told.clone()));
    let note =
        Text::ShareLinkNote.with(lang, &[("time", &timeline::long(time_us)), ("count", &actions)]);
    html! {
        <div class="way address">
            <input id={FIELD} type="text" readonly={true} value={address} aria-label={Text::ShareLink.say(lang)} />
            <button type="button" class="btn line" onclick={copy}>{ Text::CopyLink.say(lang) }</button>
            <p>{ note }</p>
            { copied(lang, props.state) }
        </div>
    }
}

/// What came of copying.
pub fn copied(lang: Lang, state: &AppState) -> Html {
    let text = state.sharing.copied.map(|copied| match copied {
        true => Text::LinkCopied,
        false => Text::CopyByHand,
    });
    html! { <p role="status" class="told">{ for text.map(|text| text.say(lang)) }</p> }
}

fn load(lang: Lang, props: &Props) -> Html {
    let engine = props.engine.clone();
    let onchange = Callback::from(move |event: Event| {
        let engine = engine.clone();
        file::read(event.target_unchecked_into(), move |read| match read {
            Ok(bytes) => engine.share(ShareCommand::OpenFile(bytes)),
            Err(complaint) => engine.refuse(complaint),
        });
        document::close_menu();
    });
    html! {
        <div class="way">
            <label class="btn line">
                { Text::LoadRun.say(lang) }
                <input class="vh" type="file" accept=".json,application/json" {onchange} />
            </label>
            <p>{ Text::LoadRunNote.say(lang) }</p>
        </div>
    }
}

fn trace(lang: Lang, props: &Props) -> Html {
    let under_way = props.state.sharing.tracing.map(|percent| {
        html! {
            <p class="told" role="status">
                <progress max="100" value={percent.to_string()} aria-label={Text::ExportTrace.say(lang)}></progress>
                { Text::ExportProgress.with(lang, &[("percent", &percent)]) }
            </p>
        }
    });
    let (text, command) = match &under_way {
        Some(_) => (Text::Cancel, ShareCommand::StopTrace),
        None => (Text::ExportTrace, ShareCommand::Trace),
    };
    html! {
        <div class="way">
            <button type="button" class="btn line" onclick={ask(props, command)}>{ text.say(lang) }</button>
            <p>{ Text::ExportTraceNote.say(lang) }</p>
            { for under_way }
        </div>
    }
}
