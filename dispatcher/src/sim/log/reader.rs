//! A log that was recorded.

use std::fmt;
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use super::cursor::{Cursor, Source};
use super::varint::Bytes;
use super::{FORMAT, LogError, LogHeader, MAGIC, MAX_HEADER, Records};

/// The most bytes of a log that is held in memory.
const MAX_IN_MEMORY: u64 = 1 << 30;

/// A decision log to read: its header, and its records from the first on, as often as they are asked
/// for, by any thread. Clones read the same file.
///
/// [`Simulation::log`](crate::Simulation::log) has an example.
#[derive(Clone)]
pub struct Log {
    source: Source,
    header: LogHeader,
}

impl Log {
    /// Opens a log. Of a regular file, records are read when they are asked for, in blocks; another one,
    /// such as a pipe, is read as by [`Log::read`].
    ///
    /// # Errors
    /// `Open`; those of [`Log::read`].
    pub fn open(path: impl AsRef<Path>) -> Result<Log, LogError> {
        let path = path.as_ref();
        let opened = File::open(path).and_then(|file| {
            let is_file = file.metadata()?.is_file();
            Ok((file, is_file))
        });
        match opened {
            Ok((file, true)) => Log::of(Source::File(Arc::new(file))),
            Ok((file, false)) => Log::read(file),
            Err(error) => Err(LogError::Open {
                path: path.to_owned(),
                error: Arc::new(error),
            }),
        }
    }

    /// Reads a log into memory, which may have 1 GiB.
    ///
    /// # Errors
    /// `TooLong`; `Read`; `NotALog`, `Format`, `Cut` and `Damaged` where its header is wrong.
    pub fn read(reader: impl Read) -> Result<Log, LogError> {
        let mut bytes = Vec::new();
        let mut reader = reader.take(MAX_IN_MEMORY + 1);
        reader.read_to_end(&mut bytes).map_err(LogError::read)?;
        if bytes.len() as u64 > MAX_IN_MEMORY {
            return Err(LogError::TooLong(MAX_IN_MEMORY));
        }
        Log::of(Source::Memory(bytes.into()))
    }

    fn of(source: Source) -> Result<Log, LogError> {
        let (header, _) = header_of(source.clone())?;
        Ok(Log { source, header })
    }

    /// What stands at the beginning.
    pub fn header(&self) -> &LogHeader {
        &self.header
    }

    /// All records, from the first on.
    pub fn records(&self) -> Records {
        Records::of(header_of(self.source.clone()).map(|(_, cursor)| cursor))
    }
}

impl fmt::Debug for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Log")
            .field("header", &self.header)
            .finish_non_exhaustive()
    }
}

/// Reads a header, and leaves the cursor behind it.
fn header_of(source: Source) -> Result<(LogHeader, Cursor), LogError> {
    let mut cursor = Cursor::new(source);
    let mut magic = MAGIC;
    cursor.take(&mut magic)?;
    if magic != MAGIC {
        return Err(LogError::NotALog);
    }
    let mut format = [0; 4];
    cursor.take(&mut format)?;
    let format = u32::from_le_bytes(format);
    if format != FORMAT {
        return Err(LogError::Format(format));
    }
    let start = cursor.at;
    let mut block = Vec::new();
    cursor.block(MAX_HEADER, &mut block)?;
    let mut bytes = Bytes {
        bytes: &block,
        at: 0,
    };
    let header = LogHeader::decode(format, &mut bytes);
    let header = match header {
        Ok(header) if bytes.is_empty() => header,
        Ok(_) => {
            return Err(LogError::within(
                start,
                &bytes,
                "more bytes than the header has",
            ));
        }
        Err(reason) => return Err(LogError::within(start, &bytes, reason)),
    };
    Ok((header, cursor))
}
