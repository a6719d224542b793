//! Settings that are replaced as a whole: the new ones are written to a file beside them, which then takes their
//! name. A journal says which settings are in force.
//!
//! The bug: the file is synced and its directory is not. The journal is on the disk, and after a loss of power the
//! name may still be that of the old settings.

use std::fs::{self, File};
use std::io::Write;

use crate::Failure;
use crate::records::{lines, open, sync_names};

const SETTINGS: &str = "/data/settings";
const NEW: &str = "/data/settings.new";
const JOURNAL: &str = "/data/journal";

fn number(line: &str) -> u32 {
    let number = line.rsplit(' ').next().map(str::parse);
    number.and_then(Result::ok).unwrap_or(0)
}

pub fn run(is_fixed: bool, count: u32) -> Result<(), Failure> {
    let mut journal = open(JOURNAL)?;
    let said = lines(JOURNAL)?
        .iter()
        .map(|line| number(line))
        .max()
        .unwrap_or(0);
    let present = match fs::read_to_string(SETTINGS) {
        Ok(text) => number(text.trim_end()),
        Err(_) => 0,
    };
    println!("settings {present}, in force {said}");
    if said > present {
        return Err(format!("settings {said} are in force, and there are {present}").into());
    }
    for number in said.max(present) + 1..=count {
        let mut file = File::create(NEW)?;
        file.write_all(format!("settings {number}\n").as_bytes())?;
        file.sync_all()?;
        fs::rename(NEW, SETTINGS)?;
        if is_fixed {
            sync_names()?;
        }
        journal.write_all(format!("\nin force {number}\n").as_bytes())?;
        journal.sync_all()?;
    }
    Ok(())
}
