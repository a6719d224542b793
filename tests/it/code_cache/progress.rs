//! The line on a terminal while something compiles for long.

use std::fmt::Write;
use std::io::Read;
use std::process::{Command, Stdio};
use std::thread;

use super::{World, adders};
use crate::terminals::Terminal;

/// A module that is compiled for more than a second: one function, so that more processors make it no quicker, of
/// many blocks, whose values the compiler has to follow.
fn slow() -> Vec<u8> {
    let mut text =
        r#"(module (func (export "f") (param $a i32) (result i32) (local $b i32)"#.to_owned();
    for number in 0..30_000 {
        let _ = write!(
            text,
            "(if (i32.and (local.get $a) (i32.const {number}))
                (then (local.set $b (i32.add (local.get $b) (local.get $a))))
                (else (local.set $a (i32.xor (local.get $a) (i32.const {number})))))"
        );
    }
    text.push_str("(local.get $b)))");
    wat::parse_str(text).expect("a module")
}

/// What is seen on a terminal of this kind that is its standard error; its standard output goes nowhere.
fn shown(mut command: Command, kind: &str) -> String {
    let Terminal { mut keyboard, tty } = Terminal::new();
    command.env("TERM", kind).stderr(tty).stdout(Stdio::null());
    let mut child = command.spawn().expect("the program");
    // The parent's copy of the other end would keep the terminal open.
    drop(command);
    let mut shown = Vec::new();
    // The end of a terminal is an error.
    let _ = keyboard.read_to_end(&mut shown);
    let shown = String::from_utf8(shown).expect("text");
    assert!(child.wait().expect("its end").success(), "{shown}");
    shown
}

#[test]
fn it_is_shown_while_something_compiles_and_then_taken_back() {
    const ERASE: &str = "\r\u{1b}[2K";
    let world = World::new(&adders(0));
    let path = world.project().join("slow.wasm");
    std::fs::write(&path, slow()).expect("a file");
    let path = path.to_str().expect("text");
    let start = |words: &[&str]| world.program(words);
    let line = format!("{ERASE}compiling file:slow.wasm…{ERASE}");
    let (cold, json, dumb) = thread::scope(|scope| {
        let cold = scope.spawn(|| shown(start(&["call", path, "0"]), "xterm"));
        let words = ["call", "--json", "--no-cache", path, "0"];
        let json = scope.spawn(move || shown(start(&words), "xterm"));
        let words = ["call", "--no-cache", path, "0"];
        let dumb = scope.spawn(move || shown(start(&words), "dumb"));
        [cold, json, dumb]
            .map(|thread| thread.join().expect("no panic"))
            .into()
    });
    // Nothing else, before or behind it.
    assert_eq!((cold, json.as_str(), dumb.as_str()), (line, "", ""));
    // With code that is there, nothing takes long.
    assert_eq!(shown(start(&["call", path, "0"]), "xterm"), "");
}
