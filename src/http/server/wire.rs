//! A client's connection as bytes that have arrived and bytes that are to be written.

use std::cell::RefCell;
use std::io;
use std::net::Shutdown;
use std::rc::Rc;

use wippy_dispatcher::net::TcpStream;
use wippy_dispatcher::{Error, Handle, Instant, Interest, WaitSet};

use crate::http::buffer::Buffer;

/// What is read at once, in bytes.
const READ: usize = 16 * 1024;
/// How many reads are made, and requests begun, before others run.
const STEPS_MAX: u32 = 32;
/// All members of a wait have this tag: which of them fired does not matter, since everything is tried
/// again after it.
pub(super) const TAG: u32 = 0;

/// The connection is of no further use: the client broke it off, or the dispatcher ends.
#[derive(Debug)]
pub(super) struct Lost;

impl From<Error> for Lost {
    fn from(_: Error) -> Lost {
        Lost
    }
}

/// What has to be waited for at the socket.
#[derive(Clone, Copy, Default, Debug)]
pub(super) struct SocketWait {
    pub(super) readable: bool,
    pub(super) writable: bool,
}

/// Where bytes are read to before they are a connection's. All connections of a server share one: a
/// connection that waits holds no buffer.
#[derive(Clone)]
pub(super) struct ReadBuffer(Rc<RefCell<Box<[u8]>>>);

impl ReadBuffer {
    pub(super) fn new() -> ReadBuffer {
        ReadBuffer(Rc::new(RefCell::new(vec![0; READ].into())))
    }
}

/// A connection. Nothing here waits, except [`Wire::breathe`].
pub(super) struct Wire {
    handle: Handle,
    stream: TcpStream,
    pub(super) input: Buffer,
    pub(super) output: Buffer,
    pub(super) set: WaitSet,
    arriving: ReadBuffer,
    /// The client sends nothing more.
    pub(super) ended: bool,
    steps: u32,
    /// Since when the client is to take something, and has not.
    stuck: Option<Instant>,
    /// When something last arrived.
    pub(super) received: Instant,
}

impl Wire {
    pub(super) fn new(
        handle: &Handle,
        stream: TcpStream,
        arriving: ReadBuffer,
    ) -> Result<Wire, Error> {
        // Small pieces of a body must not wait for the acknowledgement of those before.
        let _ = stream.options().set_nodelay(true);
        Ok(Wire {
            set: WaitSet::new(handle)?,
            received: handle.now()?,
            handle: handle.clone(),
            stream,
            input: Buffer::default(),
            output: Buffer::default(),
            arriving,
            ended: false,
            steps: 0,
            stuck: None,
        })
    }

    /// Reads what is there; whether something is new, be it the end.
    pub(super) fn fill(&mut self) -> Result<bool, Lost> {
        match !self.ended && self.stream.is_ready(Interest::Readable) {
            true => self.fill_now(),
            false => Ok(false),
        }
    }

    /// The same, and asks the system also where the dispatcher has not seen anything arrive.
    pub(super) fn fill_now(&mut self) -> Result<bool, Lost> {
        if self.ended {
            return Ok(false);
        }
        self.steps += 1;
        let mut arriving = self.arriving.0.borrow_mut();
        match self.stream.try_read(&mut arriving) {
            Ok(0) => self.ended = true,
            Ok(count) => {
                debug_assert!(count <= arriving.len());
                let bytes = arriving.get(..count).unwrap_or_default();
                self.input.extend(bytes);
                self.received = self.handle.now()?;
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(false),
            Err(_) => return Err(Lost),
        }
        Ok(true)
    }

    /// Writes what there is room for; whether all is written.
    pub(super) fn flush(&mut self) -> Result<bool, Lost> {
        let mut progress = false;
        while !self.output.is_empty() {
            match self.stream.try_write(self.output.as_slice()) {
                Ok(count) => {
                    self.output.consume(count);
                    progress |= count > 0;
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    if progress || self.stuck.is_none() {
                        self.stuck = Some(self.handle.now()?);
                    }
                    return Ok(false);
                }
                Err(_) => return Err(Lost),
            }
        }
        self.stuck = None;
        Ok(true)
    }

    /// Since when the client takes nothing of what is to be written.
    pub(super) fn stuck(&self) -> Option<Instant> {
        self.stuck
    }

    /// Counts a request: many of them may have come with one read.
    pub(super) fn begin_request(&mut self) {
        self.steps += 1;
    }

    /// Whether it has done so much that others should run first.
    pub(super) fn is_greedy(&self) -> bool {
        self.steps >= STEPS_MAX
    }

    /// Lets others run.
    pub(super) async fn breathe(&mut self) -> Result<(), Lost> {
        self.steps = 0;
        Ok(self.handle.yield_now().await?)
    }

    /// Gives back the memory of buffers that hold nothing.
    pub(super) fn release(&mut self) {
        for buffer in [&mut self.input, &mut self.output] {
            if buffer.is_empty() {
                *buffer = Buffer::default();
            }
        }
    }

    /// Begins a wait for these directions; the caller adds what else it waits for to the set.
    pub(super) fn prepare(&mut self, wait: SocketWait) -> Result<(), Lost> {
        self.set.clear();
        if wait.readable {
            self.stream
                .register(&mut self.set, Interest::Readable, TAG)?;
        }
        if wait.writable {
            self.stream
                .register(&mut self.set, Interest::Writable, TAG)?;
        }
        Ok(())
    }

    /// Nothing more is written: the client sees the end behind what was.
    pub(super) fn finish(&self) {
        let _ = self.stream.shutdown(Shutdown::Write);
    }

    /// Has the client see an error and not an end.
    pub(super) fn reset(&self) {
        let _ = self.stream.reset_on_close();
    }
}
