//! Builds the static site: two wasm binaries, their browser modules, and the files of `www/` around them.
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

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
    for binary in &BINARIES {
        shell::say(format!("compiling the {} (profile {})", binary.name, binary.profile));
        compile(binary)?;
    }
    shell::say("making browser modules of them");
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

fn compile(binary: &Binary) -> Result<()> {
    let mut cargo = shell::cargo();
    cargo.args(["build", "--package", "kafka-playground", "--features", "web"]);
    cargo.args(["--bin", binary.name, "--profile", binary.profile, "--target", tools::BROWSER]);
    shell::run(&mut cargo)
}

/// Runs wasm-bindgen over both binaries and returns the folder of the modules.
fn bindgen() -> Result<PathBuf> {
    let target = shell::target_dir();
    let tool = ["--package", "xtask-bindgen", "--profile", "tool"];
    shell::run(shell::cargo().arg("build").args(tool))?;
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
