//! `cargo xtask fidelity`: lists what the simulation does more simply than Kafka, from the places that do so.
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::{Result, shell};

const MARK: &str = "Simplification:";
/// What stands above this line of the page is written by hand.
const GENERATED: &str = "<!-- From here on written by `cargo xtask fidelity`. -->";

/// One simplification and the file that makes it.
struct Entry {
    file: String,
    text: String,
}

/// `cargo xtask fidelity [--check]`: rewrites the generated part of docs/fidelity.md, or says whether it is current.
pub fn run(mut args: lexopt::Parser) -> Result<ExitCode> {
    use lexopt::prelude::*;
    let mut check = false;
    while let Some(arg) = args.next()? {
        match arg {
            Long("check") => check = true,
            _ => return Err(arg.unexpected().into()),
        }
    }
    let root = shell::root();
    let page = root.join("docs/fidelity.md");
    let entries = entries(&root)?;
    let text = fs::read_to_string(&page)?;
    let current = rewritten(&text, &entries)?;
    if check && current != text {
        return Err("docs/fidelity.md is not what the code says; type: cargo xtask fidelity".into());
    }
    fs::write(page, current)?;
    shell::say(format!("{} simplifications in docs/fidelity.md", entries.len()));
    Ok(ExitCode::SUCCESS)
}

fn rewritten(page: &str, entries: &[Entry]) -> Result<String> {
    let (by_hand, _) = page.split_once(GENERATED).ok_or("docs/fidelity.md has lost its mark")?;
    let mut text = format!("{by_hand}{GENERATED}\n");
    let mut file = "";
    for entry in entries {
        if entry.file != file {
            file = &entry.file;
            text += &format!("\n### [{file}](../{file})\n\n");
        }
        text += &format!("- {}\n", entry.text);
    }
    Ok(text)
}

fn entries(root: &Path) -> Result<Vec<Entry>> {
    let mut files = Vec::new();
    rust_files(&root.join("src"), &mut files)?;
    files.sort();
    let mut all = Vec::new();
    for path in files {
        let file = path.strip_prefix(root)?.to_string_lossy().replace('\\', "/");
        let found = simplifications(&fs::read_to_string(&path)?);
        all.extend(found.into_iter().map(|text| Entry { file: file.clone(), text }));
    }
    Ok(all)
}

fn rust_files(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            rust_files(&path, files)?;
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            files.push(path);
        }
    }
    Ok(())
}

/// The text behind each mark, to the end of its paragraph in the comment.
fn simplifications(source: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut open = false;
    for line in source.lines() {
        let comment =
            line.split_once("//").map(|(_, comment)| comment.trim_start_matches(['/', '!']).trim());
        match comment.map(|comment| (comment, comment.split_once(MARK))) {
            Some((_, Some((_, text)))) => {
                found.push(text.trim().to_owned());
                open = true;
            }
            Some((comment, None)) if open && !comment.is_empty() && !comment.starts_with('-') => {
                let last = found.last_mut().expect("an open paragraph has begun");
                *last += " ";
                *last += comment;
            }
            _ => open = false,
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_paragraph_is_taken_to_its_end() {
        let source = "//! Disks.\n//! Simplification: one disk\n//! a node.\n//!\n//! More.\nlet a = 1; // Simplification: b\nfn f() {}";
        assert_eq!(simplifications(source), ["one disk a node.", "b"]);
    }

    #[test]
    fn the_part_written_by_hand_stays() {
        let page = format!("# Fidelity\n\nby hand\n\n{GENERATED}\n\nold");
        let entry = Entry { file: "src/a.rs".to_owned(), text: "b".to_owned() };
        let text = rewritten(&page, &[entry]).unwrap();
        assert!(text.starts_with("# Fidelity\n\nby hand\n\n"));
        assert!(text.ends_with("### [src/a.rs](../src/a.rs)\n\n- b\n"));
        assert!(rewritten("# Fidelity", &[]).is_err());
    }
}
