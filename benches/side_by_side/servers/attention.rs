//! Whether a server sleeps between two requests.

use std::io;
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, poll};

/// How long a server that is awake looks for what comes next; then it parks too, so that it is
/// nobody's burden when its measure is over.
const PATIENCE: Duration = Duration::from_millis(20);

/// What a server does while nothing comes.
#[derive(Clone, Copy)]
pub enum Attention {
    /// Looks again and again: it answers at once, and nobody has to wake it.
    Awake,
    /// Parks.
    Asleep,
}

impl Attention {
    /// Calls until the answer is another than `WouldBlock`; the socket does not block.
    ///
    /// # Errors
    /// The call's, and those of the wait.
    pub fn wait<T>(
        self,
        socket: impl AsFd,
        flags: PollFlags,
        mut attempt: impl FnMut() -> io::Result<T>,
    ) -> io::Result<T> {
        let start = Instant::now();
        loop {
            match attempt() {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                result => return result,
            }
            match self {
                Attention::Awake if start.elapsed() < PATIENCE => {}
                _ => {
                    poll(&mut [PollFd::new(&socket, flags)], None)?;
                }
            }
        }
    }
}
