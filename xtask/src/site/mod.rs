//! Builds the static site: two wasm binaries, their browser modules, and the files of `www/` around them.
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use crate::{Result, shell, tools};

mod assemble;
pub mod headers;
mod shrink;

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

impl Binary {
    fn build(&self) -> Command {
        let mut cargo = shell::cargo();
        cargo.args(["build", "--package", "kafka-playground", "--features", "web"]);
        cargo.args(["--bin", self.name, "--profile", self.profile, "--target", tools::BROWSER]);
        cargo
    }
}

/// What to do with the wasm after wasm-bindgen.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Shrink {
    /// Run wasm-opt where node is there.
    WasmOpt,
    /// Leave it as the compiler made it.
    No,
}

/// `cargo xtask site --out DIR`.
pub fn run(mut args: lexopt::Parser) -> Result<ExitCode> {
    use lexopt::prelude::*;
    let mut out = None;
    let mut shrink = Shrink::WasmOpt;
    while let Some(arg) = args.next()? {
        match arg {
            Long("out") => out = Some(PathBuf::from(args.value()?)),
            Long("no-wasm-opt") => shrink = Shrink::No,
            _ => return Err(arg.unexpected().into()),
        }
    }
    let out = out.ok_or("where to? type: cargo xtask site --out DIR")?;
    let out = std::path::absolute(out)?;
    build(&out, shrink)?;
    shell::say(format!("the site is in {}", out.display()));
    Ok(ExitCode::SUCCESS)
}

/// Builds everything and puts the finished site in place of what `out` held.
pub fn build(out: &Path, shrink: Shrink) -> Result<()> {
    assemble::check_replaceable(out)?;
    tools::ensure_target(tools::BROWSER)?;
    shell::say("compiling the page, the engine and wasm-bindgen");
    compile()?;
    shell::say("making browser modules of the two");
    let modules = bindgen()?;
    if shrink == Shrink::WasmOpt {
        for binary in &BINARIES {
            shrink::wasm_opt(&modules.join(format!("{}_bg.wasm", binary.name)), binary.wasm_opt)?;
        }
    }
    for file in assemble::assemble(&shell::root(), &modules, out)? {
        println!("    {file}");
    }
    Ok(())
}

/// Compiles all three at once: each ends in a long link on one core, which the others fill.
fn compile() -> Result<()> {
    let mut builds: Vec<Command> = BINARIES.iter().map(Binary::build).collect();
    let mut tool = shell::cargo();
    tool.args(["build", "--package", "xtask-bindgen", "--profile", "tool"]);
    builds.push(tool);
    let started: Vec<_> = builds.iter_mut().map(shell::start).collect();
    // All are waited for, so that none goes on building behind an error message.
    let ended: Vec<Result<()>> = started.into_iter().map(|build| build?.finish()).collect();
    ended.into_iter().collect()
}

/// Runs wasm-bindgen over both binaries and returns the folder of the modules.
fn bindgen() -> Result<PathBuf> {
    let target = shell::target_dir();
    let modules = target.join("modules");
    fresh_dir(&modules)?;
    for Binary { name, profile, .. } in &BINARIES {
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
