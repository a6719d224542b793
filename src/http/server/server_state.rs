//! What the connections of a server have in common.

use std::cell::RefCell;
use std::sync::Arc;

use wippy_dispatcher::{Error, Event, Handle};

use super::access_log::LogWriter;
use super::handler::Handler;
use super::http_date::DateClock;
use super::meters::Meters;
use super::request_id::RequestIds;
use super::seats::{Seats, ThreadSeats};
use super::server_tls::Sessions;
use super::settings::ServerSettings;
use super::wire::ReadBuffer;
use crate::select::{Either, select};

/// The state of a server on one thread, which its tasks share.
pub(super) struct ServerState {
    pub(super) handle: Handle,
    pub(super) settings: ServerSettings,
    pub(super) handler: Box<dyn Handler>,
    pub(super) sessions: Option<Sessions>,
    pub(super) log: Option<LogWriter>,
    pub(super) request_ids: Option<RequestIds>,
    date: RefCell<DateClock>,
    pub(super) arriving: ReadBuffer,
    pub(super) seats: Arc<ThreadSeats>,
    /// The seats of all threads.
    pub(super) all_seats: Arc<Seats>,
    /// Set from when no connection is to take another request.
    pub(super) stopping: Event,
    /// Set from when everything is to end at once.
    pub(super) cut: Event,
}

impl ServerState {
    pub(super) fn new(
        handle: &Handle,
        settings: ServerSettings,
        all_seats: Arc<Seats>,
        handler: Box<dyn Handler>,
    ) -> Result<ServerState, Error> {
        let sessions = settings.tls.as_ref();
        let sessions = sessions.map(|tls| Sessions::new(tls, handle)).transpose()?;
        Ok(ServerState {
            handle: handle.clone(),
            sessions,
            log: settings.log.as_ref().map(|log| log.on(handle)),
            request_ids: match settings.request_ids {
                true => Some(RequestIds::new(handle)?),
                false => None,
            },
            settings,
            handler,
            date: RefCell::default(),
            arriving: ReadBuffer::new(),
            seats: ThreadSeats::new(handle)?,
            all_seats,
            stopping: Event::new(handle)?,
            cut: Event::new(handle)?,
        })
    }

    pub(super) fn meters(&self) -> &Meters {
        &self.settings.meters
    }

    /// Waits until no connection is left, and the handler has nothing left to do of their requests; for the latter only
    /// until everything is cut.
    ///
    /// # Errors
    /// `WrongThread` and `Closed`.
    pub(super) async fn quiet(&self) -> Result<(), Error> {
        self.seats.quiet().await?;
        match select(self.cut.wait(), self.handler.drained()).await {
            Either::Left(cut) => cut,
            Either::Right(()) => Ok(()),
        }
    }

    /// Calls `write` with the time for `Date`.
    pub(super) fn with_date<T>(&self, write: impl FnOnce(&str) -> T) -> T {
        write(self.date.borrow_mut().now(&self.handle))
    }
}
