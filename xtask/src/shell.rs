//! Child processes, the place of the project, and lines that tell how far the work is.
use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, ExitStatus, Stdio};

use crate::Result;

/// The folder of the workspace.
pub fn root() -> PathBuf {
    let xtask = Path::new(env!("CARGO_MANIFEST_DIR"));
    xtask.parent().expect("xtask lies inside the workspace").to_owned()
}

/// The folder cargo builds into.
pub fn target_dir() -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(dir) => root().join(dir),
        None => root().join("target"),
    }
}

/// A cargo of the same toolchain, at the root of the workspace.
pub fn cargo() -> Command {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    command(cargo)
}

/// A command that runs at the root of the workspace.
pub fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.current_dir(root());
    command
}

/// Prints one line of progress.
pub fn say(line: impl std::fmt::Display) {
    println!("==> {line}");
    // A closed terminal must not stop the work.
    let _ = std::io::stdout().flush();
}

/// A command that is running.
pub struct Started {
    child: Child,
    words: String,
}

/// Starts a command.
pub fn start(command: &mut Command) -> Result<Started> {
    let child = command.spawn().map_err(|error| start_error(command, &error))?;
    Ok(Started { child, words: words(command) })
}

impl Started {
    /// Waits for the end; a status other than success is an error.
    pub fn finish(mut self) -> Result<()> {
        if self.child.wait()?.success() {
            Ok(())
        } else {
            Err(format!("{} failed", self.words).into())
        }
    }
}

/// Runs a command to its end; a status other than success is an error.
pub fn run(command: &mut Command) -> Result<()> {
    start(command)?.finish()
}

/// Runs a command to its end and returns what it printed, without showing it.
pub fn output(command: &mut Command) -> Result<String> {
    let output = command.output().map_err(|error| start_error(command, &error))?;
    if !output.status.success() {
        return Err(format!("{} failed", words(command)).into());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Runs a command, shows its standard output line by line and returns it too.
pub fn tee(command: &mut Command) -> Result<(ExitStatus, String)> {
    let mut child =
        command.stdout(Stdio::piped()).spawn().map_err(|error| start_error(command, &error))?;
    let pipe = child.stdout.take().expect("standard output was asked for");
    let mut text = String::new();
    let mut lines = BufReader::new(pipe);
    let mut line = Vec::new();
    while lines.read_until(b'\n', &mut line)? > 0 {
        let shown = String::from_utf8_lossy(&line);
        print!("{shown}");
        text.push_str(&shown);
        line.clear();
    }
    Ok((child.wait()?, text))
}

/// The exit code that repeats a child's.
pub fn exit_code(status: ExitStatus) -> ExitCode {
    match status.code().and_then(|code| u8::try_from(code).ok()) {
        Some(code) => ExitCode::from(code),
        None => ExitCode::FAILURE,
    }
}

/// The command as a person would type it.
pub fn words(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or(command.get_program());
    let words = std::iter::once(program).chain(command.get_args());
    words.map(OsStr::to_string_lossy).collect::<Vec<_>>().join(" ")
}

fn start_error(command: &Command, error: &std::io::Error) -> String {
    format!("cannot start {}: {error}", command.get_program().to_string_lossy())
}
