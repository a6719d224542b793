//! The sending half of a TCP connection, as output.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use wippy_dispatcher::net::TcpStream;
use wippy_dispatcher::{Error, Handle, Instant, Signal, Task, WaitSet};

use crate::host::io::{IoError, StreamError};

/// The most that one `check-write` permits, in bytes. What of it the system does not take at once
/// is kept, and nothing more is permitted until it is gone.
const PERMIT: usize = 64 * 1024;

/// What a connection's output stream writes. What it has accepted a task of its own delivers,
/// whatever the guest does meanwhile; its end, which the end of the call waits for, ends that task.
pub struct Sending {
    shared: Arc<Shared>,
    draining: Mutex<Option<Task<()>>>,
}

struct Shared {
    handle: Handle,
    stream: Arc<TcpStream>,
    /// Nothing is kept. Made when something is for the first time.
    drained: OnceLock<Signal>,
    state: Mutex<State>,
}

struct State {
    kept: Vec<u8>,
    /// How much of `kept` is sent already.
    sent: usize,
    draining: bool,
    failure: Failure,
}

/// A failure is told once, to the first who asks; from then on the stream is closed.
enum Failure {
    None,
    Untold(io::Error),
    Closed,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Sending {
    pub(super) fn new(handle: &Handle, stream: Arc<TcpStream>) -> Sending {
        Sending {
            shared: Arc::new(Shared {
                handle: handle.clone(),
                stream,
                drained: OnceLock::new(),
                state: Mutex::new(State {
                    kept: Vec::new(),
                    sent: 0,
                    draining: false,
                    failure: Failure::None,
                }),
            }),
            draining: Mutex::new(None),
        }
    }

    pub(crate) fn check_write(&self) -> Result<u64, StreamError> {
        let mut state = lock(&self.shared.state);
        state.told()?;
        Ok(match state.draining {
            true => 0,
            false => PERMIT as u64,
        })
    }

    /// Takes bytes that were permitted.
    pub(crate) fn write(&self, bytes: &[u8]) -> Result<(), StreamError> {
        let mut state = lock(&self.shared.state);
        state.told()?;
        if state.draining {
            state.kept.extend_from_slice(bytes);
            return Ok(());
        }
        let mut rest = bytes;
        while !rest.is_empty() {
            match self.shared.stream.try_write(rest) {
                Ok(sent) => rest = rest.get(sent..).unwrap_or_default(),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) => {
                    state.failed(error);
                    return state.told();
                }
            }
        }
        if !rest.is_empty() {
            state.kept.extend_from_slice(rest);
            self.drain(&mut state)?;
        }
        Ok(())
    }

    fn drain(&self, state: &mut State) -> Result<(), Error> {
        let shared = self.shared.clone();
        match shared.drained.get() {
            Some(drained) => drained.clear(),
            None => {
                let _ = shared.drained.set(Signal::new(&shared.handle)?);
            }
        }
        let task = self.shared.handle.spawn(async move {
            let outcome = shared.drain().await;
            let mut state = lock(&shared.state);
            state.draining = false;
            if let Err(error) = outcome {
                state.failed(error);
            }
            drop(state);
            if let Some(drained) = shared.drained.get() {
                drained.set();
            }
        })?;
        state.draining = true;
        let ended = lock(&self.draining).replace(task);
        drop(ended);
        Ok(())
    }

    /// Waits until nothing is kept.
    pub(crate) async fn delivered(&self) -> Result<(), StreamError> {
        while lock(&self.shared.state).draining {
            match self.shared.drained.get() {
                Some(drained) => drained.wait().await?,
                None => break,
            }
        }
        lock(&self.shared.state).told()
    }

    /// Takes nothing any more.
    pub(super) fn shut(&self) {
        lock(&self.shared.state).failure = Failure::Closed;
    }

    pub(crate) fn is_ready(&self) -> bool {
        let state = lock(&self.shared.state);
        !state.draining || !matches!(state.failure, Failure::None)
    }

    pub(crate) fn register(&self, set: &mut WaitSet, tag: u32) -> Result<(), Error> {
        match self.shared.drained.get() {
            Some(drained) if !self.is_ready() => set.add_signal(drained, tag),
            _ => set.add_deadline(Instant::from_nanos(0), tag),
        }
    }
}

impl Shared {
    async fn drain(&self) -> io::Result<()> {
        while !self.send_kept()? {
            self.stream.writable().await?;
        }
        Ok(())
    }

    /// Sends what there is room for; true when nothing is left.
    fn send_kept(&self) -> io::Result<bool> {
        let mut state = lock(&self.state);
        let kept = std::mem::take(&mut state.kept);
        let mut outcome = Ok(true);
        while let Some(rest) = kept.get(state.sent..).filter(|rest| !rest.is_empty()) {
            match self.stream.try_write(rest) {
                Ok(sent) => state.sent += sent,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    outcome = Ok(false);
                    break;
                }
                Err(error) => {
                    outcome = Err(error);
                    break;
                }
            }
        }
        // A connection that is idle holds no buffer.
        if let Ok(false) = outcome {
            state.kept = kept;
        } else {
            state.sent = 0;
        }
        outcome
    }
}

impl State {
    fn told(&mut self) -> Result<(), StreamError> {
        match std::mem::replace(&mut self.failure, Failure::Closed) {
            Failure::None => {
                self.failure = Failure::None;
                Ok(())
            }
            Failure::Untold(error) => Err(StreamError::Failed(IoError::of_network(error))),
            Failure::Closed => Err(StreamError::Closed),
        }
    }

    fn failed(&mut self, error: io::Error) {
        // After the peer's end of the connection is known, writing is what comes too late.
        self.failure = match error.kind() {
            io::ErrorKind::BrokenPipe => Failure::Closed,
            _ => Failure::Untold(error),
        };
    }
}
