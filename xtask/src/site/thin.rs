//! Takes out of scripts and style sheets what only people read: comments with lines of their own, indentation, empty lines.

/// The text without them. A comment behind code stays: telling it from a string would take a parser.
pub fn thin(text: &str) -> String {
    let mut thin = String::with_capacity(text.len());
    let mut in_comment = false;
    for line in text.lines().map(str::trim) {
        let begins =
            line.starts_with("/*") && line.find("*/").is_none_or(|end| end + 2 == line.len());
        if in_comment || begins {
            in_comment = !line.ends_with("*/");
        } else if !line.is_empty() && !line.starts_with("//") {
            thin.push_str(line);
            thin.push('\n');
        }
    }
    thin
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_people_read_goes() {
        let script =
            "// why\n\n/**\n * what\n */\n  /* short */\nlet a = 1; // one\n  /* x */ let b;\n";
        assert_eq!(thin(script), "let a = 1; // one\n/* x */ let b;\n");
        assert_eq!(thin("/* a\n   b */\np {\n  margin: 0;\n}\n"), "p {\nmargin: 0;\n}\n");
    }

    #[test]
    fn an_address_is_no_comment() {
        assert_eq!(
            thin("  \"//a/*b\";\nfetch('https://a.b');"),
            "\"//a/*b\";\nfetch('https://a.b');\n"
        );
    }
}
