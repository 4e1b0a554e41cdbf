//! `murmur2.jsonl`: the hash and partition of serialized keys.
use serde::Deserialize;
use serde_json::Value;

use super::{Header, expect_eq, read};
use crate::sim::client::murmur2::{murmur2, partition_for_key};
use crate::sim::java::hash::to_positive;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    x: Option<String>,
    s: Option<String>,
    ser: Option<String>,
    v: Option<Value>,
    h: i32,
    pos: i32,
    p: Vec<i32>,
}

pub(super) fn check(header: &Header, case: &Value) -> Result<(), String> {
    let case: Case = read(case)?;
    let key = key(&case)?;
    let hash = murmur2(&key);
    expect_eq("hash", hash, case.h)?;
    expect_eq("positive", to_positive(hash), case.pos)?;
    let counts = header.numbers("counts")?;
    let partitions = counts.iter().map(|&count| partition_for_key(&key, count)).collect();
    expect_eq("partitions", partitions, case.p)
}

fn key(case: &Case) -> Result<Vec<u8>, String> {
    let bytes = match (&case.s, &case.x) {
        (Some(text), None) => text.as_bytes().to_vec(),
        (None, Some(hex)) => from_hex(hex)?,
        _ => return Err("a case has either bytes or a text".to_string()),
    };
    if let (Some(serializer), Some(value)) = (&case.ser, &case.v) {
        expect_eq("serialized", serialize(serializer, value)?, bytes.clone())?;
    }
    Ok(bytes)
}

/// Serializes as the serializer of this name in `org.apache.kafka.common.serialization`.
fn serialize(serializer: &str, value: &Value) -> Result<Vec<u8>, String> {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_string);
    let bytes = match serializer {
        "ShortSerializer" => text.parse().ok().map(|number: i16| number.to_be_bytes().to_vec()),
        "IntegerSerializer" => text.parse().ok().map(|number: i32| number.to_be_bytes().to_vec()),
        "LongSerializer" => text.parse().ok().map(|number: i64| number.to_be_bytes().to_vec()),
        "FloatSerializer" => text.parse().ok().map(|number: f32| number.to_be_bytes().to_vec()),
        "DoubleSerializer" => text.parse().ok().map(|number: f64| number.to_be_bytes().to_vec()),
        "BooleanSerializer" => text.parse().ok().map(|truth: bool| vec![u8::from(truth)]),
        "StringSerializer" | "UUIDSerializer" => Some(text.clone().into_bytes()),
        _ => return Err(format!("unknown serializer {serializer:?}")),
    };
    bytes.ok_or_else(|| format!("{serializer} cannot take {text:?}"))
}

fn from_hex(hex: &str) -> Result<Vec<u8>, String> {
    let digit = |&byte: &u8| char::from(byte).to_digit(16).map(|digit| digit as u8);
    let digits: Option<Vec<u8>> = hex.as_bytes().iter().map(digit).collect();
    let digits = digits.filter(|digits| digits.len().is_multiple_of(2));
    let digits = digits.ok_or_else(|| format!("not hex: {hex:?}"))?;
    Ok(digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect())
}
