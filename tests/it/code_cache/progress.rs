//! The line on a terminal while something compiles for long.

use std::fmt::Write;
use std::fs::File;
use std::io::Read;
use std::process::{Command, Stdio};

use super::World;
use crate::support::Project;
use crate::terminals::Terminal;

/// A module that is compiled for seconds: one function, so that more processors make it no quicker, of
/// many blocks, whose values the compiler has to follow.
fn slow() -> String {
    let mut text =
        r#"(module (func (export "f") (param $a i32) (result i32) (local $b i32)"#.to_owned();
    for number in 0..12_000 {
        let _ = write!(
            text,
            "(if (i32.and (local.get $a) (i32.const {number}))
                (then (local.set $b (i32.add (local.get $b) (local.get $a))))
                (else (local.set $a (i32.xor (local.get $a) (i32.const {number})))))"
        );
    }
    text.push_str("(local.get $b)))");
    text
}

fn project() -> Project {
    let mut project = Project::new();
    project.text("slow", &slow(), "f", "[]");
    project
}

/// What is seen on a terminal that is its standard error; its standard output goes nowhere.
fn shown(command: &mut Command) -> String {
    let Terminal { mut keyboard, tty } = Terminal::new();
    command
        .env("TERM", "xterm")
        .stderr(tty)
        .stdout(Stdio::null());
    let mut child = command.spawn().expect("the program");
    // The parent's copy of the other end would keep the terminal open.
    command.stderr(Stdio::null());
    let text = read(&mut keyboard);
    assert!(child.wait().expect("its end").success(), "{text}");
    text
}

fn read(keyboard: &mut File) -> String {
    let mut shown = Vec::new();
    // The end of a terminal is an error.
    let _ = keyboard.read_to_end(&mut shown);
    String::from_utf8(shown).expect("text")
}

#[test]
fn it_is_shown_while_something_compiles_and_then_taken_back() {
    const ERASE: &str = "\r\u{1b}[2K";
    let world = World::new(&project());
    let line = format!("{ERASE}compiling test:slow…{ERASE}");
    // Nothing else, before or behind it.
    assert_eq!(shown(&mut world.program(&["call", "slow", "0"])), line);
    // With code that is there, nothing takes long.
    assert_eq!(shown(&mut world.program(&["call", "slow", "0"])), "");
    let mut json = world.program(&["call", "--json", "--no-cache", "slow", "0"]);
    assert_eq!(shown(&mut json), "");
    let mut dumb = world.program(&["call", "--no-cache", "slow", "0"]);
    let Terminal { mut keyboard, tty } = Terminal::new();
    dumb.env("TERM", "dumb").stderr(tty).stdout(Stdio::null());
    let mut child = dumb.spawn().expect("the program");
    dumb.stderr(Stdio::null());
    assert_eq!(read(&mut keyboard), "");
    assert!(child.wait().expect("its end").success());
}
