//! The answer to what was asked: what became of it, the command that does the same, and the way back.

use std::rc::Rc;

use yew::{Callback, Html, classes, html};

use super::icon::Icon;
use super::rich::rich;
use super::state::AppAction;
use crate::view::protocol::{Command, Outcome, Reply};
use crate::view::scene::Scene;
use crate::view::text::{Lang, Text};
use crate::view::{describe, offers};

/// The answer.
pub struct Props {
    pub reply: Reply,
    /// Whether the clock runs: nothing is answered while it stands still.
    pub playing: bool,
    pub scene: Rc<Scene>,
    pub send: Callback<Command>,
    pub dispatch: Callback<AppAction>,
}

/// The bar over the board's lower edge.
pub fn reply_bar(lang: Lang, props: Props) -> Html {
    let props = &props;
    let reply = &props.reply;
    let bad = !matches!(reply.outcome, Outcome::Done | Outcome::Waiting | Outcome::Stored { .. });
    // What went well is the narrator's to tell; what did not is an alert.
    let role = bad.then_some("alert");
    let number = reply.number;
    let send = props.send.clone();
    let undo = Callback::from(move |_| send.emit(Command::Undo));
    let dispatch = props.dispatch.clone();
    let close = Callback::from(move |_| dispatch.emit(AppAction::Read(number)));
    let asked = describe::asked(lang, &props.scene, &reply.asked);
    html! {
        <div class={classes!("reply", bad.then_some("bad"))} key={number}>
            <div class="said">
                <p {role}>{ rich(&asked) }{ " · " }<span class="out">{ describe::outcome(lang, reply, props.playing) }</span></p>
                { for offers::shell(&props.scene, &reply.asked).map(|line| html! {
                    <code title={Text::SameCommand.say(lang)}>{ line }</code>
                }) }
            </div>
            if !bad { <button type="button" class="btn line" onclick={undo}>{ Text::Undo.say(lang) }</button> }
            <button type="button" class="btn icon" aria-label={Text::Close.say(lang)} onclick={close}>
                { Icon::Cross.mark() }
            </button>
        </div>
    }
}
