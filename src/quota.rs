//! A bounded amount of something that one call may hold of what the process has for all: bytes of
//! memory, descriptors, lookups at the resolver. It may be a part of another one, which the calls of a
//! group share.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

/// A bounded amount. Clones are the same quota. Most calls use none of most of theirs: what counts is
/// made at the first use.
pub struct Quota {
    bound: usize,
    parent: Option<Arc<Amount>>,
    amount: OnceLock<Arc<Amount>>,
}

struct Amount {
    used: AtomicUsize,
    bound: usize,
    /// What counts here counts there as well.
    parent: Option<Arc<Amount>>,
}

impl Amount {
    fn try_acquire(&self, amount: usize) -> bool {
        let fits = |used: usize| {
            let used = used.checked_add(amount)?;
            (used <= self.bound).then_some(used)
        };
        let relaxed = Ordering::Relaxed;
        if self.used.fetch_update(relaxed, relaxed, fits).is_err() {
            return false;
        }
        let permitted = self.parent.as_ref().is_none_or(|it| it.try_acquire(amount));
        if !permitted {
            self.used.fetch_sub(amount, Ordering::Relaxed);
        }
        permitted
    }

    fn release(&self, amount: usize) {
        let used = self.used.fetch_sub(amount, Ordering::Relaxed);
        debug_assert!(used >= amount, "more is released than was acquired");
        if let Some(parent) = &self.parent {
            parent.release(amount);
        }
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
            parent: self.parent.clone(),
            amount: OnceLock::from(self.amount().clone()),
        }
    }
}

impl Quota {
    /// A quota of which nothing is used.
    pub fn new(bound: usize) -> Quota {
        Quota {
            bound,
            parent: None,
            amount: OnceLock::new(),
        }
    }

    /// A quota of which nothing is used, whose permits are of `parent` as well.
    pub fn within(bound: usize, parent: &Quota) -> Quota {
        Quota {
            parent: Some(parent.amount().clone()),
            ..Quota::new(bound)
        }
    }

    /// The bound.
    pub fn bound(&self) -> usize {
        self.bound
    }

    fn amount(&self) -> &Arc<Amount> {
        self.amount.get_or_init(|| {
            Arc::new(Amount {
                used: AtomicUsize::new(0),
                bound: self.bound,
                parent: self.parent.clone(),
            })
        })
    }

    /// A permit for this amount, if so much is free.
    pub fn try_acquire(&self, amount: usize) -> Option<QuotaPermit> {
        permit(self.amount(), amount)
    }

    /// How much its permits hold.
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
    fn what_is_acquired_is_of_the_parent_as_well() {
        let group = Quota::new(10);
        let calls = [Quota::within(8, &group), Quota::within(8, &group)];
        let six = calls[0].try_acquire(6).expect("room");
        assert!(calls[0].try_acquire(3).is_none(), "beyond its own bound");
        assert!(calls[1].try_acquire(5).is_none(), "beyond the group's");
        assert_eq!((calls[1].used(), group.used()), (0, 6));
        let mut four = calls[1].try_acquire(4).expect("room");
        assert!(!four.try_resize(5));
        drop(six);
        assert!(four.try_resize(8) && four.try_resize(3));
        assert_eq!(group.used(), 3);
        drop(four);
        assert_eq!(group.used(), 0);
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
