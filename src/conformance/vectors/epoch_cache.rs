//! `epoch_cache.jsonl`: operations on one leader epoch cache.
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Header, read};
use crate::sim::storage::epoch_cache::{EpochCache, EpochEntry};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    ops: Vec<Vec<Value>>,
}

pub(super) fn check(_: &Header, case: &Value) -> Result<(), String> {
    let case: Case = read(case)?;
    let mut cache = EpochCache::default();
    for (number, operation) in case.ops.iter().enumerate() {
        let Some((name, [arguments @ .., expected])) = operation.split_first() else {
            return Err(format!("operation {number} has no result"));
        };
        let arguments = arguments.iter().map(read).collect::<Result<Vec<i64>, _>>()?;
        let name = name.as_str().unwrap_or_default();
        let found = apply(&mut cache, name, &arguments)
            .ok_or_else(|| format!("unknown operation {name:?} {arguments:?}"))?;
        if found != *expected {
            return Err(format!(
                "{number} {name} {arguments:?}: expected {expected}, found {found}"
            ));
        }
    }
    Ok(())
}

/// Applies an operation and returns its result as the file writes it.
fn apply(cache: &mut EpochCache, name: &str, arguments: &[i64]) -> Option<Value> {
    match (name, arguments) {
        ("end", &[requested, log_end_offset]) => {
            let end = cache.end_offset_for(epoch(requested)?, log_end_offset);
            return Some(json!([end.epoch, end.end_offset]));
        }
        ("at", &[offset]) => return Some(json!(cache.epoch_for_offset(offset))),
        ("range", &[start, end]) => return Some(entries(&cache.entries_in_range(start, end))),
        ("prev", &[of]) => return Some(json!(cache.previous_epoch(epoch(of)?))),
        ("next", &[of]) => return Some(json!(cache.next_epoch(epoch(of)?))),
        ("assign", &[of, start_offset]) => {
            if cache.assign(epoch(of)?, start_offset).is_err() {
                return Some(json!("IllegalArgumentException"));
            }
        }
        ("truncEnd", &[end_offset]) => cache.truncate_from_end(end_offset),
        ("truncStart", &[start_offset]) => cache.truncate_from_start(start_offset),
        ("clear", []) => cache.clear(),
        ("reload", []) => *cache = EpochCache::from_checkpoint(cache.entries()).ok()?,
        _ => return None,
    }
    Some(entries(cache.entries()))
}

fn epoch(number: i64) -> Option<i32> {
    number.try_into().ok()
}

fn entries(entries: &[EpochEntry]) -> Value {
    entries.iter().map(|entry| json!([entry.epoch, entry.start_offset])).collect()
}
