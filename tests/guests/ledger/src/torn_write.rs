//! A file of records of 1,500 bytes, each written at once and then synced.
//!
//! The bug: the length of the file says how many records there are. A loss of power while one is written leaves
//! its beginning, or its end behind zeros, and that is taken for a record.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};

use crate::Failure;
use crate::records::open;

const PATH: &str = "/data/records";
const SIZE: usize = 1500;

fn record(number: u32) -> Vec<u8> {
    // Never zero, as what was never written is.
    vec![(number % 255) as u8 + 1; SIZE]
}

/// How many records of a file are whole.
fn whole(file: &mut File) -> Result<u32, Failure> {
    let (mut bytes, mut whole) = (Vec::new(), 0);
    file.seek(SeekFrom::Start(0))?;
    file.read_to_end(&mut bytes)?;
    while bytes.chunks(SIZE).nth(whole as usize) == Some(&record(whole)[..]) {
        whole += 1;
    }
    Ok(whole)
}

pub fn run(is_fixed: bool, count: u32) -> Result<(), Failure> {
    let mut file = open(PATH)?;
    let length = file.seek(SeekFrom::End(0))?;
    let mut has = length.div_ceil(SIZE as u64) as u32;
    if is_fixed {
        has = whole(&mut file)?;
        file.set_len(u64::from(has) * SIZE as u64)?;
    }
    println!("{has} records");
    for number in has..count {
        file.seek(SeekFrom::Start(u64::from(number) * SIZE as u64))?;
        file.write_all(&record(number))?;
        file.sync_all()?;
    }
    let whole = whole(&mut file)?;
    match whole == count {
        true => Ok(()),
        false => Err(format!("record {whole} is not whole").into()),
    }
}
