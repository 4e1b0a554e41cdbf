//! The project's developer commands, one module a verb: `cargo xtask help` lists them.
use std::process::ExitCode;

mod bench;
mod fidelity;
mod npm;
mod parity;
mod serve;
mod shell;
mod site;
mod tally;
mod test;
mod tools;

/// A failure with a message for the person at the terminal.
pub type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

const HELP: &str = "\
The developer commands of Kafka Playground.

    cargo xtask serve [--port 8080] [--draft]
        builds the page in release form and serves it on 127.0.0.1; a draft is built again within seconds
    cargo xtask test
        runs every check of the project and closes with one line of totals
    cargo xtask site --out DIR [--draft]
        writes the static site, deployable under any path
    cargo xtask site --single-file --out FILE [--draft]
        writes the page as one file that opens from disk
    cargo xtask bench [--quick] [--json FILE]
        runs the benches natively and as wasm under node
    cargo xtask conformance [--vectors DIR] [--timelines DIR] [--cli DIR]
        compares the simulation with recordings of real Kafka
    cargo xtask parity
        compares hashes of whole runs, natively and as wasm under node
    cargo xtask fidelity
        lists in docs/fidelity.md what the code marks as simplified
";

fn main() -> ExitCode {
    match dispatch(lexopt::Parser::from_env()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(mut args: lexopt::Parser) -> Result<ExitCode> {
    use lexopt::prelude::*;
    let verb = match args.next()? {
        None | Some(Short('h') | Long("help")) => "help".to_owned(),
        Some(Value(verb)) => verb.string()?,
        Some(other) => return Err(other.unexpected().into()),
    };
    match verb.as_str() {
        "help" => {
            print!("{HELP}");
            Ok(ExitCode::SUCCESS)
        }
        "serve" => serve::run(args),
        "site" => site::run(args),
        "test" => test::run(args),
        "bench" => bench::run(args),
        "fidelity" => fidelity::run(args),
        "parity" => parity::run(args),
        "conformance" => conformance(args),
        unknown => Err(format!("unknown command '{unknown}', see `cargo xtask help`").into()),
    }
}

/// Hands everything to the command line program, which does the comparing.
fn conformance(mut args: lexopt::Parser) -> Result<ExitCode> {
    let mut cargo = shell::cargo();
    cargo.args(["run", "--quiet", "--release", "--features", "cli", "--", "conformance"]);
    Ok(shell::exit_code(cargo.args(args.raw_args()?).status()?))
}
