//! The other end of a round trip: a thread that reads and writes with blocking calls.

use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::thread::{self, JoinHandle};

/// A stream that does not block, and the thread that sends back each of its bytes until it closes.
///
/// # Errors
/// When there is no socket left.
pub fn start() -> io::Result<(UnixStream, JoinHandle<()>)> {
    let (ours, mut theirs) = UnixStream::pair()?;
    ours.set_nonblocking(true)?;
    let echo = thread::spawn(move || {
        let mut byte = [0];
        while theirs
            .read_exact(&mut byte)
            .and_then(|()| theirs.write_all(&byte))
            .is_ok()
        {}
    });
    Ok((ours, echo))
}
