//! Whether a pollable is ready, and what would wake whoever waits for it.

use wasmtime::Result;
use wippy_dispatcher::{Instant, WaitSet};

use super::io::{InputStream, OutputStream};
use super::pollable::Pollable;
use super::sockets::SocketPollable;
use super::table::Table;
use crate::activity::WaitKind;

impl Pollable {
    /// Whether it is ready now. `now` is read at most once per scan, when the first deadline asks.
    ///
    /// # Errors
    /// When its parent is gone. The table refuses to drop parents before their children.
    #[inline]
    pub fn is_ready(
        &self,
        table: &Table,
        now: &mut impl FnMut() -> Result<Instant>,
    ) -> Result<bool> {
        Ok(match self {
            Pollable::Ready => true,
            Pollable::Deadline(Instant::NEVER) => false,
            Pollable::Deadline(deadline) => now()? >= *deadline,
            Pollable::Event(event, _) => event.is_set(),
            Pollable::Input(parent) => table.by_index::<InputStream>(*parent)?.is_ready(),
            Pollable::Output(parent) => table.by_index::<OutputStream>(*parent)?.is_ready(),
            Pollable::Socket(waiting) => waiting.is_ready(table)?,
        })
    }

    /// Adds what would make it ready to a wait set, under `tag`.
    ///
    /// # Errors
    /// `TooManyMembers`, `TooManyTimers`, `OtherDispatcher`, `WrongThread`, `Closed` of the dispatcher.
    #[inline]
    pub fn register(&self, table: &Table, set: &mut WaitSet, tag: u32) -> Result<()> {
        match self {
            Pollable::Ready => set.add_deadline(Instant::from_nanos(0), tag)?,
            Pollable::Deadline(Instant::NEVER) => {}
            Pollable::Deadline(deadline) => set.add_deadline(*deadline, tag)?,
            Pollable::Event(event, _) => set.add_event(event, tag)?,
            Pollable::Input(parent) => {
                table.by_index::<InputStream>(*parent)?.register(set, tag)?
            }
            Pollable::Output(parent) => table
                .by_index::<OutputStream>(*parent)?
                .register(set, tag)?,
            Pollable::Socket(waiting) => waiting.register(table, set, tag)?,
        }
        Ok(())
    }

    /// What whoever waits for it is told to wait for.
    ///
    /// # Errors
    /// When its parent is gone.
    pub(super) fn wait_kind(&self, table: &Table) -> Result<WaitKind> {
        Ok(match self {
            Pollable::Ready => WaitKind::Ready,
            Pollable::Deadline(_) => WaitKind::Clock,
            Pollable::Event(_, kind) => *kind,
            Pollable::Input(parent) => table.by_index::<InputStream>(*parent)?.wait_kind(),
            Pollable::Output(parent) => table.by_index::<OutputStream>(*parent)?.sink().wait_kind(),
            Pollable::Socket(SocketPollable::Tcp(_)) => WaitKind::TcpSocket,
            Pollable::Socket(SocketPollable::Incoming(_)) => WaitKind::UdpInput,
            Pollable::Socket(SocketPollable::Outgoing(_)) => WaitKind::UdpOutput,
        })
    }

    /// Whether only the clock decides: polling I/O cannot change the answer then.
    pub fn is_timer(&self) -> bool {
        matches!(self, Pollable::Ready | Pollable::Deadline(_))
    }
}
