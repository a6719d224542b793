//! The hash that names a module.

use std::{fmt, io};

use sha2::{Digest as _, Sha256};

use super::ModuleError;

/// A SHA-256 digest.
///
/// ```
/// use wippy::Digest;
///
/// let digest = Digest::of(b"").to_string();
/// assert!(digest.starts_with("e3b0c442") && digest.len() == 64);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Digest([u8; 32]);

impl Digest {
    /// Of these bytes.
    pub fn of(bytes: &[u8]) -> Digest {
        Digest(Sha256::digest(bytes).into())
    }

    /// Of all that a reader gives, which is not kept.
    ///
    /// # Errors
    /// The reader's.
    pub(crate) fn of_reader(mut reader: impl io::Read) -> io::Result<Digest> {
        let mut hash = Sha256::new();
        io::copy(&mut reader, &mut hash)?;
        Ok(Digest(hash.finalize().into()))
    }

    /// Its 32 bytes.
    pub(crate) fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl From<[u8; 32]> for Digest {
    fn from(bytes: [u8; 32]) -> Digest {
        Digest(bytes)
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sha256:{self}")
    }
}

/// An entry's `hash` field.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct ExpectedHash(String);

impl ExpectedHash {
    /// Reads `sha256:<hex>`.
    ///
    /// # Errors
    /// `HashFormat` and `HashAlgorithm`.
    pub fn parse(text: &str) -> Result<ExpectedHash, ModuleError> {
        let (algorithm, hex) = text
            .split_once(':')
            .ok_or_else(|| ModuleError::HashFormat(text.to_owned()))?;
        if algorithm != "sha256" {
            return Err(ModuleError::HashAlgorithm(algorithm.to_owned()));
        }
        Ok(ExpectedHash(hex.to_owned()))
    }

    /// Compares without regard to case.
    ///
    /// # Errors
    /// `HashMismatch`.
    pub fn verify(&self, actual: Digest) -> Result<(), ModuleError> {
        let actual = actual.to_string();
        match self.0.eq_ignore_ascii_case(&actual) {
            true => Ok(()),
            false => Err(ModuleError::HashMismatch {
                expected: self.0.clone(),
                actual,
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    fn check(text: &str) -> Result<(), String> {
        ExpectedHash::parse(text)
            .and_then(|expected| expected.verify(Digest::of(b"")))
            .map_err(|error| error.to_string())
    }

    #[test]
    fn hashes_compare_without_case() {
        assert_eq!(check(&format!("sha256:{EMPTY}")), Ok(()));
        assert_eq!(check(&format!("sha256:{}", EMPTY.to_uppercase())), Ok(()));
    }

    #[test]
    fn the_texts_are_those_of_the_documentation() {
        let error = |text: &str| check(text).expect_err(text);
        assert_eq!(error("abc"), "invalid hash format: abc");
        assert_eq!(error("md5:abc"), "unsupported hash algorithm: md5");
        assert_eq!(
            error("sha256:a:b"),
            format!("hash mismatch: expected a:b, got {EMPTY}")
        );
    }
}
