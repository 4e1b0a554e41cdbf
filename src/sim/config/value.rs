//! Types of config values and the errors of setting them.

use std::fmt;

use crate::sim::protocol::data::{Acks, IsolationLevel};

/// A type that a config can have.
pub trait ConfigValue: Sized {
    /// The value of a text, None if it is not one.
    fn parse(text: &str) -> Option<Self>;
    /// The value as text.
    fn text(&self) -> String;
}

macro_rules! number {
    ($($type:ty),*) => {$(
        impl ConfigValue for $type {
            fn parse(text: &str) -> Option<Self> {
                text.trim().parse().ok()
            }
            fn text(&self) -> String {
                self.to_string()
            }
        }
    )*};
}
number!(i16, i32, i64, bool);

impl ConfigValue for String {
    fn parse(text: &str) -> Option<Self> {
        Some(text.to_owned())
    }
    fn text(&self) -> String {
        self.clone()
    }
}

impl ConfigValue for Acks {
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
    /// The text is not a value of the config's type.
    Invalid { name: String, value: String },
}

impl ConfigError {
    pub(super) fn unknown(name: &str) -> ConfigError {
        ConfigError::Unknown { name: name.to_owned() }
    }

    pub(super) fn invalid(name: &str, value: &str) -> ConfigError {
        ConfigError::Invalid { name: name.to_owned(), value: value.to_owned() }
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ConfigError::Unknown { name } => write!(f, "unknown config {name}"),
            ConfigError::Invalid { name, value } => {
                write!(f, "Invalid value {value} for configuration {name}")
            }
        }
    }
}

impl std::error::Error for ConfigError {}
