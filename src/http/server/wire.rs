//! A client's connection as bytes that have arrived and bytes that are to be written.

mod client_state;

use std::cell::RefCell;
use std::io;
use std::rc::Rc;

use wippy_dispatcher::{Error, Handle, Instant, Interest, WaitSet};

use super::transport::{SessionIo, Transport};
use crate::http::buffer::Buffer;
use crate::http::session::Session;
use crate::http::tls::Got;
pub(super) use client_state::ClientState;

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
    transport: Transport,
    /// TLS over it, if there is.
    session: Option<Session>,
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
    /// Bytes of HTTP that were read, and written, since [`Wire::take_moved`] was called.
    moved: (u64, u64),
    /// How often the client has taken something.
    taken: u64,
}

impl Wire {
    pub(super) fn new(
        handle: &Handle,
        transport: Transport,
        session: Option<Session>,
        arriving: ReadBuffer,
    ) -> Result<Wire, Error> {
        // Small pieces of a body must not wait for the acknowledgement of those before.
        transport.set_nodelay();
        Ok(Wire {
            set: WaitSet::new(handle)?,
            received: handle.now()?,
            handle: handle.clone(),
            transport,
            session,
            input: Buffer::default(),
            output: Buffer::default(),
            arriving,
            ended: false,
            steps: 0,
            stuck: None,
            moved: (0, 0),
            taken: 0,
        })
    }

    /// Goes on with agreeing on a session of TLS, if there is one. `None` once that is done; until then what has to be
    /// waited for.
    pub(super) fn agree(&mut self) -> Result<Option<SocketWait>, Lost> {
        let Some(session) = &mut self.session else {
            return Ok(None);
        };
        let mut io = SessionIo::new(&self.transport, false);
        while session.is_handshaking() && self.steps < STEPS_MAX {
            self.steps += 1;
            match session.handshake(&mut io) {
                Ok(true) => {}
                Ok(false) => break,
                Err(_) => {
                    // The alert, as far as there is room.
                    let _ = session.flush(&mut io);
                    return Err(Lost);
                }
            }
        }
        let flushed = session.flush(&mut io).map_err(|_| Lost)?;
        Ok(session.is_handshaking().then_some(SocketWait {
            readable: true,
            writable: !flushed,
        }))
    }

    /// Reads what is there; whether something is new, be it the end.
    pub(super) fn fill(&mut self) -> Result<bool, Lost> {
        // A session may hold what it has read before.
        match !self.ended && (self.session.is_some() || self.transport.is_ready(Interest::Readable))
        {
            true => self.read(false),
            false => Ok(false),
        }
    }

    /// The same, and asks the system also where the dispatcher has not seen anything arrive.
    pub(super) fn fill_now(&mut self) -> Result<bool, Lost> {
        match self.ended {
            true => Ok(false),
            false => self.read(true),
        }
    }

    fn read(&mut self, asks: bool) -> Result<bool, Lost> {
        self.steps += 1;
        let mut arriving = self.arriving.0.borrow_mut();
        let got = match &mut self.session {
            Some(session) => {
                let mut io = SessionIo::new(&self.transport, asks);
                let got = session.read(&mut io, &mut arriving);
                if got.is_err() {
                    let _ = session.flush(&mut io);
                }
                got.map_err(|_| Lost)?
            }
            None => match self.transport.try_read(&mut arriving) {
                Ok(0) => Got::Closed,
                Ok(count) => Got::Bytes(count),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => Got::Nothing,
                Err(_) => return Err(Lost),
            },
        };
        match got {
            Got::Nothing => return Ok(false),
            // Whether a request is whole, its own framing says.
            Got::Closed | Got::Cut => self.ended = true,
            Got::Bytes(count) => {
                debug_assert!(count <= arriving.len());
                let bytes = arriving.get(..count).unwrap_or_default();
                self.input.extend(bytes);
                self.moved.0 += bytes.len() as u64;
                self.received = self.handle.now()?;
            }
        }
        Ok(true)
    }

    /// Writes what there is room for; whether all is written.
    pub(super) fn flush(&mut self) -> Result<bool, Lost> {
        let mut progress = false;
        while !self.output.is_empty() {
            let count = self.write()?;
            self.output.consume(count);
            self.moved.1 += count as u64;
            progress |= count > 0;
            self.taken += u64::from(count > 0);
            if count == 0 {
                return self.is_stuck(progress);
            }
        }
        if let Some(session) = &mut self.session {
            let mut io = SessionIo::new(&self.transport, false);
            if !session.flush(&mut io).map_err(|_| Lost)? {
                progress |= io.written > 0;
                self.taken += u64::from(io.written > 0);
                return self.is_stuck(progress);
            }
        }
        self.stuck = None;
        Ok(true)
    }

    /// Hands some of the output on; 0 where there is no room.
    fn write(&mut self) -> Result<usize, Lost> {
        let Some(session) = &mut self.session else {
            return match self.transport.try_write(self.output.as_slice()) {
                Ok(count) => Ok(count),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(0),
                Err(_) => Err(Lost),
            };
        };
        let mut io = SessionIo::new(&self.transport, false);
        // What the session keeps is bounded; it has room again when the socket takes some.
        let kept = session.write(self.output.as_slice());
        session.flush(&mut io).map_err(|_| Lost)?;
        match kept {
            0 => Ok(session.write(self.output.as_slice())),
            kept => Ok(kept),
        }
    }

    fn is_stuck(&mut self, progress: bool) -> Result<bool, Lost> {
        if progress || self.stuck.is_none() {
            self.stuck = Some(self.handle.now()?);
        }
        Ok(false)
    }

    /// Whether all that was to be written is with the system.
    pub(super) fn is_flushed(&self) -> bool {
        self.output.is_empty() && self.stuck.is_none()
    }

    /// Since when the client takes nothing of what is to be written.
    pub(super) fn stuck(&self) -> Option<Instant> {
        self.stuck
    }

    /// Whether nothing of a request has been read: some clients send an empty line behind the one before.
    pub(super) fn is_blank(&self) -> bool {
        matches!(self.input.as_slice(), b"" | b"\r" | b"\r\n")
    }

    /// A number that is another one when the client has taken something.
    pub(super) fn taken(&self) -> u64 {
        self.taken
    }

    /// How many bytes of HTTP were read and written since the last time.
    pub(super) fn take_moved(&mut self) -> (u64, u64) {
        std::mem::take(&mut self.moved)
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
        let directions = [
            (wait.readable, Interest::Readable),
            (wait.writable, Interest::Writable),
        ];
        for (_, interest) in directions.into_iter().filter(|(waits, _)| *waits) {
            self.transport.register(&mut self.set, interest, TAG)?;
        }
        Ok(())
    }

    /// Nothing more is written: the client sees the end behind what was.
    pub(super) fn finish(&mut self) {
        if let Some(session) = &mut self.session {
            session.close();
            let mut io = SessionIo::new(&self.transport, false);
            // Without room for it, the client has the whole answer and a truncated session.
            let _ = session.flush(&mut io);
        }
        self.transport.finish();
    }

    /// Has the client see an error and not an end.
    pub(super) fn reset(&self) {
        self.transport.reset();
    }
}
