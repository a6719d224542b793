//! `stale-connection VARIANT SERVER COUNT MILLISECONDS`: sends so many requests, so long after each other, over a
//! connection that it keeps. A kept connection that has ended by then is replaced before anything is sent.
//!
//! The bug: the server may close the connection while the request is under way. The request fails, although nobody has
//! dealt with it, and although another connection would do.
//!
//! hyper's client takes connections out of its pool which the server closes at that moment, and leaves the repetition
//! to its callers (hyperium/hyper, several bug reports); akka-http (akka/akka-http) and aiohttp have the same reports.

use alloc::format;
use alloc::string::String;

use crate::connection::Connection;
use crate::failure::Failure;
use crate::wasi::clocks::monotonic_clock::subscribe_duration;
use crate::{argument, say};

pub fn run(is_fixed: bool, words: &[&str]) -> Result<(), Failure> {
    let server: String = argument(words, 0)?;
    let (count, pause): (u32, u64) = (argument(words, 1)?, argument(words, 2)?);
    let mut kept: Option<Connection> = None;
    for number in 1..=count {
        let reused = kept.take_if(|connection| !matches!(connection.fill(), Ok(true)));
        drop(reused);
        let (mut connection, is_reused) = match kept.take() {
            Some(connection) => (connection, true),
            None => (Connection::open(&server)?, false),
        };
        let mut answer = exchange(&mut connection, number);
        if answer.is_err() && is_reused && is_fixed {
            connection = Connection::open(&server)?;
            answer = exchange(&mut connection, number);
        }
        say(&answer?);
        kept = Some(connection);
        subscribe_duration(pause * 1_000_000).block();
    }
    Ok(())
}

fn exchange(connection: &mut Connection, number: u32) -> Result<String, Failure> {
    connection.send(&format!("GET /{number}"))?;
    let answer = connection.wait_for_line(&subscribe_duration(60_000_000_000))?;
    answer.ok_or_else(|| Failure::new("no answer"))
}
