//! The end of a log.

use super::MAX_END_TEXT;
use super::varint::{Bytes, put};

/// What stands at the end of a log: how many records it has, and how the run ended.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct LogEnd {
    /// How many records there are.
    pub records: u64,
    /// The hash of the run's [`Trace`](crate::Trace).
    pub hash: u64,
    /// The error with which the last turn before the end failed: a deadlock, a broken invariant.
    /// `None`: it did not fail.
    pub error: Option<String>,
}

impl LogEnd {
    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        put(out, self.records);
        out.extend(self.hash.to_le_bytes());
        match &self.error {
            None => out.push(0),
            Some(error) => {
                let text = &error[..error.floor_char_boundary(MAX_END_TEXT)];
                out.push(1);
                put(out, text.len() as u64);
                out.extend(text.as_bytes());
            }
        }
    }

    pub(super) fn decode(bytes: &mut Bytes<'_>) -> Result<LogEnd, &'static str> {
        Ok(LogEnd {
            records: bytes.varint()?,
            hash: bytes.fixed()?,
            error: match bytes.byte()? {
                0 => None,
                1 => Some(bytes.text(MAX_END_TEXT)?),
                _ => return Err("an unknown end of a run"),
            },
        })
    }
}
