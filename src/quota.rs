//! A bounded amount of something that one call may hold of what the process has for all: bytes of
//! memory, descriptors, lookups at the resolver.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

/// A bounded amount. Clones are the same quota. Most calls use none of most of theirs: what counts is
/// made at the first use.
pub struct Quota {
    bound: usize,
    amount: OnceLock<Arc<Amount>>,
}

struct Amount {
    used: AtomicUsize,
    bound: usize,
}

impl Amount {
    /// Only the call that owns the quota acquires, on its dispatcher's thread; permits are dropped
    /// on any thread. So what is free may grow between the two steps, and never shrinks.
    fn try_acquire(&self, amount: usize) -> bool {
        let used = self.used.load(Ordering::Relaxed).checked_add(amount);
        let fits = used.is_some_and(|used| used <= self.bound);
        if fits {
            self.used.fetch_add(amount, Ordering::Relaxed);
        }
        fits
    }

    fn release(&self, amount: usize) {
        let used = self.used.fetch_sub(amount, Ordering::Relaxed);
        debug_assert!(used >= amount, "more is released than was acquired");
    }
}

/// A part of a quota. It is given back when dropped, on whatever thread and however long after its
/// call.
pub struct QuotaPermit {
    quota: Arc<Amount>,
    amount: usize,
}

impl Clone for Quota {
    fn clone(&self) -> Quota {
        Quota {
            bound: self.bound,
            amount: OnceLock::from(self.amount().clone()),
        }
    }
}

impl Quota {
    /// A quota of which nothing is used.
    pub fn new(bound: usize) -> Quota {
        Quota {
            bound,
            amount: OnceLock::new(),
        }
    }

    fn amount(&self) -> &Arc<Amount> {
        self.amount.get_or_init(|| {
            Arc::new(Amount {
                used: AtomicUsize::new(0),
                bound: self.bound,
            })
        })
    }

    /// A permit for this amount, if so much is free.
    pub fn try_acquire(&self, amount: usize) -> Option<QuotaPermit> {
        permit(self.amount(), amount)
    }

    /// How much its permits hold.
    #[cfg(test)]
    pub fn used(&self) -> usize {
        self.amount().used.load(Ordering::Relaxed)
    }
}

fn permit(quota: &Arc<Amount>, amount: usize) -> Option<QuotaPermit> {
    quota.try_acquire(amount).then(|| QuotaPermit {
        quota: quota.clone(),
        amount,
    })
}

impl QuotaPermit {
    /// Acquires so much more. False where that is not free; the permit is as before then.
    pub fn try_grow(&mut self, amount: usize) -> bool {
        let grown = self.quota.try_acquire(amount);
        if grown {
            self.amount += amount;
        }
        grown
    }

    /// Makes the permit one for `amount`. False where that is not free; the permit is as before
    /// then.
    pub fn try_resize(&mut self, amount: usize) -> bool {
        match amount.checked_sub(self.amount) {
            Some(more) => self.try_grow(more),
            None => {
                self.quota.release(self.amount - amount);
                self.amount = amount;
                true
            }
        }
    }

    /// Another permit for the same amount, if so much is free.
    pub fn try_clone(&self) -> Option<QuotaPermit> {
        permit(&self.quota, self.amount)
    }
}

impl Drop for QuotaPermit {
    fn drop(&mut self) {
        self.quota.release(self.amount);
    }
}

impl fmt::Debug for Quota {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Quota")
            .field("used", &self.amount().used.load(Ordering::Relaxed))
            .field("bound", &self.bound)
            .finish()
    }
}

impl fmt::Debug for QuotaPermit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("QuotaPermit").field(&self.amount).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_given_back_can_be_acquired_again() {
        let quota = Quota::new(10);
        let mut six = quota.try_acquire(4).expect("room");
        assert!(six.try_grow(2));
        assert!(!six.try_grow(5) && !six.try_grow(usize::MAX));
        assert!(quota.clone().try_acquire(5).is_none());
        assert!(quota.try_acquire(usize::MAX).is_none());
        let four = quota.try_acquire(4).expect("room");
        assert!(quota.try_acquire(1).is_none());
        drop(four);
        quota.try_acquire(1).expect("room");
        drop(six);
        quota.try_acquire(10).expect("room");
    }

    #[test]
    fn a_permit_is_resized_both_ways() {
        let quota = Quota::new(10);
        let mut five = quota.try_acquire(5).expect("room");
        let other = five.try_clone().expect("room");
        assert!(quota.try_acquire(1).is_none() && five.try_clone().is_none());
        assert!(!five.try_resize(6));
        drop(other);
        assert!(five.try_resize(10));
        assert!(five.try_resize(0));
        assert_eq!(quota.used(), 0);
        quota.try_acquire(10).expect("room");
    }
}
