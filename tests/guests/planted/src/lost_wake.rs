//! `lost-wake VARIANT FEED FEED`: acknowledges what two feeds send, line by line, until both have ended.
//!
//! The bug: a feed that `poll` found ready is not waited for until it has been read. Of several that are ready at
//! once only the first is read; the others are neither read nor waited for any more.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use crate::connection::Connection;
use crate::failure::Failure;
use crate::wasi::io::poll::{Pollable, poll};
use crate::{argument, say};

struct Feed {
    connection: Connection,
    is_waited_for: bool,
    lines: u32,
}

pub fn run(is_fixed: bool, words: &[&str]) -> Result<(), Failure> {
    let mut feeds = Vec::new();
    for index in 0..2 {
        feeds.push(Feed {
            connection: Connection::open(&argument::<String>(words, index)?)?,
            is_waited_for: true,
            lines: 0,
        });
    }
    loop {
        let places: Vec<usize> = (0..feeds.len())
            .filter(|place| feeds[*place].is_waited_for)
            .collect();
        if places.is_empty() {
            break;
        }
        let waits: Vec<Pollable> = places
            .iter()
            .map(|place| feeds[*place].connection.input.subscribe())
            .collect();
        let ready = poll(&waits.iter().collect::<Vec<_>>());
        drop(waits);
        let ready: Vec<usize> = ready.iter().map(|it| places[*it as usize]).collect();
        for place in &ready {
            feeds[*place].is_waited_for = false;
        }
        let read_now = if is_fixed { ready.len() } else { 1 };
        for place in ready.into_iter().take(read_now) {
            read(&mut feeds[place])?;
        }
    }
    say(&format!("lines {} {}", feeds[0].lines, feeds[1].lines));
    Ok(())
}

fn read(feed: &mut Feed) -> Result<(), Failure> {
    feed.is_waited_for = feed.connection.fill()?;
    while let Some(line) = feed.connection.line() {
        feed.lines += 1;
        feed.connection.send(&format!("seen {line}"))?;
    }
    Ok(())
}
