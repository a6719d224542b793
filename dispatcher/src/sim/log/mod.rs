//! The decision log: every record of a run in a file, read again, replayed, and compared.
//!
//! A log is, in this order: the magic number; the format's version; the header with its length and
//! hash; blocks of records; the end. A block is its length in bytes, its records, and the hash of all
//! bytes of the log so far, so that its records are known to be whole before the first of them is used. The
//! end is a block of length zero, and the end's own block. Fixed numbers are little-endian, the others
//! varints ([`varint`]).

mod codec;
mod compare;
mod cursor;
mod difference;
mod difference_text;
mod end;
mod error;
mod finish;
mod header;
mod history;
mod reader;
mod records;
mod replay;
mod settings;
mod sink;
mod varint;
mod writer;

pub(crate) use replay::{Mismatch, Replay};
pub(crate) use sink::LogSink;
pub(crate) use writer::LogWriter;

pub use difference::{Difference, TaskRecord};
pub use end::LogEnd;
pub use error::LogError;
pub use header::LogHeader;
pub use reader::Log;
pub use records::Records;

/// The first bytes of every log.
const MAGIC: [u8; 8] = *b"WIPPYLOG";
/// The version of the format that is written, and the only one that is read.
const FORMAT: u32 = 2;
/// The most bytes of a label.
const MAX_LABEL: usize = 1 << 16;
/// The most bytes of the text of edits.
const MAX_EDITS: usize = 1 << 20;
/// The most bytes of the header behind its length.
const MAX_HEADER: usize = MAX_LABEL + MAX_EDITS + 1_024;
/// A block is written when it has so many bytes.
const FULL_BLOCK: usize = 32 << 10;
/// The most bytes of a block: one that is not full, and a record.
const MAX_BLOCK: usize = FULL_BLOCK + 128;
/// The most bytes of the text that says how a run ended.
const MAX_END_TEXT: usize = 4_096;
