//! `cargo xtask parity`: the same headless commands natively and as wasm under node must end in the same hashes.
use std::process::ExitCode;

use crate::{Result, shell, tools};

/// Whole runs, short enough for every day: one that trains, one that loses a trainer, and random clusters with faults.
const RUNS: [&[&str]; 5] = [
    &["train", "digits", "--model", "softmax", "--workers", "2", "--seed", "7", "--epochs", "1"],
    &["train", "digits", "--workers", "4", "--seed", "7", "--epochs", "3", "--kill", "trainer@9.8"],
    &["replay", "1", "--seconds", "60"],
    &["replay", "2", "--seconds", "60"],
    &["replay", "3", "--seconds", "60"],
];

/// Runs each command on both targets and closes with the totals over all compared lines.
pub fn run(mut args: lexopt::Parser) -> Result<ExitCode> {
    if let Some(arg) = args.next()? {
        return Err(arg.unexpected().into());
    }
    tools::ensure_target(tools::WASI)?;
    tools::ensure_node()?;
    let (mut passed, mut failed) = (0, 0);
    for run in RUNS {
        let native = hashes(&headless(run, None)?);
        let wasm = hashes(&headless(run, Some(tools::WASI))?);
        for (line, same) in compared(&native, &wasm) {
            println!("{} {}: {line}", if same { "same" } else { "DIFFERENT" }, run[0]);
            if same { passed += 1 } else { failed += 1 }
        }
    }
    println!("{passed} passed, {failed} failed");
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn headless(run: &[&str], target: Option<&str>) -> Result<String> {
    shell::say(format!("{} on {}", run.join(" "), target.unwrap_or("this machine")));
    let mut cargo = shell::cargo();
    cargo.args(["run", "--quiet", "--release", "--features", "cli"]);
    if let Some(target) = target {
        cargo.args(["--target", target]);
    }
    shell::output(cargo.arg("--").args(run))
}

/// The lines that state a hash, such as `world hash: 0123…`.
fn hashes(output: &str) -> Vec<String> {
    output
        .lines()
        .filter(|line| line.contains(" hash: "))
        .map(|line| line.trim().to_owned())
        .collect()
}

/// Each native line with whether wasm says the same; a run without a hash, or with one line more, differs.
fn compared(native: &[String], wasm: &[String]) -> Vec<(String, bool)> {
    if native.is_empty() || native.len() != wasm.len() {
        return vec![(format!("{} hashes natively, {} as wasm", native.len(), wasm.len()), false)];
    }
    let pairs = native.iter().zip(wasm);
    pairs.map(|(native, wasm)| (native.clone(), native == wasm)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_lines_with_a_hash_count() {
        assert_eq!(hashes("records/s: 12\nworld hash: ab\n"), ["world hash: ab"]);
    }

    #[test]
    fn a_difference_and_a_silence_are_failures() {
        let ab = hashes("world hash: ab");
        assert_eq!(compared(&ab, &ab), [("world hash: ab".to_owned(), true)]);
        assert!(!compared(&ab, &hashes("world hash: cd"))[0].1);
        assert!(!compared(&[], &[])[0].1);
        assert!(!compared(&ab, &[])[0].1);
    }
}
