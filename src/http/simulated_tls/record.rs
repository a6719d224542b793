//! Records: what a session's bytes consist of.
//!
//! A header of five bytes (type, version, length of the rest), up to 16 KiB of content, and a trailer of 17 bytes, where
//! TLS 1.3 has the inner type and the tag of the cipher: the type again, the record's number, and a checksum.

use super::error::ProtocolError;

/// The most content of one record, in bytes.
pub(super) const CONTENT_MAX: usize = 16 * 1024;
const HEADER: usize = 5;
const TRAILER: usize = 17;
/// The most that a record takes, in bytes.
pub(super) const RECORD_MAX: usize = HEADER + CONTENT_MAX + TRAILER;
/// Stands where TLS has its version.
const VERSION: [u8; 2] = *b"ws";

/// What a record carries. The numbers are those of TLS with the upper bit set, which no record of TLS and no text has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum ContentType {
    /// Why the session ends.
    Alert = 0x95,
    /// One message of the handshake.
    Handshake = 0x96,
    /// Bytes of the two who talk.
    ApplicationData = 0x97,
}

impl ContentType {
    fn of(byte: u8) -> Option<ContentType> {
        let all = [
            ContentType::Alert,
            ContentType::Handshake,
            ContentType::ApplicationData,
        ];
        all.into_iter().find(|kind| *kind as u8 == byte)
    }
}

/// A record at the front of some bytes.
#[derive(PartialEq, Eq, Debug)]
pub(super) struct Record<'a> {
    pub(super) kind: ContentType,
    pub(super) content: &'a [u8],
    /// How many of the bytes it takes.
    pub(super) size: usize,
}

/// Writes one record of at most `CONTENT_MAX` bytes of content.
pub(super) fn write(kind: ContentType, number: u64, content: &[u8], output: &mut Vec<u8>) {
    debug_assert!(content.len() <= CONTENT_MAX);
    let length = (content.len() + TRAILER) as u16;
    output.push(kind as u8);
    output.extend_from_slice(&VERSION);
    output.extend_from_slice(&length.to_be_bytes());
    output.extend_from_slice(content);
    output.push(kind as u8);
    output.extend_from_slice(&number.to_be_bytes());
    output.extend_from_slice(&checksum(content).to_be_bytes());
}

/// The record at the front, which must have this number; `None` while a part of it is missing.
///
/// # Errors
/// `NotSimulated`, `RecordTooLong`, `DamagedRecord`: as soon as it is seen.
pub(super) fn read(bytes: &[u8], number: u64) -> Result<Option<Record<'_>>, ProtocolError> {
    let Some((header, rest)) = bytes.split_first_chunk::<HEADER>() else {
        return Ok(None);
    };
    let [kind, version @ .., high, low] = *header;
    let kind = ContentType::of(kind).filter(|_| version == VERSION);
    let kind = kind.ok_or(ProtocolError::NotSimulated)?;
    let length = usize::from(u16::from_be_bytes([high, low]));
    if length > CONTENT_MAX + TRAILER {
        return Err(ProtocolError::RecordTooLong);
    }
    let content = length.checked_sub(TRAILER);
    let content = content.ok_or(ProtocolError::DamagedRecord)?;
    let Some(body) = rest.get(..length) else {
        return Ok(None);
    };
    let (content, trailer) = body.split_at(content);
    let mut expected = [kind as u8; TRAILER];
    expected[1..9].copy_from_slice(&number.to_be_bytes());
    expected[9..].copy_from_slice(&checksum(content).to_be_bytes());
    match trailer == expected {
        true => Ok(Some(Record {
            kind,
            content,
            size: HEADER + length,
        })),
        false => Err(ProtocolError::DamagedRecord),
    }
}

/// FNV-1a: it finds changes, and keeps nobody from making them.
fn checksum(bytes: &[u8]) -> u64 {
    let step = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, step)
}
