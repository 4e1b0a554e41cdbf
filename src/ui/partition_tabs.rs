//! The partitions as buttons, for screens that hold one column at a time.

use std::rc::Rc;

use yew::{Callback, Html, classes, html};

use super::board::hue;
use super::state::AppAction;
use crate::view::describe;
use crate::view::scene::Scene;
use crate::view::text::{Lang, Text};

/// Which columns there are, and which is shown.
pub struct Props {
    pub scene: Rc<Scene>,
    pub column: usize,
    pub dispatch: Callback<AppAction>,
}

/// The partition buttons.
pub fn partition_tabs(lang: Lang, props: Props) -> Html {
    let props = &props;
    let topic = props.scene.topic.as_ref().map_or("", |topic| topic.name.as_str());
    let tabs = props.scene.columns.iter().enumerate().map(|(index, column)| {
        let dispatch = props.dispatch.clone();
        let onclick = Callback::from(move |_| dispatch.emit(AppAction::Column(index)));
        let pressed = if index == props.column { "true" } else { "false" };
        html! {
            <button type="button" class={classes!("t", hue(column.partition))} aria-pressed={pressed}
                aria-label={describe::column(lang, topic, column)} {onclick}>
                <span class="tag"></span>{ column.partition }
            </button>
        }
    });
    html! {
        <div class="ptabs onlynarrow" role="group" aria-label={Text::Partitions.say(lang)}>{ for tabs }</div>
    }
}
