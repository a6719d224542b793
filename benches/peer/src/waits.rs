//! Functions of the benchmark's own, for its own guest: what the main project defines by its own means.

use wasmtime::component::Linker;
use wasmtime::{Result, StoreContextMut};
use wasmtime_wasi::clocks::WasiClocksView as _;
use wasmtime_wasi::p2::bindings::clocks::monotonic_clock;

use crate::bell::{self, Bell};
use crate::clock;
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
    waits.func_wrap_async(
        "ring",
        move |mut store: StoreContextMut<'_, State>, (): ()| {
            let bell = bell.clone();
            Box::new(async move {
                let rung = bell.ring().await;
                // By the guest's clock, which begins with its instance.
                let passed = clock::now().saturating_sub(rung);
                let now = monotonic_clock::Host::now(&mut store.data_mut().clocks())?;
                Ok((now.saturating_sub(passed),))
            })
        },
    )?;
    Ok(())
}
