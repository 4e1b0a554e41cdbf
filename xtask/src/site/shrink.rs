//! wasm-opt from the npm package `binaryen`, where node is there; the site works without it.
use std::fs;
use std::path::Path;

use crate::site::assemble::content_hash;
use crate::{Result, npm, shell, tools};

// `--all-features` writes modules that Chromium refuses; these are what rustc emits by default.
const FEATURES: [&str; 6] = [
    "--enable-bulk-memory",
    "--enable-nontrapping-float-to-int",
    "--enable-sign-ext",
    "--enable-mutable-globals",
    "--enable-reference-types",
    "--enable-multivalue",
];

/// What wasm-opt may rely on: the memory is the module's own, and its lowest kilobyte is the far end of the stack.
const ASSUMED: [&str; 2] = ["--zero-filled-memory", "--low-memory-unused"];
/// Sets copies of generic code side by side, where gzip finds that they are alike; comes after what the level does.
const ORDER: &str = "--reorder-functions-by-name";

/// Replaces a wasm file by a smaller one; says so when it cannot.
pub fn wasm_opt(wasm: &Path, level: &str) -> Result<()> {
    let package = shell::root().join("xtask/wasm-opt");
    if !tools::has_node() {
        shell::say("no node: the wasm stays a little larger, wasm-opt is skipped");
        return Ok(());
    }
    if let Err(error) = npm::install(&package) {
        shell::say(format!("{error}: the wasm stays a little larger, wasm-opt is skipped"));
        return Ok(());
    }
    let flags: Vec<&str> = [&FEATURES[..], &ASSUMED, &[level, ORDER]].concat();
    let cached = cache_path(wasm, &flags)?;
    if !cached.exists() {
        shell::say(format!("wasm-opt {level} {}", wasm.display()));
        let mut node = shell::command("node");
        node.arg(package.join("node_modules/binaryen/bin/wasm-opt")).args(&flags);
        // Written aside first, so that an interrupted run leaves no half file in the cache.
        let partial = cached.with_extension("partial");
        shell::run(node.arg(wasm).arg("-o").arg(&partial))?;
        fs::rename(partial, &cached)?;
    }
    fs::copy(cached, wasm)?;
    Ok(())
}

fn cache_path(wasm: &Path, flags: &[&str]) -> Result<std::path::PathBuf> {
    let cache = shell::target_dir().join("wasm-opt");
    fs::create_dir_all(&cache)?;
    let flags = content_hash(flags.concat().as_bytes());
    Ok(cache.join(format!("{}-{flags}.wasm", content_hash(&fs::read(wasm)?))))
}
