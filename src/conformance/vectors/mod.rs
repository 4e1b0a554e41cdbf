//! Vectors: rows of input and result, made by calling the real classes of Apache Kafka.
//!
//! A file is a header line, which names the Kafka version, and a case a line. Its stem is its format.
mod assignor_classic;
mod builtin_partitioner;
mod controller;
mod coordinator;
mod epoch_cache;
mod exponential_backoff;
mod java_random;
mod leader_election;
mod murmur2;
mod placer;
mod producer_state;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::report::CaseOutcome;

/// Checks one case, and says what differs.
type CheckCase = fn(&Header, &Value) -> Result<(), String>;

/// The formats the project claims.
const CLAIMED: [(&str, CheckCase); 11] = [
    ("assignor_classic", assignor_classic::check),
    ("builtin_partitioner", builtin_partitioner::check),
    ("controller", controller::check),
    ("coordinator", coordinator::check),
    ("epoch_cache", epoch_cache::check),
    ("exponential_backoff", exponential_backoff::check),
    ("java_random", java_random::check),
    ("leader_election", leader_election::check),
    ("murmur2", murmur2::check),
    ("placer", placer::check),
    ("producer_state", producer_state::check),
];

/// The formats that exist but are not claimed yet.
const NOT_CLAIMED: [&str; 7] = [
    "api_keys",
    "assignor_server",
    "compaction",
    "config_defaults",
    "errors",
    "record_batch",
    "retention",
];

/// The first line of a file.
#[derive(Clone, Debug, Deserialize)]
pub struct Header {
    /// The version whose classes made the file.
    pub kafka_version: String,
    /// The meaning of the fields, and what is common to all cases.
    #[serde(default)]
    pub fields: Value,
}

/// Checks a file of vectors.
pub fn check_file(path: &Path) -> Vec<CaseOutcome> {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    match std::fs::read_to_string(path) {
        Ok(text) => check_text(&stem, &text),
        Err(error) => vec![CaseOutcome::failed("file", error.to_string())],
    }
}

/// Checks the text of a file with this stem.
pub fn check_text(stem: &str, text: &str) -> Vec<CaseOutcome> {
    let check = match CLAIMED.iter().find(|(claimed, _)| *claimed == stem) {
        Some((_, check)) => *check,
        None if NOT_CLAIMED.contains(&stem) => not_claimed,
        None => return vec![CaseOutcome::failed("file", format!("unknown format {stem:?}"))],
    };
    let mut lines = text.lines().zip(1_u32..).filter(|(line, _)| !line.trim().is_empty());
    let header = lines.next().map(|(line, _)| serde_json::from_str::<Header>(line));
    let header = match header {
        Some(Ok(header)) => header,
        Some(Err(error)) => return vec![CaseOutcome::failed("header", error.to_string())],
        None => return vec![CaseOutcome::failed("header", "the file is empty")],
    };
    let cases: Vec<_> =
        lines.map(|(line, number)| check_line(check, &header, line, number)).collect();
    if cases.is_empty() { vec![CaseOutcome::failed("file", "no case in it")] } else { cases }
}

fn check_line(check: CheckCase, header: &Header, line: &str, number: u32) -> CaseOutcome {
    let case = match serde_json::from_str::<Value>(line) {
        Ok(case) => case,
        Err(error) => return CaseOutcome::failed(format!("line {number}"), error.to_string()),
    };
    let name = match case.get("id").and_then(Value::as_str) {
        Some(id) => format!("line {number} ({id})"),
        None => format!("line {number}"),
    };
    // A case that breaks an invariant of the rules must not end the run.
    let result = catch_unwind(AssertUnwindSafe(|| check(header, &case)));
    CaseOutcome { name, result: result.unwrap_or_else(|_| Err("panicked".to_string())) }
}

fn not_claimed(_: &Header, _: &Value) -> Result<(), String> {
    Err("this format is not claimed yet".to_string())
}

/// Reads a case; a field that is not understood is an error.
fn read<T: DeserializeOwned>(case: &Value) -> Result<T, String> {
    T::deserialize(case).map_err(|error| format!("cannot read the case: {error}"))
}

/// Compares one result.
fn expect_eq<T: PartialEq + std::fmt::Debug>(
    what: &str,
    found: T,
    expected: T,
) -> Result<(), String> {
    if found == expected {
        return Ok(());
    }
    Err(format!("{what}: expected {expected:?}, found {found:?}"))
}

impl Header {
    /// Returns a list of numbers from the header, such as the partition counts.
    fn numbers(&self, field: &str) -> Result<Vec<i32>, String> {
        let numbers =
            self.fields.get(field).ok_or_else(|| format!("the header has no {field:?}"))?;
        read(numbers)
    }

    /// Returns the major and minor Kafka version.
    fn version(&self) -> Result<(u32, u32), String> {
        parse_version(&self.kafka_version)
    }
}

/// Reads `4.4.0` or `3.6-IV0` as (4, 4) or (3, 6).
fn parse_version(text: &str) -> Result<(u32, u32), String> {
    let mut numbers = text.split(['.', '-']).map(str::parse);
    match (numbers.next(), numbers.next()) {
        (Some(Ok(major)), Some(Ok(minor))) => Ok((major, minor)),
        _ => Err(format!("not a version: {text:?}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = r#"{"kafka_version":"4.4.0","fields":{"counts":[3]}}"#;

    fn failures(stem: &str, lines: &[&str]) -> Vec<String> {
        let cases = check_text(stem, &lines.join("\n"));
        cases.into_iter().filter_map(|case| case.result.err()).collect()
    }

    #[test]
    fn a_right_row_passes_and_a_wrong_one_says_what_differs() {
        let right = r#"{"s":"user-1","h":1404122828,"pos":1404122828,"p":[2]}"#;
        let wrong = r#"{"s":"user-1","h":1404122828,"pos":1404122828,"p":[1]}"#;
        assert_eq!(check_text("murmur2", &[HEADER, right].join("\n")).len(), 1);
        assert!(failures("murmur2", &[HEADER, right]).is_empty());
        assert_eq!(failures("murmur2", &[HEADER, wrong]), ["partitions: expected [1], found [2]"]);
    }

    #[test]
    fn what_is_unknown_or_not_claimed_fails() {
        assert_eq!(
            failures("no_such_thing", &[HEADER, "{}"]),
            ["unknown format \"no_such_thing\""]
        );
        assert_eq!(failures("record_batch", &[HEADER, "{}", "{}"]).len(), 2);
        assert_eq!(failures("murmur2", &[HEADER, r#"{"new_field":1}"#]).len(), 1);
    }

    #[test]
    fn empty_and_broken_files_fail() {
        assert_eq!(failures("murmur2", &[]), ["the file is empty"]);
        assert_eq!(failures("murmur2", &[HEADER]), ["no case in it"]);
        assert_eq!(failures("murmur2", &["{}", "{}"]).len(), 1);
        assert_eq!(failures("murmur2", &[HEADER, "{"]).len(), 1);
    }

    #[test]
    fn a_case_that_panics_is_a_failed_case() {
        let panics = |_: &Header, _: &Value| -> Result<(), String> { panic!("invariant") };
        let header = Header { kafka_version: "4.4.0".to_string(), fields: Value::Null };
        assert_eq!(check_line(panics, &header, "{}", 2), CaseOutcome::failed("line 2", "panicked"));
    }

    #[test]
    fn versions_are_read_from_releases_and_levels() {
        assert_eq!(parse_version("4.4.0"), Ok((4, 4)));
        assert_eq!(parse_version("3.6-IV0"), Ok((3, 6)));
        assert!(parse_version("latest").is_err());
    }
}
