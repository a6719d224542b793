//! `ledger PROGRAM VARIANT COUNT`: programs that keep records in files beneath `/data`, each with a bug that
//! shows when its machine loses power or its disk is full. VARIANT is `buggy` or `fixed`. A program goes on
//! from what it finds, up to COUNT records. It ends with status 1 where its files contradict each other.

mod full_disk;
mod missing_fsync;
mod missing_name;
mod records;
mod torn_write;

use std::process::ExitCode;

/// Why a program ended early.
pub type Failure = Box<dyn std::error::Error>;

fn run(words: &[String]) -> Result<(), Failure> {
    let [program, variant, count] = words else {
        return Err("expected a program, buggy or fixed, and a count".into());
    };
    let is_fixed = match variant.as_str() {
        "buggy" => false,
        "fixed" => true,
        _ => return Err("expected buggy or fixed".into()),
    };
    let count: u32 = count.parse()?;
    match program.as_str() {
        "full-disk" => full_disk::run(is_fixed, count),
        "missing-fsync" => missing_fsync::run(is_fixed, count),
        "missing-name" => missing_name::run(is_fixed, count),
        "torn-write" => torn_write::run(is_fixed, count),
        _ => Err("there is no such program".into()),
    }
}

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match run(&words) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("{failure}");
            ExitCode::FAILURE
        }
    }
}
