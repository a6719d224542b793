//! A file of compiled code: the code, and behind it what tells that it is whole.
//!
//! The code comes first because it is mapped from the file's beginning. The trailer is the magic word, the
//! key, the length of the code (8 bytes, the lowest first), and the SHA-256 of all before that.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};

use rustix::fs::{FileType, Stat, Timespec, Timestamps, UTIME_NOW, UTIME_OMIT, fstat, futimens};
use rustix::process::geteuid;
use sha2::{Digest as _, Sha256};

use super::error::CacheError;
use super::key::Key;

/// The word before the key.
const MAGIC: &[u8; 8] = b"wippy/1\n";

const KEY_BYTES: usize = 32;
const LENGTH_BYTES: usize = 8;
const HASH_BYTES: usize = 32;

/// What stands behind the code.
pub(super) const TRAILER_BYTES: usize = MAGIC.len() + KEY_BYTES + LENGTH_BYTES + HASH_BYTES;

/// How much is read at once.
const CHUNK_BYTES: usize = 256 << 10;

/// A file whose hash was compared after it was opened, and whose directory only its owner may write.
/// Files are never changed once they have their name, so it is still what was compared.
#[derive(Debug)]
pub(crate) struct VerifiedFile(File);

impl VerifiedFile {
    /// Compares a file with its trailer and with the key that it is looked for by.
    ///
    /// # Errors
    /// `Damaged` for what is not whole or of another key, `OtherOwner` and `WritableByOthers`, and
    /// `Path` with what reading gives.
    pub(super) fn verify(mut file: File, key: &Key) -> Result<VerifiedFile, CacheError> {
        let stat = fstat(&file).map_err(CacheError::system)?;
        if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
            return Err(CacheError::Damaged);
        }
        check_owner(&stat)?;
        let size = usize::try_from(stat.st_size).unwrap_or_default();
        let Some(code) = size.checked_sub(TRAILER_BYTES) else {
            return Err(CacheError::Damaged);
        };
        let expected = trailer_head(key, code);
        let mut hasher = Sha256::new();
        let mut left = code;
        let mut chunk = vec![0; CHUNK_BYTES];
        while left > 0 {
            let next = left.min(CHUNK_BYTES);
            let bytes = chunk.get_mut(..next).unwrap_or_default();
            read(&mut file, bytes)?;
            hasher.update(&*bytes);
            left -= next;
        }
        let mut head = [0; TRAILER_BYTES - HASH_BYTES];
        read(&mut file, &mut head)?;
        hasher.update(head);
        let mut hash = [0; HASH_BYTES];
        read(&mut file, &mut hash)?;
        match head == expected && hash == <[u8; HASH_BYTES]>::from(hasher.finalize()) {
            true => Ok(VerifiedFile(file)),
            false => Err(CacheError::Damaged),
        }
    }

    /// Notes that it was used, for what goes first when there is no room. Where that is not permitted
    /// it is not noted.
    pub(super) fn touch(&self) {
        let at = |tv_nsec| Timespec { tv_sec: 0, tv_nsec };
        let times = Timestamps {
            last_access: at(UTIME_OMIT),
            last_modification: at(UTIME_NOW),
        };
        let _ = futimens(&self.0, &times);
    }
}

impl AsFd for VerifiedFile {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

/// Writes code with its trailer.
///
/// # Errors
/// Those of the system, such as `StorageFull` and `FileTooLarge`.
pub(super) fn write(mut file: &File, key: &Key, code: &[u8]) -> io::Result<()> {
    let head = trailer_head(key, code.len());
    let mut hasher = Sha256::new();
    hasher.update(code);
    hasher.update(head);
    file.write_all(code)?;
    file.write_all(&head)?;
    file.write_all(&hasher.finalize())
}

/// Refuses what another user than root or the one of this process owns, or may write.
pub(super) fn check_owner(stat: &Stat) -> Result<(), CacheError> {
    let owner = stat.st_uid;
    if owner != geteuid().as_raw() && owner != 0 {
        return Err(CacheError::OtherOwner(owner));
    }
    match stat.st_mode & 0o022 {
        0 => Ok(()),
        _ => Err(CacheError::WritableByOthers(stat.st_mode & 0o7777)),
    }
}

/// The trailer without the hash.
fn trailer_head(key: &Key, code: usize) -> [u8; TRAILER_BYTES - HASH_BYTES] {
    let mut head = [0; TRAILER_BYTES - HASH_BYTES];
    let length = (code as u64).to_le_bytes();
    let parts = MAGIC.iter().chain(key.bytes()).chain(&length);
    for (byte, part) in head.iter_mut().zip(parts) {
        *byte = *part;
    }
    head
}

fn read(file: &mut File, bytes: &mut [u8]) -> Result<(), CacheError> {
    file.read_exact(bytes).map_err(|error| match error.kind() {
        io::ErrorKind::UnexpectedEof => CacheError::Damaged,
        _ => CacheError::system(error),
    })
}
