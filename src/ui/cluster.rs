//! The Cluster tab: the narrator over the board, the side panel beside it.

use std::rc::Rc;

use yew::{Callback, Html, Properties, component, html};

use super::board::Board;
use super::flight_layer::FlightFeed;
use super::narrator::Narrator;
use super::partition_tabs::PartitionTabs;
use super::side_panel::SidePanel;
use super::state::{AppAction, AppState, Engine};
use super::topic_bar::TopicBar;
use crate::view::narrator;
use crate::view::protocol::Command;
use crate::view::scene::Scene;

/// What the tab shows.
#[derive(Properties, PartialEq)]
pub struct Props {
    pub state: AppState,
    pub scene: Rc<Scene>,
    pub feed: FlightFeed,
    pub send: Callback<Command>,
    pub dispatch: Callback<AppAction>,
}

/// The Cluster tab.
#[component]
pub fn ClusterView(props: &Props) -> Html {
    let Props { state, scene, send, dispatch, feed } = props;
    let line = narrator::line(state.lang, scene, state.script().seed);
    let last = scene.columns.len().saturating_sub(1);
    let column = state.column.or(line.column).unwrap_or(0).min(last);
    let stage = if state.engine == Engine::Live { "stage" } else { "stage stale" };
    html! {
        <>
            <main class={stage}>
                <Narrator {line} send={send.clone()} />
                <PartitionTabs scene={scene.clone()} {column} dispatch={dispatch.clone()} />
                <TopicBar scene={scene.clone()} send={send.clone()} />
                <Board scene={scene.clone()} {column} feed={feed.clone()} send={send.clone()} />
            </main>
            <SidePanel scene={scene.clone()} sheet={state.sheet} send={send.clone()} dispatch={dispatch.clone()} />
        </>
    }
}
