//! What is wrong with a link or a file, where, and what to do.

use serde::{Deserialize, Serialize};

use super::ENGINE;
use crate::view::text::{Lang, Text};
use crate::view::timeline;

/// How a run was handed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Source {
    Link,
    File,
}

/// Why a link or a file is not opened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Complaint {
    /// It is no run of this program.
    Foreign,
    /// Bytes, and how many are read at most.
    TooLarge { size: u64, limit: u64 },
    /// It has a later format.
    Newer { format: u64 },
    /// Its checksum does not fit.
    Damaged,
    /// It stops being JSON there.
    Syntax { line: u32, column: u32 },
    /// A field of the head.
    Field { name: String, why: String },
    /// There are more actions than a run holds.
    TooManyActions { count: u64, limit: u64 },
    /// One of its actions, counted from 1.
    Action { action: u32, count: u32, wrong: Wrong },
    /// The run does not come by the moment at which it should open.
    NoMoment { time_us: u64 },
}

/// What is wrong with an action.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Wrong {
    Unreadable(String),
    UnknownNode(i32),
    TooLarge {
        number: u64,
        limit: u64,
    },
    /// In Kafka's words.
    Config(String),
    /// It lies before the action before it.
    OutOfOrder,
    /// It lies after the moment at which the run opens.
    AfterMoment,
    /// The run does not come by its moment.
    NoMoment {
        time_us: u64,
    },
    /// It cannot be done at its moment.
    Refused(String),
}

impl Complaint {
    /// A complaint about the action at a place.
    pub fn about(place: usize, count: usize, wrong: Wrong) -> Complaint {
        Complaint::Action { action: place as u32 + 1, count: count as u32, wrong }
    }

    /// What is wrong and where, and what to do.
    pub fn say(&self, lang: Lang, source: Source) -> String {
        let what = match self {
            Complaint::Foreign => Text::SharedForeign.say(lang),
            Complaint::TooLarge { size, limit } => {
                Text::SharedTooLarge.with(lang, &[("size", size), ("limit", limit)])
            }
            Complaint::Newer { format } => Text::SharedNewer.with(lang, &[("format", format)]),
            Complaint::Damaged => Text::SharedDamaged.say(lang),
            Complaint::Syntax { line, column } => {
                Text::SharedSyntax.with(lang, &[("line", line), ("column", column)])
            }
            Complaint::Field { name, why } => {
                Text::SharedField.with(lang, &[("name", name), ("why", why)])
            }
            Complaint::TooManyActions { count, limit } => {
                Text::SharedTooMany.with(lang, &[("count", count), ("limit", limit)])
            }
            Complaint::Action { action, count, wrong } => {
                let why = wrong.say(lang);
                let slots: [(_, &dyn std::fmt::Display); 3] =
                    [("action", action), ("count", count), ("why", &why)];
                Text::SharedAction.with(lang, &slots)
            }
            Complaint::NoMoment { time_us } => {
                Text::SharedNoMoment.with(lang, &[("time", &timeline::long(*time_us))])
            }
        };
        let way = match (self, source) {
            (Complaint::Newer { .. }, _) => Text::SharedUpdate,
            (_, Source::Link) => Text::SharedAskAgain,
            (_, Source::File) => Text::SharedMend,
        };
        format!("{what} {}", way.say(lang))
    }
}

impl Wrong {
    fn say(&self, lang: Lang) -> String {
        match self {
            Wrong::Unreadable(why) => Text::WrongUnreadable.with(lang, &[("why", why)]),
            Wrong::UnknownNode(node) => Text::WrongNode.with(lang, &[("node", node)]),
            Wrong::TooLarge { number, limit } => {
                Text::WrongNumber.with(lang, &[("number", number), ("limit", limit)])
            }
            Wrong::Config(why) => why.clone(),
            Wrong::OutOfOrder => Text::WrongOrder.say(lang),
            Wrong::AfterMoment => Text::WrongAfter.say(lang),
            Wrong::NoMoment { time_us } => {
                Text::WrongMoment.with(lang, &[("time", &timeline::long(*time_us))])
            }
            Wrong::Refused(why) => Text::WrongRefused.with(lang, &[("why", why)]),
        }
    }
}

/// That a run comes from another version, if it does.
pub fn made_by(lang: Lang, engine: &str) -> Option<String> {
    let other = engine != ENGINE && !engine.is_empty();
    other.then(|| Text::SharedFrom.with(lang, &[("engine", &engine), ("own", &ENGINE)]))
}
