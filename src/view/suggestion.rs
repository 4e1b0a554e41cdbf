//! What the narrator suggests: its one button, what it does, and the key that does the same.

use super::keys::Does;
use super::protocol::{Act, Command, Order};
use super::text::{Lang, Text};

/// What the one button offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Suggestion {
    Crash(i32),
    Restart(i32),
    Resume(i32),
    RestoreDisk(i32),
    /// Restores the link between the two.
    Heal(i32, i32),
    /// The walk's step of this number, from 0.
    Walk(u8),
    /// Lets the clock go on that the guide has stopped.
    GoOn,
    /// Sets `acks` of this producer.
    AcksOne(i32),
    AcksAll(i32),
}

impl Suggestion {
    /// What its button does.
    pub fn command(self) -> Command {
        let acks = |node, value: &str| {
            let (name, value) = ("acks".to_owned(), value.to_owned());
            Command::Order(Order::ClientConfig { node, name, value })
        };
        match self {
            Suggestion::Crash(id) => Command::Act(Act::Kill(id)),
            Suggestion::Restart(id) => Command::Act(Act::Restart(id)),
            Suggestion::Resume(id) => Command::Act(Act::Resume(id)),
            Suggestion::RestoreDisk(id) => Command::Act(Act::SlowDisk(id, 0)),
            Suggestion::Heal(a, b) => Command::Act(Act::Heal(a, b)),
            // The clock runs until the step after it.
            Suggestion::Walk(_) | Suggestion::GoOn => Command::Play,
            Suggestion::AcksOne(node) => acks(node, "1"),
            Suggestion::AcksAll(node) => acks(node, "all"),
        }
    }

    /// What stands on its button.
    pub fn label(self, lang: Lang) -> String {
        match self {
            Suggestion::Crash(id) => Text::CrashBroker.with(lang, &[("id", &id)]),
            Suggestion::Restart(id) => Text::RestartBroker.with(lang, &[("id", &id)]),
            Suggestion::Resume(id) => Text::ResumeBroker.with(lang, &[("id", &id)]),
            Suggestion::RestoreDisk(id) => Text::RestoreDisk.with(lang, &[("id", &id)]),
            Suggestion::Heal(_, id) => Text::RestoreLinkOf.with(lang, &[("id", &id)]),
            Suggestion::Walk(0) => Text::WalkCreateButton.say(lang),
            Suggestion::Walk(1) => Text::WalkPublishButton.say(lang),
            Suggestion::Walk(_) => Text::WalkSubscribeButton.say(lang),
            Suggestion::GoOn => Text::GuideGoOn.say(lang),
            Suggestion::AcksOne(_) => Text::GuideAcksOneButton.say(lang),
            Suggestion::AcksAll(_) => Text::GuideAcksAllButton.say(lang),
        }
    }

    /// What the keyboard has for it.
    pub fn key(self) -> Option<Does> {
        match self {
            Suggestion::Crash(_) => Some(Does::Press('k')),
            Suggestion::Restart(_)
            | Suggestion::Resume(_)
            | Suggestion::RestoreDisk(_)
            | Suggestion::Heal(..) => Some(Does::Press('r')),
            Suggestion::Walk(_) | Suggestion::GoOn => Some(Does::Play),
            Suggestion::AcksOne(_) | Suggestion::AcksAll(_) => None,
        }
    }
}
