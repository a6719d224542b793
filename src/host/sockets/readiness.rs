//! Whether a pollable of a socket is ready, and what would wake whoever waits for it.

use wasmtime::Result;
use wippy_dispatcher::WaitSet;

use super::{IncomingDatagramStream, OutgoingDatagramStream, SocketPollable, TcpSocket};
use crate::host::table::Table;

impl SocketPollable {
    /// Whether it is ready now.
    ///
    /// # Errors
    /// When its parent is gone, which the table rules out: children are deleted first.
    pub fn is_ready(&self, table: &Table) -> Result<bool> {
        Ok(match self {
            SocketPollable::Tcp(parent) => table.by_index::<TcpSocket>(*parent)?.is_ready(),
            SocketPollable::Incoming(parent) => {
                let stream = table.by_index::<IncomingDatagramStream>(*parent)?;
                stream.is_ready()
            }
            SocketPollable::Outgoing(parent) => {
                let stream = table.by_index::<OutgoingDatagramStream>(*parent)?;
                stream.is_ready()
            }
        })
    }

    /// Adds what would make it ready to a wait, under `tag`.
    ///
    /// # Errors
    /// `TooManyMembers`, `TooManyTimers`, `OtherDispatcher`, `WrongThread`, `Closed` of the dispatcher.
    pub fn register(&self, table: &Table, set: &mut WaitSet, tag: u32) -> Result<()> {
        match self {
            SocketPollable::Tcp(parent) => {
                table.by_index::<TcpSocket>(*parent)?.register(set, tag)?
            }
            SocketPollable::Incoming(parent) => table
                .by_index::<IncomingDatagramStream>(*parent)?
                .register(set, tag)?,
            SocketPollable::Outgoing(parent) => table
                .by_index::<OutgoingDatagramStream>(*parent)?
                .register(set, tag)?,
        }
        Ok(())
    }
}
