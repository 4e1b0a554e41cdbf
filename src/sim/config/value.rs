//! Types of config values and the errors of setting them.

use std::fmt;

use crate::sim::protocol::data::{Acks, IsolationLevel};

/// A type that a config can have.
pub trait ConfigValue: Sized {
    /// What Kafka says of a text that is not a value of the type; empty = nothing more than that it is not.
    const WHY_NOT: &str = "";
    /// The value of a text, None if it is not one.
    fn parse(text: &str) -> Option<Self>;
    /// The value as text.
    fn text(&self) -> String;
}

macro_rules! number {
    ($($type:ty: $why_not:literal),*) => {$(
        impl ConfigValue for $type {
            const WHY_NOT: &str = $why_not;
            fn parse(text: &str) -> Option<Self> {
                text.trim().parse().ok()
            }
            fn text(&self) -> String {
                self.to_string()
            }
        }
    )*};
}
number!(
    i16: "Not a number of type SHORT",
    i32: "Not a number of type INT",
    i64: "Not a number of type LONG",
    bool: "Expected value to be either true or false"
);

impl ConfigValue for String {
    fn parse(text: &str) -> Option<Self> {
        Some(text.to_owned())
    }
    fn text(&self) -> String {
        self.clone()
    }
}

impl ConfigValue for Acks {
    const WHY_NOT: &str = "String must be one of: all, -1, 0, 1";

    fn parse(text: &str) -> Option<Self> {
        match text.trim() {
            "0" => Some(Acks::None),
            "1" => Some(Acks::Leader),
            "-1" | "all" => Some(Acks::All),
            _ => None,
        }
    }
    fn text(&self) -> String {
        match self {
            Acks::None => "0",
            Acks::Leader => "1",
            Acks::All => "all",
        }
        .to_owned()
    }
}

impl ConfigValue for IsolationLevel {
    const WHY_NOT: &str = "String must be one of: read_committed, read_uncommitted";

    fn parse(text: &str) -> Option<Self> {
        match text.trim() {
            "read_uncommitted" => Some(IsolationLevel::ReadUncommitted),
            "read_committed" => Some(IsolationLevel::ReadCommitted),
            _ => None,
        }
    }
    fn text(&self) -> String {
        match self {
            IsolationLevel::ReadUncommitted => "read_uncommitted",
            IsolationLevel::ReadCommitted => "read_committed",
        }
        .to_owned()
    }
}

/// Why a config was not set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConfigError {
    /// No config of that name is modelled.
    Unknown { name: String },
    /// The text is not a value of the config; `why` may be empty.
    Invalid { name: String, value: String, why: String },
}

impl ConfigError {
    /// As the controller says it of a topic's config (`LogConfig.validateNames`).
    pub fn of_topic(&self) -> String {
        match self {
            ConfigError::Unknown { name } => format!("Unknown topic config name: {name}"),
            ConfigError::Invalid { .. } => self.to_string(),
        }
    }

    pub(super) fn unknown(name: &str) -> ConfigError {
        ConfigError::Unknown { name: name.to_owned() }
    }

    pub(super) fn invalid(name: &str, value: &str, why: &str) -> ConfigError {
        let [name, value, why] = [name, value, why].map(str::to_owned);
        ConfigError::Invalid { name, value, why }
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ConfigError::Unknown { name } => write!(f, "unknown config {name}"),
            ConfigError::Invalid { name, value, why } => {
                write!(f, "Invalid value {value} for configuration {name}")?;
                if why.is_empty() { Ok(()) } else { write!(f, ": {why}") }
            }
        }
    }
}

impl std::error::Error for ConfigError {}
