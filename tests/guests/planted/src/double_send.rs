//! `double-send VARIANT client SHOP COUNT`: orders so many things. An order that is not confirmed in 500 ms is sent
//! again over a new connection.
//! `double-send VARIANT server HOST:PORT SECONDS`: the shop; ends when nobody has connected for so many seconds.
//!
//! The bug: a late answer does not mean that the order was not carried out. The client sends it again without
//! anything by which the shop could see that it is the same one, and the shop delivers twice.
//!
//! axios-retry retried requests of every method after errors of the network (softonic/axios-retry, a bug report about
//! records created twice); several proxies have done so with POST. The usual remedy is the one here: a key that the
//! client chooses once for an order, and that its repetitions carry.

use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use crate::connection::{Connection, Listener};
use crate::failure::Failure;
use crate::wasi::clocks::monotonic_clock::subscribe_duration;
use crate::wasi::io::poll::{Pollable, poll};
use crate::{argument, say};

const ATTEMPTS: u32 = 20;

pub fn run(is_fixed: bool, words: &[&str]) -> Result<(), Failure> {
    let place: String = argument(words, 1)?;
    match words[0] {
        "client" => order(is_fixed, &place, argument(words, 2)?),
        _ => serve(&place, argument(words, 2)?),
    }
}

fn order(is_fixed: bool, shop: &str, count: u32) -> Result<(), Failure> {
    for number in 1..=count {
        let request = match is_fixed {
            true => format!("order book-{number} key {number}"),
            false => format!("order book-{number}"),
        };
        let confirmed = (0..ATTEMPTS).any(|_| attempt(shop, &request).unwrap_or(false));
        if !confirmed {
            return Err(Failure::new("the shop does not answer"));
        }
        say(&format!("ordered book-{number}"));
    }
    Ok(())
}

/// Whether the shop has confirmed the order in time.
fn attempt(shop: &str, request: &str) -> Result<bool, Failure> {
    let mut connection = Connection::open(shop)?;
    connection.send(request)?;
    let timer = subscribe_duration(500_000_000);
    Ok(connection.wait_for_line(&timer)?.is_some())
}

fn serve(place: &str, seconds: u64) -> Result<(), Failure> {
    let listener = Listener::bind(place)?;
    let (mut clients, mut keys) = (Vec::<Connection>::new(), BTreeSet::new());
    let mut idle = subscribe_duration(seconds * 1_000_000_000);
    loop {
        let arrival = listener.subscribe();
        let readable: Vec<Pollable> = clients.iter().map(|it| it.input.subscribe()).collect();
        let mut waits = Vec::from([&idle, &arrival]);
        waits.extend(&readable);
        let ready = poll(&waits);
        drop((arrival, readable));
        // From the last: what is removed moves only what was looked at.
        for place in ready.iter().rev().filter_map(|index| index.checked_sub(2)) {
            let place = place as usize;
            if !answer(&mut clients[place], &mut keys).unwrap_or(false) {
                clients.swap_remove(place);
            }
        }
        match ready.as_slice() {
            [0] => return Ok(()),
            _ => idle = subscribe_duration(seconds * 1_000_000_000),
        }
        while let Some(client) = listener.accept()? {
            clients.push(client);
        }
    }
}

/// Deals with the requests that have come. False: the client has left.
fn answer(client: &mut Connection, keys: &mut BTreeSet<u32>) -> Result<bool, Failure> {
    let stays = client.fill()?;
    while let Some(line) = client.line() {
        let words: Vec<&str> = line.split_ascii_whitespace().collect();
        let is_known = match words.as_slice() {
            ["order", _, "key", key] => key.parse().is_ok_and(|key| !keys.insert(key)),
            _ => false,
        };
        if let (["order", thing, ..], false) = (words.as_slice(), is_known) {
            say(&format!("delivered {thing}"));
        }
        client.send("confirmed")?;
    }
    Ok(stays)
}
