//! What the work needs and cargo does not bring: wasm targets, node, Chromium. Missing ones are installed or named.
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{Result, shell};

/// The target of the page and the engine.
pub const BROWSER: &str = "wasm32-unknown-unknown";
/// The target of the core's tests and benches under node.
pub const WASI: &str = "wasm32-wasip1";

const NODE_MAJOR_MIN: u32 = 20;
const CHROMIUM_NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "chrome"];

/// Installs a target's standard library through rustup if it is not there.
pub fn ensure_target(target: &str) -> Result<()> {
    let sysroot = shell::output(shell::command("rustc").args(["--print", "sysroot"]))?;
    let library = Path::new(sysroot.trim()).join("lib/rustlib").join(target).join("lib");
    if library.is_dir() {
        return Ok(());
    }
    shell::say(format!("installing the {target} target"));
    shell::run(shell::command("rustup").args(["target", "add", target])).map_err(|error| {
        format!("{error}\nthe {target} target is missing; type: rustup target add {target}").into()
    })
}

/// Whether a node that is new enough is there.
pub fn has_node() -> bool {
    node_major().is_some_and(|major| major >= NODE_MAJOR_MIN) && found("npm").is_some()
}

/// Makes sure of node and npm, through apt where that is allowed.
pub fn ensure_node() -> Result<()> {
    if !has_node() {
        apt_install(&["nodejs", "npm"]);
    }
    if has_node() {
        return Ok(());
    }
    let have = node_major().map_or("no node".to_owned(), |major| format!("node {major}"));
    Err(format!(
        "found {have}, the tests need node {NODE_MAJOR_MIN} or later with npm; type:\n    \
         curl -fsSL https://deb.nodesource.com/setup_{NODE_MAJOR_MIN}.x | sudo bash - && sudo apt-get install -y nodejs"
    )
    .into())
}

/// The path of a Chromium, installed through apt where that is allowed.
pub fn ensure_chromium() -> Result<PathBuf> {
    if let Some(path) = chromium() {
        return Ok(path);
    }
    apt_install(&["chromium"]);
    chromium().ok_or_else(|| {
        "Chromium is missing; type:\n    sudo apt-get update && sudo apt-get install -y chromium\n\
         (or set CHROMIUM to the path of one)"
            .into()
    })
}

fn chromium() -> Option<PathBuf> {
    let named = std::env::var_os("CHROMIUM").map(PathBuf::from);
    named.or_else(|| CHROMIUM_NAMES.iter().find_map(|name| found(name)))
}

fn node_major() -> Option<u32> {
    let version = shell::output(Command::new("node").arg("--version")).ok()?;
    version.trim().trim_start_matches('v').split('.').next()?.parse().ok()
}

fn found(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|dir| dir.join(program)).find(|file| file.is_file())
}

/// Tries; the caller looks again and says what to type if it did not help.
fn apt_install(packages: &[&str]) {
    if !is_root() || found("apt-get").is_none() {
        return;
    }
    shell::say(format!("installing {} through apt", packages.join(" ")));
    let apt = |args: &[&str]| {
        let mut command = Command::new("apt-get");
        shell::run(
            command
                .env("DEBIAN_FRONTEND", "noninteractive")
                .args(["-qq", "-o", "DPkg::Lock::Timeout=120"])
                .args(args),
        )
    };
    let done = apt(&["update"])
        .and_then(|()| apt(&[&["install", "-y", "--no-install-recommends"], packages].concat()));
    if let Err(error) = done {
        eprintln!("{error}");
    }
}

fn is_root() -> bool {
    shell::output(Command::new("id").arg("-u")).is_ok_and(|id| id.trim() == "0")
}
