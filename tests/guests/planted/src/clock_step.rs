//! `clock-step VARIANT SERVER COUNT`: asks a server for so many values over UDP, which it answers in 100 ms, and then for
//! one that it does not know and does not answer. After 300 ms without an answer the client gives up.
//!
//! The bug: it is the wall clock that says when that is. If it is set forward meanwhile, the client gives up early; if
//! it is set back, it waits for as long as it was set back.
//!
//! The event loop of h2o measures time with `gettimeofday` (h2o/h2o, a bug report), and so did the timeouts of btstack
//! (bluekitchen/btstack) and of filelock (tox-dev/filelock).

use alloc::format;
use alloc::string::String;

use crate::address::resolve;
use crate::datagrams::Datagrams;
use crate::failure::Failure;
use crate::wasi::clocks::{monotonic_clock, wall_clock};
use crate::wasi::io::poll::poll;
use crate::{argument, number_of, say};

/// Nanoseconds since some time.
fn now(is_fixed: bool) -> u64 {
    if is_fixed {
        return monotonic_clock::now();
    }
    let now = wall_clock::now();
    now.seconds * 1_000_000_000 + u64::from(now.nanoseconds)
}

pub fn run(is_fixed: bool, words: &[&str]) -> Result<(), Failure> {
    let server = resolve(&argument::<String>(words, 0)?)?;
    let count: u32 = argument(words, 1)?;
    let socket = Datagrams::new()?;
    let mut answered = 0;
    for number in 1..=count + 1 {
        let request = format!("get {number}");
        let is_answer = |text: &str| number_of(text, "value") == Some(number);
        let deadline = now(is_fixed) + 300_000_000;
        socket.send(&request, server)?;
        while now(is_fixed) < deadline {
            if socket.receive()?.iter().any(|(text, _)| is_answer(text)) {
                answered += 1;
                break;
            }
            let (readable, tick) = (
                socket.subscribe(),
                monotonic_clock::subscribe_duration(20_000_000),
            );
            poll(&[&readable, &tick]);
        }
    }
    say(&format!("{answered} of {}", count + 1));
    Ok(())
}
