//! Functions of the benchmark's own, for its own guest: what the main project defines by its own means.

use wasmtime::component::Linker;
use wasmtime::{Result, StoreContextMut};

use crate::bell::{self, Bell};
use crate::guest::State;

/// `turn` suspends the guest by tokio's own yield; `ring` until another thread has woken it, and says when that was.
///
/// # Errors
/// Where the names are taken.
pub fn add_to_linker(linker: &mut Linker<State>) -> Result<()> {
    let (bell, _ringer) = bell::start(Bell::wake, u32::MAX);
    let mut waits = linker.instance("bench:host/waits@1.0.0")?;
    waits.func_wrap_async("turn", |_: StoreContextMut<'_, State>, (): ()| {
        Box::new(async {
            tokio::task::yield_now().await;
            Ok(())
        })
    })?;
    waits.func_wrap_async("ring", move |_: StoreContextMut<'_, State>, (): ()| {
        let bell = bell.clone();
        Box::new(async move { Ok((bell.ring().await,)) })
    })?;
    Ok(())
}
