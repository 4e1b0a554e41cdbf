//! What is known of the one thing that is looked at: rows in Kafka's words, and why it came to this.

use serde::{Deserialize, Serialize};

use super::protocol::Selected;
use super::says::{Says, Word};
use super::scene::{Config, What};
use super::text::Text;

/// The picture of the thing that is looked at.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Inspection {
    pub of: Selected,
    pub rows: Vec<Row>,
    /// What was found of a promise, the latest first.
    pub cases: Vec<Step>,
    pub why: Option<Why>,
}

/// A label and its value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    pub label: Word,
    pub values: Vec<Word>,
}

impl Row {
    /// A row of one value.
    pub fn new(label: impl Into<Word>, value: impl Into<Word>) -> Row {
        Row { label: label.into(), values: vec![value.into()] }
    }

    /// A row of several values.
    pub fn of(label: impl Into<Word>, values: Vec<Word>) -> Row {
        Row { label: label.into(), values }
    }
}

/// Why something is as it is, the first cause first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Why {
    pub question: Says,
    pub steps: Vec<Step>,
    /// When it came to this.
    pub at_us: u64,
    /// What a person did, if anything: one can go back to before it.
    pub fork: Option<Fork>,
}

/// A step on the way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Step {
    pub sign: Sign,
    /// When; a rule has no time.
    pub time_us: Option<u64>,
    pub tells: Tells,
    /// The config that decided, with the value in force.
    pub config: Option<Config>,
}

/// What a step says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Tells {
    Event(What),
    Says(Says),
}

/// How a step is marked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Sign {
    /// What a person did.
    Act,
    /// What happened.
    Fact,
    /// What decided.
    Rule,
    /// What came of it.
    Result,
}

/// A way back to before what a person did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fork {
    /// How many actions come before it.
    pub actions: u32,
    pub text: Text,
}
