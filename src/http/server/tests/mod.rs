//! The server's half from outside.

mod connections;
mod continuing;
mod date;
mod departures;
mod faults;
mod groups;
mod handlers;
mod hostile;
mod listening;
mod logs;
mod management;
mod patience;
mod properties;
mod proxies;
mod refusals;
mod requests;
mod responses;
mod starved;
mod stopping;
mod tls;
mod tls_client;
mod world;

use super::*;
use crate::http::buffer::Buffer;
use crate::http::fields::{FieldLimits, Fields};

/// Everything that decoders said of a connection's bytes, request after request.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Said {
    pub requests: Vec<Request>,
    pub refusal: Option<Refusal>,
    /// Bytes that belong to no whole request, unless one was refused.
    pub rest: Vec<u8>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Request {
    pub head: ReceivedHead,
    pub body: Vec<u8>,
    pub trailers: Option<Fields>,
    pub ended: bool,
}

/// Feeds decoders piece by piece.
pub fn decode_within<'a>(
    limits: RequestLimits,
    pieces: impl IntoIterator<Item = &'a [u8]>,
) -> Said {
    let mut decoder = RequestDecoder::new(limits);
    let mut input = Buffer::default();
    let mut said = Said::default();
    for piece in pieces {
        input.extend(piece);
        while said.refusal.is_none() && step(&mut decoder, &mut input, &mut said) {
            if said.requests.last().is_some_and(|last| last.ended) {
                decoder = RequestDecoder::new(limits);
            }
        }
    }
    if said.refusal.is_none() {
        said.rest = input.as_slice().to_vec();
    }
    said
}

/// One step of a decoder; whether there is perhaps another.
fn step(decoder: &mut RequestDecoder, input: &mut Buffer, said: &mut Said) -> bool {
    match decoder.next(input) {
        Ok(RequestEvent::More) => return false,
        Ok(RequestEvent::Head(head)) => said.requests.push(Request {
            head: *head,
            body: Vec::new(),
            trailers: None,
            ended: false,
        }),
        Ok(RequestEvent::Data(most)) => {
            let most = usize::try_from(most).unwrap_or(usize::MAX);
            let taken = most.min(input.len());
            if taken == 0 {
                return false;
            }
            let bytes = input.as_slice().get(..taken).expect("there");
            let request = said.requests.last_mut().expect("a head came before");
            request.body.extend_from_slice(bytes);
            input.consume(taken);
            decoder.took(taken);
        }
        Ok(RequestEvent::End(trailers)) => {
            let request = said.requests.last_mut().expect("a head came before");
            request.trailers = trailers;
            request.ended = true;
        }
        Err(refusal) => {
            said.refusal = Some(refusal);
            return false;
        }
    }
    true
}

pub fn decode(bytes: &[u8]) -> Said {
    decode_within(RequestLimits::default(), [bytes])
}

/// The one whole request that these bytes are.
pub fn one(bytes: &[u8]) -> Request {
    let mut said = decode(bytes);
    let text = bytes.escape_ascii();
    assert_eq!(said.refusal, None, "{text}");
    assert!(said.rest.is_empty(), "{text}");
    assert_eq!(said.requests.len(), 1, "{text}");
    let request = said.requests.pop().expect("one");
    assert!(request.ended, "{text}");
    request
}
