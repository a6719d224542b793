//! How many connections may be open, over all threads of a server.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use wippy_dispatcher::{Error, Event, Handle};

/// The seats of a server, which is full when all are taken.
pub(super) struct Seats {
    taken: AtomicUsize,
    limit: usize,
    /// Set while one may be free. It belongs to the thread that accepts.
    room: Event,
}

impl Seats {
    pub(super) fn new(handle: &Handle, limit: usize) -> Result<Arc<Seats>, Error> {
        Ok(Arc::new(Seats {
            taken: AtomicUsize::new(0),
            limit: limit.max(1),
            room: Event::new(handle)?,
        }))
    }

    /// Whether all are taken. [`Seats::room`] is set when this changes.
    pub(super) fn are_taken(&self) -> bool {
        if self.taken.load(Ordering::Acquire) < self.limit {
            return false;
        }
        // Cleared first: a seat that becomes free in between sets it again.
        self.room.clear();
        self.taken.load(Ordering::Acquire) >= self.limit
    }

    pub(super) fn room(&self) -> &Event {
        &self.room
    }
}

/// The connections of one thread.
pub(super) struct ThreadSeats {
    taken: AtomicUsize,
    /// Set while the thread has none. It belongs to that thread.
    quiet: Event,
}

impl ThreadSeats {
    pub(super) fn new(handle: &Handle) -> Result<Arc<ThreadSeats>, Error> {
        Ok(Arc::new(ThreadSeats {
            taken: AtomicUsize::new(0),
            quiet: Event::new(handle)?,
        }))
    }

    /// How many connections it has.
    pub(super) fn taken(&self) -> usize {
        self.taken.load(Ordering::Acquire)
    }

    /// Waits on their thread until all connections have ended.
    ///
    /// # Errors
    /// `WrongThread` and `Closed`.
    pub(super) async fn quiet(&self) -> Result<(), Error> {
        loop {
            self.quiet.clear();
            if self.taken() == 0 {
                return Ok(());
            }
            self.quiet.wait().await?;
        }
    }
}

/// The seat of one connection, until it is dropped on whatever thread.
pub(super) struct Seat {
    of_server: Arc<Seats>,
    of_thread: Arc<ThreadSeats>,
}

impl Seat {
    pub(super) fn take(of_server: &Arc<Seats>, of_thread: &Arc<ThreadSeats>) -> Seat {
        of_server.taken.fetch_add(1, Ordering::AcqRel);
        of_thread.taken.fetch_add(1, Ordering::AcqRel);
        Seat {
            of_server: of_server.clone(),
            of_thread: of_thread.clone(),
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        if self.of_thread.taken.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.of_thread.quiet.set();
        }
        if self.of_server.taken.fetch_sub(1, Ordering::AcqRel) >= self.of_server.limit {
            self.of_server.room.set();
        }
    }
}
