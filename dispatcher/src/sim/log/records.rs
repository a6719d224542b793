//! The records of a log, one after the other.

use std::fmt;

use super::codec::Codec;
use super::cursor::Cursor;
use super::varint::Bytes;
use super::{LogEnd, LogError, MAX_BLOCK, MAX_END_TEXT};
use crate::sim::hash;
use crate::sim::record::Record;

/// The most bytes of the end: the number of records, the hash, and the text with its length.
const MAX_END: usize = MAX_END_TEXT + 32;

/// An iterator over the records of a [`Log`](super::Log). It holds one block of 32 KiB. What is wrong with the log is
/// its last item; a log without its end gives the records that it has first.
pub struct Records {
    state: State,
    codec: Codec,
    block: Vec<u8>,
    /// Where the block begins in the log, and how much of it was read.
    block_start: u64,
    used: usize,
    /// How many records were read, and the hash of the run's trace so far.
    count: u64,
    hash: u64,
}

enum State {
    /// The error with which reading failed at once, to be given.
    Failed(Option<LogError>),
    Reading(Cursor),
    Ended(LogEnd),
}

impl Records {
    pub(super) fn of(cursor: Result<Cursor, LogError>) -> Records {
        Records {
            state: match cursor {
                Ok(cursor) => State::Reading(cursor),
                Err(error) => State::Failed(Some(error)),
            },
            codec: Codec::default(),
            block: Vec::new(),
            block_start: 0,
            used: 0,
            count: 0,
            hash: hash::EMPTY,
        }
    }

    /// The end of the log, once all of its records were read.
    pub fn end(&self) -> Option<&LogEnd> {
        match &self.state {
            State::Ended(end) => Some(end),
            State::Failed(_) | State::Reading(_) => None,
        }
    }

    /// How many records were read.
    pub fn count_so_far(&self) -> u64 {
        self.count
    }

    fn read(&mut self) -> Result<Option<Record>, LogError> {
        if self.used == self.block.len() && !self.next_block()? {
            return Ok(None);
        }
        let mut bytes = Bytes {
            bytes: &self.block,
            at: self.used,
        };
        let record = self.codec.decode(&mut bytes);
        let record = record.map_err(|reason| LogError::within(self.block_start, &bytes, reason))?;
        self.used = bytes.at;
        self.count += 1;
        self.hash = record.extend_hash(self.hash);
        Ok(Some(record))
    }

    /// Reads the next block; false: it was the end.
    fn next_block(&mut self) -> Result<bool, LogError> {
        let State::Reading(cursor) = &mut self.state else {
            return Ok(false);
        };
        self.used = 0;
        self.block_start = cursor.at;
        cursor.block(MAX_BLOCK, &mut self.block)?;
        if !self.block.is_empty() {
            return Ok(true);
        }
        let start = cursor.at;
        cursor.block(MAX_END, &mut self.block)?;
        cursor.expect_end()?;
        let mut bytes = Bytes {
            bytes: &self.block,
            at: 0,
        };
        let end = LogEnd::decode(&mut bytes);
        let end = end.map_err(|reason| LogError::within(start, &bytes, reason))?;
        let reason = match (end.records == self.count, end.hash == self.hash) {
            _ if !bytes.is_empty() => "more bytes than the end has",
            (true, true) => {
                self.block.clear();
                self.state = State::Ended(end);
                return Ok(false);
            }
            (false, _) => "the end counts other records than there are",
            (true, false) => "the end has the hash of other records",
        };
        Err(LogError::Damaged { at: start, reason })
    }
}

impl Iterator for Records {
    type Item = Result<Record, LogError>;

    fn next(&mut self) -> Option<Result<Record, LogError>> {
        if let State::Failed(error) = &mut self.state {
            return error.take().map(Err);
        }
        let read = self.read();
        if read.is_err() {
            self.state = State::Failed(None);
        }
        read.transpose()
    }
}

impl fmt::Debug for Records {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Records")
            .field("count_so_far", &self.count)
            .field("end", &self.end())
            .finish_non_exhaustive()
    }
}
