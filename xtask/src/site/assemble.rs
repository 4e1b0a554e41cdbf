//! Puts the site together: hash-named files in `assets/`, references rewritten, the security policy in the page.
use std::fs;
use std::path::{Path, PathBuf};

use crate::Result;
use crate::site::fresh_dir;
use crate::site::headers::Headers;
use crate::site::thin::thin;

/// Files that keep their name: hosts look for the first, the page starts the second by its name.
const FIXED: [&str; 2] = ["_headers", "engine-boot.js"];
/// Where the policy goes: before anything that it governs.
const CHARSET: &str = "<meta charset=\"utf-8\">";

/// One file on its way into the site; its path is relative to the folder it came from.
struct File {
    path: String,
    bytes: Vec<u8>,
}

/// A file's old and new place.
struct Renamed {
    from: String,
    to: String,
}

/// Refuses to replace a folder that is neither empty nor an earlier site, and a place that cannot be a folder.
pub fn check_replaceable(out: &Path) -> Result<()> {
    let below = out.ancestors().skip(1).find(|folder| folder.exists());
    if let Some(file) = below.filter(|folder| !folder.is_dir()) {
        return Err(format!("{} is a file, so nothing can be below it", file.display()).into());
    }
    let earlier_site = out.join("engine-boot.js").exists() && out.join("index.html").exists();
    let free = !out.exists() || (out.is_dir() && fs::read_dir(out)?.next().is_none());
    if earlier_site || free {
        return Ok(());
    }
    Err(format!("{} holds something else than an earlier site; empty it first", out.display())
        .into())
}

/// Writes the site made of `index.html`, `www/` and the wasm modules; returns a line a file.
pub fn assemble(root: &Path, modules: &Path, out: &Path) -> Result<Vec<String>> {
    let index = fs::read_to_string(root.join("index.html"))?;
    let mut files = read_tree(&root.join("www"))?;
    files.extend(read_tree(modules)?);
    let site = arrange(&index, files)?;
    // Beside its place first, so that a server never shows a half-written site.
    let staging = out.with_extension("new");
    fresh_dir(&staging)?;
    for File { path, bytes } in &site {
        let target = staging.join(path);
        fs::create_dir_all(target.parent().expect("a file in a folder"))?;
        fs::write(target, bytes)?;
    }
    if out.exists() {
        fs::remove_dir_all(out)?;
    }
    fs::rename(staging, out)?;
    Ok(site.iter().map(|file| format!("{:>9} {}", file.bytes.len(), file.path)).collect())
}

/// Names every file by its content, in an order in which what is referred to has its name already.
fn arrange(index: &str, mut files: Vec<File>) -> Result<Vec<File>> {
    files.sort_by(|a, b| (rank(&a.path), &a.path).cmp(&(rank(&b.path), &b.path)));
    let mut renamed: Vec<Renamed> = Vec::new();
    let mut site = Vec::new();
    let mut policy = None;
    for mut file in files {
        if file.path == "_headers" {
            policy = Some(Headers::parse(&text(&file)?)?.meta_policy()?);
        } else if is_text(&file.path) {
            let prefix = if is_fixed(&file.path) { "./assets/" } else { "./" };
            file.bytes = rewrite(&thin(&text(&file)?), &renamed, prefix).into_bytes();
        }
        if !is_fixed(&file.path) {
            let to = hashed_name(&file);
            let path = format!("assets/{to}");
            renamed.push(Renamed { from: std::mem::replace(&mut file.path, path), to });
        }
        site.push(file);
    }
    let policy = policy.ok_or("www/_headers is missing")?;
    let page = rewrite(&page(index, &policy)?, &renamed, "./assets/");
    if let Some(dead) = dead_reference(&page, &site) {
        return Err(format!("index.html refers to ./{dead}, which is not there").into());
    }
    site.push(File { path: "index.html".to_owned(), bytes: page.into_bytes() });
    Ok(site)
}

/// The first file that the page names and the site does not have.
fn dead_reference<'a>(page: &'a str, site: &[File]) -> Option<&'a str> {
    let mut named = page.split("\"./").skip(1).filter_map(|rest| rest.split('"').next());
    named.find(|name| site.iter().all(|file| file.path != *name))
}

/// The page without the lines that only Trunk reads and with the policy.
fn page(index: &str, policy: &str) -> Result<String> {
    let meta =
        format!("{CHARSET}\n  <meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">");
    if !index.contains(CHARSET) {
        return Err(format!("index.html has no {CHARSET}").into());
    }
    let lines = index.lines().filter(|line| !line.contains("data-trunk"));
    let page = lines.map(|line| format!("{line}\n")).collect::<String>();
    Ok(page.replacen(CHARSET, &meta, 1))
}

/// Points `./name` and wasm-bindgen's own `'name_bg.wasm'` to the new names.
fn rewrite(text: &str, renamed: &[Renamed], prefix: &str) -> String {
    let mut text = text.to_owned();
    for Renamed { from, to } in renamed {
        for quote in ['"', '\''] {
            text = text.replace(
                &format!("{quote}./{from}{quote}"),
                &format!("{quote}{prefix}{to}{quote}"),
            );
            if from.ends_with("_bg.wasm") {
                text =
                    text.replace(&format!("{quote}{from}{quote}"), &format!("{quote}{to}{quote}"));
            }
        }
    }
    text
}

/// Later ranks refer to earlier ones: data, snippets, styles, modules, boot scripts.
fn rank(path: &str) -> u8 {
    match path {
        "boot.js" | "engine-boot.js" => 4,
        _ if !is_text(path) => 0,
        _ if path.starts_with("snippets/") => 1,
        _ if path.ends_with(".css") => 2,
        _ => 3,
    }
}

fn is_fixed(path: &str) -> bool {
    FIXED.contains(&path)
}

fn is_text(path: &str) -> bool {
    [".js", ".css"].iter().any(|ending| path.ends_with(ending))
}

fn text(file: &File) -> Result<String> {
    String::from_utf8(file.bytes.clone()).map_err(|_| format!("{} is not UTF-8", file.path).into())
}

/// `styles/board.css` becomes `board-0123456789abcdef.css`.
fn hashed_name(file: &File) -> String {
    let name = file.path.rsplit('/').next().expect("rsplit yields at least one part");
    let (stem, ending) = name.rsplit_once('.').unwrap_or((name, "bin"));
    format!("{stem}-{}.{ending}", content_hash(&file.bytes))
}

/// FNV-1a, 64 bits: tells versions of a file apart, guards against nobody.
pub fn content_hash(bytes: &[u8]) -> String {
    let step = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    format!("{:016x}", bytes.iter().fold(0xcbf2_9ce4_8422_2325, step))
}

fn read_tree(dir: &Path) -> Result<Vec<File>> {
    let mut files = Vec::new();
    let mut folders: Vec<PathBuf> = vec![dir.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in
            fs::read_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))?
        {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let relative = path.strip_prefix(dir).expect("found below it");
            let relative = relative.to_string_lossy().replace('\\', "/");
            files.push(File { path: relative, bytes: fs::read(&path)? });
        }
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, text: &str) -> File {
        File { path: path.to_owned(), bytes: text.as_bytes().to_vec() }
    }

    fn sample() -> Vec<File> {
        let index = "<meta charset=\"utf-8\">\n<link data-trunk rel=\"rust\">\n<link href=\"./css/a.css\"><script src=\"./boot.js\"></script>";
        let files = vec![
            file("_headers", "/*\n  Content-Security-Policy: script-src 'self'"),
            file("boot.js", "import init from \"./playground.js\";"),
            file("css/a.css", "a {}"),
            file("engine-boot.js", "import init from \"./engine.js\";"),
            file("engine.js", "new URL('engine_bg.wasm', import.meta.url)"),
            file("engine_bg.wasm", "\0asm"),
            file("playground.js", ""),
        ];
        arrange(index, files).unwrap()
    }

    fn find<'a>(site: &'a [File], start: &str) -> &'a File {
        site.iter().find(|file| file.path.starts_with(start)).unwrap()
    }

    #[test]
    fn references_follow_the_new_names() {
        let site = sample();
        let page = text(find(&site, "index.html")).unwrap();
        assert!(page.contains(&format!("\"./{}\"", find(&site, "assets/a-").path)));
        assert!(page.contains(&format!("\"./{}\"", find(&site, "assets/boot-").path)));
        let engine = find(&site, "assets/engine-");
        assert!(
            text(find(&site, "engine-boot.js"))
                .unwrap()
                .contains(&format!("\"./{}\"", engine.path))
        );
        let wasm = &find(&site, "assets/engine_bg-").path["assets/".len()..];
        assert!(text(engine).unwrap().contains(&format!("'{wasm}'")));
    }

    #[test]
    fn the_page_has_the_policy_and_nothing_of_trunk() {
        let page = text(find(&sample(), "index.html")).unwrap();
        assert!(page.contains("content=\"script-src 'self'\""));
        assert!(!page.contains("data-trunk"));
    }

    #[test]
    fn a_changed_module_changes_the_name_of_what_loads_it() {
        let boot = |text: &str| {
            let headers = file("_headers", "/*\n  Content-Security-Policy: a");
            let files =
                vec![headers, file("boot.js", "\"./playground.js\""), file("playground.js", text)];
            let site = arrange(CHARSET, files).unwrap();
            find(&site, "assets/boot-").path.clone()
        };
        assert_ne!(boot("1"), boot("2"));
    }

    #[test]
    fn a_file_that_is_not_there_is_named() {
        let headers = || vec![file("_headers", "/*\n  Content-Security-Policy: a")];
        let page = format!("{CHARSET}<link href=\"./gone.css\">");
        let error = arrange(&page, headers()).err().unwrap().to_string();
        assert!(error.contains("./gone.css"), "{error}");
        assert!(arrange(CHARSET, headers()).is_ok());
    }

    #[test]
    fn a_folder_with_other_things_is_not_replaced() {
        let error = check_replaceable(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap_err();
        assert!(error.to_string().contains("something else"));
        check_replaceable(Path::new("/nowhere/at/all")).unwrap();
    }

    #[test]
    fn a_place_below_a_file_is_refused() {
        let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
        let error = check_replaceable(&manifest.join("sites/new")).unwrap_err().to_string();
        assert!(error.contains("Cargo.toml is a file"), "{error}");
    }
}
