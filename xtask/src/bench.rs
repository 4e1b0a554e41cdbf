//! `cargo xtask bench`: every bench natively and as wasm under node, side by side.
//!
//! A bench is a `harness = false` target in `benches/` that prints one JSON object a line,
//! `{"name": "engine/events", "value": 2.1e6, "unit": "events/s", "target": ">= 2 M"}`, and shortens its work
//! when it is given `--quick`. Lines that do not begin with `{` are for people.
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;

use serde_json::{Value, json};

use crate::{Result, shell, tools};

/// What both targets measured, by the bench's name.
type Rows = BTreeMap<String, Row>;

#[derive(Default)]
struct Row {
    native: Option<f64>,
    wasm: Option<f64>,
    unit: String,
    target: Value,
}

/// `cargo xtask bench [--quick] [--json FILE]`.
pub fn run(mut args: lexopt::Parser) -> Result<ExitCode> {
    use lexopt::prelude::*;
    let (mut quick, mut json_file) = (false, None);
    while let Some(arg) = args.next()? {
        match arg {
            Long("quick") => quick = true,
            Long("json") => json_file = Some(PathBuf::from(args.value()?)),
            _ => return Err(arg.unexpected().into()),
        }
    }
    tools::ensure_target(tools::WASI)?;
    tools::ensure_node()?;
    let mut rows = Rows::new();
    shell::say("benches, native");
    collect(&mut rows, &measure(None, quick)?, |row| &mut row.native)?;
    shell::say("benches, wasm under node");
    collect(&mut rows, &measure(Some(tools::WASI), quick)?, |row| &mut row.wasm)?;
    print!("{}", table(&rows));
    if let Some(file) = json_file {
        std::fs::write(&file, format!("{:#}\n", json_list(&rows)))
            .map_err(|error| format!("{}: {error}", file.display()))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// As in `.cargo/config.toml`, but compiled to the end before it runs: what is measured is the code, not its compiler.
const RUNNER: &str = "node --no-warnings --no-flush-bytecode --no-liftoff tests/wasm/run.mjs";

/// Builds and runs all benches for one target and returns what they printed.
fn measure(target: Option<&str>, quick: bool) -> Result<String> {
    let mut cargo = shell::cargo();
    cargo.args(["bench", "--package", "kafka-playground", "--bench", "*"]);
    if let Some(target) = target {
        cargo.args(["--target", target]).env("CARGO_TARGET_WASM32_WASIP1_RUNNER", RUNNER);
    }
    if quick {
        cargo.args(["--", "--quick"]);
    }
    let (status, output) = shell::tee(&mut cargo)?;
    if status.success() { Ok(output) } else { Err("a bench failed".into()) }
}

fn collect(rows: &mut Rows, output: &str, column: fn(&mut Row) -> &mut Option<f64>) -> Result<()> {
    for line in output.lines().filter(|line| line.starts_with('{')) {
        let bench: Value =
            serde_json::from_str(line).map_err(|error| format!("{line}: {error}"))?;
        let name = bench["name"].as_str().ok_or(format!("a bench without a name: {line}"))?;
        let value = bench["value"].as_f64().ok_or(format!("a bench without a value: {line}"))?;
        let row = rows.entry(name.to_owned()).or_default();
        *column(row) = Some(value);
        row.unit = bench["unit"].as_str().unwrap_or_default().to_owned();
        row.target = bench["target"].clone();
    }
    if rows.is_empty() { Err("the benches printed no result".into()) } else { Ok(()) }
}

fn table(rows: &Rows) -> String {
    let mut table =
        format!("{:<32} {:>12} {:>12}  {:<14} target\n", "bench", "native", "wasm", "unit");
    for (name, row) in rows {
        let target = row.target.as_str().map_or(row.target.to_string(), str::to_owned);
        let (native, wasm) = (figure(row.native), figure(row.wasm));
        table += &format!("{name:<32} {native:>12} {wasm:>12}  {:<14} {target}\n", row.unit);
    }
    table
}

/// Three digits are what a bench on a shared machine is good for.
fn figure(value: Option<f64>) -> String {
    match value {
        None => "-".to_owned(),
        Some(value) if value.abs() >= 1e6 => format!("{:.2} M", value / 1e6),
        Some(value) if value.abs() >= 1e3 => format!("{:.1} k", value / 1e3),
        Some(value) => format!("{value:.2}"),
    }
}

fn json_list(rows: &Rows) -> Value {
    let object = |(name, row): (&String, &Row)| {
        json!({
            "name": name, "native": row.native, "wasm": row.wasm, "unit": row.unit, "target": row.target,
        })
    };
    rows.iter().map(object).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NATIVE: &str = "engine\n{\"name\":\"engine/events\",\"value\":2500000,\"unit\":\"events/s\",\"target\":\">= 2 M\"}\n";
    const WASM: &str =
        "{\"name\":\"engine/events\",\"value\":1600,\"unit\":\"events/s\",\"target\":\">= 2 M\"}\n";

    #[test]
    fn both_columns_join_by_name() {
        let mut rows = Rows::new();
        collect(&mut rows, NATIVE, |row| &mut row.native).unwrap();
        collect(&mut rows, WASM, |row| &mut row.wasm).unwrap();
        let list = json_list(&rows);
        assert_eq!(list[0]["native"], json!(2_500_000.0));
        assert_eq!(list[0]["wasm"], json!(1600.0));
        assert!(table(&rows).contains("2.50 M") && table(&rows).contains("1.6 k"));
    }

    #[test]
    fn a_bench_without_a_value_is_an_error() {
        assert!(collect(&mut Rows::new(), "{\"name\":\"a\"}", |row| &mut row.native).is_err());
        assert!(collect(&mut Rows::new(), "nothing", |row| &mut row.native).is_err());
    }
}
