//! Decodes a server's response: heads, then a body. The bytes may arrive in pieces of any size.

use super::buffer::Buffer;
use super::decode::{BodyDecoder, Piece};
use super::error::ErrorCode;
use super::fields::{FieldLimits, Fields};
use super::head::{Malformed, PREFIX, ResponseHead, Scanner};
use super::method::Method;

/// The most informational (1xx) responses before the final one.
pub const INFORMATIONAL_MAX: u32 = 100;

/// What comes next.
#[derive(PartialEq, Eq, Debug)]
pub enum Event {
    /// More bytes are needed.
    More,
    /// `100 Continue`: the server asks for the request's body.
    Continue,
    /// The head of the final response.
    Head(ResponseHead),
    /// The next bytes belong to the body, at most this many. The caller reports how many it
    /// consumed with [`ResponseDecoder::took`].
    Data(u64),
    /// The end of the response, with its trailers if it has any.
    End(Option<Fields>),
}

/// Decodes the response of one exchange.
#[derive(Debug)]
pub struct ResponseDecoder {
    method: Method,
    limits: FieldLimits,
    state: State,
    informational: u32,
    keeps_alive: bool,
}

#[derive(Debug)]
enum State {
    Head(Scanner),
    Body(BodyDecoder),
    Done,
}

impl ResponseDecoder {
    /// A decoder for the response to a request with `method`. `limits` apply to each head and to
    /// the trailers.
    pub fn new(method: Method, limits: FieldLimits) -> ResponseDecoder {
        ResponseDecoder {
            method,
            limits,
            state: State::Head(Scanner::of_response()),
            informational: 0,
            keeps_alive: false,
        }
    }

    /// What comes next; `ended` means that no more bytes will arrive.
    ///
    /// # Errors
    /// The `wasi:http` error code that describes the fault. The decoder must not be used after it.
    pub fn next(&mut self, input: &mut Buffer, ended: bool) -> Result<Event, ErrorCode> {
        match &mut self.state {
            State::Head(_) => self.head(input, ended),
            State::Done => Ok(Event::End(None)),
            State::Body(body) => {
                let piece = match body.next(input) {
                    Ok(piece) => piece,
                    Err(malformed) => {
                        return Err(code(malformed, body.in_trailers()));
                    }
                };
                match piece {
                    Piece::Data(_) | Piece::More if ended && input.is_empty() => {
                        self.keeps_alive = false;
                        if !body.may_end() {
                            return Err(ErrorCode::HttpResponseIncomplete);
                        }
                        self.state = State::Done;
                        Ok(Event::End(None))
                    }
                    Piece::More if ended => Err(ErrorCode::HttpResponseIncomplete),
                    Piece::More => Ok(Event::More),
                    Piece::Data(most) => Ok(Event::Data(most)),
                    Piece::End(trailers) => {
                        self.state = State::Done;
                        Ok(Event::End(trailers))
                    }
                }
            }
        }
    }

    /// Records that the caller has consumed bytes of the body.
    pub fn took(&mut self, count: usize) {
        if let State::Body(body) = &mut self.state {
            body.took(count);
        }
    }

    /// Whether the connection may carry another exchange, once this one has ended.
    pub fn keeps_alive(&self) -> bool {
        self.keeps_alive && matches!(self.state, State::Done)
    }

    fn head(&mut self, input: &mut Buffer, ended: bool) -> Result<Event, ErrorCode> {
        let State::Head(scanner) = &mut self.state else {
            return Ok(Event::More);
        };
        let bytes = input.as_slice();
        // Bytes that are not a response are rejected at once, not at the first empty line.
        if begins(bytes)
            .iter()
            .zip(PREFIX)
            .any(|(byte, want)| byte != want)
        {
            return Err(ErrorCode::HttpProtocolError);
        }
        let scanned = scanner.scan(bytes, self.limits);
        let Some(end) = scanned.map_err(|malformed| code(malformed, false))? else {
            return match ended {
                true if bytes.is_empty() && self.informational == 0 => {
                    Err(ErrorCode::ConnectionTerminated)
                }
                true => Err(ErrorCode::HttpResponseIncomplete),
                false => Ok(Event::More),
            };
        };
        let block = bytes.get(..end).unwrap_or_default();
        let head =
            ResponseHead::parse(block, self.limits).map_err(|malformed| code(malformed, false))?;
        input.consume(end);
        match head.status {
            101 => Err(ErrorCode::HttpUpgradeFailed),
            100..=199 => {
                self.informational += 1;
                if self.informational > INFORMATIONAL_MAX {
                    return Err(ErrorCode::HttpProtocolError);
                }
                self.state = State::Head(Scanner::of_response());
                match head.status {
                    100 => Ok(Event::Continue),
                    _ => self.head(input, ended),
                }
            }
            _ => {
                let framing = head
                    .framing(&self.method)
                    .map_err(|malformed| code(malformed, false))?;
                self.keeps_alive = head.keeps_alive() && !head.has_odd_framing();
                self.state = State::Body(BodyDecoder::of_response(framing, self.limits));
                Ok(Event::Head(head))
            }
        }
    }
}

/// The received bytes without the empty line that may precede them.
fn begins(bytes: &[u8]) -> &[u8] {
    match bytes {
        [b'\r'] => &[],
        [b'\r', b'\n', rest @ ..] | [b'\n', rest @ ..] => rest,
        bytes => bytes,
    }
}

fn code(malformed: Malformed, in_trailers: bool) -> ErrorCode {
    match malformed {
        Malformed::Syntax => ErrorCode::HttpProtocolError,
        Malformed::Coding(name) => ErrorCode::HttpResponseTransferCoding(Some(name)),
        Malformed::TooLong(limits) => {
            let size = u32::try_from(limits.bytes).ok();
            match in_trailers {
                true => ErrorCode::HttpResponseTrailerSectionSize(size),
                false => ErrorCode::HttpResponseHeaderSectionSize(size),
            }
        }
    }
}
