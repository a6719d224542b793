//! Calls the host functions of an embedder's own package.
#![no_std]

extern crate alloc;
extern crate support;

wit_bindgen::generate!({
    path: [
        "wit/acme-game.wit",
        "../wit/game.wit",
    ],
    world: "test:guests/game-guest",
    generate_all,
});

use acme::game::{physics, players};
use alloc::string::String;
use alloc::vec::Vec;
use exports::test::guests::game::Guest;

struct Game;
export!(Game);

impl Guest for Game {
    fn steps(times: u32, by: u32) -> u32 {
        (0..times).fold(0, |_, _| physics::step(by))
    }

    fn settle(milliseconds: u64) -> u64 {
        physics::settle(milliseconds)
    }

    fn settle_times(times: u32, milliseconds: u64) -> u64 {
        (0..times).map(|_| physics::settle(milliseconds)).sum()
    }

    fn speed(mass: u32, pushes: u32) -> u32 {
        let body = physics::Body::new(mass);
        (0..pushes).for_each(|_| body.push(1));
        body.speed()
    }

    fn hoard(bodies: u32) -> u32 {
        let bodies: Vec<_> = (0..bodies).map(physics::Body::new).collect();
        bodies.len() as u32
    }

    fn crash(text: String) {
        physics::crash(&text);
    }

    fn name() -> String {
        players::name()
    }

    /// The number of the last seat that was taken, and how many were left.
    fn seats(count: u32) -> (u32, u32) {
        let last = (0..count).map(|_| players::sit().number()).last();
        (last.unwrap_or_default(), players::left())
    }

    fn turn(milliseconds: u64) -> Result<u32, String> {
        players::turn(milliseconds)
    }

    fn fall(milliseconds: u64) {
        players::fall(milliseconds);
    }
}
