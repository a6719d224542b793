//! On which thread a connection is served.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;

use wippy_dispatcher::{Error, Handle, Local, Remote};

use super::connection;
use super::listener::Listener;
use super::peer::Peer;
use super::seats::{Seat, ThreadSeats};
use super::server_state::ServerState;
use super::transport::{AcceptedFd, Transport};

/// A thread that serves connections which another one accepts.
pub(super) struct ServingThread {
    remote: Remote,
    seats: Arc<ThreadSeats>,
    /// The state on that thread.
    state: Local<Rc<ServerState>>,
    /// It has ended, and gets no more.
    is_gone: Cell<bool>,
}

impl ServingThread {
    pub(super) fn new(
        remote: Remote,
        seats: Arc<ThreadSeats>,
        state: Local<Rc<ServerState>>,
    ) -> ServingThread {
        ServingThread {
            remote,
            seats,
            state,
            is_gone: Cell::new(false),
        }
    }
}

/// Where connections go that this thread accepts.
pub(super) struct Placement {
    /// The state of this thread.
    state: Rc<ServerState>,
    others: Vec<ServingThread>,
}

impl Placement {
    pub(super) fn new(state: Rc<ServerState>, others: Vec<ServingThread>) -> Placement {
        Placement { state, others }
    }

    /// Accepts a connection and has it served by the thread that has the fewest, by this one where several have.
    ///
    /// # Errors
    /// As [`TcpListener::try_accept`](wippy_dispatcher::net::TcpListener::try_accept), and `TooManyTasks`.
    pub(super) fn accept(&self, listener: &Listener) -> Result<(), Error> {
        if self.others.is_empty() {
            let (transport, peer) = listener.try_accept()?;
            let seat = self.sit(&self.state.seats);
            return spawn(&self.state, transport, peer, seat);
        }
        let accepted = listener.try_accept_fd()?;
        let others = self.others.iter().filter(|thread| !thread.is_gone.get());
        let fewest = others.min_by_key(|thread| thread.seats.taken());
        match fewest {
            Some(thread) if thread.seats.taken() < self.state.seats.taken() => {
                let (state, seat) = (thread.state.clone(), self.sit(&thread.seats));
                let serve = move |handle: &Handle| {
                    let opened = accepted.open(handle);
                    async move {
                        // A thread that is about to end closes the connection.
                        if let (Ok(state), Ok((transport, peer))) = (state.get(), opened) {
                            connection::serve((*state).clone(), transport, peer).await;
                        }
                        drop(seat);
                    }
                };
                match thread.remote.spawn(serve) {
                    Err(Error::Closed) => {
                        thread.is_gone.set(true);
                        Ok(())
                    }
                    spawned => spawned,
                }
            }
            _ => self.here(accepted),
        }
    }

    fn here(&self, accepted: AcceptedFd) -> Result<(), Error> {
        let seat = self.sit(&self.state.seats);
        let (transport, peer) = accepted.open(&self.state.handle)?;
        spawn(&self.state, transport, peer, seat)
    }

    fn sit(&self, of_thread: &Arc<ThreadSeats>) -> Seat {
        Seat::take(&self.state.all_seats, of_thread)
    }
}

fn spawn(
    state: &Rc<ServerState>,
    transport: Transport,
    peer: Peer,
    seat: Seat,
) -> Result<(), Error> {
    let own = state.clone();
    let serving = state.handle.spawn(async move {
        connection::serve(own, transport, peer).await;
        drop(seat);
    })?;
    serving.detach();
    Ok(())
}
