//! Fingerprints of floats by their bits.

const FNV_OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
const FNV_PRIME: u64 = 0x0000_0100_0000_01b3;

/// FNV-1a over bytes.
pub fn fnv1a(bytes: impl IntoIterator<Item = u8>) -> u64 {
    bytes
        .into_iter()
        .fold(FNV_OFFSET, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(FNV_PRIME))
}

/// FNV-1a over the little-endian bits of the values.
pub fn fingerprint(values: &[f32]) -> u64 {
    fnv1a(values.iter().flat_map(|&value| bits(value).to_le_bytes()))
}

/// The bits of a value, with one representation for every NaN.
pub fn bits(value: f32) -> u32 {
    if value.is_nan() { 0x7fc0_0000 } else { value.to_bits() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_hash_as_fnv_1a_says() {
        assert_eq!(fnv1a([]), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fnv1a(*b"foobar"), 0x8594_4171_f739_67e8);
    }

    #[test]
    fn one_bit_changes_a_fingerprint() {
        assert_ne!(fingerprint(&[0.0, 1.0]), fingerprint(&[-0.0, 1.0]));
        assert_eq!(bits(-f32::NAN), bits(f32::NAN));
    }
}
