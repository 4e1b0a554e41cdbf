//! The page as one file that opens from disk: styles, scripts, both wasm modules and the data set lie in the document, and its
//! policy lets it load nothing.
use std::fs;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use crate::Result;
use crate::site::headers::Headers;

const INFLATE: &str = include_str!("inflate.js");
const BOOT: &str = include_str!("boot.js");
const ENGINE_START: &str = include_str!("engine.js");

/// Tells an earlier page of this kind from something else that must not be overwritten.
const MARK: &str = "<meta name=\"generator\" content=\"cargo xtask site --single-file\">";
const CHARSET: &str = "<meta charset=\"utf-8\">";
/// The last line of the browser modules, which a script inside a document cannot have.
const EXPORTS: &str = "export { initSync, __wbg_init as default };";
/// Data that only a training needs.
const DIGITS: &str = "digits.bin";

/// Refuses to replace a folder, and a file that is something else.
pub fn check_replaceable(out: &Path) -> Result<()> {
    if out.is_dir() {
        return Err(format!("{} is a folder; name a file", out.display()).into());
    }
    if out.exists() && !fs::read_to_string(out).is_ok_and(|page| page.contains(MARK)) {
        return Err(format!("{} holds something else than an earlier page", out.display()).into());
    }
    Ok(())
}

/// Writes the page made of `index.html`, `www/` and the wasm modules; returns its size.
pub fn write(root: &Path, modules: &Path, out: &Path) -> Result<usize> {
    let page = page(root, modules)?;
    if let Some(folder) = out.parent() {
        fs::create_dir_all(folder)?;
    }
    // Beside its place first, so that nobody opens half a page.
    let staging = out.with_extension("new");
    fs::write(&staging, &page)?;
    fs::rename(staging, out)?;
    Ok(page.len())
}

fn page(root: &Path, modules: &Path) -> Result<String> {
    let index = fs::read_to_string(root.join("index.html"))?;
    let www = root.join("www");
    let headers = Headers::parse(&fs::read_to_string(www.join("_headers"))?)?;
    let style = styles(&index, &www)?;
    let theme = fs::read_to_string(www.join("theme.js"))?;
    let module = |name: &str| script_of(&fs::read_to_string(modules.join(name))?, name);
    let boot = format!("{}\n{INFLATE}\n{BOOT}", module("playground.js")?);
    let policy = policy(&headers.meta_policy()?, &style, &[&theme, &boot]);
    let blocks = [
        block("playground_bg.wasm", &packed(&fs::read(modules.join("playground_bg.wasm"))?)),
        block("engine_bg.wasm", &packed(&fs::read(modules.join("engine_bg.wasm"))?)),
        block(DIGITS, &packed(&fs::read(modules.join(DIGITS))?)),
        block("engine.js", &module("engine.js")?),
        block("engine-start.js", ENGINE_START),
        format!("<script type=\"module\">{boot}</script>\n"),
    ];
    let icon = STANDARD.encode(fs::read(www.join("favicon.svg"))?);
    let head = format!(
        "{CHARSET}\n  <meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">\n  {MARK}"
    );
    let start = format!("<style>{style}</style>\n  <script>{theme}</script>\n</head>");
    let bare = without_loads(&index);
    for part in [CHARSET, "</head>", "</body>", "./favicon.svg"] {
        if bare.matches(part).count() != 1 {
            return Err(format!("index.html must have {part} once").into());
        }
    }
    Ok(bare
        .replace(CHARSET, &head)
        .replace("./favicon.svg", &format!("data:image/svg+xml;base64,{icon}"))
        .replace("</head>", &start)
        .replace("</body>", &format!("{}</body>", blocks.concat())))
}

/// The page without the lines that load something.
fn without_loads(index: &str) -> String {
    let loads = [
        "data-trunk",
        "rel=\"stylesheet\"",
        "rel=\"preload\"",
        "rel=\"modulepreload\"",
        "<script ",
    ];
    let kept = index.lines().filter(|line| !loads.iter().any(|load| line.contains(load)));
    kept.map(|line| format!("{line}\n")).collect()
}

/// All style sheets in their order.
fn styles(index: &str, www: &Path) -> Result<String> {
    let sheets = index.lines().filter(|line| line.contains("rel=\"stylesheet\""));
    let mut style = String::new();
    for line in sheets {
        let name = line.split("href=\"./").nth(1).and_then(|rest| rest.split('"').next());
        let name = name.ok_or_else(|| format!("no style sheet in {line}"))?;
        style.push_str(&fs::read_to_string(www.join(name))?);
    }
    match style.contains("url(") || style.contains("</") {
        true => Err("a style sheet of a single file can refer to nothing".into()),
        false => Ok(style),
    }
}

/// A browser module as a script inside the document.
fn script_of(module: &str, name: &str) -> Result<String> {
    let body = module.trim_end().strip_suffix(EXPORTS);
    let body = body.ok_or_else(|| format!("{name} does not end with its exports"))?;
    let ends = ["</script", "<!--", "\nimport "].into_iter().find(|end| body.contains(end));
    match ends {
        Some(end) => Err(format!("{name} has {end:?}, which cannot stand inside a page").into()),
        // Its wasm is given to it, so it needs no address; a worker that is no module could not even name it.
        None => Ok(body.replace("import.meta.url", "\"\"")),
    }
}

fn packed(bytes: &[u8]) -> String {
    STANDARD.encode(miniz_oxide::deflate::compress_to_vec_zlib(bytes, 9))
}

/// Text that the browser keeps and does not run.
fn block(name: &str, text: &str) -> String {
    format!("<script type=\"text/plain\" id=\"part-{name}\">\n{text}\n</script>\n")
}

/// The site's policy, with these scripts and this style alone, and nothing to connect to.
fn policy(site: &str, style: &str, scripts: &[&str]) -> String {
    let hash = |text: &str| format!("'sha256-{}'", STANDARD.encode(Sha256::digest(text)));
    let scripts: Vec<String> = scripts.iter().map(|script| hash(script)).collect();
    let directives = site.split("; ").map(|directive| match directive.split(' ').next() {
        Some("script-src") => format!("script-src {} 'wasm-unsafe-eval'", scripts.join(" ")),
        Some("style-src") => format!("style-src {}", hash(style)),
        Some("img-src") => "img-src data:".to_owned(),
        Some("worker-src") => "worker-src blob:".to_owned(),
        Some(name @ ("connect-src" | "font-src")) => format!("{name} 'none'"),
        _ => directive.to_owned(),
    });
    directives.collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_of_a_single_file_names_what_is_in_it_and_loads_nothing() {
        let site = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; connect-src 'self'; worker-src 'self'";
        let policy = policy(site, "a{}", &["alert(1)"]);
        // echo -n 'alert(1)' | openssl dgst -sha256 -binary | base64
        let hash = "'sha256-bhHHL3z2vDgxUt0W3dWQOrprscmda2Y5pLsLg4GF+pI='";
        assert!(policy.contains(&format!("script-src {hash} 'wasm-unsafe-eval'")), "{policy}");
        assert!(policy.contains("connect-src 'none'; worker-src blob:"), "{policy}");
        assert!(!policy.contains("'self'"), "{policy}");
    }

    #[test]
    fn a_module_that_cannot_stand_inside_a_page_is_refused() {
        let module = |body: &str| script_of(&format!("{body}\n{EXPORTS}\n"), "a.js");
        assert_eq!(module("let a;").unwrap().trim(), "let a;");
        assert!(module("let a = '</script>';").is_err());
        assert!(module("\nimport a from './b.js';").is_err());
        assert!(script_of("let a;", "a.js").is_err());
    }

    #[test]
    fn what_loads_something_goes() {
        let index = "<head>\n<link rel=\"stylesheet\" href=\"./a.css\">\n<script src=\"./a.js\"></script>\n<p>";
        assert_eq!(without_loads(index), "<head>\n<p>\n");
    }

    #[test]
    fn something_else_is_not_replaced() {
        assert!(check_replaceable(Path::new(env!("CARGO_MANIFEST_DIR"))).is_err());
        assert!(
            check_replaceable(&Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml")).is_err()
        );
        check_replaceable(Path::new("/nowhere/at/all.html")).unwrap();
    }
}
