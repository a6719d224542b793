//! Programs with a bug each, for the simulation to find: `planted PROGRAM buggy|fixed ARGUMENT...`.
//!
//! A program works as long as nothing unusual happens: over loopback, and over a simulated network without faults.
//! The variant `fixed` differs in the lines that the bug is in and in no others, and works whatever happens.
#![no_std]

extern crate alloc;
extern crate support;

wit_bindgen::generate!({
    path: [
        "../../../wit/deps/io",
        "../../../wit/deps/clocks",
        "../../../wit/deps/cli",
        "../../../wit/deps/sockets",
        "../wit/planted.wit",
    ],
    world: "test:guests/planted-guest",
    generate_all,
});

mod address;
mod clock_step;
mod connection;
mod datagrams;
mod double_send;
mod failure;
mod half_close;
mod lost_request;
mod lost_update;
mod lost_wake;
mod partial_body;
mod reordered;
mod split_decision;
mod stale_connection;
mod timer_race;

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use exports::wasi::cli::run::Guest;
use failure::Failure;
use wasi::cli::environment::get_arguments;

support::console!();

struct Planted;
export!(Planted);

const USAGE: &str = "usage: planted PROGRAM buggy|fixed ARGUMENT..., see the file of the program";

/// Prints a line.
fn say(line: &str) {
    let _ = print(&format!("{line}\n"));
}

/// The `index`-th of a program's own arguments.
fn argument<T: core::str::FromStr>(words: &[&str], index: usize) -> Result<T, Failure> {
    let word = words.get(index).and_then(|word| word.parse().ok());
    word.ok_or_else(|| Failure::new(USAGE))
}

/// The number behind a word, as in `value 7`.
#[inline]
fn number_of(line: &str, word: &str) -> Option<u32> {
    line.strip_prefix(word)?.strip_prefix(' ')?.parse().ok()
}

fn run(words: &[&str]) -> Result<(), Failure> {
    let (program, is_fixed, rest) = match words {
        [_, program, "buggy", rest @ ..] => (program, false, rest),
        [_, program, "fixed", rest @ ..] => (program, true, rest),
        _ => return Err(Failure::new(USAGE)),
    };
    match *program {
        "clock-step" => clock_step::run(is_fixed, rest),
        "double-send" => double_send::run(is_fixed, rest),
        "half-close" => half_close::run(is_fixed, rest),
        "lost-request" => lost_request::run(is_fixed, rest),
        "lost-update" => lost_update::run(is_fixed, rest),
        "lost-wake" => lost_wake::run(is_fixed, rest),
        "partial-body" => partial_body::run(is_fixed, rest),
        "reordered" => reordered::run(is_fixed, rest),
        "split-decision" => split_decision::run(is_fixed, rest),
        "stale-connection" => stale_connection::run(is_fixed, rest),
        "timer-race" => timer_race::run(is_fixed, rest),
        _ => Err(Failure::new(USAGE)),
    }
}

impl Guest for Planted {
    fn run() -> Result<(), ()> {
        let arguments = get_arguments();
        let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
        run(&words).map_err(|failure| {
            let _ = complain(&format!("{failure}\n"));
        })
    }
}
