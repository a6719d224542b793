//! What the pollables of sockets wait for.

use wasmtime::Result;
use wippy_dispatcher::WaitSet;

use super::{IncomingDatagramStream, OutgoingDatagramStream, TcpSocket};
use crate::host::table::Table;

/// A pollable's parent, by its index in the table.
#[derive(Clone, Copy, Debug)]
pub enum Waiting {
    /// Ready when a connect has ended or a connection can be accepted, and where nothing of that
    /// is under way.
    Tcp(u32),
    /// Ready when there is a datagram.
    Incoming(u32),
    /// Ready when a datagram can be sent.
    Outgoing(u32),
}

impl Waiting {
    /// Whether it is ready now.
    ///
    /// # Errors
    /// When its parent is gone, which the table does not let happen.
    pub fn is_ready(&self, table: &Table) -> Result<bool> {
        Ok(match self {
            Waiting::Tcp(parent) => table.by_index::<TcpSocket>(*parent)?.is_ready(),
            Waiting::Incoming(parent) => {
                let stream = table.by_index::<IncomingDatagramStream>(*parent)?;
                stream.is_ready()
            }
            Waiting::Outgoing(parent) => {
                let stream = table.by_index::<OutgoingDatagramStream>(*parent)?;
                stream.is_ready()
            }
        })
    }

    /// Adds what would make it ready to a wait, under `tag`.
    ///
    /// # Errors
    /// When the dispatcher's bounds are reached.
    pub fn register(&self, table: &Table, set: &mut WaitSet, tag: u32) -> Result<()> {
        match self {
            Waiting::Tcp(parent) => table.by_index::<TcpSocket>(*parent)?.register(set, tag)?,
            Waiting::Incoming(parent) => table
                .by_index::<IncomingDatagramStream>(*parent)?
                .register(set, tag)?,
            Waiting::Outgoing(parent) => table
                .by_index::<OutgoingDatagramStream>(*parent)?
                .register(set, tag)?,
        }
        Ok(())
    }
}
