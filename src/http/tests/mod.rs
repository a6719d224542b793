//! The codec from outside: what it accepts, what it refuses, and any split of the bytes.

mod body;
mod client;
mod properties;
mod refusals;
mod simulated;
mod tls;
mod wide;

use super::buffer::Buffer;
use super::decode::{BodyDecoder, Piece};
use super::encode::{BodyEncoder, WrongLength};
use super::head::{Framing, Malformed, ResponseHead, Scanner};
use super::response::{Event, ResponseDecoder};
use super::tls::{Got, Session};
use super::*;

/// Everything that a decoder said.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Said {
    pub continues: usize,
    pub head: Option<ResponseHead>,
    pub body: Vec<u8>,
    pub trailers: Option<Fields>,
    pub ended: bool,
    pub error: Option<ErrorCode>,
    pub keeps_alive: bool,
    /// Bytes behind the message.
    pub rest: Vec<u8>,
}

/// Feeds a decoder piece by piece, then the end of the connection if `closes`.
pub fn decode<'a>(
    method: Method,
    pieces: impl IntoIterator<Item = &'a [u8]>,
    closes: bool,
) -> Said {
    let mut decoder = ResponseDecoder::new(method, FieldLimits::DEFAULT);
    let mut input = Buffer::default();
    let mut said = Said::default();
    for piece in pieces {
        input.extend(piece);
        if said.error.is_none() && !said.ended {
            step(&mut decoder, &mut input, false, &mut said);
        }
    }
    if closes && said.error.is_none() && !said.ended {
        step(&mut decoder, &mut input, true, &mut said);
    }
    said.keeps_alive = decoder.keeps_alive();
    if said.error.is_none() {
        said.rest = input.as_slice().to_vec();
    }
    said
}

fn step(decoder: &mut ResponseDecoder, input: &mut Buffer, ended: bool, said: &mut Said) {
    loop {
        match decoder.next(input, ended) {
            Ok(Event::More) => return,
            Ok(Event::Continue) => said.continues += 1,
            Ok(Event::Head(head)) => said.head = Some(head),
            Ok(Event::Data(most)) => {
                let most = usize::try_from(most).unwrap_or(usize::MAX);
                let taken = most.min(input.len());
                if taken == 0 {
                    return;
                }
                said.body
                    .extend_from_slice(input.as_slice().get(..taken).unwrap_or_default());
                input.consume(taken);
                decoder.took(taken);
            }
            Ok(Event::End(trailers)) => {
                said.trailers = trailers;
                said.ended = true;
                return;
            }
            Err(error) => {
                said.error = Some(error);
                return;
            }
        }
    }
}

/// One whole answer to a GET, the connection closed behind it.
pub fn get(bytes: &[u8]) -> Said {
    decode(Method::Get, [bytes], true)
}

#[test]
fn a_body_with_a_length() {
    let said = get(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-A: b\r\n\r\nhelloHTTP");
    assert_eq!(said.body, b"hello");
    assert_eq!(said.rest, b"HTTP");
    assert!(said.ended && said.keeps_alive);
    let head = said.head.expect("a head");
    assert_eq!(head.status, 200);
    let fields: Vec<_> = head.fields.iter().collect();
    assert_eq!(fields, [("Content-Length", &b"5"[..]), ("X-A", &b"b"[..])]);
}

#[test]
fn a_body_in_chunks_with_trailers() {
    let said = get(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n3;a=b\r\nabc\r\n0A\r\n0123456789\r\n0\r\nX-Sum: 1\r\n\r\nrest",
    );
    assert_eq!(said.body, b"abc0123456789");
    assert_eq!(said.trailers.expect("trailers").get("x-sum").count(), 1);
    assert_eq!(said.rest, b"rest");
    assert!(said.keeps_alive);
}

#[test]
fn a_body_until_the_end_of_the_connection() {
    let said = get(b"HTTP/1.1 200 OK\r\n\r\nall of it");
    assert_eq!(said.body, b"all of it");
    assert!(said.ended && !said.keeps_alive);
    let cut = decode(Method::Get, [&b"HTTP/1.1 200 OK\r\n\r\nall"[..]], false);
    assert!(!cut.ended);
}

#[test]
fn responses_that_never_have_a_body() {
    let head = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nnext";
    let said = decode(Method::Head, [&head[..]], false);
    assert!(said.ended && said.body.is_empty() && said.keeps_alive);
    for status in ["204", "304"] {
        let text = format!("HTTP/1.1 {status} x\r\nContent-Length: 9\r\n\r\nnext");
        let said = get(text.as_bytes());
        assert!(said.ended && said.body.is_empty(), "{status}");
        assert_eq!(said.rest, b"next");
    }
}

#[test]
fn the_connection_is_kept_only_where_both_want_it() {
    let cases = [
        ("1.1", "", true),
        ("1.1", "Connection: close\r\n", false),
        ("1.1", "Connection: foo, Close\r\n", false),
        ("1.0", "", false),
        ("1.0", "Connection: Keep-Alive\r\n", true),
        ("1.0", "Connection: Keep-Alive, close\r\n", false),
        (
            "1.1",
            "Connection: Keep-Alive\r\nConnection: close\r\n",
            false,
        ),
    ];
    for (version, line, keeps) in cases {
        let text = format!("HTTP/{version} 200 OK\r\n{line}Content-Length: 0\r\n\r\n");
        assert_eq!(get(text.as_bytes()).keeps_alive, keeps, "{text}");
    }
}

#[test]
fn informational_responses_come_before_the_real_one() {
    let said = get(
        b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    );
    assert_eq!(said.continues, 1);
    assert_eq!(said.head.expect("a head").status, 200);
}

/// Two endpoints in one process: what one writes the other reads.
#[test]
fn a_request_and_its_response_go_through_the_other_side() {
    let mut fields = Fields::new();
    fields.append("X-Spelled-So", b"1").expect("valid");
    let request = RequestHead {
        method: Method::Put,
        target: "/a?b".to_owned(),
        minor: 1,
        fields,
    };
    let mut wire = Vec::new();
    request.write("example.test", Framing::Chunked, &mut wire);
    let mut body = BodyEncoder::new(Framing::Chunked);
    body.data(b"hello", &mut wire).expect("any length");
    body.data(b"", &mut wire).expect("any length");
    body.data(b" you", &mut wire).expect("any length");
    let mut trailers = Fields::new();
    trailers.append("sum", b"9").expect("valid");
    body.end(Some(&trailers), &mut wire).expect("any length");

    let mut input = Buffer::default();
    input.extend(&wire);
    let end = Scanner::default()
        .scan(input.as_slice(), FieldLimits::DEFAULT)
        .expect("well formed")
        .expect("whole");
    let block = input.as_slice().get(..end).expect("a block").to_vec();
    input.consume(end);
    let read = RequestHead::parse(&block, FieldLimits::DEFAULT).expect("well formed");
    assert_eq!(read.method, Method::Put);
    assert_eq!(read.target, "/a?b");
    assert_eq!(
        read.fields.get("host").collect::<Vec<_>>(),
        [b"example.test"]
    );
    assert!(read.fields.iter().any(|(name, _)| name == "X-Spelled-So"));
    assert_eq!(read.framing(), Ok(Framing::Chunked));
    let mut decoder = BodyDecoder::new(Framing::Chunked, FieldLimits::DEFAULT);
    let mut got = Vec::new();
    let said = loop {
        match decoder.next(&mut input).expect("well formed") {
            Piece::Data(most) => {
                let taken = usize::try_from(most).expect("small").min(input.len());
                got.extend_from_slice(input.as_slice().get(..taken).expect("there"));
                input.consume(taken);
                decoder.took(taken);
            }
            Piece::End(trailers) => break trailers,
            Piece::More => panic!("all is there"),
        }
    };
    assert_eq!(got, b"hello you");
    assert_eq!(said, Some(trailers));

    let response = ResponseHead {
        status: 201,
        minor: 1,
        fields: Fields::new(),
    };
    let mut wire = Vec::new();
    response.write(Framing::Length(2), &mut wire);
    let mut body = BodyEncoder::new(Framing::Length(2));
    body.data(b"ok", &mut wire).expect("declared");
    body.end(None, &mut wire).expect("declared");
    let said = get(&wire);
    assert_eq!(said.head.expect("a head").status, 201);
    assert_eq!(said.body, b"ok");
}

#[test]
fn a_body_is_held_to_its_length() {
    let mut out = Vec::new();
    let mut body = BodyEncoder::new(Framing::Length(3));
    body.data(b"ab", &mut out).expect("declared");
    assert_eq!(body.end(None, &mut out), Err(WrongLength(2)));
    assert_eq!(body.data(b"cd", &mut out), Err(WrongLength(4)));
    assert_eq!(out, b"ab");
}
