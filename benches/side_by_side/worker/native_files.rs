//! Files without anything between: `pread`, `pwrite`, `statx`, `openat`, `getdents`; and `write` to standard output.

use std::fs::File;
use std::path::Path;

use rustix::fs::{AtFlags, CWD, Dir, Mode, OFlags, StatxFlags, openat, statx};
use rustix::io::{pread, pwrite};

use super::native_arguments::Arguments;
use crate::clock;
use crate::fallible::Fallible;

/// As in the guest.
const WRITTEN_MAX: u64 = 1 << 20;

/// The nanoseconds of one of the loops.
///
/// # Errors
/// When there is no such loop, or a call fails.
pub fn answer(files: &Path, function: &str, arguments: Arguments<'_>) -> Fallible<u64> {
    let path = files.join(arguments.text(0)?);
    match function {
        "read-blocks" => read(&path, arguments),
        "write-blocks" => write(&path, arguments),
        "stat-open" => stat_open(&path, arguments.number(1)?),
        "stat-path" => stat_path(&path, arguments.number(1)?),
        "open-close" => open_close(&path, arguments.number(1)?),
        "list-directory" => list(&path),
        "write-stdout" => print(arguments),
        "read-stream" => stream(&path, arguments.number(1)?),
        other => Err(format!("no loop {other}").into()),
    }
}

fn read(path: &Path, arguments: Arguments<'_>) -> Fallible<u64> {
    let (block, count, random) = (
        arguments.number::<u64>(1)?,
        arguments.number::<u64>(2)?,
        arguments.flag(3),
    );
    let file = File::open(path)?;
    let blocks = file.metadata()?.len() / block;
    let mut buffer = vec![0; usize::try_from(block)?];
    let mut seed = 1u64;
    let start = clock::now();
    for number in 0..count {
        let at = match random {
            true => next(&mut seed),
            false => number,
        };
        pread(&file, &mut buffer, at % blocks * block)?;
    }
    Ok(clock::now() - start)
}

/// The guest's own generator.
fn next(random: &mut u64) -> u64 {
    *random = random
        .wrapping_mul(6364136223846793005)
        .wrapping_add(1442695040888963407);
    *random >> 33
}

fn write(path: &Path, arguments: Arguments<'_>) -> Fallible<u64> {
    let (block, count) = (arguments.number::<u64>(1)?, arguments.number::<u64>(2)?);
    let file = File::create(path)?;
    let bytes = vec![7; usize::try_from(block)?];
    let blocks = (WRITTEN_MAX / block).max(1);
    let start = clock::now();
    for number in 0..count {
        pwrite(&file, &bytes, number % blocks * block)?;
    }
    Ok(clock::now() - start)
}

fn print(arguments: Arguments<'_>) -> Fallible<u64> {
    let bytes = vec![b'x'; arguments.number(1)?];
    let start = clock::now();
    for _ in 0..arguments.number::<u32>(2)? {
        rustix::io::write(rustix::stdio::stdout(), &bytes)?;
    }
    Ok(clock::now() - start)
}

fn stat_open(path: &Path, count: u32) -> Fallible<u64> {
    let file = File::open(path)?;
    let start = clock::now();
    for _ in 0..count {
        statx(&file, c"", AtFlags::EMPTY_PATH, StatxFlags::BASIC_STATS)?;
    }
    Ok(clock::now() - start)
}

fn stat_path(path: &Path, count: u32) -> Fallible<u64> {
    let start = clock::now();
    for _ in 0..count {
        statx(CWD, path, AtFlags::empty(), StatxFlags::BASIC_STATS)?;
    }
    Ok(clock::now() - start)
}

fn open_close(path: &Path, count: u32) -> Fallible<u64> {
    let start = clock::now();
    for _ in 0..count {
        drop(openat(
            CWD,
            path,
            OFlags::RDONLY | OFlags::CLOEXEC,
            Mode::empty(),
        )?);
    }
    Ok(clock::now() - start)
}

fn list(path: &Path) -> Fallible<u64> {
    let start = clock::now();
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let directory = openat(CWD, path, flags, Mode::empty())?;
    for entry in Dir::new(directory)? {
        entry?;
    }
    Ok(clock::now() - start)
}

fn stream(path: &Path, block: usize) -> Fallible<u64> {
    let file = File::open(path)?;
    let mut buffer = vec![0; block];
    let mut at = 0;
    let start = clock::now();
    loop {
        match pread(&file, &mut buffer, at)? {
            0 => return Ok(clock::now() - start),
            read => at += read as u64,
        }
    }
}
