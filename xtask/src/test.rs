//! `cargo xtask test`: every check of the project, in the order in which a failure is cheapest to see.
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use crate::serve::{self, Server};
use crate::site::{self, Finish};
use crate::tally::{Report, Tally};
use crate::{Result, npm, shell, tools};

/// Not the root, so that a page with absolute addresses would break.
const MOUNT: &str = "/some/deep/path/";

/// One check: its name, what runs it, how it counts.
struct Step {
    name: &'static str,
    report: Report,
    work: fn() -> Result<Command>,
}

const STEPS: [Step; 12] = [
    Step { name: "format", report: Report::Status, work: format },
    Step { name: "lints of all that runs natively", report: Report::Status, work: lints_native },
    Step { name: "lints of the bare core", report: Report::Status, work: lints_core },
    Step { name: "lints of the page", report: Report::Status, work: lints_web },
    Step { name: "docs", report: Report::Status, work: docs },
    Step { name: "list of simplifications", report: Report::Status, work: fidelity },
    Step { name: "tests", report: Report::Libtest, work: tests },
    Step { name: "conformance with real Kafka", report: Report::Closing, work: conformance },
    Step { name: "swarm", report: Report::Closing, work: swarm },
    Step { name: "tests as wasm under node", report: Report::Libtest, work: wasm_tests },
    Step { name: "same runs natively and as wasm", report: Report::Closing, work: parity },
    Step { name: "page in Chromium", report: Report::Playwright, work: page },
];

/// A step that has run.
struct Done {
    name: &'static str,
    tally: Tally,
    took: Duration,
}

/// Runs all steps, also after a failed one, and closes with the totals.
pub fn run(mut args: lexopt::Parser) -> Result<ExitCode> {
    if let Some(arg) = args.next()? {
        return Err(arg.unexpected().into());
    }
    // First, so that nobody waits twenty minutes to hear that a browser is missing.
    shell::say("prerequisites");
    tools::ensure_target(tools::BROWSER)?;
    tools::ensure_target(tools::WASI)?;
    tools::ensure_node()?;
    tools::ensure_chromium()?;
    let done: Vec<Done> = STEPS.iter().enumerate().map(|(i, step)| perform(i, step)).collect();
    Ok(close(&done))
}

fn perform(index: usize, step: &Step) -> Done {
    shell::say(format!("{}/{} {}", index + 1, STEPS.len(), step.name));
    let start = Instant::now();
    let outcome = (step.work)().and_then(|mut command| shell::tee(&mut command));
    let tally = match outcome {
        Ok((status, output)) => Tally::read(step.report, &output, status.success()),
        Err(error) => {
            eprintln!("error: {error}");
            Tally::read(step.report, "", false)
        }
    };
    Done { name: step.name, tally, took: start.elapsed() }
}

fn close(done: &[Done]) -> ExitCode {
    let mut sum = Tally::default();
    println!();
    for Done { name, tally, took } in done {
        let mark = if tally.failed == 0 { "ok  " } else { "FAIL" };
        println!("{mark} {name:<34} {:>4} s  {tally}", took.as_secs());
        sum += *tally;
    }
    println!("{sum}");
    if sum.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn cargo<const N: usize>(words: [&str; N]) -> Command {
    let mut cargo = shell::cargo();
    cargo.args(words);
    cargo
}

fn format() -> Result<Command> {
    Ok(cargo(["fmt", "--all", "--check"]))
}

fn clippy<const N: usize>(words: [&str; N]) -> Command {
    let mut clippy = cargo(["clippy"]);
    clippy.args(words).args(["--", "-D", "warnings"]);
    clippy
}

fn lints_native() -> Result<Command> {
    Ok(clippy(["--workspace", "--all-targets", "--features", "kafka-playground/cli"]))
}

fn lints_core() -> Result<Command> {
    Ok(clippy(["--package", "kafka-playground", "--all-targets"]))
}

fn lints_web() -> Result<Command> {
    let what = ["--package", "kafka-playground", "--lib", "--bins", "--features", "web"];
    let mut clippy = cargo(["clippy"]);
    clippy.args(what).args(["--target", tools::BROWSER, "--", "-D", "warnings"]);
    Ok(clippy)
}

fn docs() -> Result<Command> {
    // For the browser, because only there every room of the library exists; with private items, because the readers
    // are those who change the code.
    let mut doc = cargo(["doc", "--package", "kafka-playground", "--lib", "--no-deps"]);
    doc.args(["--features", "web", "--target", tools::BROWSER, "--document-private-items"]);
    doc.env("RUSTDOCFLAGS", "-D warnings");
    Ok(doc)
}

fn tests() -> Result<Command> {
    let packages = ["--package", "kafka-playground", "--package", "xtask"];
    let mut test = cargo(["test", "--no-fail-fast", "--features", "kafka-playground/cli"]);
    test.args(packages);
    Ok(test)
}

fn headless<const N: usize>(words: [&str; N]) -> Command {
    let mut cargo = cargo(["run", "--release", "--features", "cli", "--"]);
    cargo.args(words);
    cargo
}

fn conformance() -> Result<Command> {
    Ok(headless(["conformance"]))
}

fn swarm() -> Result<Command> {
    Ok(headless(["swarm", "--seeds", "64", "--start", "1", "--seconds", "60"]))
}

fn wasm_tests() -> Result<Command> {
    let mut test = cargo(["test", "--no-fail-fast", "--package", "kafka-playground"]);
    test.args(["--lib", "--tests", "--target", tools::WASI]);
    Ok(test)
}

/// Another verb of this program; through cargo, because the tests may have built it anew meanwhile.
fn own<const N: usize>(words: [&str; N]) -> Command {
    let mut cargo = cargo(["run", "--quiet", "--package", "xtask", "--"]);
    cargo.args(words);
    cargo
}

fn fidelity() -> Result<Command> {
    Ok(own(["fidelity", "--check"]))
}

fn parity() -> Result<Command> {
    Ok(own(["parity"]))
}

/// Builds the site as it would be deployed, serves it, and leaves the looking to Playwright.
fn page() -> Result<Command> {
    let site = shell::target_dir().join("site");
    let modules = site::build(&site, Finish::Release)?;
    let single = shell::target_dir().join("kafka-playground.html");
    site::one_file(&modules, &single)?;
    let specs = shell::root().join("tests/page");
    npm::install(&specs)?;
    let server = Server::new(site, MOUNT, serve::bind(0)?)?;
    let mut playwright = shell::command("node");
    playwright.args(["node_modules/@playwright/test/cli.js", "test"]).current_dir(specs);
    playwright.env("SINGLE_FILE", single);
    playwright.env("SITE_URL", server.url()).env("CHROMIUM", tools::ensure_chromium()?);
    std::thread::spawn(|| server.serve());
    Ok(playwright)
}
