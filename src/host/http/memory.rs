//! The host memory that a call's HTTP resources may take.

use wasmtime::{Error, Result, format_err};

use crate::quota::{Quota, QuotaPermit};

/// The bound for one call, in bytes.
pub(super) const CALL_MAX: usize = 256 << 20;

/// A permit for so many bytes.
///
/// # Errors
/// At the call's bound; the guest traps.
pub(super) fn acquire(quota: &Quota, bytes: usize) -> Result<QuotaPermit> {
    quota.try_acquire(bytes).ok_or_else(exceeded)
}

/// Makes a permit one for so many bytes.
///
/// # Errors
/// At the call's bound, where the permit is as before; the guest traps.
pub(super) fn resize(permit: &mut QuotaPermit, bytes: usize) -> Result<()> {
    match permit.try_resize(bytes) {
        true => Ok(()),
        false => Err(exceeded()),
    }
}

/// Another permit for as many bytes.
///
/// # Errors
/// At the call's bound; the guest traps.
pub(super) fn again(permit: &QuotaPermit) -> Result<QuotaPermit> {
    permit.try_clone().ok_or_else(exceeded)
}

fn exceeded() -> Error {
    format_err!("the HTTP fields and bodies of this call take more than {CALL_MAX} bytes")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bound_has_a_name_and_parts_come_back() {
        let quota = Quota::new(CALL_MAX);
        let mut part = acquire(&quota, CALL_MAX / 2).expect("room");
        let other = again(&part).expect("room");
        let refused = acquire(&quota, 1).expect_err("full").to_string();
        assert!(refused.contains("HTTP fields and bodies"), "{refused}");
        assert!(resize(&mut part, CALL_MAX).is_err());
        drop(other);
        resize(&mut part, CALL_MAX).expect("room");
        resize(&mut part, 0).expect("room");
        acquire(&quota, CALL_MAX).expect("room");
    }
}
