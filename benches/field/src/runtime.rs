//! What each contender that runs tasks has to offer. The work over it is written once, in `work/`, so that all do the same.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use crate::error::Fallible;

/// A runtime, seen from within.
pub trait Runtime: Clone + 'static {
    /// A TCP listener.
    type Listener: 'static;
    /// A TCP connection.
    type Stream: Stream;

    /// Starts a task on this thread. Its result is awaited.
    fn spawn<F>(
        &self,
        future: F,
    ) -> impl Future<Output = Fallible<F::Output>> + 'static + use<Self, F>
    where
        F: Future + 'static,
        F::Output: 'static;

    /// The runtime's own timer, not armed before it is polled for the first time where it works so.
    fn sleep(&self, duration: Duration)
    -> impl Future<Output = Fallible<()>> + 'static + use<Self>;

    /// The runtime's own way to let others run; false where it has none beyond a task that wakes itself.
    fn own_yield(&self) -> impl Future<Output = bool> + 'static + use<Self>;

    /// Listens on a free port of the loopback interface.
    fn listen(&self) -> Fallible<(Self::Listener, SocketAddr)>;

    /// Accepts a connection and switches Nagle's algorithm off.
    fn accept(&self, listener: &Self::Listener) -> impl Future<Output = Fallible<Self::Stream>>;

    /// Sends `rounds` numbers to another task and back through two channels of the runtime's own, with room for one; false where
    /// it has none.
    fn own_ping_pong(&self, rounds: u64) -> impl Future<Output = Fallible<bool>> {
        let _ = rounds;
        std::future::ready(Ok(false))
    }
}

/// A TCP connection. Buffers are handed over and come back, as runtimes on io_uring need it.
pub trait Stream: 'static {
    /// Reads what has arrived into the buffer's start; 0 at the end. The buffer's length is at least what was read.
    fn read(&mut self, buffer: Vec<u8>) -> impl Future<Output = (io::Result<usize>, Vec<u8>)>;

    /// Writes the first `length` bytes, which are what the last read gave.
    fn write_all(
        &mut self,
        buffer: Vec<u8>,
        length: usize,
    ) -> impl Future<Output = (io::Result<()>, Vec<u8>)>;
}

/// The same yield for everybody: a task that wakes itself.
pub fn wake_self() -> impl Future<Output = ()> {
    struct WakeSelf(bool);

    impl Future for WakeSelf {
        type Output = ();

        fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
            if std::mem::replace(&mut self.0, true) {
                return Poll::Ready(());
            }
            context.waker().wake_by_ref();
            Poll::Pending
        }
    }

    WakeSelf(false)
}
