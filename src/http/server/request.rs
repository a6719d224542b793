//! Decodes a client's request: a head, then a body. The bytes may arrive in pieces of any size.

use std::borrow::Cow;

use super::limits::RequestLimits;
use super::refusal::Refusal;
use super::request_target::RequestTarget;
use crate::http::buffer::Buffer;
use crate::http::decode::{BodyDecoder, Piece};
use crate::http::fields::{FieldLimits, Fields, is_name};
use crate::http::head::{Framing, RequestHead, Scanner};

/// A request's head, and what follows from it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReceivedHead {
    /// The head.
    pub head: RequestHead,
    /// Its target, taken apart.
    pub target: RequestTarget,
    /// How its body ends.
    pub framing: Framing,
    /// The client waits for `100 Continue` before it sends the body.
    pub expects_continue: bool,
    /// The client wants to send another request on this connection.
    pub keeps_alive: bool,
}

/// What comes next.
#[derive(PartialEq, Eq, Debug)]
pub enum RequestEvent {
    /// More bytes are needed.
    More,
    /// The head.
    Head(Box<ReceivedHead>),
    /// The next bytes belong to the body, at most this many. The caller reports how many it
    /// consumed with [`RequestDecoder::took`].
    Data(u64),
    /// The end of the request, with its trailers if it has any.
    End(Option<Fields>),
}

/// Decodes one request. What comes behind it stays in the input, for the next decoder.
///
/// Lines end with CR LF, and are not folded; one empty line may precede the first. A length together with a transfer
/// coding is refused, and so is every other shape that two readers could understand differently.
/// `Upgrade` is ignored: the request is answered as if it were not there.
#[derive(Debug)]
pub struct RequestDecoder {
    limits: RequestLimits,
    state: State,
}

#[derive(Debug)]
enum State {
    /// The first line has not ended.
    Line(Scanner),
    /// It has, and is well formed.
    Fields(Scanner),
    Body {
        decoder: BodyDecoder,
        taken: u64,
    },
    Done,
}

impl RequestDecoder {
    /// A decoder for the next request of a connection.
    pub fn new(limits: RequestLimits) -> RequestDecoder {
        RequestDecoder {
            limits,
            state: State::Line(Scanner::of_request()),
        }
    }

    /// What comes next.
    ///
    /// # Errors
    /// Why the request is refused. The decoder must not be used after it.
    pub fn next(&mut self, input: &mut Buffer) -> Result<RequestEvent, Refusal> {
        match &mut self.state {
            State::Line(_) | State::Fields(_) => self.head(input),
            State::Done => Ok(RequestEvent::End(None)),
            State::Body { decoder, taken } => match decoder.next(input)? {
                Piece::More => Ok(RequestEvent::More),
                Piece::Data(most) if taken.saturating_add(most) > self.limits.body => {
                    Err(Refusal::BodyTooLarge)
                }
                Piece::Data(most) => Ok(RequestEvent::Data(most)),
                Piece::End(trailers) => {
                    self.state = State::Done;
                    Ok(RequestEvent::End(trailers))
                }
            },
        }
    }

    /// Records that the caller has consumed bytes of the body.
    pub fn took(&mut self, count: usize) {
        if let State::Body { decoder, taken } = &mut self.state {
            decoder.took(count);
            *taken = taken.saturating_add(count as u64);
        }
    }

    fn head(&mut self, input: &mut Buffer) -> Result<RequestEvent, Refusal> {
        let bytes = input.as_slice();
        if let State::Line(scanner) = &mut self.state {
            // No further than the bound, so that the refusal does not depend on how the bytes arrive.
            let window = bytes.get(..self.limits.line).unwrap_or(bytes);
            let Some(end) = line_end(window) else {
                begins_a_line(window)?;
                scanner.scan(window, self.limits.scanned())?;
                return match bytes.len() >= self.limits.line {
                    true => Err(Refusal::LineTooLong),
                    false => Ok(RequestEvent::More),
                };
            };
            let line = window.get(..end).unwrap_or_default();
            begins_a_line(line)?;
            scanner.scan(line, self.limits.scanned())?;
            check_version(line)?;
            self.state = State::Fields(std::mem::take(scanner));
        }
        let State::Fields(scanner) = &mut self.state else {
            return Ok(RequestEvent::More);
        };
        let Some(end) = scanner.scan(bytes, self.limits.scanned())? else {
            return Ok(RequestEvent::More);
        };
        let block = bytes.get(..end).unwrap_or_default();
        let head = RequestHead::parse(&one_point_one(block), self.limits.fields)?;
        // Of a request that is refused the bytes are left, so that they can be logged.
        let event = self.begin(head)?;
        input.consume(end);
        Ok(event)
    }

    /// What follows from a head.
    fn begin(&mut self, head: RequestHead) -> Result<RequestEvent, Refusal> {
        let framing = head.framing()?;
        let target = RequestTarget::of(&head)?;
        let expects_continue = expects_continue(&head)?;
        if matches!(framing, Framing::Length(length) if length > self.limits.body) {
            return Err(Refusal::BodyTooLarge);
        }
        self.state = State::Body {
            decoder: BodyDecoder::new(framing, self.limits.fields),
            taken: 0,
        };
        Ok(RequestEvent::Head(Box::new(ReceivedHead {
            keeps_alive: head.keeps_alive(),
            head,
            target,
            framing,
            // Without a body there is nothing to wait for.
            expects_continue: expects_continue && framing != Framing::Length(0),
        })))
    }
}

impl RequestLimits {
    /// The bound on all lines of a head together.
    fn scanned(&self) -> FieldLimits {
        FieldLimits {
            count: self.fields.count,
            bytes: self.line.saturating_add(self.fields.bytes),
        }
    }
}

/// The end of the first line that is not empty. One empty line may precede it.
fn line_end(bytes: &[u8]) -> Option<usize> {
    let skipped = if bytes.starts_with(b"\r\n") { 2 } else { 0 };
    let line = bytes.get(skipped..).unwrap_or_default();
    let end = line.iter().position(|&byte| byte == b'\n')?;
    Some(skipped + end + 1)
}

/// Whether these bytes can begin a request: what speaks another protocol is refused at once, not when its
/// time is over.
fn begins_a_line(bytes: &[u8]) -> Result<(), Refusal> {
    let bytes = bytes.strip_prefix(b"\r\n").unwrap_or(bytes);
    let end = bytes.iter().position(|&byte| byte == b' ');
    let method = bytes.get(..end.unwrap_or(bytes.len())).unwrap_or_default();
    let is_method = |text: &[u8]| std::str::from_utf8(text).is_ok_and(is_name);
    match method {
        // Nothing yet, or half of the empty line.
        [] if end.is_none() => Ok(()),
        b"\r" if end.is_none() => Ok(()),
        method if is_method(method) => Ok(()),
        _ => Err(Refusal::Malformed),
    }
}

/// Whether the version at the end of a first line is one that is spoken here.
fn check_version(line: &[u8]) -> Result<(), Refusal> {
    let line = line.strip_suffix(b"\r\n").unwrap_or(line);
    let version = line.rsplit(|&byte| byte == b' ').next();
    match version.and_then(|version| version.strip_prefix(b"HTTP/")) {
        // A later minor version is one of HTTP/1 too (RFC 9110, section 2.5).
        Some([b'1', b'.', minor]) if minor.is_ascii_digit() => Ok(()),
        Some([major, b'.', minor]) if major.is_ascii_digit() && minor.is_ascii_digit() => {
            Err(Refusal::Version)
        }
        _ => Err(Refusal::Malformed),
    }
}

/// A head of HTTP/1.2 or later as one of HTTP/1.1, which it is answered as: the parser knows no others.
fn one_point_one(block: &[u8]) -> Cow<'_, [u8]> {
    let skipped = if block.starts_with(b"\r\n") { 2 } else { 0 };
    let line = block.get(skipped..).unwrap_or_default();
    let end = line.iter().position(|&byte| byte == b'\r').unwrap_or(0);
    let last = (skipped + end).saturating_sub(1);
    match block.get(last) {
        Some(b'2'..=b'9') => {
            let mut block = block.to_vec();
            if let Some(minor) = block.get_mut(last) {
                *minor = b'1';
            }
            Cow::Owned(block)
        }
        _ => Cow::Borrowed(block),
    }
}

/// Whether `100 Continue` is expected. HTTP/1.0 knows no expectations.
fn expects_continue(head: &RequestHead) -> Result<bool, Refusal> {
    let mut expects = false;
    if head.minor > 0 {
        for value in head.fields.get("expect") {
            if !value.trim_ascii().eq_ignore_ascii_case(b"100-continue") {
                return Err(Refusal::Expectation);
            }
            expects = true;
        }
    }
    Ok(expects)
}
