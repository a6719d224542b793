//! System calls and nothing else: what no host function can beat.

use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::path::Path;

use rustix::fs::{AtFlags, CWD, Mode, OFlags, RawDir, fstat, openat, statat};
use rustix::io::{pread, pwrite};
use serde_json::Value;

use crate::Fallible;
use crate::clock;
use crate::protocol::{self, Answer, Request};

const PAGE: usize = 4096;

/// Serves requests over a directory.
///
/// # Errors
/// When a stream breaks.
pub fn serve(mount: &Path) -> Fallible<()> {
    let root = openat(
        CWD,
        mount,
        OFlags::RDONLY | OFlags::DIRECTORY,
        Mode::empty(),
    )?;
    Ok(protocol::serve(|request| {
        answer(&root, request).map_err(|error| error.to_string())
    })?)
}

fn answer(root: &OwnedFd, request: &Request) -> Fallible<Answer> {
    if request.function == "about" {
        return Ok(Answer {
            value: "pread, pwrite, fstat, openat, getdents64; no code between".into(),
            ..Answer::default()
        });
    }
    let function = request.function.rsplit('#').next().unwrap_or_default();
    let path = request.args.first().and_then(Value::as_str);
    let path = path.ok_or("no path given")?;
    let number = |at: usize| {
        let number = request.args.get(at).and_then(Value::as_u64);
        number.ok_or_else(|| format!("argument {at} is no number"))
    };
    let nanos = match function {
        "sequential-reads" => sequential(root, path, usize::try_from(number(1)?)?, number(2)?)?,
        "lists" => lists(root, path)?,
        _ => small(root, path, function, number(1)?)?,
    };
    Ok(Answer {
        value: nanos.into(),
        ..Answer::default()
    })
}

fn open(root: &OwnedFd, path: &str, flags: OFlags) -> Fallible<OwnedFd> {
    Ok(openat(root, path, flags | OFlags::CLOEXEC, Mode::empty())?)
}

fn sequential(root: &OwnedFd, path: &str, part: usize, total: u64) -> Fallible<u64> {
    let file = open(root, path, OFlags::RDONLY)?;
    let mut buffer = vec![0; part];
    let start = clock::now();
    let (mut read, mut at) = (0, 0);
    while read < total {
        let more = pread(&file, &mut *buffer, at)? as u64;
        at = if more == 0 { 0 } else { at + more };
        read += more;
    }
    Ok(clock::now() - start)
}

fn small(root: &OwnedFd, path: &str, function: &str, count: u64) -> Fallible<u64> {
    let file = open(root, path, OFlags::RDWR)?;
    let pages = (u64::try_from(fstat(&file)?.st_size)? / PAGE as u64).max(1);
    let mut buffer = [7; PAGE];
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let start = clock::now();
    for at in 0..count {
        match function {
            "random-reads" => {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                pread(&file, &mut buffer, state % pages * PAGE as u64)?;
            }
            "writes" | "stream-writes" => {
                pwrite(&file, &buffer, at % 256 * PAGE as u64)?;
            }
            "stats" => {
                fstat(&file)?;
            }
            "path-stats" => {
                statat(root, path, AtFlags::empty())?;
            }
            "opens" => drop(open(root, path, OFlags::RDONLY)?),
            // It has nothing to cross.
            "crossings" => {
                std::hint::black_box(at);
            }
            other => return Err(format!("no system call is {other}").into()),
        }
    }
    Ok(clock::now() - start)
}

fn lists(root: &OwnedFd, path: &str) -> Fallible<u64> {
    let directory = open(root, path, OFlags::RDONLY | OFlags::DIRECTORY)?;
    let mut space = vec![MaybeUninit::uninit(); 32 * 1024];
    let start = clock::now();
    let mut names = RawDir::new(&directory, &mut space);
    while let Some(name) = names.next() {
        std::hint::black_box(name?.file_name());
    }
    Ok(clock::now() - start)
}
