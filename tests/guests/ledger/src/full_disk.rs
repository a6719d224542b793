//! A file of records of 1,000 bytes, on a disk that may be full.
//!
//! The bug: a record for which there is no room is given up, and its beginning, for which there was, stays. What
//! is read next ends in the middle of a record.

use std::fs;
use std::io::{Seek, SeekFrom, Write};

use crate::Failure;
use crate::records::open;

const PATH: &str = "/data/records";
const SIZE: usize = 1000;

pub fn run(is_fixed: bool, count: u32) -> Result<(), Failure> {
    let mut file = open(PATH)?;
    file.set_len(0)?;
    for number in 0..count {
        let start = file.seek(SeekFrom::End(0))?;
        if let Err(error) = file.write_all(&[number as u8; SIZE]) {
            println!("no room for record {number}: {error}");
            if is_fixed {
                file.set_len(start)?;
            }
            break;
        }
    }
    file.sync_all()?;
    let rest = fs::read(PATH)?.len() % SIZE;
    match rest {
        0 => Ok(()),
        _ => Err(format!("the file ends with {rest} bytes of a record").into()),
    }
}
