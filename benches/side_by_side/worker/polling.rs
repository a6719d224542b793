//! The crate `polling`, as a loop over its `Poller` would use it.
// Adding a descriptor to it is unsafe: it does not keep the descriptor open.
#![allow(unsafe_code)]

use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::time::{Duration, Instant};

use polling::{Event, Events, PollMode, Poller};

use super::bare::BareLoop;
use crate::bell::Bell;
use crate::clock;
use crate::fallible::Fallible;

/// A poller and its events.
pub struct Loop {
    poller: Arc<Poller>,
    events: Events,
}

impl Loop {
    /// A loop.
    ///
    /// # Errors
    /// When the system has no descriptors left.
    pub fn new() -> io::Result<Loop> {
        Ok(Loop {
            poller: Arc::new(Poller::new()?),
            events: Events::new(),
        })
    }

    fn wait(&mut self) -> io::Result<()> {
        self.events.clear();
        self.poller.wait(&mut self.events, None)?;
        Ok(())
    }

    fn echo(&mut self, mut stream: &UnixStream, trials: u32) -> Fallible<Vec<u64>> {
        let mut times = Vec::with_capacity(trials as usize);
        let mut byte = [1];
        for _ in 0..trials {
            let start = clock::now();
            stream.write_all(&byte)?;
            loop {
                self.wait()?;
                match stream.read_exact(&mut byte) {
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                    done => break done?,
                }
            }
            times.push(clock::now() - start);
        }
        Ok(times)
    }
}

impl BareLoop for Loop {
    type Waker = Box<dyn Fn(&Bell) + Send>;

    fn about(&self) -> &'static str {
        "polling 3, edge-triggered, its own timeout"
    }

    fn overshoot(&mut self, duration: u64, trials: u32) -> Fallible<Vec<u64>> {
        let mut times = Vec::with_capacity(trials as usize);
        for _ in 0..trials {
            let deadline = Instant::now() + Duration::from_nanos(duration);
            let late = loop {
                self.events.clear();
                self.poller.wait_deadline(&mut self.events, deadline)?;
                if let Some(late) = Instant::now().checked_duration_since(deadline) {
                    break late;
                }
            };
            times.push(u64::try_from(late.as_nanos())?);
        }
        Ok(times)
    }

    fn waker(&mut self) -> Fallible<Self::Waker> {
        let poller = self.poller.clone();
        Ok(Box::new(move |_| {
            // It fails when the poller is broken, and then its wait fails too.
            let _ = poller.notify();
        }))
    }

    fn wait_for(&mut self, bell: &Bell, trials: u32) -> Fallible<Vec<u64>> {
        let mut times = Vec::with_capacity(trials as usize);
        for _ in 0..trials {
            bell.awaited();
            times.push(loop {
                self.wait()?;
                if let Some(time) = bell.heard() {
                    break time;
                }
            });
        }
        Ok(times)
    }

    fn round_trip(&mut self, stream: UnixStream, trials: u32) -> Fallible<Vec<u64>> {
        // SAFETY: the descriptor is deleted from the poller below, before `stream` closes it.
        unsafe {
            self.poller
                .add_with_mode(&stream, Event::readable(1), PollMode::Edge)?
        };
        let times = self.echo(&stream, trials);
        self.poller.delete(&stream)?;
        times
    }
}
