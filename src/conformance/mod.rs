//! Conformance: does the playground do what real Kafka did?
//!
//! A folder of truth holds files made outside this project: vectors written by Kafka's own classes, timelines recorded
//! from a real cluster, transcripts of its command line tools. The name of a file says its format, each row is a case.
//! What the project does not claim yet is a failed case, never a skipped one, and so is a file of an unknown format.
pub mod report;
pub mod timelines;
pub mod vectors;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use report::{CaseOutcome, FileReport, Report};

/// The folders to check; with none given, those of `tests/truth` that exist.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Args {
    /// Vectors, `*.jsonl`.
    pub vectors: Option<PathBuf>,
    /// Timelines, `*.jsonl`.
    pub timelines: Option<PathBuf>,
    /// Transcripts, `*.txt`.
    pub cli: Option<PathBuf>,
}

/// Checks the folders, prints a row a file and the totals, and fails unless every case passed.
pub fn run(args: Args) -> ExitCode {
    let args = if args == Args::default() { Args::of_the_project() } else { args };
    let report = check(&args);
    // Whoever closes the pipe early has seen enough; the exit code still tells.
    let _ = write!(std::io::stdout(), "{report}");
    if report.has_passed() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Checks the folders.
pub fn check(args: &Args) -> Report {
    let mut report = Report::default();
    if let Some(folder) = &args.vectors {
        report.extend(check_folder(folder, "jsonl", vectors::check_file));
    }
    if let Some(folder) = &args.timelines {
        report.extend(check_folder(folder, "jsonl", timelines::check_file));
    }
    if let Some(folder) = &args.cli {
        report.extend(check_folder(folder, "txt", not_claimed));
    }
    report
}

impl Args {
    fn of_the_project() -> Args {
        let truth = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join("truth");
        let folder = |name| Some(truth.join(name)).filter(|folder| folder.is_dir());
        Args { vectors: folder("vectors"), timelines: folder("timelines"), cli: folder("cli") }
    }
}

/// Checks every file of a folder with this extension, in the order of their names.
fn check_folder(
    folder: &Path,
    extension: &str,
    check_file: fn(&Path) -> Vec<CaseOutcome>,
) -> Vec<FileReport> {
    let files = match files_of(folder, extension) {
        Ok(files) if files.is_empty() => {
            return failed_folder(folder, &format!("no *.{extension} in it"));
        }
        Ok(files) => files,
        Err(error) => return failed_folder(folder, &error.to_string()),
    };
    files.into_iter().map(|file| FileReport { cases: check_file(&file), path: file }).collect()
}

fn files_of(folder: &Path, extension: &str) -> std::io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_file() && path.extension().is_some_and(|found| found == extension) {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn failed_folder(folder: &Path, reason: &str) -> Vec<FileReport> {
    vec![FileReport {
        path: folder.to_path_buf(),
        cases: vec![CaseOutcome::failed("folder", reason)],
    }]
}

fn not_claimed(_: &Path) -> Vec<CaseOutcome> {
    vec![CaseOutcome::failed("file", "this kind of truth is not claimed yet")]
}
