//! `hashCode` of the classes Kafka uses as keys, and the integer helpers of Kafka's `Utils` that go with it.
use std::sync::Arc;

/// A value with a Java `hashCode`.
pub trait JavaHash {
    /// The value of `hashCode()`.
    fn hash_code(&self) -> i32;
}

impl JavaHash for i32 {
    fn hash_code(&self) -> i32 {
        *self
    }
}

impl JavaHash for i64 {
    fn hash_code(&self) -> i32 {
        (*self ^ ((*self as u64) >> 32) as i64) as i32
    }
}

impl JavaHash for str {
    /// `String.hashCode`, which runs over UTF-16 code units and wraps.
    fn hash_code(&self) -> i32 {
        self.encode_utf16()
            .fold(0_i32, |hash, unit| hash.wrapping_mul(31).wrapping_add(i32::from(unit)))
    }
}

impl JavaHash for String {
    fn hash_code(&self) -> i32 {
        self.as_str().hash_code()
    }
}

impl<T: JavaHash + ?Sized> JavaHash for Arc<T> {
    fn hash_code(&self) -> i32 {
        (**self).hash_code()
    }
}

impl<T: JavaHash + ?Sized> JavaHash for &T {
    fn hash_code(&self) -> i32 {
        (**self).hash_code()
    }
}

/// `Optional.hashCode`: that of the value, 0 if there is none.
impl<T: JavaHash> JavaHash for Option<T> {
    fn hash_code(&self) -> i32 {
        self.as_ref().map_or(0, JavaHash::hash_code)
    }
}

/// `Utils.abs`: the absolute value, and 0 for `Integer.MIN_VALUE`, which has none.
pub fn abs(n: i32) -> i32 {
    n.checked_abs().unwrap_or(0)
}

/// `Utils.toPositive`: clears the sign bit (which is not the absolute value).
pub fn to_positive(n: i32) -> i32 {
    n & i32::MAX
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_hash_over_utf16_code_units() {
        assert_eq!("".hash_code(), 0);
        assert_eq!("test".hash_code(), 3_556_498);
        assert_eq!("polygenelubricants".hash_code(), i32::MIN);
        assert_eq!("é".hash_code(), 233);
        assert_eq!("🚀".hash_code(), 1_773_027, "two surrogates");
    }

    #[test]
    fn the_smallest_int_has_no_absolute_value() {
        assert_eq!(abs(i32::MIN), 0);
        assert_eq!(abs(-5), 5);
        assert_eq!(to_positive(-5), 2_147_483_643);
        assert_eq!(to_positive(i32::MIN), 0);
    }

    #[test]
    fn longs_fold_their_halves() {
        assert_eq!((1_i64 << 32).hash_code(), 1);
        assert_eq!((-1_i64).hash_code(), 0);
    }

    #[test]
    fn an_empty_optional_hashes_to_zero() {
        assert_eq!(None::<String>.hash_code(), 0);
        assert_eq!(Some("a".to_string()).hash_code(), 97);
    }
}
