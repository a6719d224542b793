//! `half-close VARIANT OFFICE`: a worker that connects to an office, is given jobs line by line, and answers each when
//! it is done, 5 ms later. An office that has no more jobs shuts its direction down, and waits for the answers.
//!
//! The bug: the end of the input is taken as the end of the connection, and jobs that are not done are forgotten.
//!
//! The socket server of skynet closed a connection as soon as its peer had shut one direction down, so that the answer
//! to the last request was lost (cloudwu/skynet, a bug report); so did ioxide and the web server of ESP8266 boards.

use alloc::collections::VecDeque;
use alloc::format;
use alloc::string::String;

use crate::connection::Connection;
use crate::failure::Failure;
use crate::wasi::clocks::monotonic_clock::subscribe_duration;
use crate::wasi::io::poll::poll;
use crate::{argument, say};

pub fn run(is_fixed: bool, words: &[&str]) -> Result<(), Failure> {
    let mut office = Connection::open(&argument::<String>(words, 0)?)?;
    let (mut jobs, mut is_open, mut done) = (VecDeque::new(), true, 0);
    while is_open || (is_fixed && !jobs.is_empty()) {
        let readable = office.input.subscribe();
        let ready = match jobs.front() {
            None => poll(&[&readable]),
            Some((_, timer)) if is_open => poll(&[&readable, timer]),
            Some((_, timer)) => poll(&[timer]).iter().map(|_| 1).collect(),
        };
        drop(readable);
        if ready.contains(&0) {
            is_open = office.fill()?;
            while let Some(line) = office.line() {
                jobs.push_back((line, subscribe_duration(5_000_000)));
            }
        }
        if ready.contains(&1)
            && let Some((job, _)) = jobs.pop_front()
        {
            office.send(&format!("done {job}"))?;
            done += 1;
        }
    }
    say(&format!("done {done}"));
    Ok(())
}
