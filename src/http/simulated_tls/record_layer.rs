//! The records of one connection, in both directions.

use std::io::{self, Read, Write};

use super::error::{ProtocolError, TlsError};
use super::record::{self, CONTENT_MAX, ContentType, RECORD_MAX};
use crate::http::buffer::Buffer;

/// How much is kept that the socket has not taken, in bytes of records. One that is begun below it is written whole.
const KEPT_MAX: usize = 64 * 1024;

/// Bytes that have arrived, up to one record, and records that are to be sent.
#[derive(Default, Debug)]
pub(super) struct RecordLayer {
    incoming: Buffer,
    outgoing: Buffer,
    /// How many records were read, and written.
    read: u64,
    written: u64,
}

impl RecordLayer {
    /// Reads once, as much as completes a record of the longest kind; 0 at the end.
    ///
    /// # Errors
    /// Those of the reader.
    pub(super) fn fill(&mut self, io: &mut dyn Read) -> io::Result<usize> {
        // `next` leaves no whole record behind, so that there is room for at least one byte more.
        let room = RECORD_MAX.saturating_sub(self.incoming.len());
        debug_assert!(room > 0, "records are taken before more is read");
        let mut bytes = vec![0; room];
        let count = io.read(&mut bytes)?;
        self.incoming.extend(bytes.get(..count).unwrap_or_default());
        Ok(count)
    }

    /// Takes the next record that has arrived whole.
    ///
    /// # Errors
    /// `ProtocolError` for what is none.
    pub(super) fn next(&mut self) -> Result<Option<(ContentType, Vec<u8>)>, ProtocolError> {
        let Some(record) = record::read(self.incoming.as_slice(), self.read)? else {
            return Ok(None);
        };
        let (taken, size) = ((record.kind, record.content.to_vec()), record.size);
        self.incoming.consume(size);
        self.read += 1;
        Ok(Some(taken))
    }

    /// Adds a record of at most `CONTENT_MAX` bytes.
    pub(super) fn write(&mut self, kind: ContentType, content: &[u8]) {
        record::write(kind, self.written, content, self.outgoing.end());
        self.written += 1;
    }

    /// Adds records of application data as far as there is room; how many bytes.
    pub(super) fn write_data(&mut self, bytes: &[u8]) -> usize {
        let mut taken = 0;
        for content in bytes.chunks(CONTENT_MAX) {
            if self.outgoing.len() >= KEPT_MAX {
                break;
            }
            self.write(ContentType::ApplicationData, content);
            taken += content.len();
        }
        taken
    }

    /// Writes what is kept, as far as the writer takes it; whether nothing is kept any more.
    ///
    /// # Errors
    /// `Io`.
    pub(super) fn flush(&mut self, io: &mut dyn Write) -> Result<bool, TlsError> {
        while !self.outgoing.is_empty() {
            match io.write(self.outgoing.as_slice()) {
                Ok(0) => return Err(TlsError::Io(io::ErrorKind::WriteZero)),
                Ok(count) => self.outgoing.consume(count),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(false),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(TlsError::Io(error.kind())),
            }
        }
        Ok(true)
    }
}
