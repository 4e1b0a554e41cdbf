//! `exponential_backoff.jsonl`: delays of clients that retry, without jitter.
use serde::Deserialize;
use serde_json::Value;

use super::{Header, expect_eq, read};
use crate::sim::client::backoff::Backoff;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    initial: i64,
    mult: i64,
    max: i64,
    out: Vec<i64>,
}

pub(super) fn check(_: &Header, case: &Value) -> Result<(), String> {
    let case: Case = read(case)?;
    let backoff = Backoff { initial_ms: case.initial, multiplier: case.mult, max_ms: case.max };
    let attempts = (0..20).chain([1000]);
    expect_eq("delays", attempts.map(|n| backoff.without_jitter(n)).collect(), case.out)
}
