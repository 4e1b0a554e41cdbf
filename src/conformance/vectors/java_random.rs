//! `java_random.jsonl`: draws of `java.util.Random`.
use serde::Deserialize;
use serde_json::Value;

use super::{Header, expect_eq, read};
use crate::sim::java::random::{JavaRandom, shuffle};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    seed: String,
    int: Vec<i32>,
    bounded: Vec<(i32, Vec<i32>)>,
    long: Vec<String>,
    double: Vec<f64>,
    bool: Vec<u8>,
    shuffle: Vec<i32>,
    mixed: (i32, String, i32, bool, i32),
}

pub(super) fn check(_: &Header, case: &Value) -> Result<(), String> {
    let case: Case = read(case)?;
    let seed = case.seed.parse().map_err(|_| format!("not a seed: {:?}", case.seed))?;
    expect_eq("int", draw(seed, case.int.len(), JavaRandom::next_int), case.int)?;
    for (bound, expected) in case.bounded {
        let drawn = draw(seed, expected.len(), |random| random.next_int_below(bound));
        expect_eq(&format!("bound {bound}"), drawn, expected)?;
    }
    let longs = draw(seed, case.long.len(), |random| random.next_long().to_string());
    expect_eq("long", longs, case.long)?;
    expect_eq("double", draw(seed, case.double.len(), JavaRandom::next_double), case.double)?;
    let bools = draw(seed, case.bool.len(), |random| u8::from(random.next_boolean()));
    expect_eq("bool", bools, case.bool)?;
    expect_eq("shuffle", shuffled(seed, case.shuffle.len()), case.shuffle)?;
    expect_eq("mixed", mixed(seed), case.mixed)
}

fn draw<T>(seed: i64, times: usize, mut next: impl FnMut(&mut JavaRandom) -> T) -> Vec<T> {
    let mut random = JavaRandom::new(seed);
    (0..times).map(|_| next(&mut random)).collect()
}

fn shuffled(seed: i64, len: usize) -> Vec<i32> {
    let mut random = JavaRandom::new(seed);
    let mut list: Vec<i32> = (0..).take(len).collect();
    shuffle(&mut list, &mut |bound| random.next_int_below(bound));
    list
}

fn mixed(seed: i64) -> (i32, String, i32, bool, i32) {
    let mut random = JavaRandom::new(seed);
    (
        random.next_int_below(7),
        random.next_long().to_string(),
        random.next_int_below(100),
        random.next_boolean(),
        random.next_int(),
    )
}
