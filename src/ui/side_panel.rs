//! The side panel: promises over events. What is looked at turns them into tabs, its own the open one. On narrow screens each
//! is a sheet, opened from the rail or the bottom bar.

use std::rc::Rc;

use yew::{Callback, Html, classes, html};

use super::icon::Icon;
use super::state::{AppAction, AppState, Sheet};
use crate::view::protocol::Command;
use crate::view::scene::Scene;
use crate::view::text::{Lang, Text};
use crate::view::zoom::Level;

/// What the panel shows.
pub struct Props {
    pub scene: Rc<Scene>,
    pub state: AppState,
    pub send: Callback<Command>,
    pub dispatch: Callback<AppAction>,
}

/// The side panel.
pub fn side_panel(lang: Lang, props: Props) -> Html {
    let props = &props;
    let scene = &props.scene;
    let selected = props.state.viewport.selected.clone();
    let tab = tab(props);
    let open = |sheet: Sheet| {
        let shown = (tab == Some(sheet)).then_some("on");
        classes!("pane", (props.state.sheet == Some(sheet)).then_some("open"), shown)
    };
    let promises = !scene.promises.is_empty();
    let tabbed = selected.is_some().then_some("tabbed");
    html! {
        <>
            <aside class={classes!("side", props.state.sheet.map(|_| "sheet"), tabbed)} aria-label={Text::Panels.say(lang)}>
                if selected.is_some() {
                    <div class="tabs" role="group" aria-label={Text::Panels.say(lang)}>
                        if promises { { tab_button(lang, props, Sheet::Promises) } }
                        { tab_button(lang, props, Sheet::Events) }
                        { tab_button(lang, props, Sheet::Selected) }
                    </div>
                }
                if props.state.board.plan(scene).level == Level::Tiles {
                    <section class={open(Sheet::Promises)}>
                        { super::attention_list::attention_list(lang, scene) }
                    </section>
                }
                if promises {
                    <section class={open(Sheet::Promises)}>
                        { super::promise_list::promise_list(lang, super::promise_list::Props { scene: scene.clone(), selected: selected.clone(), dispatch: props.dispatch.clone() }) }
                    </section>
                }
                if let Some(selected) = selected.clone() {
                    <section class={classes!("grow", open(Sheet::Selected))}>
                        { super::act_panel::act_panel(lang, super::act_panel::Props { scene: scene.clone(), selected, seed: props.state.script().seed, send: props.send.clone(), dispatch: props.dispatch.clone() }) }
                    </section>
                }
                <section class={classes!("grow", open(Sheet::Events))}>
                    { super::event_log::event_log(lang, super::event_log::Props { events: scene.events.clone(), kind: props.state.kind, everything: props.state.viewport.everything, selected, send: props.send.clone(), dispatch: props.dispatch.clone() }) }
                </section>
                <section class={classes!("run", open(Sheet::Run))}>
                    { super::run_pane::run_pane(lang, super::run_pane::Props { desk: props.state.desk.clone(), seed: props.state.script().seed, send: props.send.clone() }) }
                </section>
                if props.state.sheet.is_some_and(|sheet| sheet != Sheet::Selected) { { close(lang, &props.dispatch) } }
            </aside>
            <div class="rail" role="group" aria-label={Text::Panels.say(lang)}>
                if promises { { opener(lang, props, Sheet::Promises) } }
                { opener(lang, props, Sheet::Events) }
                { opener(lang, props, Sheet::Run) }
            </div>
        </>
    }
}

/// The open tab, while something is looked at.
fn tab(props: &Props) -> Option<Sheet> {
    props.state.viewport.selected.as_ref()?;
    Some(match props.state.sheet {
        Some(sheet @ (Sheet::Promises | Sheet::Events)) => sheet,
        _ => Sheet::Selected,
    })
}

fn tab_button(lang: Lang, props: &Props, sheet: Sheet) -> Html {
    let pressed = if tab(props) == Some(sheet) { "true" } else { "false" };
    let dispatch = props.dispatch.clone();
    let onclick = Callback::from(move |_| dispatch.emit(AppAction::Sheet(Some(sheet))));
    html! {
        <button type="button" class="tab" aria-pressed={pressed} {onclick}>{ look(sheet).1.say(lang) }</button>
    }
}

fn close(lang: Lang, dispatch: &Callback<AppAction>) -> Html {
    let dispatch = dispatch.clone();
    let onclick = Callback::from(move |_| dispatch.emit(AppAction::Sheet(None)));
    html! {
        <button type="button" class="btn icon close" aria-label={Text::Close.say(lang)} {onclick}>
            { Icon::Cross.mark() }
        </button>
    }
}

fn opener(lang: Lang, props: &Props, sheet: Sheet) -> Html {
    let (icon, text) = look(sheet);
    let pressed = props.state.sheet == Some(sheet);
    let dispatch = props.dispatch.clone();
    let onclick =
        Callback::from(move |_| dispatch.emit(AppAction::Sheet((!pressed).then_some(sheet))));
    let label = text.say(lang);
    html! {
        <button type="button" class="btn icon" aria-label={label.clone()} title={label}
            aria-pressed={if pressed { "true" } else { "false" }} {onclick}>
            { icon.mark() }
        </button>
    }
}

/// The icon and the name of a sheet.
pub fn look(sheet: Sheet) -> (Icon, Text) {
    match sheet {
        Sheet::Promises => (Icon::Shield, Text::Promises),
        Sheet::Events => (Icon::List, Text::Events),
        Sheet::Charts => (Icon::Chart, Text::Charts),
        Sheet::Run => (Icon::Fork, Text::Run),
        Sheet::Selected => (Icon::Question, Text::Inspector),
    }
}
