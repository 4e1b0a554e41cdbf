//! `placer.jsonl`: the striped placement of replicas.
use serde::Deserialize;
use serde_json::Value;

use super::{Header, expect_eq, read};
use crate::sim::controller::placer::{Cordoning, UsableBroker, place};
use crate::sim::java::random::JavaRandom;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    seed: i64,
    brokers: Vec<(i32, Option<String>, u8)>,
    calls: Vec<Call>,
    draws: Option<Vec<i32>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Call {
    p: i32,
    rf: i32,
    out: Option<Vec<Vec<i32>>>,
    err: Option<String>,
}

pub(super) fn check(header: &Header, case: &Value) -> Result<(), String> {
    let case: Case = read(case)?;
    let cordoning = if header.version()? < (4, 4) { Cordoning::Unknown } else { Cordoning::Known };
    let usable = |(id, rack, fenced)| UsableBroker { id, rack, fenced: fenced != 0 };
    let brokers: Vec<_> = case.brokers.into_iter().map(usable).collect();
    let mut random = JavaRandom::new(case.seed);
    let mut draws = Vec::new();
    let mut draw = |bound| {
        let drawn = random.next_int_below(bound);
        draws.extend([bound, drawn]);
        drawn
    };
    for (number, call) in case.calls.into_iter().enumerate() {
        let expected = match (call.out, call.err) {
            (Some(out), None) => Ok(out),
            (None, Some(message)) => Err(message),
            _ => return Err("a call has either a result or an error".to_string()),
        };
        let placed = place(&brokers, call.p, call.rf, &mut draw);
        let placed = placed.map_err(|error| error.message(cordoning));
        expect_eq(&format!("call {number}"), placed, expected)?;
    }
    case.draws.map_or(Ok(()), |expected| expect_eq("draws", draws, expected))
}
