//! Functions of the benchmark's own, for its own guest.

use wippy::HostPackage;

use crate::bell::{self, Bell};

/// `turn` suspends the guest for a turn of the dispatcher; `ring` until another thread has woken it, and says when that was.
pub fn package() -> HostPackage {
    let (bell, _ringer) = bell::start(Bell::wake, u32::MAX);
    HostPackage::new("bench:host", "1.0.0")
        .func_async("waits", "turn", |context, (): ()| {
            let handle = context.handle().clone();
            Box::pin(async move {
                handle.yield_now().await?;
                Ok(())
            })
        })
        .func_async("waits", "ring", move |_, (): ()| {
            let bell = bell.clone();
            Box::pin(async move { Ok((bell.ring().await,)) })
        })
}
