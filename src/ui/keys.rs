//! What each key, and each entry of the command list, does to the page.

use yew::Callback;

use super::browser::document;
use super::state::{AppAction, AppState, Open, Sheet};
use crate::view::board::{self, BoardAct};
use crate::view::keys::Does;
use crate::view::narrator::{self, Suggestion};
use crate::view::offers;
use crate::view::protocol::{Act, Command, Selected, SetupName};
use crate::view::scene::{Scene, Timeline};

/// What a key multiplies the speed by.
const SPEED_STEP: f64 = 2.0;

/// Where a deed goes: to the engine, or to the page itself.
#[derive(Clone, PartialEq)]
pub struct Hands {
    pub send: Callback<Command>,
    pub dispatch: Callback<AppAction>,
}

/// Does it, if there is something to do it to.
pub fn perform(does: Does, state: &AppState, hands: &Hands) {
    if does == Does::Back && document::close_menu() {
        return;
    }
    if let Some(command) = command(does, state) {
        hands.send.emit(command);
    } else if let Some(action) = action(does, state) {
        hands.dispatch.emit(action);
        if does == Does::Why {
            document::focus(super::inspector::WHY);
        }
    } else {
        match does {
            Does::NextMessage => walk_messages(false, state, hands),
            Does::PreviousMessage => walk_messages(true, state, hands),
            Does::NextRegion => document::focus_region(1),
            Does::PreviousRegion => document::focus_region(-1),
            _ => {}
        }
    }
}

/// Whether there is something to do it to.
pub fn is_possible(does: Does, state: &AppState) -> bool {
    match does {
        Does::Undo => state.desk.reply.is_some(),
        Does::Fork => is_rewound(state),
        Does::Recall => {
            let now = state.time_us();
            timeline(state).is_some_and(|timeline| timeline.kept.iter().any(|time| *time < now))
        }
        Does::NextMessage | Does::PreviousMessage => {
            cluster(state).is_some_and(|scene| !scene.flights.is_empty())
        }
        does => command(does, state).is_some() || action(does, state).is_some(),
    }
}

/// Whether the run is known further than it stands.
pub fn is_rewound(state: &AppState) -> bool {
    timeline(state).is_some_and(|timeline| timeline.known_us > state.time_us())
}

fn timeline(state: &AppState) -> Option<&Timeline> {
    match state.setup.is_training() {
        true => state.training.as_ref().map(|scene| &scene.timeline),
        false => state.scene.as_ref().map(|scene| &scene.timeline),
    }
}

/// What the engine is told.
fn command(does: Does, state: &AppState) -> Option<Command> {
    let speed = |factor: f64| Command::SetSpeed(super::speed::clamp(state.speed() * factor));
    Some(match does {
        Does::Play if state.playing => Command::Pause,
        Does::Play => Command::Play,
        Does::Step => Command::Step,
        Does::StepBack => Command::StepBack,
        Does::NextMilestone => Command::Next,
        Does::PreviousMilestone => Command::Previous,
        Does::Slower => speed(1.0 / SPEED_STEP),
        Does::Faster => speed(SPEED_STEP),
        Does::RealTime => Command::SetSpeed(1.0),
        Does::Auto => Command::SetAuto(!state.auto),
        Does::Fork => Command::Fork,
        Does::Snapshot => Command::Snapshot,
        Does::Recall => Command::Recall,
        Does::ToStart => Command::Seek(0),
        Does::Undo => Command::Undo,
        Does::Verify => Command::Verify,
        Does::Drop => return dropped(state),
        Does::Press(key) => {
            let selected = selected(key, state).map(Command::Act);
            return selected.or_else(|| suggested(does, state));
        }
        _ => return None,
    })
}

/// What the page itself changes.
fn action(does: Does, state: &AppState) -> Option<AppAction> {
    Some(match does {
        Does::Back if state.sheet.is_some() || state.viewport.selected.is_some() => {
            AppAction::Select(None)
        }
        Does::Back => AppAction::Board(BoardAct::Column(state.board.column?)),
        Does::Why if state.viewport.selected.is_some() => AppAction::Sheet(Some(Sheet::Selected)),
        Does::Why => {
            let latest = state.scene.as_ref()?.events.last()?;
            AppAction::Select(Some(Selected::Event(latest.id)))
        }
        Does::Closer | Does::Further | Does::FocusColumn | Does::FocusRow => {
            return board::wished(cluster(state)?, &state.board, does).map(AppAction::Board);
        }
        Does::Cluster => AppAction::Setup(state.cluster_setup()),
        Does::Training => AppAction::Setup(SetupName::Digits),
        Does::Walk => AppAction::Setup(SetupName::AiData),
        Does::Language => AppAction::Language(state.lang.other()),
        Does::Theme => AppAction::Theme(state.theme.other()),
        Does::Size => AppAction::Size(state.size.other()),
        Does::Letters => AppAction::Letters(!state.letters),
        Does::Commands => AppAction::Open(Some(Open::commands())),
        Does::Keys => AppAction::Open(Some(Open::Keys)),
        _ => return None,
    })
}

/// The scene on show, in the Cluster tab.
fn cluster(state: &AppState) -> Option<&Scene> {
    state.scene.as_deref().filter(|_| !state.setup.is_training())
}

/// Looks at the next message in flight; the clock stands still, or it would be gone.
fn walk_messages(back: bool, state: &AppState, hands: &Hands) {
    let selected = state.viewport.selected.as_ref();
    let next = cluster(state).and_then(|scene| board::next_message(scene, selected, back));
    if let Some(next) = next {
        hands.send.emit(Command::Pause);
        hands.dispatch.emit(AppAction::Select(Some(next)));
    }
}

/// Dropping the message that is looked at resets what it travels on.
fn dropped(state: &AppState) -> Option<Command> {
    let Some(Selected::Message(id)) = state.viewport.selected else { return None };
    let flight = cluster(state)?.flights.iter().find(|flight| flight.id == id)?;
    Some(Command::Act(Act::Reset(flight.nodes.0, flight.nodes.1)))
}

/// What the letter does to what is looked at.
fn selected(key: char, state: &AppState) -> Option<Act> {
    let offers = offers::offers(state.scene.as_ref()?, state.viewport.selected.as_ref()?);
    offers.presses.into_iter().find(|press| press.key == Some(key)).map(|press| press.act)
}

/// What the letter does without a selection: the narrator's suggestion; in training, to a worker.
fn suggested(does: Does, state: &AppState) -> Option<Command> {
    if state.setup.is_training() {
        return suggested_worker(does, state).map(Command::Act);
    }
    let scene = state.scene.as_ref()?;
    let suggestion = narrator::line(state.lang, scene, state.script().seed).suggestion?;
    if let (Does::Press('d'), Suggestion::Crash(node)) = (does, suggestion) {
        return Some(Command::Act(Act::SlowDisk(node, offers::SLOW_DISK_MS)));
    }
    (suggestion.key() == Some(does)).then(|| suggestion.command())
}

fn suggested_worker(does: Does, state: &AppState) -> Option<Act> {
    let (_, act) = state.training.as_ref()?.suggestion()?;
    match (does, act) {
        (Does::Press('k'), Act::Kill(_)) | (Does::Press('r'), Act::Restart(_)) => Some(act),
        _ => None,
    }
}
