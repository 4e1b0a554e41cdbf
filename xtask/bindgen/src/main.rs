//! Turns a wasm binary into a browser module: `xtask-bindgen INPUT.wasm OUT_DIR NAME`.
//!
//! A crate of its own, because linking wasm-bindgen costs over a minute and most `cargo xtask` verbs do not need it.
use std::process::ExitCode;

use wasm_bindgen_cli_support::Bindgen;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [input, out_dir, name] = args.as_slice() else {
        eprintln!("usage: xtask-bindgen INPUT.wasm OUT_DIR NAME");
        return ExitCode::from(2);
    };
    match generate(input, out_dir, name) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask-bindgen: {input}: {error}");
            ExitCode::FAILURE
        }
    }
}

fn generate(input: &str, out_dir: &str, name: &str) -> Result<(), String> {
    let mut bindgen = Bindgen::new();
    bindgen.input_path(input).out_name(name).typescript(false);
    bindgen.web(true).map_err(|error| format!("{error:#}"))?;
    // Keeps `new URL("NAME_bg.wasm", import.meta.url)` in the module, so that `init()` needs no argument.
    bindgen.omit_default_module_path(false);
    bindgen.generate(out_dir).map_err(|error| format!("{error:#}"))
}
