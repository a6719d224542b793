//! Many at once, and much at once.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use crate::exchange::{get, hold, name, start, stream_error, text, wait};
use crate::wasi::http::types::{
    Fields, IncomingResponse, Method, OutgoingBody, OutgoingRequest, Scheme,
};
use crate::wasi::io::poll::poll;
use crate::wasi::io::streams::{InputStream, OutputStream, StreamError};

const PIECE: u64 = 64 * 1024;

fn read_all(response: IncomingResponse) -> Result<String, String> {
    let body = response.consume().expect("the first time");
    let stream = body.stream().expect("the first time");
    let mut bytes = Vec::new();
    loop {
        match stream.blocking_read(PIECE) {
            Ok(read) => bytes.extend_from_slice(&read),
            Err(StreamError::Closed) => return Ok(text(bytes)),
            Err(error) => return Err(stream_error("read", error)),
        }
    }
}

pub fn together(authority: &str, count: u32) -> Vec<String> {
    let futures: Vec<_> = (0..count)
        .map(|index| start(get(authority, &format!("/{index}"))).expect("a future"))
        .collect();
    let pollables: Vec<_> = futures.iter().map(|future| future.subscribe()).collect();
    let mut waiting: Vec<usize> = (0..futures.len()).collect();
    let mut bodies = vec![String::new(); futures.len()];
    while !waiting.is_empty() {
        let set: Vec<_> = waiting.iter().map(|&index| &pollables[index]).collect();
        let mut ready = poll(&set);
        ready.sort_unstable();
        for place in ready.into_iter().rev() {
            let index = waiting.remove(place as usize);
            let answer = futures[index].get().expect("ready").expect("the first time");
            bodies[index] = match answer {
                Ok(response) => read_all(response).unwrap_or_else(|error| error),
                Err(code) => name(&code),
            };
        }
    }
    bodies
}

/// Counts what is left of a stream, by reading and skipping in turn.
fn count(stream: &InputStream) -> Result<u64, String> {
    let mut total = 0;
    let mut skips = false;
    loop {
        skips = !skips;
        let counted = match skips {
            true => stream.blocking_skip(PIECE),
            false => stream.blocking_read(PIECE).map(|read| read.len() as u64),
        };
        match counted {
            Ok(count) => total += count,
            Err(StreamError::Closed) => return Ok(total),
            Err(error) => return Err(stream_error("read", error)),
        }
    }
}

pub fn download(authority: &str, path: &str, held: Option<String>) -> Result<u64, String> {
    let future = start(get(authority, path)).map_err(|code| name(&code))?;
    let response = wait(&future).map_err(|code| name(&code))?;
    let body = response.consume().expect("the first time");
    let stream = body.stream().expect("the first time");
    if let Some(held) = held {
        hold(authority, &held);
    }
    count(&stream)
}

/// Writes zeroes, the guest's own for each fourth piece and else the host's, until `length` are written or the stream is full; how many.
fn fill(stream: &OutputStream, length: u64, pieces: &mut u64) -> Result<u64, String> {
    let mut written = 0;
    while written < length {
        let permit = stream
            .check_write()
            .map_err(|error| stream_error("write", error))?;
        if permit == 0 {
            break;
        }
        let part = permit.min(length - written).min(PIECE);
        *pieces += 1;
        let wrote = match *pieces % 4 == 0 {
            true => stream.write(&vec![0; part as usize]),
            false => stream.write_zeroes(part),
        };
        wrote.map_err(|error| stream_error("write", error))?;
        written += part;
    }
    Ok(written)
}

pub fn upload(
    authority: &str,
    path: &str,
    length: u64,
    declared: bool,
    held: Option<String>,
) -> Result<(u64, String), String> {
    let fields = Fields::new();
    if declared {
        let value = length.to_string().into_bytes();
        fields.append("content-length", &value).expect("valid");
    }
    let request = OutgoingRequest::new(fields);
    request.set_method(&Method::Post).expect("a method");
    request.set_scheme(Some(&Scheme::Http)).expect("a scheme");
    request.set_authority(Some(authority)).expect("an authority");
    request.set_path_with_query(Some(path)).expect("a path");
    let body = request.body().expect("the first time");
    let future = start(request).map_err(|code| name(&code))?;
    let stream = body.write().expect("the first time");
    let mut written = 0;
    let mut until_full = 0;
    let mut pieces = 0;
    let mut held = held;
    let pollable = stream.subscribe();
    while written < length {
        let part = fill(&stream, length - written, &mut pieces)?;
        written += part;
        if written == length {
            break;
        }
        if let Some(path) = held.take() {
            // The answer comes when the server's side has not moved for a while.
            hold(authority, &path);
            until_full = written;
        }
        pollable.block();
    }
    drop(pollable);
    drop(stream);
    OutgoingBody::finish(body, None).map_err(|code| name(&code))?;
    let response = wait(&future).map_err(|code| name(&code))?;
    Ok((until_full, read_all(response)?))
}
