//! `partial-body VARIANT SERVER`: downloads `/file` over HTTP/1.1 and prints how much that was. An attempt that fails,
//! or that brings nothing for 2 s, is followed by another one.
//!
//! The bug: whatever ends the body is its end. A server that is reset in the midst of it leaves a part, which is taken
//! as the whole; nobody compares it with `content-length`.
//!
//! The HTTP clients node-get (mapbox/node-get, mended by comparing the length) and Requests (psf/requests, a bug report)
//! gave a body as complete whose connection had ended before it was.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use crate::connection::Connection;
use crate::failure::Failure;
use crate::wasi::clocks::monotonic_clock::subscribe_duration;
use crate::wasi::io::poll::poll;
use crate::{argument, say};

const SECOND: u64 = 1_000_000_000;

pub fn run(is_fixed: bool, words: &[&str]) -> Result<(), Failure> {
    let server: String = argument(words, 0)?;
    for _ in 0..50 {
        if let Ok(body) = download(is_fixed, &server) {
            say(&format!("{} bytes", body.len()));
            return Ok(());
        }
        subscribe_duration(SECOND / 2).block();
    }
    Err(Failure::new("no attempt has worked"))
}

fn download(is_fixed: bool, server: &str) -> Result<Vec<u8>, Failure> {
    let mut connection = Connection::open(server)?;
    connection.send("GET /file HTTP/1.1\r\nhost: server\r\n\r")?;
    let mut length: usize = 0;
    loop {
        let head = connection.wait_for_line(&subscribe_duration(2 * SECOND))?;
        let head = head.ok_or_else(|| Failure::new("no answer"))?;
        match head.trim_end().split_once(": ") {
            Some(("content-length", text)) => {
                length = text.parse().map_err(|_| Failure::new("no length"))?;
            }
            _ if head.trim_end().is_empty() => break,
            _ => {}
        }
    }
    let mut body = connection.take_read();
    while body.len() < length {
        let (readable, timer) = (connection.input.subscribe(), subscribe_duration(2 * SECOND));
        if !poll(&[&readable, &timer]).contains(&0) {
            return Err(Failure::new("nothing comes"));
        }
        drop(readable);
        let goes_on = connection.fill();
        body.extend(connection.take_read());
        match goes_on {
            Ok(true) => {}
            Ok(false) | Err(_) if !is_fixed => break,
            Ok(false) => return Err(Failure::new("the body is not whole")),
            Err(error) => return Err(error),
        }
    }
    Ok(body)
}
