//! How many connections a client has open.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::http::error::ErrorCode;

/// Counts a client's open connections up to a bound.
#[derive(Clone, Debug)]
pub(super) struct ConnectionCount {
    open: Arc<AtomicUsize>,
    max: usize,
}

/// The right to one open connection; given back when dropped.
#[derive(Debug)]
pub(super) struct ConnectionPermit(Arc<AtomicUsize>);

impl ConnectionCount {
    pub(super) fn new(max: usize) -> ConnectionCount {
        ConnectionCount {
            open: Arc::default(),
            max,
        }
    }

    /// Counts one more.
    ///
    /// # Errors
    /// `ConnectionLimitReached` at the bound.
    pub(super) fn acquire(&self) -> Result<ConnectionPermit, ErrorCode> {
        let one_more = |open| (open < self.max).then_some(open + 1);
        let order = Ordering::Relaxed;
        match self.open.fetch_update(order, order, one_more) {
            Ok(_) => Ok(ConnectionPermit(self.open.clone())),
            Err(_) => Err(ErrorCode::ConnectionLimitReached),
        }
    }
}

impl Drop for ConnectionPermit {
    fn drop(&mut self) {
        let before = self.0.fetch_sub(1, Ordering::Relaxed);
        debug_assert!(before > 0, "a permit was counted when it was acquired");
    }
}
