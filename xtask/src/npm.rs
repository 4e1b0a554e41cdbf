//! Node packages: only for the tests and for shrinking wasm, always by a lock file, never running their scripts.
use std::path::Path;

use crate::{Result, shell};

/// Installs what a folder's lock file names, unless that was done before.
pub fn install(dir: &Path) -> Result<()> {
    let lock = std::fs::read(dir.join("package-lock.json"))?;
    let stamp = dir.join("node_modules/.installed-lock.json");
    if std::fs::read(&stamp).is_ok_and(|installed| installed == lock) {
        return Ok(());
    }
    shell::say(format!("installing the node packages of {}", dir.display()));
    let mut npm = shell::command("npm");
    npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]);
    shell::run(npm.current_dir(dir))?;
    Ok(std::fs::write(stamp, lock)?)
}
