//! The standard streams of a call.

mod at_start;
mod descriptor;
mod input;
mod output;

pub use input::Input;
pub use output::{Output, OutputLost};

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;

use rustix::io::fcntl_dupfd_cloexec;
use wippy_dispatcher::Handle;

pub use super::io::{InputSource, Sink};
use super::log::Lines;

/// Standard input, output and error of a call. Clones share their streams.
#[derive(Clone, Debug)]
pub struct Stdio {
    pub(crate) stdin: InputSource,
    pub(crate) stdout: Sink,
    pub(crate) stderr: Sink,
}

impl Stdio {
    /// Streams of any kind.
    pub fn new(stdin: InputSource, stdout: Sink, stderr: Sink) -> Stdio {
        Stdio {
            stdin,
            stdout,
            stderr,
        }
    }

    /// A function's: an empty input, and log lines.
    pub fn logged(entry: &str) -> Stdio {
        Stdio {
            stdin: InputSource::Empty,
            stdout: Sink::Log(Arc::new(Lines::new(entry, "stdout"))),
            stderr: Sink::Log(Arc::new(Lines::new(entry, "stderr"))),
        }
    }

    /// The program's own, with an `Output::inherited`. Their flags are left as they are: they
    /// belong to the shell too.
    ///
    /// # Errors
    /// As [`Stdio::of_descriptors`], and `EMFILE` when the process has no descriptor left.
    pub fn inherited(handle: &Handle, stdout: Arc<Output>) -> io::Result<Stdio> {
        let (stdin, stderr) = (own(rustix::stdio::stdin())?, own(rustix::stdio::stderr())?);
        let stdio = Stdio::of_descriptors(handle, stdin, None, stderr)?;
        Ok(Stdio {
            stdout: Sink::Device(stdout),
            ..stdio
        })
    }

    /// Any three descriptors, `None` for one that is closed.
    ///
    /// # Errors
    /// `Simulated`, `TooManySources`, `WrongThread` and `Closed` of the dispatcher, and what the system
    /// reports of a descriptor.
    pub fn of_descriptors(
        handle: &Handle,
        stdin: Option<OwnedFd>,
        stdout: Option<OwnedFd>,
        stderr: Option<OwnedFd>,
    ) -> io::Result<Stdio> {
        let sink = |fd: Option<OwnedFd>| -> io::Result<Sink> {
            Ok(Sink::Device(Arc::new(Output::new(handle, fd)?)))
        };
        Ok(Stdio {
            stdin: match stdin {
                Some(fd) => InputSource::Device(Arc::new(Input::new(handle, fd)?)),
                None => InputSource::Empty,
            },
            stdout: sink(stdout)?,
            stderr: sink(stderr)?,
        })
    }

    pub(crate) fn stdin_is_terminal(&self) -> bool {
        matches!(&self.stdin, InputSource::Device(device) if device.is_terminal())
    }

    pub(crate) fn stdout_is_terminal(&self) -> bool {
        matches!(&self.stdout, Sink::Device(device) if device.is_terminal())
    }

    pub(crate) fn stderr_is_terminal(&self) -> bool {
        matches!(&self.stderr, Sink::Device(device) if device.is_terminal())
    }

    /// Whether all that was written is delivered, or cannot be.
    pub fn is_delivered(&self) -> bool {
        self.stdout.is_delivered() && self.stderr.is_delivered()
    }

    /// Waits until all that was written is delivered, or cannot be.
    pub async fn delivered(&self) {
        let _ = self.stdout.delivered().await;
        let _ = self.stderr.delivered().await;
    }
}

/// A descriptor of our own for an inherited one; `None` if that is closed.
fn own(fd: BorrowedFd<'_>) -> io::Result<Option<OwnedFd>> {
    match fcntl_dupfd_cloexec(fd.as_fd(), 3) {
        Ok(own) => Ok(Some(own)),
        Err(rustix::io::Errno::BADF) => Ok(None),
        Err(errno) => Err(errno.into()),
    }
}
