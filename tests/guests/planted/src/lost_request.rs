//! `lost-request VARIANT SERVER COUNT`: asks a server for so many values over UDP. A request that is not answered in
//! 200 ms is sent again.
//!
//! The bug: it is sent again once. The timer is not armed for the second time, so that the client waits for ever if
//! the request or its answer is lost twice.

use alloc::format;
use alloc::string::String;

use crate::address::resolve;
use crate::datagrams::Datagrams;
use crate::failure::Failure;
use crate::wasi::clocks::monotonic_clock::subscribe_duration;
use crate::wasi::io::poll::poll;
use crate::{argument, number_of, say};

const PATIENCE: u64 = 200_000_000;

pub fn run(is_fixed: bool, words: &[&str]) -> Result<(), Failure> {
    let server = resolve(&argument::<String>(words, 0)?)?;
    let count: u32 = argument(words, 1)?;
    let socket = Datagrams::new()?;
    for number in 1..=count {
        let request = format!("get {number}");
        let is_answer = |text: &str| number_of(text, "value") == Some(number);
        socket.send(&request, server)?;
        let mut timer = Some(subscribe_duration(PATIENCE));
        // Late answers to earlier requests come as well.
        while !socket.receive()?.iter().any(|(text, _)| is_answer(text)) {
            let readable = socket.subscribe();
            let ready = match &timer {
                Some(timer) => poll(&[&readable, timer]),
                None => poll(&[&readable]),
            };
            if ready.contains(&1) {
                socket.send(&request, server)?;
                timer = is_fixed.then(|| subscribe_duration(PATIENCE));
            }
        }
    }
    say(&format!("{count} values"));
    Ok(())
}
