//! The standard streams of a call.

mod at_start;
mod descriptor;
mod input;
mod output;

pub use input::Input;
pub use output::{Output, OutputLost};

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;

use rustix::io::fcntl_dupfd_cloexec;
use wippy_dispatcher::{Error, Handle};

pub use super::io::{InputSource, Sink};
use super::log::Lines;

/// Standard input, output and error of a call. Clones share their streams.
///
/// ```
/// use wippy::stdio::{InputSource, Sink, Stdio, pipe};
/// use wippy::{Entry, Program, Runtime};
///
/// # let dispatcher = wippy_dispatcher::Dispatcher::new()?;
/// let text = r#"(module
///   (import "wasi_snapshot_preview1" "fd_write"
///     (func $write (param i32 i32 i32 i32) (result i32)))
///   (memory (export "memory") 1)
///   (data (i32.const 0) "\08\00\00\00\06\00\00\00hello\n")
///   (func (export "_start")
///     (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 16)))))"#;
/// let entry = Entry::process("file:hello").bytes(text).import("wasi1");
/// let (printed, output) = pipe(&dispatcher.handle(), 1024)?;
/// let stdio = Stdio::new(
///     InputSource::Empty,
///     Sink::Pipe(output.clone()),
///     Sink::Pipe(output),
/// );
/// let program = Program::builder().entry(entry).build()?;
/// let runtime = Runtime::on(dispatcher.handle(), program)?;
/// let status = dispatcher.block_on(runtime.execute("file:hello", stdio, &[]))??;
/// assert_eq!(status.code, 0);
/// assert_eq!(printed.read(1024).unwrap(), b"hello\n");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
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

    /// The same with another input.
    pub fn stdin(mut self, stdin: InputSource) -> Stdio {
        self.stdin = stdin;
        self
    }

    /// The same with another output.
    pub fn stdout(mut self, stdout: Sink) -> Stdio {
        self.stdout = stdout;
        self
    }

    /// The same with another error output.
    pub fn stderr(mut self, stderr: Sink) -> Stdio {
        self.stderr = stderr;
        self
    }

    /// An empty input, and outputs that go nowhere. It belongs to no dispatcher.
    ///
    /// ```
    /// use wippy::stdio::{Sink, Stdio};
    ///
    /// Sink::Discard.write(b"text").unwrap();
    /// assert!(Stdio::discarded().is_delivered());
    /// ```
    pub fn discarded() -> Stdio {
        Stdio::new(InputSource::Empty, Sink::Discard, Sink::Discard)
    }

    /// Whether it belongs to no dispatcher, so that a call with it may run on any thread.
    pub(crate) fn is_discarded(&self) -> bool {
        let Stdio {
            stdin,
            stdout,
            stderr,
        } = self;
        matches!(stdin, InputSource::Empty)
            && matches!((stdout, stderr), (Sink::Discard, Sink::Discard))
    }

    /// A function's: an empty input, and log lines.
    pub fn logged(entry: &str) -> Stdio {
        Stdio::logged_as(entry.into())
    }

    /// The same without a copy of the name.
    pub(crate) fn logged_as(entry: Arc<str>) -> Stdio {
        Stdio {
            stdin: InputSource::Empty,
            stdout: Sink::Log(Arc::new(Lines::new(entry.clone(), "stdout"))),
            stderr: Sink::Log(Arc::new(Lines::new(entry, "stderr"))),
        }
    }

    /// The program's own, with an `Output::inherited`. Their flags are left as they are: they
    /// belong to the shell too.
    ///
    /// # Errors
    /// As [`Stdio::of_descriptors`]; also `Io` when the process has no descriptors left.
    pub fn inherited(handle: &Handle, stdout: Arc<Output>) -> Result<Stdio, Error> {
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
    /// `Io` when the kernel cannot examine a descriptor or watch it; `Simulated`, `TooManySources`,
    /// `WrongThread` and `Closed` of the dispatcher.
    pub fn of_descriptors(
        handle: &Handle,
        stdin: Option<OwnedFd>,
        stdout: Option<OwnedFd>,
        stderr: Option<OwnedFd>,
    ) -> Result<Stdio, Error> {
        let sink = |fd: Option<OwnedFd>| -> Result<Sink, Error> {
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
fn own(fd: BorrowedFd<'_>) -> Result<Option<OwnedFd>, Error> {
    match fcntl_dupfd_cloexec(fd.as_fd(), 3) {
        Ok(own) => Ok(Some(own)),
        Err(rustix::io::Errno::BADF) => Ok(None),
        Err(errno) => Err(errno.into()),
    }
}
