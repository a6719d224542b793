//! What can be wrong with a log.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use super::varint::Bytes;
use super::{FORMAT, MAX_EDITS, MAX_LABEL};

/// A decision log that cannot be written, read or replayed.
///
/// ```
/// use wippy_dispatcher::sim::{Log, LogError};
///
/// let empty = Log::read(&b""[..]);
/// assert!(matches!(empty, Err(LogError::Cut { at: 0 })));
/// let other = Log::read(&b"#!/bin/sh, which is no log"[..]);
/// assert!(matches!(other, Err(LogError::NotALog)));
/// ```
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LogError {
    /// The file cannot be opened.
    #[error("cannot open the decision log {}: {error}", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// Why not.
        error: Arc<io::Error>,
    },
    /// The log cannot be read.
    #[error("cannot read the decision log: {0}")]
    Read(Arc<io::Error>),
    /// The log cannot be written. What was written of it ends without its end.
    #[error("cannot write the decision log: {0}")]
    Write(Arc<io::Error>),
    /// It does not begin as logs do.
    #[error("this is no decision log: it does not begin with \"WIPPYLOG\"")]
    NotALog,
    /// It is of another version of the format.
    #[error(
        "the decision log is of version {0} of its format, and this program reads version {FORMAT}: \
         record it again, or read it with the version that has recorded it"
    )]
    Format(u32),
    /// Its bytes are not those that were written.
    #[error("the decision log is damaged at byte {at}: {reason}")]
    Damaged {
        /// From the beginning of the log. Of a hash that is wrong: where the bytes begin that it covers.
        at: u64,
        /// What is wrong there.
        reason: &'static str,
    },
    /// It ends before its end: the file was cut off, or the run was killed.
    #[error(
        "the decision log ends at byte {at} without its end: the file was cut off, or its run was killed"
    )]
    Cut {
        /// How long it is.
        at: u64,
    },
    /// More than can be held in memory, of a log that is not a file.
    #[error("the decision log has more than {0} bytes; write it to a file and use Log::open")]
    TooLong(u64),
    /// The label is too long.
    #[error("the label of the decision log has {0} bytes, and may have {MAX_LABEL}")]
    LabelTooLong(usize),
    /// There are too many edits for the header of a log.
    #[error(
        "the edits of the run have {0} bytes as text, and may have {MAX_EDITS} in the decision log"
    )]
    EditsTooLong(usize),
    /// Another dispatcher has been made with these settings and writes to their log.
    #[error(
        "another dispatcher writes to this log already: give each simulation a log of its own \
         (Simulation::log)"
    )]
    Taken,
    /// A replay needs the seed of the log.
    #[error("the log to replay is of seed {log}, and the simulation has seed {simulation}")]
    OtherSeed {
        /// The log's.
        log: u64,
        /// The simulation's.
        simulation: u64,
    },
    /// A replay needs the settings of the log: hosts, links, faults and all that is drawn with.
    #[error(
        "the log to replay was recorded with other settings of the simulation (their hash is {log:016x}, \
         and now {simulation:016x}): give the simulation the same hosts, links, faults, delays and bounds"
    )]
    OtherSettings {
        /// The hash of the log's settings.
        log: u64,
        /// The hash of the simulation's.
        simulation: u64,
    },
}

impl LogError {
    /// Something is wrong within the block that begins at a byte, where it is read: its length is before it.
    pub(super) fn within(block: u64, bytes: &Bytes<'_>, reason: &'static str) -> LogError {
        let at = block + 4 + bytes.at as u64;
        LogError::Damaged { at, reason }
    }

    pub(super) fn read(error: io::Error) -> LogError {
        LogError::Read(Arc::new(error))
    }

    pub(super) fn write(error: io::Error) -> LogError {
        LogError::Write(Arc::new(error))
    }
}
