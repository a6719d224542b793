//! What a call has handed over and what is not delivered yet: requests, and bytes that its streams
//! have accepted. It goes on although nobody waits for it, until the call gives it up.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use wippy_dispatcher::{Error, Event, Handle};

/// The deliveries of one call. Dropped, those that are still open are given up.
pub struct PendingDeliveries(DeliveryTracker);

/// Where a delivery of a call begins. Clones are of the same call.
#[derive(Clone, Debug)]
pub struct DeliveryTracker(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    handle: Handle,
    open: AtomicUsize,
    /// Made with the first delivery.
    signals: OnceLock<Signals>,
}

#[derive(Clone, Debug)]
struct Signals {
    /// None is open.
    none: Event,
    /// The call waits for none of them any more.
    given_up: Event,
}

/// One delivery. Dropped, it has ended: all of it is with the system, or never will be.
pub struct Delivery {
    tracker: DeliveryTracker,
    signals: Signals,
    _held: Box<dyn Send>,
}

/// Without what it holds, which can be anything.
impl fmt::Debug for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Delivery")
            .field("tracker", &self.tracker)
            .finish_non_exhaustive()
    }
}

impl PendingDeliveries {
    /// None so far.
    pub fn new(handle: &Handle) -> PendingDeliveries {
        PendingDeliveries(DeliveryTracker(Arc::new(Shared {
            handle: handle.clone(),
            open: AtomicUsize::new(0),
            signals: OnceLock::new(),
        })))
    }

    /// Where they begin.
    pub fn tracker(&self) -> &DeliveryTracker {
        &self.0
    }

    /// How many are open.
    pub fn open(&self) -> usize {
        self.0.0.open.load(Ordering::Relaxed)
    }

    /// Waits until every one of them has ended.
    ///
    /// # Errors
    /// `WrongThread` and `Closed` of the dispatcher.
    pub async fn ended(&self) -> Result<(), Error> {
        while self.open() > 0 {
            match self.0.0.signals.get() {
                Some(signals) => signals.none.wait().await?,
                None => break,
            }
        }
        Ok(())
    }
}

impl Drop for PendingDeliveries {
    fn drop(&mut self) {
        if let Some(signals) = self.0.0.signals.get() {
            signals.given_up.set();
        }
    }
}

impl DeliveryTracker {
    /// One more; `held` is dropped with it.
    ///
    /// # Errors
    /// `TooManySources`, `WrongThread` and `Closed` of the dispatcher.
    pub fn begin(&self, held: impl Send + 'static) -> Result<Delivery, Error> {
        let signals = match self.0.signals.get() {
            Some(signals) => signals.clone(),
            None => {
                let made = Signals {
                    none: Event::new(&self.0.handle)?,
                    given_up: Event::new(&self.0.handle)?,
                };
                self.0.signals.get_or_init(|| made).clone()
            }
        };
        self.0.open.fetch_add(1, Ordering::Relaxed);
        signals.none.clear();
        Ok(Delivery {
            tracker: self.clone(),
            signals,
            _held: Box::new(held),
        })
    }
}

impl Delivery {
    /// Set once the call has given up its deliveries.
    pub fn given_up(&self) -> &Event {
        &self.signals.given_up
    }
}

impl Drop for Delivery {
    fn drop(&mut self) {
        if self.tracker.0.open.fetch_sub(1, Ordering::Relaxed) == 1 {
            self.signals.none.set();
        }
    }
}
