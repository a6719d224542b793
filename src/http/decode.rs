//! Decodes the body of a message; the bytes may arrive in pieces of any size.

use super::buffer::Buffer;
use super::fields::{FieldLimits, Fields};
use super::head::{Framing, Malformed, Scanner, parse_fields};
use super::trailer_names::may_be_trailer;

/// The longest line with a chunk's size and extensions, in bytes.
const CHUNK_LINE_MAX: usize = 1024;
/// The bound on the extensions of all chunks of a body together, in bytes.
const EXTENSIONS_MAX: usize = 16 * 1024;
/// The most hexadecimal digits of a chunk's size: 64 bits.
const SIZE_DIGITS: usize = 16;

/// What comes next in a body.
#[derive(PartialEq, Eq, Debug)]
pub enum Piece {
    /// More bytes are needed.
    More,
    /// The next bytes belong to the body, at most this many. The caller reports how many it
    /// consumed with [`BodyDecoder::took`].
    Data(u64),
    /// The end of the body, with its trailers if it has any. Fields that may not be trailers are left out.
    End(Option<Fields>),
}

/// Removes the framing from a body.
#[derive(Debug)]
pub struct BodyDecoder {
    state: State,
    extensions: usize,
    limits: FieldLimits,
    wide: bool,
}

#[derive(Debug)]
enum State {
    Length(u64),
    UntilClose,
    /// Expects the line before a chunk, which holds its size.
    Size,
    Chunk(u64),
    /// Expects the line end after a chunk.
    ChunkEnd,
    Trailers(Scanner),
    Done,
}

impl BodyDecoder {
    /// A decoder for a body with this framing; `limits` apply to the trailers.
    pub fn new(framing: Framing, limits: FieldLimits) -> BodyDecoder {
        let state = match framing {
            Framing::Length(length) => State::Length(length),
            Framing::Chunked => State::Size,
            Framing::UntilClose => State::UntilClose,
        };
        BodyDecoder {
            state,
            extensions: 0,
            limits,
            wide: false,
        }
    }

    /// A decoder for the body of a response: lines may end with LF alone, and spaces may follow a
    /// chunk's size.
    pub fn of_response(framing: Framing, limits: FieldLimits) -> BodyDecoder {
        BodyDecoder {
            wide: true,
            ..BodyDecoder::new(framing, limits)
        }
    }

    /// What comes next. Consumes bytes of framing, but not data.
    ///
    /// # Errors
    /// `Syntax` for malformed chunks; `TooLong` for lines and trailers beyond their bounds.
    pub fn next(&mut self, input: &mut Buffer) -> Result<Piece, Malformed> {
        loop {
            match &mut self.state {
                State::Length(0) => {
                    self.state = State::Done;
                    return Ok(Piece::End(None));
                }
                State::Length(left) | State::Chunk(left) if *left > 0 => {
                    return Ok(Piece::Data(*left));
                }
                State::UntilClose => return Ok(Piece::Data(u64::MAX)),
                State::Size => match self.size_line(input)? {
                    None => return Ok(Piece::More),
                    Some(0) if self.wide => {
                        self.state = State::Trailers(Scanner::of_response_trailers());
                    }
                    Some(0) => self.state = State::Trailers(Scanner::default()),
                    Some(size) => self.state = State::Chunk(size),
                },
                State::Length(_) | State::Chunk(_) => self.state = State::ChunkEnd,
                State::ChunkEnd => match input.as_slice() {
                    [b'\r', b'\n', ..] => {
                        input.consume(2);
                        self.state = State::Size;
                    }
                    [b'\n', ..] if self.wide => {
                        input.consume(1);
                        self.state = State::Size;
                    }
                    [] | [b'\r'] => return Ok(Piece::More),
                    _ => return Err(Malformed::Syntax),
                },
                State::Trailers(scanner) => {
                    let block = input.as_slice();
                    let Some(end) = scanner.scan(block, self.limits)? else {
                        return Ok(Piece::More);
                    };
                    let block = block.get(..end).unwrap_or_default();
                    let trailers = match block {
                        b"\r\n" | b"\n" => None,
                        block => {
                            let mut fields = parse_fields(block, self.limits)?;
                            fields.retain(|name, _| may_be_trailer(name));
                            (!fields.is_empty()).then_some(fields)
                        }
                    };
                    input.consume(end);
                    self.state = State::Done;
                    return Ok(Piece::End(trailers));
                }
                State::Done => return Ok(Piece::End(None)),
            }
        }
    }

    /// Records that the caller has consumed bytes of the body.
    pub fn took(&mut self, count: usize) {
        if let State::Length(left) | State::Chunk(left) = &mut self.state {
            debug_assert!(count as u64 <= *left);
            *left = left.saturating_sub(count as u64);
        }
    }

    /// Whether the body ends when the connection is closed.
    pub fn may_end(&self) -> bool {
        matches!(self.state, State::UntilClose | State::Done)
    }

    /// Whether the trailers are being read.
    pub fn in_trailers(&self) -> bool {
        matches!(self.state, State::Trailers(_))
    }

    fn size_line(&mut self, input: &mut Buffer) -> Result<Option<u64>, Malformed> {
        let bytes = input.as_slice();
        let window = bytes.get(..CHUNK_LINE_MAX).unwrap_or(bytes);
        let Some(end) = window.iter().position(|&byte| byte == b'\n') else {
            // A line that cannot become valid is rejected before its end has arrived.
            size_prefix(window.strip_suffix(b"\r").unwrap_or(window), self.wide)?;
            return match bytes.len() >= CHUNK_LINE_MAX {
                true => Err(Malformed::Syntax),
                false => Ok(None),
            };
        };
        let line = window.get(..end).unwrap_or_default();
        let line = match line.strip_suffix(b"\r") {
            Some(line) => line,
            None if self.wide => line,
            None => return Err(Malformed::Syntax),
        };
        let (size, digits) = size_prefix(line, self.wide)?;
        if digits == 0 {
            return Err(Malformed::Syntax);
        }
        self.extensions += line.len() - digits;
        if self.extensions > EXTENSIONS_MAX {
            return Err(Malformed::Syntax);
        }
        input.consume(end + 1);
        Ok(Some(size))
    }
}

/// The size at the start of a chunk's line, and its number of digits. Only extensions may follow;
/// in lenient parsing spaces may precede them.
fn size_prefix(line: &[u8], wide: bool) -> Result<(u64, usize), Malformed> {
    let digits = line
        .iter()
        .take_while(|byte| byte.is_ascii_hexdigit())
        .count();
    let (size, rest) = line.split_at(digits);
    let behind = if wide { rest.trim_ascii_start() } else { rest };
    let separated = matches!(behind, [] | [b';', ..]);
    let printable = rest
        .iter()
        .all(|&byte| byte == b'\t' || (byte >= b' ' && byte != 0x7f));
    let stands = digits > 0 || line.is_empty();
    if digits > SIZE_DIGITS || !separated || !printable || !stands {
        return Err(Malformed::Syntax);
    }
    let size = size.iter().fold(0u64, |size, &byte| {
        let digit = char::from(byte).to_digit(16).unwrap_or(0);
        size << 4 | u64::from(digit)
    });
    Ok((size, digits))
}
