//! The side panel: promises over events. On narrow screens each is a sheet, opened from the rail or the bottom bar.

use std::rc::Rc;

use yew::{Callback, Html, Properties, classes, component, html, use_context};

use super::event_log::EventLog;
use super::icon::{Icon, IconMark};
use super::promise_list::PromiseList;
use super::state::{AppAction, Sheet};
use crate::view::protocol::Command;
use crate::view::scene::Scene;
use crate::view::text::{Lang, Text};

/// What the panel shows.
#[derive(Properties, PartialEq)]
pub struct Props {
    pub scene: Rc<Scene>,
    pub sheet: Option<Sheet>,
    pub send: Callback<Command>,
    pub dispatch: Callback<AppAction>,
}

/// The side panel.
#[component]
pub fn SidePanel(props: &Props) -> Html {
    let lang = use_context::<Lang>().unwrap_or_default();
    let scene = &props.scene;
    let open = |sheet: Sheet| (props.sheet == Some(sheet)).then_some("open");
    let promises = !scene.promises.is_empty();
    html! {
        <>
            <aside class={classes!("side", props.sheet.map(|_| "sheet"))} aria-label={Text::Panels.say(lang)}>
                if promises {
                    <section class={classes!("pane", open(Sheet::Promises))}>
                        <PromiseList scene={scene.clone()} />
                    </section>
                }
                <section class={classes!("pane", "grow", open(Sheet::Events))}>
                    <EventLog events={scene.events.clone()} send={props.send.clone()} />
                </section>
                if props.sheet.is_some() { { close(lang, &props.dispatch) } }
            </aside>
            <div class="rail" role="group" aria-label={Text::Panels.say(lang)}>
                if promises { { opener(lang, props, Sheet::Promises) } }
                { opener(lang, props, Sheet::Events) }
            </div>
        </>
    }
}

fn close(lang: Lang, dispatch: &Callback<AppAction>) -> Html {
    let dispatch = dispatch.clone();
    let onclick = Callback::from(move |_| dispatch.emit(AppAction::Sheet(None)));
    html! {
        <button type="button" class="btn icon close" aria-label={Text::Close.say(lang)} {onclick}>
            <IconMark icon={Icon::Cross} />
        </button>
    }
}

fn opener(lang: Lang, props: &Props, sheet: Sheet) -> Html {
    let (icon, text) = look(sheet);
    let pressed = props.sheet == Some(sheet);
    let dispatch = props.dispatch.clone();
    let onclick =
        Callback::from(move |_| dispatch.emit(AppAction::Sheet((!pressed).then_some(sheet))));
    let label = text.say(lang);
    html! {
        <button type="button" class="btn icon" aria-label={label.clone()} title={label}
            aria-pressed={if pressed { "true" } else { "false" }} {onclick}>
            <IconMark {icon} />
        </button>
    }
}

/// The icon and the name of a sheet.
pub fn look(sheet: Sheet) -> (Icon, Text) {
    match sheet {
        Sheet::Promises => (Icon::Shield, Text::Promises),
        Sheet::Events => (Icon::List, Text::Events),
        Sheet::Charts => (Icon::Chart, Text::Charts),
    }
}
