//! Responses.

use alloc::vec::Vec;

use crate::wasi::cli::stdout::get_stdout;
use crate::wasi::clocks::monotonic_clock::subscribe_duration;
use crate::wasi::http::types::{Fields, OutgoingBody, OutgoingResponse, ResponseOutparam};
use crate::wasi::io::streams::{OutputStream, StreamError};

/// The most bytes of one blocking write.
const PIECE: usize = 4096;

pub fn sleep_ms(milliseconds: u64) {
    subscribe_duration(milliseconds * 1_000_000).block();
}

pub fn log(text: &str) {
    let line = format!("{text}\n");
    get_stdout()
        .blocking_write_and_flush(line.as_bytes())
        .expect("a log");
}

/// Sends a head without fields; what takes the body.
pub fn begin(out: ResponseOutparam, status: u16) -> (OutgoingBody, OutputStream) {
    begin_with(out, status, Fields::new())
}

pub fn begin_with(
    out: ResponseOutparam,
    status: u16,
    fields: Fields,
) -> (OutgoingBody, OutputStream) {
    let response = OutgoingResponse::new(fields);
    response.set_status_code(status).expect("a status");
    let body = response.body().expect("the first time");
    ResponseOutparam::set(out, Ok(response));
    let stream = body.write().expect("the first time");
    (body, stream)
}

/// Writes bytes that somebody takes.
pub fn part(stream: &OutputStream, bytes: &[u8]) {
    write(stream, bytes).expect("a reader");
}

pub fn write(stream: &OutputStream, bytes: &[u8]) -> Result<(), StreamError> {
    bytes
        .chunks(PIECE)
        .try_for_each(|piece| stream.blocking_write_and_flush(piece))
}

/// A whole answer. That its reader has gone away is no failure.
pub fn answer(out: ResponseOutparam, status: u16, bytes: &[u8]) {
    let (body, stream) = begin(out, status);
    let _ = write(&stream, bytes);
    drop(stream);
    let _ = OutgoingBody::finish(body, None);
}

pub fn bytes(out: ResponseOutparam, count: u64) {
    let (body, stream) = begin(out, 200);
    let piece: Vec<u8> = (0..PIECE).map(|at| (at % 251) as u8).collect();
    let mut left = count as usize;
    while left > 0 {
        let most = left.min(PIECE);
        if stream.blocking_write_and_flush(&piece[..most]).is_err() {
            return;
        }
        left -= most;
    }
    drop(stream);
    let _ = OutgoingBody::finish(body, None);
}

pub fn slowly(out: ResponseOutparam, pieces: u64) {
    let (body, stream) = begin(out, 200);
    for number in 0..pieces {
        sleep_ms(100);
        if write(&stream, format!("{number}\n").as_bytes()).is_err() {
            log("nobody reads");
            return;
        }
    }
    drop(stream);
    let _ = OutgoingBody::finish(body, None);
}

pub fn with_trailers(out: ResponseOutparam) {
    let (body, stream) = begin(out, 200);
    part(&stream, b"before trailers\n");
    drop(stream);
    let trailers = Fields::from_list(&[("x-sum".into(), b"7".to_vec())]).expect("a field");
    OutgoingBody::finish(body, Some(trailers)).expect("any length");
}

pub fn declared(out: ResponseOutparam, length: u64) {
    let length = format!("{length}").into_bytes();
    let fields = Fields::from_list(&[("content-length".into(), length)]).expect("a field");
    let response = OutgoingResponse::new(fields);
    let body = response.body().expect("the first time");
    ResponseOutparam::set(out, Ok(response));
    let stream = body.write().expect("the first time");
    let written = stream.blocking_write_and_flush(b"12345");
    drop(stream);
    let finished = OutgoingBody::finish(body, None);
    log(&format!("{} {}", written.is_ok(), finished.is_ok()));
}

pub fn without_body(out: ResponseOutparam, length: &str) {
    let fields = Fields::new();
    if !length.is_empty() {
        let set = fields.append("content-length", length.as_bytes());
        set.expect("a field");
    }
    let response = OutgoingResponse::new(fields);
    ResponseOutparam::set(out, Ok(response));
}

pub fn endless(out: ResponseOutparam, linger: u64) {
    let (_body, stream) = begin(out, 200);
    let piece = [b'x'; PIECE];
    loop {
        if let Err(error) = stream.blocking_write_and_flush(&piece) {
            match error {
                StreamError::Closed => log("closed"),
                StreamError::LastOperationFailed(_) => log("failed"),
            }
            sleep_ms(linger);
            log("lingered");
            return;
        }
    }
}
