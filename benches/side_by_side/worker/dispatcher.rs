//! The dispatcher without guests.

use std::future::poll_fn;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::task::Poll;

use wippy_dispatcher::{Dispatcher, Instant, Interest, Source};

use super::bare::BareLoop;
use crate::bell::Bell;
use crate::clock;
use crate::fallible::Fallible;

/// A dispatcher with its default settings.
pub struct Loop(Dispatcher);

impl Loop {
    /// A loop.
    ///
    /// # Errors
    /// When the system has no descriptors left.
    pub fn new() -> Result<Loop, wippy_dispatcher::Error> {
        Ok(Loop(Dispatcher::new()?))
    }
}

impl BareLoop for Loop {
    type Waker = fn(&Bell);

    fn about(&self) -> &'static str {
        "wippy-dispatcher on mio, futures, no guests"
    }

    fn overshoot(&mut self, duration: u64, trials: u32) -> Fallible<Vec<u64>> {
        let handle = self.0.handle();
        self.0.block_on(async {
            let mut times = Vec::with_capacity(trials as usize);
            for _ in 0..trials {
                let deadline = clock::now() + duration;
                handle.sleep_until(Instant::from_nanos(deadline)).await?;
                times.push(
                    clock::now()
                        .checked_sub(deadline)
                        .ok_or("a sleep ended early")?,
                );
            }
            Ok(times)
        })?
    }

    fn waker(&mut self) -> Fallible<Self::Waker> {
        Ok(Bell::wake)
    }

    fn wait_for(&mut self, bell: &Bell, trials: u32) -> Fallible<Vec<u64>> {
        let times = self.0.block_on(async {
            let mut times = Vec::with_capacity(trials as usize);
            for _ in 0..trials {
                let mut listening = false;
                let heard = poll_fn(|context| {
                    if listening && let Some(time) = bell.heard() {
                        return Poll::Ready(time);
                    }
                    bell.listen(context.waker());
                    if !listening {
                        listening = true;
                        bell.awaited();
                    }
                    Poll::Pending
                });
                times.push(heard.await);
            }
            times
        })?;
        Ok(times)
    }

    fn round_trip(&mut self, stream: UnixStream, trials: u32) -> Fallible<Vec<u64>> {
        let source = Source::new(&self.0.handle(), stream)?;
        self.0.block_on(async {
            let mut times = Vec::with_capacity(trials as usize);
            let mut byte = [1];
            for _ in 0..trials {
                let start = clock::now();
                let mut stream: &UnixStream = source.get();
                stream.write_all(&byte)?;
                let read = source.attempt(Interest::Readable, |mut stream: &UnixStream| {
                    stream.read_exact(&mut byte)
                });
                read.await?;
                times.push(clock::now() - start);
            }
            Ok(times)
        })?
    }
}
