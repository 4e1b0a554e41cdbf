//! Where the bytes of the digits are: in the program, or with the feature `web` with whoever fetches them. A first visit trains
//! nothing, and they would be a tenth of what it downloads.

use crate::ml::hash::fnv1a;

/// FNV-1a of `data/digits.bin`.
pub const CHECKSUM: u64 = 0x7768_69cc_e379_5967;

/// Bytes that are not the shipped digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OtherBytes;

#[cfg(not(feature = "web"))]
mod source {
    pub fn bytes() -> Option<&'static [u8]> {
        Some(include_bytes!("../../../data/digits.bin"))
    }

    pub fn put(_same: Vec<u8>) {}
}

#[cfg(feature = "web")]
mod source {
    use std::sync::OnceLock;

    static FETCHED: OnceLock<Vec<u8>> = OnceLock::new();

    pub fn bytes() -> Option<&'static [u8]> {
        FETCHED.get().map(Vec::as_slice)
    }

    pub fn put(bytes: Vec<u8>) {
        FETCHED.get_or_init(|| bytes);
    }
}

/// The digits, once they are there.
pub fn bytes() -> Option<&'static [u8]> {
    source::bytes()
}

/// Takes the digits from whoever fetched them.
///
/// # Errors
/// If they are not what this program was tested with.
pub fn put(bytes: Vec<u8>) -> Result<(), OtherBytes> {
    if fnv1a(bytes.iter().copied()) != CHECKSUM {
        return Err(OtherBytes);
    }
    source::put(bytes);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_shipped_digits_are_taken() {
        let mut digits = bytes().expect("they are in the program").to_vec();
        assert_eq!(put(digits.clone()), Ok(()));
        digits[64] ^= 1;
        assert_eq!(put(digits), Err(OtherBytes));
        assert_eq!(put(Vec::new()), Err(OtherBytes));
    }
}
