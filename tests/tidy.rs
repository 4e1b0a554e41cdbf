//! What the compiler does not check about the shape of the project. Every rule is a test of its own and is first shown
//! a text that breaks it, so that it cannot fall silent.
#![allow(clippy::unwrap_used, reason = "a tidy test that cannot read the tree has failed")]

use std::fs;
use std::path::{Path, PathBuf};

/// The rooms from the bottom up, each with the rooms it may use (ARCHITECTURE.md, "Code map").
const ROOMS: [(&str, &str); 12] = [
    ("limits", ""),
    ("sim", "limits"),
    ("ml", "limits sim"),
    ("apps", "limits sim ml"),
    ("checks", "limits sim"),
    ("wire", "limits sim"),
    ("playground", "limits sim ml apps checks"),
    ("view", "limits sim ml apps checks playground"),
    ("ui", "limits sim ml apps checks playground view"),
    ("conformance", "limits sim ml apps checks wire playground"),
    ("cli", "limits sim ml apps checks wire playground view conformance"),
    ("bin", "limits sim ml apps checks wire playground view conformance ui cli"),
];

/// The rooms whose bits must be the same everywhere.
const DETERMINISTIC: [&str; 4] = ["sim", "ml", "apps", "checks"];

// Written in two halves, so that this file does not find itself.
const LEFTOVERS: [&str; 7] = [
    concat!("TO", "DO"),
    concat!("FIX", "ME"),
    concat!("XX", "X"),
    concat!("db", "g!("),
    concat!("to", "do!("),
    concat!("unimple", "mented!("),
    concat!("#[ig", "nore"),
];

const NONDETERMINISTIC: [&str; 9] = [
    "std::time",
    "std::thread",
    "std::env",
    "std::fs",
    // Not the bare names: sim/java/ has Kafka's own hash maps, whose order is part of the truth.
    "std::collections::Hash",
    "std::collections::hash",
    "println!(",
    "eprintln!(",
    "thread_rng",
];

/// What the page's security policy would refuse at run time anyway, seen before that.
const REFUSED_BY_POLICY: [&str; 5] =
    ["from_html_unchecked", "set_inner_html", "insert_adjacent_html", "style={", "style=\""];

/// A text and its path from the root, with forward slashes.
struct Source {
    path: String,
    text: String,
}

impl Source {
    fn new(path: &str, text: &str) -> Source {
        Source { path: path.to_owned(), text: text.to_owned() }
    }

    /// The first folder (or file stem) below `src/`.
    fn room(&self) -> Option<&str> {
        let below = self.path.strip_prefix("src/")?;
        let first = below.split('/').next()?;
        Some(first.strip_suffix(".rs").unwrap_or(first)).filter(|room| *room != "lib")
    }

    /// The lines that are code, with their numbers.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let numbered = self.text.lines().enumerate().map(|(index, line)| (index + 1, line));
        numbered.filter(|(_, line)| !line.trim_start().starts_with("//"))
    }

    fn lines_with<'a>(&'a self, words: &'a [&str]) -> impl Iterator<Item = String> + 'a {
        let found = move |(number, line): (usize, &str)| {
            let word = words.iter().find(|word| line.contains(**word))?;
            Some(format!("{}:{number}: {word}", self.path))
        };
        self.code().filter_map(found)
    }
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// All files with an ending below some folders or files of the project, in order of their paths.
fn sources(places: &[&str], ending: &str) -> Vec<Source> {
    let mut files = Vec::new();
    for place in places {
        collect(&root().join(place), ending, &mut files);
    }
    files.sort();
    let read = |path: PathBuf| {
        let relative = path.strip_prefix(root()).unwrap().to_string_lossy().replace('\\', "/");
        Source { path: relative, text: fs::read_to_string(&path).unwrap() }
    };
    files.into_iter().map(read).collect()
}

fn collect(place: &Path, ending: &str, files: &mut Vec<PathBuf>) {
    if place.is_file() && place.extension().is_some_and(|found| found == ending) {
        files.push(place.to_owned());
    }
    let foreign = place.ends_with("node_modules") || place.ends_with("target");
    if place.is_dir() && !foreign {
        fs::read_dir(place)
            .unwrap()
            .for_each(|entry| collect(&entry.unwrap().path(), ending, files));
    }
}

fn assert_clean(findings: Vec<String>) {
    assert!(findings.is_empty(), "\n{}\n", findings.join("\n"));
}

/// The rooms that a line names as `crate::room` or inside `crate::{…}`.
fn rooms_named(line: &str) -> Vec<&str> {
    let mut rooms = Vec::new();
    for part in line.split("crate::").skip(1) {
        let Some(group) = part.strip_prefix('{') else {
            rooms.extend(leading_word(part));
            continue;
        };
        let mut depth = 0_i32;
        let outermost = group.split_inclusive(['{', '}', ',']).filter_map(|piece| {
            let word = (depth == 0).then(|| leading_word(piece.trim_start())).flatten();
            depth += match piece.chars().last() {
                Some('{') => 1,
                Some('}') => -1,
                _ => 0,
            };
            word
        });
        rooms.extend(outermost);
    }
    rooms
}

fn leading_word(text: &str) -> Option<&str> {
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
    Some(&text[..end]).filter(|word| !word.is_empty())
}

/// Joins the lines of a `use crate::{…}` that rustfmt has broken.
fn joined_uses(source: &Source) -> String {
    let mut text = String::new();
    let mut open = 0_usize;
    for (_, line) in source.code() {
        let in_use = open > 0 || line.trim_start().contains("use crate::{");
        text.push_str(line);
        if in_use {
            open = (open + line.matches('{').count()).saturating_sub(line.matches('}').count());
        }
        text.push(if open > 0 { ' ' } else { '\n' });
    }
    text
}

fn upward_uses(source: &Source) -> Vec<String> {
    let Some(room) = source.room() else { return Vec::new() };
    let Some((_, allowed)) = ROOMS.iter().find(|(name, _)| *name == room) else {
        return vec![format!("{}: the room {room} is not in the list of rooms", source.path)];
    };
    let joined = joined_uses(source);
    let is_room = |word: &str| ROOMS.iter().any(|(name, _)| *name == word);
    let named = joined.lines().flat_map(rooms_named);
    let upward = named.filter(|word| {
        is_room(word) && *word != room && !allowed.split(' ').any(|name| name == *word)
    });
    upward.map(|word| format!("{}: {room} must not use {word}", source.path)).collect()
}

#[test]
fn rooms_use_only_the_rooms_below() {
    let one_line = Source::new("src/sim/a.rs", "use crate::ml::Model;");
    assert_eq!(upward_uses(&one_line).len(), 1);
    let broken =
        "use crate::{\n    sim::{Offset, ui},\n    view::Scene,\n};\nuse crate::sim::{self};";
    assert_eq!(
        upward_uses(&Source::new("src/apps/a.rs", broken)),
        ["src/apps/a.rs: apps must not use view"]
    );
    let inline = "fn f(x: crate::ui::App) {}";
    assert_eq!(upward_uses(&Source::new("src/view/a.rs", inline)).len(), 1);
    assert_eq!(upward_uses(&Source::new("src/attic/a.rs", "")).len(), 1);
    assert_eq!(upward_uses(&Source::new("src/ui/a.rs", "use crate::view::Scene;")).len(), 0);
    assert_clean(sources(&["src"], "rs").iter().flat_map(upward_uses).collect());
}

#[test]
fn nothing_is_left_for_later() {
    let sample = Source::new("a.rs", &format!("fn f() {{ {}) }}", LEFTOVERS[4]));
    assert_eq!(sample.lines_with(&LEFTOVERS).count(), 1);
    let all = sources(&["src", "tests", "benches", "xtask"], "rs");
    let in_code = all.iter().flat_map(|source| source.lines_with(&LEFTOVERS).collect::<Vec<_>>());
    let words = &LEFTOVERS[..3];
    let comments = all.iter().flat_map(|source| {
        let comment = |line: &&str| line.trim_start().starts_with("//");
        let found = move |line: &str| words.iter().any(|word| line.contains(word));
        let lines = source.text.lines().filter(comment).filter(move |line| found(line));
        lines.map(|line| format!("{}: {}", source.path, line.trim())).collect::<Vec<_>>()
    });
    assert_clean(in_code.chain(comments).collect());
}

#[test]
fn the_core_sees_no_clock_no_thread_and_no_hash_order() {
    let sample = Source::new("src/sim/a.rs", "// std::thread\nuse std::time::Instant;");
    assert_eq!(
        sample.lines_with(&NONDETERMINISTIC).collect::<Vec<_>>(),
        ["src/sim/a.rs:2: std::time"]
    );
    let core = sources(
        &DETERMINISTIC.map(|room| format!("src/{room}")).each_ref().map(String::as_str),
        "rs",
    );
    assert!(!core.is_empty());
    assert_clean(
        core.iter()
            .flat_map(|source| source.lines_with(&NONDETERMINISTIC).collect::<Vec<_>>())
            .collect(),
    );
}

#[test]
fn the_page_makes_no_markup_of_text_and_no_inline_style() {
    let sample = Source::new("src/ui/a.rs", "html! { <p style={colour} /> }");
    assert_eq!(sample.lines_with(&REFUSED_BY_POLICY).count(), 1);
    let page = sources(&["src/ui", "src/bin", "index.html", "www"], "rs");
    let mut findings: Vec<String> = page
        .iter()
        .flat_map(|source| source.lines_with(&REFUSED_BY_POLICY).collect::<Vec<_>>())
        .collect();
    findings.extend(sources(&["index.html"], "html").iter().flat_map(inline_parts));
    assert_clean(findings);
}

fn inline_parts(page: &Source) -> Vec<String> {
    let inline = |line: &&str| {
        let script = line.contains("<script") && !line.contains(" src=");
        script || line.contains("<style") || line.contains(" style=") || line.contains(" onclick=")
    };
    page.text.lines().filter(inline).map(|line| format!("{}: {}", page.path, line.trim())).collect()
}

#[test]
fn an_inline_script_or_style_is_found() {
    let page = "<script>1</script>\n<p style=\"a\">\n<script src=\"./boot.js\"></script>\n<style>a {}</style>";
    assert_eq!(inline_parts(&Source::new("index.html", page)).len(), 3);
}

/// Files that no `mod` line leads to, and folders beside a file of the same name.
fn unreachable_files(sources: &[Source]) -> Vec<String> {
    let declares = |parent: &str, module: &str| {
        let parent = sources.iter().find(|source| source.path == parent);
        let line = |line: &str| line.ends_with(&format!("mod {module};"));
        parent.is_some_and(|parent| parent.code().any(|(_, code)| line(code.trim())))
    };
    let mut findings = Vec::new();
    for source in sources.iter().filter(|source| !source.path.starts_with("src/bin/")) {
        let stem = source.path.strip_suffix(".rs").unwrap_or(&source.path);
        let module = stem.strip_suffix("/mod").unwrap_or(stem);
        let Some((folder, name)) = module.rsplit_once('/') else { continue };
        let parent =
            if folder == "src" { "src/lib.rs".to_owned() } else { format!("{folder}/mod.rs") };
        if module != "src/lib" && !declares(&parent, name) {
            findings.push(format!("{}: {parent} has no `mod {name};`", source.path));
        }
    }
    findings
}

#[test]
fn every_file_is_part_of_the_crate() {
    let files = [
        Source::new("src/lib.rs", "pub mod sim;"),
        Source::new("src/sim/mod.rs", "mod clock;\n// mod ghost;"),
        Source::new("src/sim/clock.rs", ""),
        Source::new("src/sim/ghost.rs", ""),
        Source::new("src/sim/clock/hand.rs", ""),
    ];
    let findings = unreachable_files(&files);
    assert_eq!(findings.len(), 2, "{findings:?}");
    assert!(
        findings[0].starts_with("src/sim/ghost.rs")
            && findings[1].starts_with("src/sim/clock/hand.rs")
    );
    assert_clean(unreachable_files(&sources(&["src"], "rs")));
}

/// Every `allow` outside of a comment that does not say why.
fn allows_without_reason(source: &Source) -> Vec<String> {
    let code: String = source.code().map(|(_, line)| format!("{}\n", line.trim())).collect();
    let attributes = code.split("#[").chain(code.split("#![")).skip(1);
    let allow = |part: &&str| part.starts_with("allow(") || part.starts_with("expect(");
    let whole = attributes.filter(allow).map(|part| part.split(")]").next().unwrap_or(part));
    let unexplained = whole.filter(|attribute| !attribute.contains("reason"));
    unexplained.map(|attribute| format!("{}: {attribute})", source.path)).collect()
}

#[test]
fn every_allowed_lint_has_a_reason() {
    let sample = "#[allow(dead_code)]\n#[allow(\n  unused,\n  reason = \"a\"\n)]\nfn f() {}";
    assert_eq!(allows_without_reason(&Source::new("a.rs", sample)), ["a.rs: allow(dead_code)"]);
    assert_eq!(allows_without_reason(&Source::new("a.rs", "#![allow(unused)]")).len(), 1);
    let all = sources(&["src", "tests", "benches", "xtask"], "rs");
    let others = all.iter().filter(|source| source.path != "tests/tidy.rs");
    assert_clean(others.flat_map(allows_without_reason).collect());
}

/// Links of a Markdown file to files that are not there.
fn dead_links(page: &Source, exists: impl Fn(&str) -> bool) -> Vec<String> {
    let folder = page.path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let targets = page.text.split("](").skip(1).filter_map(|part| part.split(')').next());
    let local = targets.filter(|target| !target.contains("://") && !target.starts_with(['#', '<']));
    let files = local.map(|target| target.split('#').next().unwrap_or(target));
    let dead = files.filter(|file| !exists(&resolve(folder, file)));
    dead.map(|file| format!("{}: {file} does not exist", page.path)).collect()
}

fn resolve(folder: &str, link: &str) -> String {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in link.split('/') {
        match part {
            "." | "" => {}
            ".." => drop(parts.pop()),
            name => parts.push(name),
        }
    }
    parts.join("/")
}

fn pages() -> Vec<Source> {
    let mut pages = sources(&["docs", "tests", "conformance"].map(existing), "md");
    for entry in fs::read_dir(root()).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if name.ends_with(".md") {
            pages.extend(sources(&[&name], "md"));
        }
    }
    pages
}

/// A place, or one that holds nothing when it does not exist yet.
fn existing(place: &str) -> &str {
    if root().join(place).exists() { place } else { "LICENSE" }
}

#[test]
fn links_between_documents_lead_somewhere() {
    let page =
        Source::new("docs/a.md", "[a](../README.md#goals) [b](gone.md) [c](https://example.org)");
    assert_eq!(
        dead_links(&page, |file| file == "README.md"),
        ["docs/a.md: gone.md does not exist"]
    );
    let pages = pages();
    assert!(pages.iter().any(|page| page.path == "README.md"));
    let exists = |file: &str| root().join(file).exists();
    assert_clean(pages.iter().flat_map(|page| dead_links(page, exists)).collect());
}

#[test]
fn the_bird_s_eye_view_stays_short() {
    let lines = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap().lines().count();
    assert!((40..=200).contains(&lines), "ARCHITECTURE.md has {lines} lines");
}

#[test]
fn the_readme_names_the_two_commands() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    for command in ["cargo xtask serve", "cargo xtask test"] {
        assert!(readme.contains(command), "README.md does not name `{command}`");
    }
}
