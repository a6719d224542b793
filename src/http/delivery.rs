//! Whether requests have left: what must not be lost although nobody waits for the answers.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use wippy_dispatcher::{Error, Handle, Signal};

/// The requests of one sender that are not sent yet. Dropped, those whose answers nobody waits for
/// are given up.
pub struct Deliveries(Arc<Shared>);

struct Shared {
    open: AtomicUsize,
    /// None is open.
    none: Signal,
    /// The sender is gone.
    gone: Signal,
}

/// One request's way out. It ends when all of the request is with the system, or never will be.
pub struct Delivery {
    shared: Arc<Shared>,
    _held: Box<dyn Send>,
}

impl Deliveries {
    /// None so far.
    ///
    /// # Errors
    /// When the dispatcher's bound on signals is reached.
    pub fn new(handle: &Handle) -> Result<Deliveries, Error> {
        let none = Signal::new(handle)?;
        let gone = Signal::new(handle)?;
        let open = AtomicUsize::new(0);
        Ok(Deliveries(Arc::new(Shared { open, none, gone })))
    }

    /// One more; `held` is dropped with it.
    pub fn begin(&self, held: impl Send + 'static) -> Delivery {
        self.0.open.fetch_add(1, Ordering::Relaxed);
        self.0.none.clear();
        Delivery {
            shared: self.0.clone(),
            _held: Box::new(held),
        }
    }

    /// Waits until every one of them has ended.
    ///
    /// # Errors
    /// When the dispatcher is gone.
    pub async fn ended(&self) -> Result<(), Error> {
        while self.0.open.load(Ordering::Relaxed) > 0 {
            self.0.none.wait().await?;
        }
        Ok(())
    }
}

impl Drop for Deliveries {
    fn drop(&mut self) {
        self.0.gone.set();
    }
}

impl Delivery {
    /// Set once the sender is gone.
    pub fn gone(&self) -> &Signal {
        &self.shared.gone
    }
}

impl Drop for Delivery {
    fn drop(&mut self) {
        if self.shared.open.fetch_sub(1, Ordering::Relaxed) == 1 {
            self.shared.none.set();
        }
    }
}
