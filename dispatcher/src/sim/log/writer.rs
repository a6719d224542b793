//! Writing a log.

use std::io::Write;

use super::codec::Codec;
use super::{FORMAT, FULL_BLOCK, LogEnd, LogError, LogHeader, MAGIC, MAX_BLOCK};
use crate::sim::hash;

/// Writes records in blocks. After an error it is dropped, and the log has no end.
pub(crate) struct LogWriter {
    sink: Box<dyn Write + Send>,
    codec: Codec,
    /// Records that are not written yet.
    block: Vec<u8>,
    /// Of all bytes so far.
    hash: u64,
}

impl LogWriter {
    /// # Errors
    /// `Write`.
    pub(crate) fn start(
        sink: Box<dyn Write + Send>,
        header: &LogHeader,
    ) -> Result<LogWriter, LogError> {
        let mut writer = LogWriter {
            sink,
            codec: Codec::default(),
            block: Vec::with_capacity(MAX_BLOCK),
            hash: hash::EMPTY,
        };
        writer.write(&MAGIC)?;
        writer.write(&FORMAT.to_le_bytes())?;
        writer.write_block(&header.encode())?;
        Ok(writer)
    }

    /// # Errors
    /// `Write`.
    #[inline]
    pub(crate) fn push(&mut self, record: crate::sim::record::Record) -> Result<(), LogError> {
        self.codec.encode(record, &mut self.block);
        match self.block.len() >= FULL_BLOCK {
            true => self.write_records(),
            false => Ok(()),
        }
    }

    /// # Errors
    /// `Write`.
    pub(crate) fn finish(mut self, end: &LogEnd) -> Result<(), LogError> {
        if !self.block.is_empty() {
            self.write_records()?;
        }
        self.write_block(&[])?;
        let mut bytes = Vec::new();
        end.encode(&mut bytes);
        self.write_block(&bytes)?;
        self.sink.flush().map_err(LogError::write)
    }

    #[cold]
    fn write_records(&mut self) -> Result<(), LogError> {
        let mut block = std::mem::take(&mut self.block);
        let written = self.write_block(&block);
        block.clear();
        self.block = block;
        written
    }

    /// The length, the bytes, and the hash of all up to here.
    fn write_block(&mut self, bytes: &[u8]) -> Result<(), LogError> {
        self.write(&(bytes.len() as u32).to_le_bytes())?;
        self.write(bytes)?;
        let hash = self.hash.to_le_bytes();
        self.sink.write_all(&hash).map_err(LogError::write)
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), LogError> {
        self.hash = hash::extended(self.hash, bytes);
        self.sink.write_all(bytes).map_err(LogError::write)
    }
}
