//! What a guest can wait for.

use wippy_dispatcher::{Event, Instant};

use super::sockets::SocketPollable;
use crate::activity::WaitKind;

/// `wasi:io/poll#pollable`: a closed set of things that become ready.
#[derive(Debug)]
pub enum Pollable {
    /// Ready from the start.
    Ready,
    /// Ready at an instant of the monotonic clock; [`Instant::NEVER`] never is.
    Deadline(Instant),
    /// Ready while an event is set: something of this kind has completed.
    Event(Event, WaitKind),
    /// Ready when reading its parent, the input stream at this index, makes progress.
    Input(u32),
    /// Ready when writing its parent, the output stream at this index, makes progress.
    Output(u32),
    /// Ready when a socket, or a stream of datagrams, makes progress.
    Socket(SocketPollable),
}
