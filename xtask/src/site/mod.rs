//! Builds the static site: two wasm binaries, their browser modules, and the files of `www/` around them.
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use crate::{Result, shell, tools};

mod assemble;
pub mod headers;
mod shrink;
mod single;
mod thin;

/// One wasm binary of the site.
struct Binary {
    name: &'static str,
    profile: &'static str,
    /// What wasm-opt is asked for: the page wants to be small, the engine fast.
    wasm_opt: &'static str,
}

const BINARIES: [Binary; 2] = [
    Binary { name: "playground", profile: "page", wasm_opt: "-Oz" },
    Binary { name: "engine", profile: "engine", wasm_opt: "-O3" },
];

/// The data set of the training.
const DIGITS: &str = "data/digits.bin";

/// The profile of a draft: quick to build again after a change.
const DRAFT: &str = "draft";

impl Binary {
    fn profile(&self, finish: Finish) -> &'static str {
        if finish == Finish::Draft { DRAFT } else { self.profile }
    }
}

/// How much work goes into the wasm.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Finish {
    /// Small or fast, and wasm-opt where node is there: what is published.
    Release,
    /// As the compiler makes it.
    NoWasmOpt,
    /// Built again within seconds: larger and slower, for a look at a change.
    Draft,
}

/// `cargo xtask site --out DIR`, or `--single-file --out FILE`.
pub fn run(mut args: lexopt::Parser) -> Result<ExitCode> {
    use lexopt::prelude::*;
    let mut out = None;
    let mut finish = Finish::Release;
    let mut single = false;
    while let Some(arg) = args.next()? {
        match arg {
            Long("out") => out = Some(PathBuf::from(args.value()?)),
            Long("no-wasm-opt") => finish = Finish::NoWasmOpt,
            Long("draft") => finish = Finish::Draft,
            Long("single-file") => single = true,
            _ => return Err(arg.unexpected().into()),
        }
    }
    let out =
        out.ok_or("where to? type: cargo xtask site --out DIR, or --single-file --out FILE")?;
    let out = std::path::absolute(out)?;
    if single {
        single::check_replaceable(&out)?;
        let modules = modules(finish)?;
        one_file(&modules, &out)?;
        return Ok(ExitCode::SUCCESS);
    }
    build(&out, finish)?;
    shell::say(format!("the site is in {}", out.display()));
    Ok(ExitCode::SUCCESS)
}

/// Builds everything and puts the finished site in place of what `out` held; returns the folder of the modules.
pub fn build(out: &Path, finish: Finish) -> Result<PathBuf> {
    assemble::check_replaceable(out)?;
    let modules = modules(finish)?;
    for file in assemble::assemble(&shell::root(), &modules, out)? {
        println!("    {file}");
    }
    Ok(modules)
}

/// Writes the page as one file, of modules that are there.
pub fn one_file(modules: &Path, out: &Path) -> Result<()> {
    let bytes = single::write(&shell::root(), modules, out)?;
    shell::say(format!("the page is {}, {bytes} bytes; open it in a browser", out.display()));
    Ok(())
}

/// Compiles both binaries and makes browser modules of them.
fn modules(finish: Finish) -> Result<PathBuf> {
    tools::ensure_target(tools::BROWSER)?;
    shell::say("compiling the page, the engine and wasm-bindgen");
    compile(finish)?;
    shell::say("making browser modules of the two");
    let modules = bindgen(finish)?;
    if finish == Finish::Release {
        for binary in &BINARIES {
            shrink::wasm_opt(&modules.join(format!("{}_bg.wasm", binary.name)), binary.wasm_opt)?;
        }
    }
    Ok(modules)
}

/// Compiles all at once: each ends in a long link on one core, which the others fill. Binaries of one profile share a build.
fn compile(finish: Finish) -> Result<()> {
    let mut builds: Vec<Command> = match finish {
        Finish::Draft => vec![wasm(DRAFT, BINARIES.iter().map(|binary| binary.name))],
        _ => BINARIES.iter().map(|binary| wasm(binary.profile, [binary.name])).collect(),
    };
    let mut tool = shell::cargo();
    tool.args(["build", "--package", "xtask-bindgen", "--profile", "tool"]);
    builds.push(tool);
    let started: Vec<_> = builds.iter_mut().map(shell::start).collect();
    // All are waited for, so that none goes on building behind an error message.
    let ended: Vec<Result<()>> = started.into_iter().map(|build| build?.finish()).collect();
    ended.into_iter().collect()
}

fn wasm(profile: &str, binaries: impl IntoIterator<Item = &'static str>) -> Command {
    let mut cargo = shell::cargo();
    cargo.args(["build", "--package", "kafka-playground", "--features", "web"]);
    for binary in binaries {
        cargo.args(["--bin", binary]);
    }
    cargo.args(["--profile", profile, "--target", tools::BROWSER]);
    cargo
}

/// Runs wasm-bindgen over both binaries and returns the folder of the modules.
fn bindgen(finish: Finish) -> Result<PathBuf> {
    let target = shell::target_dir();
    let modules = target.join("modules");
    fresh_dir(&modules)?;
    // Not part of the engine: its worker fetches it when something is trained.
    fs::copy(shell::root().join(DIGITS), modules.join("digits.bin"))?;
    for binary in &BINARIES {
        let (name, profile) = (binary.name, binary.profile(finish));
        let wasm = target.join(tools::BROWSER).join(profile).join(format!("{name}.wasm"));
        let tool = target.join("tool/xtask-bindgen");
        shell::run(shell::command(tool).arg(wasm).arg(&modules).arg(name))?;
    }
    Ok(modules)
}

fn fresh_dir(dir: &Path) -> Result<()> {
    if dir.exists() {
        fs::remove_dir_all(dir)?;
    }
    Ok(fs::create_dir_all(dir)?)
}
