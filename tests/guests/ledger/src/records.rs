//! Files of records, and directories whose names are made sure of.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom};

use crate::Failure;

/// Makes sure of the names in `/data`.
pub fn sync_names() -> Result<(), Failure> {
    Ok(File::open("/data")?.sync_all()?)
}

/// Opens a file to go on at its end. One that is new has its name on the disk.
pub fn open(path: &str) -> Result<File, Failure> {
    let mut options = OpenOptions::new();
    let mut file = options
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(path)?;
    sync_names()?;
    file.seek(SeekFrom::End(0))?;
    Ok(file)
}

/// All lines of a file that are whole.
pub fn lines(path: &str) -> Result<Vec<String>, Failure> {
    let mut bytes = Vec::new();
    File::open(path)?.read_to_end(&mut bytes)?;
    let text = String::from_utf8_lossy(&bytes);
    let whole = text
        .split_inclusive('\n')
        .filter(|line| line.ends_with('\n'));
    Ok(whole.map(|line| line.trim_end().to_owned()).collect())
}
