//! `String.compareTo`.
use std::cmp::Ordering;

/// Compares as `String.compareTo` does, by UTF-16 code units.
///
/// The order differs from Rust's only where a character outside the basic plane meets one from U+E000 upwards.
// Never inlined: every sort by name would carry a dozen copies of the decoder into the engine's module.
#[inline(never)]
pub fn compare(left: &str, right: &str) -> Ordering {
    left.encode_utf16().cmp(right.encode_utf16())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn surrogates_sort_before_the_private_use_area() {
        assert_eq!(compare("a", "b"), Ordering::Less);
        assert_eq!(compare("az-10", "az-9"), Ordering::Less);
        assert_eq!(compare("🚀", "\u{e000}"), Ordering::Less);
        assert_eq!("🚀".cmp("\u{e000}"), Ordering::Greater);
    }
}
