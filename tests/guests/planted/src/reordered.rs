//! `reordered VARIANT SERVER COUNT`: fetches a text that comes in so many numbered datagrams, and prints it.
//!
//! The bug: pieces are put together in the order in which they come, and as many as there are make a whole. Datagrams
//! overtake each other, and may come twice.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;

use crate::address::resolve;
use crate::datagrams::Datagrams;
use crate::failure::Failure;
use crate::{argument, say};

pub fn run(is_fixed: bool, words: &[&str]) -> Result<(), Failure> {
    let server = resolve(&argument::<String>(words, 0)?)?;
    let count: usize = argument(words, 1)?;
    let socket = Datagrams::new()?;
    socket.send(&format!("fetch {count}"), server)?;
    let mut pieces = BTreeMap::new();
    while pieces.len() < count {
        for (datagram, _) in socket.receive()? {
            let (number, piece) = datagram
                .split_once(' ')
                .ok_or_else(|| Failure::new("no piece of a text"))?;
            let number = match is_fixed {
                true => number.parse().map_err(|_| Failure::new("no number"))?,
                false => pieces.len(),
            };
            pieces.insert(number, String::from(piece));
        }
        if pieces.len() < count {
            socket.subscribe().block();
        }
    }
    let text: String = pieces.into_values().collect();
    say(&text);
    Ok(())
}
