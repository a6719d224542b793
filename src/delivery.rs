//! Output that a call has handed over and that is not delivered yet: HTTP requests, and bytes that
//! its streams have accepted. Tasks of their own deliver it, whether or not the guest still runs,
//! until the call gives it up.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use wippy_dispatcher::{Error, Event, Handle};

/// The deliveries of one call that have not ended. Dropping it gives them up.
pub struct PendingDeliveries(DeliveryTracker);

/// Registers the deliveries of a call. Clones are of the same call.
#[derive(Clone, Debug)]
pub struct DeliveryTracker(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    handle: Handle,
    open: AtomicUsize,
    /// Made when the first delivery begins.
    events: OnceLock<Events>,
}

#[derive(Clone, Debug)]
struct Events {
    /// Set while no delivery is open.
    none: Event,
    /// Set once the call waits for none of them any more.
    given_up: Event,
}

/// A delivery that is open. Its task drops it when the system has taken everything, or will never.
pub struct Delivery {
    tracker: DeliveryTracker,
    events: Events,
    _held: Box<dyn Send>,
}

/// Without what it keeps alive, which can be anything.
impl fmt::Debug for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Delivery")
            .field("tracker", &self.tracker)
            .finish_non_exhaustive()
    }
}

impl PendingDeliveries {
    /// Those of a new call: none.
    pub fn new(handle: &Handle) -> PendingDeliveries {
        PendingDeliveries(DeliveryTracker(Arc::new(Shared {
            handle: handle.clone(),
            open: AtomicUsize::new(0),
            events: OnceLock::new(),
        })))
    }

    /// What registers them.
    pub fn tracker(&self) -> &DeliveryTracker {
        &self.0
    }

    /// How many have not ended.
    pub fn open(&self) -> usize {
        self.0.0.open.load(Ordering::Relaxed)
    }

    /// Waits until every one of them has ended.
    ///
    /// # Errors
    /// `WrongThread` and `Closed` of the dispatcher.
    pub async fn ended(&self) -> Result<(), Error> {
        while self.open() > 0 {
            match self.0.0.events.get() {
                Some(events) => events.none.wait().await?,
                None => break,
            }
        }
        Ok(())
    }
}

impl Drop for PendingDeliveries {
    fn drop(&mut self) {
        if let Some(events) = self.0.0.events.get() {
            events.given_up.set();
        }
    }
}

impl DeliveryTracker {
    /// Registers one more, which keeps `held` until it ends.
    ///
    /// # Errors
    /// `TooManySources`, `WrongThread` and `Closed` of the dispatcher.
    pub fn begin(&self, held: impl Send + 'static) -> Result<Delivery, Error> {
        let events = match self.0.events.get() {
            Some(events) => events.clone(),
            None => {
                let made = Events {
                    none: Event::new(&self.0.handle)?,
                    given_up: Event::new(&self.0.handle)?,
                };
                self.0.events.get_or_init(|| made).clone()
            }
        };
        self.0.open.fetch_add(1, Ordering::Relaxed);
        events.none.clear();
        Ok(Delivery {
            tracker: self.clone(),
            events,
            _held: Box::new(held),
        })
    }
}

impl Delivery {
    /// Set once the call has given up its deliveries.
    pub fn given_up(&self) -> &Event {
        &self.events.given_up
    }
}

impl Drop for Delivery {
    fn drop(&mut self) {
        if self.tracker.0.open.fetch_sub(1, Ordering::Relaxed) == 1 {
            self.events.none.set();
        }
    }
}
