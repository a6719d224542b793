//! The host memory that a call's HTTP resources may take.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use wasmtime::{Result, bail};

/// The bound for one call, in bytes.
pub const CALL_MAX: usize = 256 << 20;

/// What the HTTP resources of one call take.
#[derive(Clone, Default)]
pub struct Account(Arc<AtomicUsize>);

/// A part of an account; given back when dropped.
pub struct Charge {
    account: Account,
    bytes: usize,
}

impl Account {
    /// How much is taken.
    #[cfg(test)]
    pub fn used(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }

    /// Takes a part.
    ///
    /// # Errors
    /// When the bound is reached; the guest traps.
    pub fn charge(&self, bytes: usize) -> Result<Charge> {
        let mut charge = Charge {
            account: self.clone(),
            bytes: 0,
        };
        charge.set(bytes)?;
        Ok(charge)
    }
}

impl Charge {
    /// Makes the part larger or smaller.
    ///
    /// # Errors
    /// When the bound is reached; the part is as before then.
    pub fn set(&mut self, bytes: usize) -> Result<()> {
        let total = self.account.0.load(Ordering::Relaxed) - self.bytes;
        if total.saturating_add(bytes) > CALL_MAX {
            bail!("the HTTP fields and bodies of this call take more than {CALL_MAX} bytes");
        }
        self.account.0.store(total + bytes, Ordering::Relaxed);
        self.bytes = bytes;
        Ok(())
    }

    /// Another part of the same size.
    ///
    /// # Errors
    /// When the bound is reached.
    pub fn again(&self) -> Result<Charge> {
        self.account.charge(self.bytes)
    }
}

impl Drop for Charge {
    fn drop(&mut self) {
        self.account.0.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bound_has_a_name_and_parts_come_back() {
        let account = Account::default();
        let mut part = account.charge(CALL_MAX / 2).expect("room");
        let other = part.again().expect("room");
        let refused = account.charge(1).err().expect("full").to_string();
        assert!(refused.contains("HTTP fields and bodies"), "{refused}");
        assert!(part.set(CALL_MAX).is_err());
        drop(other);
        part.set(CALL_MAX).expect("room");
        part.set(0).expect("room");
        account.charge(CALL_MAX).expect("room");
    }
}
