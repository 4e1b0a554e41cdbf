//! `coordinator.jsonl`: which partition coordinates a group, a transaction or a share state.
use serde::Deserialize;
use serde_json::Value;

use super::{Header, expect_eq, read};
use crate::sim::group::coordinator_key::partition_for;
use crate::sim::java::hash::{JavaHash, abs};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    #[serde(alias = "key")]
    id: String,
    h: i32,
    abs: Option<i32>,
    group: Option<Vec<i32>>,
    txn: Option<Vec<i32>>,
    share: Option<Vec<i32>>,
}

pub(super) fn check(header: &Header, case: &Value) -> Result<(), String> {
    let case: Case = read(case)?;
    let hash = case.id.hash_code();
    expect_eq("hash", hash, case.h)?;
    if let Some(expected) = case.abs {
        expect_eq("abs", abs(hash), expected)?;
    }
    let counts = header.numbers("counts")?;
    let partitions: Vec<i32> = counts.iter().map(|&count| partition_for(&case.id, count)).collect();
    for (what, expected) in [("group", case.group), ("txn", case.txn), ("share", case.share)] {
        if let Some(expected) = expected {
            expect_eq(what, partitions.clone(), expected)?;
        }
    }
    Ok(())
}
