//! The hash of traces and logs: 64-bit FNV-1a.

/// The hash of nothing.
pub(crate) const EMPTY: u64 = 0xcbf2_9ce4_8422_2325;
const PRIME: u64 = 0x0000_0100_0000_01b3;

/// The hash of what has the hash `hash`, and `bytes` behind it.
pub(crate) fn extended(hash: u64, bytes: &[u8]) -> u64 {
    bytes.iter().fold(hash, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(PRIME)
    })
}

/// The hash of a draw, or of a text.
pub(crate) fn hash_of(bytes: &[u8]) -> u64 {
    extended(EMPTY, bytes)
}
