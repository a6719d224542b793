//! The bytes of a log, from a file or from memory, read from any place.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use super::{LogError, MAX_BLOCK};
use crate::sim::hash;

/// Several cursors may read the same bytes at once.
#[derive(Clone)]
pub(super) enum Source {
    File(Arc<File>),
    Memory(Arc<[u8]>),
}

/// A place in a source.
struct At {
    source: Source,
    at: u64,
}

impl Read for At {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = match &self.source {
            Source::File(file) => file.read_at(buffer, self.at)?,
            Source::Memory(bytes) => {
                let start = usize::try_from(self.at).unwrap_or(usize::MAX);
                bytes.get(start..).unwrap_or_default().read(buffer)?
            }
        };
        self.at += read as u64;
        Ok(read)
    }
}

/// Reads a log from its beginning, and hashes it.
pub(super) struct Cursor {
    reader: BufReader<At>,
    /// How many bytes were read.
    pub(super) at: u64,
    hash: u64,
}

impl Cursor {
    pub(super) fn new(source: Source) -> Cursor {
        Cursor {
            reader: BufReader::with_capacity(MAX_BLOCK, At { source, at: 0 }),
            at: 0,
            hash: hash::EMPTY,
        }
    }

    /// # Errors
    /// `Read`, `Cut`.
    fn fill(&mut self, mut buffer: &mut [u8]) -> Result<(), LogError> {
        while !buffer.is_empty() {
            match self.reader.read(buffer) {
                Ok(0) => return Err(LogError::Cut { at: self.at }),
                Ok(read) => {
                    self.at += read as u64;
                    buffer = &mut buffer[read..];
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(LogError::read(error)),
            }
        }
        Ok(())
    }

    /// Reads bytes that the next hash covers.
    ///
    /// # Errors
    /// `Read`, `Cut`.
    pub(super) fn take(&mut self, buffer: &mut [u8]) -> Result<(), LogError> {
        self.fill(buffer)?;
        self.hash = hash::extended(self.hash, buffer);
        Ok(())
    }

    /// Reads a block of `most` bytes at most, and checks the hash behind it.
    ///
    /// # Errors
    /// `Read`, `Cut`, `Damaged`.
    pub(super) fn block(&mut self, most: usize, block: &mut Vec<u8>) -> Result<(), LogError> {
        let at = self.at;
        let mut length = [0; 4];
        self.take(&mut length)?;
        let length = u32::from_le_bytes(length) as usize;
        if length > most {
            let reason = "a block is longer than it may be";
            return Err(LogError::Damaged { at, reason });
        }
        block.resize(length, 0);
        self.take(block)?;
        let mut hash = [0; 8];
        self.fill(&mut hash)?;
        match u64::from_le_bytes(hash) == self.hash {
            true => Ok(()),
            false => {
                let reason = "the hash of the block that begins here is wrong";
                Err(LogError::Damaged { at, reason })
            }
        }
    }

    /// # Errors
    /// `Damaged` where bytes follow, `Read`.
    pub(super) fn expect_end(&mut self) -> Result<(), LogError> {
        let at = self.at;
        match self.fill(&mut [0]) {
            Ok(()) => Err(LogError::Damaged {
                at,
                reason: "bytes follow the end of the log",
            }),
            Err(LogError::Cut { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }
}
