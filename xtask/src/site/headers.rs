//! `www/_headers`, the one place of the security policy: static hosts read it, the meta tag and `serve` are made from it.
use crate::Result;

/// The headers of one path pattern, such as `/*` or `/assets/*`.
struct Block {
    pattern: String,
    headers: Vec<(String, String)>,
}

/// A parsed `_headers` file.
pub struct Headers {
    blocks: Vec<Block>,
}

impl Headers {
    /// Reads the format of Cloudflare Pages and Netlify: a pattern a line, its headers indented below.
    pub fn parse(text: &str) -> Result<Headers> {
        let mut blocks: Vec<Block> = Vec::new();
        for line in text.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#')) {
            if !line.starts_with(char::is_whitespace) {
                blocks.push(Block { pattern: line.trim().to_owned(), headers: Vec::new() });
                continue;
            }
            let (name, value) = line.split_once(':').ok_or(format!("not a header: {line}"))?;
            let block = blocks.last_mut().ok_or(format!("a header before any path: {line}"))?;
            block.headers.push((name.trim().to_owned(), value.trim().to_owned()));
        }
        Ok(Headers { blocks })
    }

    /// The headers of a path; a later block replaces what an earlier one said.
    pub fn of(&self, path: &str) -> Vec<(&str, &str)> {
        let mut headers: Vec<(&str, &str)> = Vec::new();
        let blocks = self.blocks.iter().filter(|block| matches(&block.pattern, path));
        for (name, value) in blocks.flat_map(|block| &block.headers) {
            headers.retain(|(earlier, _)| !earlier.eq_ignore_ascii_case(name));
            headers.push((name, value));
        }
        headers
    }

    /// The content security policy as far as a meta tag can carry it.
    pub fn meta_policy(&self) -> Result<String> {
        let headers = self.of("/");
        let (_, policy) = headers
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case("content-security-policy"))
            .ok_or("www/_headers has no Content-Security-Policy for /*")?;
        // Browsers ignore this directive in a meta tag and complain about it.
        let directives = policy.split(';').map(str::trim).filter(|directive| !directive.is_empty());
        let kept = directives.filter(|directive| !directive.starts_with("frame-ancestors"));
        Ok(kept.collect::<Vec<_>>().join("; "))
    }
}

fn matches(pattern: &str, path: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(prefix) => path.starts_with(prefix),
        None => path == pattern,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
# who may do what
/*
  Content-Security-Policy: default-src 'none'; frame-ancestors 'none'; script-src 'self'
  Cache-Control: no-cache
/assets/*
  Cache-Control: max-age=1
";

    #[test]
    fn the_more_special_block_wins() {
        let headers = Headers::parse(TEXT).unwrap();
        assert!(headers.of("/assets/a.js").contains(&("Cache-Control", "max-age=1")));
        assert!(!headers.of("/assets/a.js").contains(&("Cache-Control", "no-cache")));
        assert!(headers.of("/").contains(&("Cache-Control", "no-cache")));
    }

    #[test]
    fn a_meta_tag_carries_no_frame_ancestors() {
        let policy = Headers::parse(TEXT).unwrap().meta_policy().unwrap();
        assert_eq!(policy, "default-src 'none'; script-src 'self'");
    }

    #[test]
    fn a_header_without_a_path_is_refused() {
        assert!(Headers::parse("  X-A: b").is_err());
        assert!(Headers::parse("/*\n  nothing").is_err());
    }
}
