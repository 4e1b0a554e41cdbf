//! The Cluster tab: the narrator over the board, the side panel beside it.

use std::rc::Rc;

use yew::{Callback, Html, html};

use super::board::Board;
use super::flight_layer::FlightFeed;
use super::state::{AppAction, AppState, Engine};
use crate::view::narrator;
use crate::view::protocol::Command;
use crate::view::scene::{Next, Scene};
use crate::view::text::Lang;

/// What the tab shows.
pub struct Props {
    pub state: AppState,
    pub scene: Rc<Scene>,
    pub feed: FlightFeed,
    pub send: Callback<Command>,
    pub dispatch: Callback<AppAction>,
}

/// The Cluster tab.
pub fn cluster_view(lang: Lang, props: Props) -> Html {
    let props = &props;
    let Props { state, scene, send, dispatch, feed } = props;
    let line = narrator::line(state.lang, scene, state.script().seed);
    let last = scene.columns.len().saturating_sub(1);
    let column = state.column.or(line.column).unwrap_or(0).min(last);
    let selected = state.viewport.selected.clone();
    let reply = state.reply();
    let stage = if state.engine == Engine::Live { "stage" } else { "stage stale" };
    html! {
        <>
            <main class={stage}>
                { super::narrator::narrator(lang, super::narrator::Props { line, first: scene.guide.next == Next::Crash, letters: state.letters, send: send.clone() }) }
                { super::partition_tabs::partition_tabs(lang, super::partition_tabs::Props { scene: scene.clone(), column, dispatch: dispatch.clone() }) }
                { super::topic_bar::topic_bar(lang, super::topic_bar::Props { scene: scene.clone(), selected: selected.clone(), board: state.board.clone(), send: send.clone(), dispatch: dispatch.clone() }) }
                <Board scene={scene.clone()} {column} board={state.board.clone()} speed={state.speed()} playing={state.playing} feed={feed.clone()} {selected}
                    send={send.clone()} dispatch={dispatch.clone()} />
                <div class="replies">{ for reply.map(|reply| html! {
                    { super::reply::reply_bar(lang, super::reply::Props { reply, playing: state.playing, scene: scene.clone(), send: send.clone(), dispatch: dispatch.clone() }) }
                }) }</div>
            </main>
            { super::side_panel::side_panel(lang, super::side_panel::Props { scene: scene.clone(), state: state.clone(), send: send.clone(), dispatch: dispatch.clone() }) }
        </>
    }
}
