//! `lost-update VARIANT NUMBER`: asks for the balances of so many other accounts, and then adds one to its own.
//! Requests are lines on standard output, answers lines on standard input: `look` and `get` are answered with a
//! balance, `set BALANCE` and `add AMOUNT` with `ok`.
//!
//! The bug: the balance is read and written in two requests. Somebody else's between them is lost.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use crate::failure::Failure;
use crate::wasi::cli::stdin::get_stdin;
use crate::wasi::io::streams::InputStream;
use crate::{argument, say};

fn ask(answers: &InputStream, request: &str) -> Result<String, Failure> {
    say(request);
    let mut answer = Vec::new();
    while answer.last() != Some(&b'\n') {
        answer.extend(answers.blocking_read(64)?);
    }
    let answer = String::from_utf8_lossy(&answer);
    Ok(String::from(answer.trim_end()))
}

pub fn run(is_fixed: bool, words: &[&str]) -> Result<(), Failure> {
    let others: u32 = argument(words, 0)?;
    let answers = get_stdin();
    for _ in 0..others {
        ask(&answers, "look")?;
    }
    if is_fixed {
        ask(&answers, "add 1")?;
        return Ok(());
    }
    let balance = ask(&answers, "get")?;
    let balance: u32 = balance.parse().map_err(|_| Failure::new("no balance"))?;
    ask(&answers, &format!("set {}", balance + 1))?;
    Ok(())
}
