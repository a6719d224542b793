//! The socket that a UDP socket and its streams use together.

use std::sync::atomic::{AtomicU64, Ordering};

use wippy_dispatcher::net::{Family, UdpSocket};
use wippy_dispatcher::{Error, Handle};

/// A socket, and which of its streams are valid.
pub(super) struct SharedSocket {
    pub(super) socket: UdpSocket,
    /// Counts the calls of `stream`: the streams of all but the last are invalid.
    generation: AtomicU64,
}

impl SharedSocket {
    pub(super) fn new(handle: &Handle, family: Family) -> Result<SharedSocket, Error> {
        Ok(SharedSocket {
            socket: UdpSocket::new(handle, family)?,
            generation: AtomicU64::new(0),
        })
    }

    /// Begins a new generation, which makes all earlier streams invalid.
    pub(super) fn next_generation(&self) -> u64 {
        self.generation.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Whether streams of this generation are valid.
    pub(super) fn is_current(&self, generation: u64) -> bool {
        self.generation.load(Ordering::Relaxed) == generation
    }
}
