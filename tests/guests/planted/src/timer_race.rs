//! `timer-race VARIANT SHOP COUNT`: buys so many things. Of each it asks the price first; a thing whose price is not
//! there after 500 ms goes back into the queue, and is asked for under a new number.
//!
//! The bug: `poll` may find the answer and the timer ready at once, and each of them is dealt with as if it were
//! alone. The thing is bought and goes back into the queue, so that it is bought twice.

use alloc::collections::VecDeque;
use alloc::format;
use alloc::string::String;

use crate::connection::Connection;
use crate::failure::Failure;
use crate::wasi::clocks::monotonic_clock::subscribe_duration;
use crate::wasi::io::poll::poll;
use crate::wasi::io::streams::StreamError;
use crate::{argument, number_of, say};

pub fn run(is_fixed: bool, words: &[&str]) -> Result<(), Failure> {
    let mut shop = Connection::open(&argument::<String>(words, 0)?)?;
    let count: u32 = argument(words, 1)?;
    let mut queue: VecDeque<u32> = (0..count).collect();
    let (mut asked, mut bought) = (0, 0);
    while let Some(thing) = queue.pop_front() {
        asked += 1;
        shop.send(&format!("price {asked}"))?;
        let timer = subscribe_duration(500_000_000);
        let (mut is_answered, mut is_late) = (false, false);
        while !is_answered && !is_late {
            let readable = shop.input.subscribe();
            let ready = poll(&[&readable, &timer]);
            drop(readable);
            if ready.contains(&0) {
                if !shop.fill()? {
                    return Err(StreamError::Closed.into());
                }
                // Answers to numbers that were given up are of no use.
                while let Some(line) = shop.line() {
                    is_answered |= number_of(&line, "price") == Some(asked);
                }
            }
            is_late = ready.contains(&1) && !(is_fixed && is_answered);
        }
        if is_answered {
            shop.send(&format!("buy {thing}"))?;
            bought += 1;
        }
        if is_late {
            queue.push_back(thing);
        }
    }
    shop.send("bye")?;
    say(&format!("bought {bought}"));
    Ok(())
}
