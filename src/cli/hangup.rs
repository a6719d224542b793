//! SIGHUP: certificates are read again.

use std::io::Read;
use std::os::unix::net::UnixStream;

use signal_hook::consts::SIGHUP;
use signal_hook::low_level::pipe;
use wippy_dispatcher::{Dispatcher, Error, Interest, Source};

/// The signal, from when this was made. Without one the process ends at it, as it does when its terminal is closed.
pub(super) struct Hangup(Source<UnixStream>);

impl Hangup {
    /// Takes the signal from now on.
    ///
    /// # Errors
    /// `Io` where the process has no descriptor left; `TooManySources`.
    pub(super) fn new(dispatcher: &Dispatcher) -> Result<Hangup, Error> {
        let (read, write) = UnixStream::pair()?;
        read.set_nonblocking(true)?;
        pipe::register(SIGHUP, write)?;
        let source = Source::with_interest(&dispatcher.handle(), read, Interest::Readable)?;
        Ok(Hangup(source))
    }

    /// Waits for the next one. Several that have come meanwhile count as one.
    ///
    /// # Errors
    /// `WrongThread` and `Closed` of the dispatcher.
    pub(super) async fn next(&self) -> Result<(), Error> {
        self.0.ready(Interest::Readable).await?;
        let mut bytes = [0; 64];
        while self.0.get().read(&mut bytes).is_ok_and(|read| read > 0) {}
        self.0.clear(Interest::Readable);
        Ok(())
    }
}
