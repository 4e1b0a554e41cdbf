//! `trace`: a run that the page saved as a file, told fact by fact.

use std::io::Write;
use std::process::ExitCode;

use lexopt::prelude::*;

use crate::view::share::complaint::{Complaint, Source};
use crate::view::share::file;
use crate::view::share::opening::Opening;
use crate::view::share::trace::Trace;
use crate::view::text::Lang;

/// What `--help` says.
pub const USAGE: &str = "\
usage: kafka-playground trace FILE

Repeats a run that the page saved as a file and prints it as JSONL: a line that says which run it is, then a line for
every fact with its id, time, node, cause, kind and fields.";

/// Bytes that are printed at once.
const BLOCK: usize = 64 * 1024;

/// `trace FILE`.
///
/// # Errors
/// If an argument is wrong.
pub fn trace(parser: &mut lexopt::Parser, out: &mut impl Write) -> Result<ExitCode, lexopt::Error> {
    let mut path = None;
    while let Some(argument) = parser.next()? {
        match argument {
            Value(file) if path.is_none() => path = Some(file),
            Short('h') | Long("help") => {
                // Whoever closes the pipe early has seen enough.
                let _ = writeln!(out, "{USAGE}");
                return Ok(ExitCode::SUCCESS);
            }
            other => return Err(other.unexpected()),
        }
    }
    let path = path.ok_or("which file? Type trace FILE")?;
    let name = path.to_string_lossy();
    let bytes = std::fs::read(&path).map_err(|error| format!("{name}: {error}"))?;
    match tell(&bytes, out) {
        Ok(()) => Ok(ExitCode::SUCCESS),
        Err(complaint) => {
            Err(format!("{name}: {}", complaint.say(Lang::English, Source::File)).into())
        }
    }
}

/// Prints the trace of a saved run.
///
/// # Errors
/// What is wrong with the file.
pub fn tell(bytes: &[u8], out: &mut impl Write) -> Result<(), Complaint> {
    let mut opening = Opening::new(file::decode(bytes)?)?;
    while opening.advance().transpose()?.is_none() {}
    let (session, _) = opening.finish(Source::File);
    let mut trace = Trace::of(&session);
    let mut lines = Vec::new();
    let mut goes_on = true;
    while goes_on {
        goes_on = trace.step(&mut lines);
        if (lines.len() >= BLOCK || !goes_on) && out.write_all(&lines).is_err() {
            // Whoever closes the pipe early has seen enough.
            return Ok(());
        }
        if lines.len() >= BLOCK {
            lines.clear();
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::host::setup_of;
    use crate::view::protocol::{Act, Command, Script, SetupName};
    use crate::view::session::Session;
    use crate::view::share::Shared;

    #[test]
    fn a_saved_run_is_told_line_by_line() {
        let script = Script::first(SetupName::Orders);
        let history = setup_of(&script).open().unwrap();
        let mut session = Session::open(history, script, 9_000_000, false);
        session.command(&Command::Act(Act::Kill(2)));
        let saved = file::encode(&Shared::of(&session, None));
        let mut out = Vec::new();
        tell(saved.as_bytes(), &mut out).unwrap();
        let lines = String::from_utf8(out).unwrap().lines().count() as u64;
        assert_eq!(lines, session.history.run().journal.seen() + 1);
        let wrong = saved.replace("Kill", "Explode");
        assert!(matches!(tell(wrong.as_bytes(), &mut Vec::new()), Err(Complaint::Action { .. })));
    }
}
