//! What is known of a client whose bytes are not read.

use wippy_dispatcher::Interest;

use super::{Lost, TAG, Wire};

/// What is known of the client without reading.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::http::server) enum ClientState {
    /// It may send more.
    Sends,
    /// It sends nothing more, and may still read.
    HalfClosed,
    /// It has broken the connection off.
    Gone,
}

impl Wire {
    /// What is known of the client, also where what it has sent is not read.
    pub(in crate::http::server) fn client(&self) -> ClientState {
        match self.transport.is_ready(Interest::WriteClosed) {
            true => ClientState::Gone,
            false if self.ended || self.transport.is_ready(Interest::ReadClosed) => {
                ClientState::HalfClosed
            }
            false => ClientState::Sends,
        }
    }

    /// Adds to a wait what may become of a client whose bytes are not read.
    pub(in crate::http::server) fn watch_client(&mut self) -> Result<(), Lost> {
        let ends = match self.client() {
            ClientState::Sends => &[Interest::ReadClosed, Interest::WriteClosed][..],
            ClientState::HalfClosed => &[Interest::WriteClosed],
            ClientState::Gone => &[],
        };
        for &end in ends {
            self.transport.register(&mut self.set, end, TAG)?;
        }
        Ok(())
    }
}
