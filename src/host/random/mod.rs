//! `wasi:random`: the dispatcher's entropy.

use wasmtime::Result;
use wippy_dispatcher::RngStream;

use super::package::{PackageTable, interface};

/// The generated interfaces.
#[allow(missing_docs)]
pub mod bindings;
mod state;

pub use bindings::wasi::random as interfaces;

pub use state::{RandomState, RandomView};

use interfaces::{insecure, insecure_seed, random};

/// What the linker and the `imports` list know of the package.
pub(super) const PACKAGE: PackageTable = PackageTable::wasi(
    "wasi:random",
    &[
        interface!(RandomState, "random", interfaces::random),
        interface!(RandomState, "insecure", interfaces::insecure),
        interface!(RandomState, "insecure-seed", interfaces::insecure_seed),
    ],
);

/// How many random bytes are made at once: the kernel's generator takes some tens of microseconds
/// for them. After each slice others run.
pub(crate) const SLICE: usize = 16 * 1024;

impl random::Host for RandomView<'_> {
    async fn get_random_bytes(&mut self, length: u64) -> Result<Vec<u8>> {
        self.random_bytes(RngStream::Secure, length).await
    }

    fn get_random_u64(&mut self) -> Result<u64> {
        self.random_u64(RngStream::Secure)
    }
}

impl insecure::Host for RandomView<'_> {
    async fn get_insecure_random_bytes(&mut self, length: u64) -> Result<Vec<u8>> {
        self.random_bytes(RngStream::Insecure, length).await
    }

    fn get_insecure_random_u64(&mut self) -> Result<u64> {
        self.random_u64(RngStream::Insecure)
    }
}

impl insecure_seed::Host for RandomView<'_> {
    /// The same whenever an instance asks.
    fn insecure_seed(&mut self) -> Result<(u64, u64)> {
        if let Some(seed) = self.state.insecure_seed {
            return Ok(seed);
        }
        let seed = (
            self.random_u64(RngStream::Insecure)?,
            self.random_u64(RngStream::Insecure)?,
        );
        self.state.insecure_seed = Some(seed);
        Ok(seed)
    }
}

impl RandomView<'_> {
    /// All that was asked for, or a failed call: a short answer would be taken for a whole one.
    async fn random_bytes(&mut self, stream: RngStream, length: u64) -> Result<Vec<u8>> {
        let length = self.check_length(length, "a list of random bytes")?;
        let mut bytes = vec![0; length];
        for slice in bytes.chunks_mut(SLICE) {
            self.consume_budget().await?;
            self.handle.fill_random(stream, slice)?;
            self.spend_part(slice.len(), SLICE);
        }
        Ok(bytes)
    }

    fn random_u64(&mut self, stream: RngStream) -> Result<u64> {
        let mut bytes = [0; 8];
        self.handle.fill_random(stream, &mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }
}

#[cfg(test)]
mod tests {
    use wippy_dispatcher::Dispatcher;

    use super::*;
    use crate::host::state::tests::state;
    use crate::host::{PackageState, State};

    #[test]
    fn an_instance_has_one_insecure_seed() {
        let dispatcher = Dispatcher::new().expect("a dispatcher");
        let (mut one, mut other) = (state(&dispatcher), state(&dispatcher));
        let seed = |of: &mut State| {
            insecure_seed::Host::insecure_seed(&mut RandomState::view(of)).expect("a seed")
        };
        let first = seed(&mut one);
        assert_eq!(seed(&mut one), first);
        assert_ne!(seed(&mut other), first);
    }

    /// In a simulation each time that others may run costs a microsecond.
    #[test]
    fn others_run_between_the_slices_of_a_long_list() {
        let dispatcher = Dispatcher::simulated(1).expect("a dispatcher");
        let handle = dispatcher.handle();
        for stream in [RngStream::Secure, RngStream::Insecure] {
            let mut state = state(&dispatcher);
            let start = handle.now().expect("the time");
            let slices = 50;
            let length = slices as u64 * SLICE as u64;
            let bytes = dispatcher
                .block_on(RandomState::view(&mut state).random_bytes(stream, length))
                .expect("no deadlock")
                .expect("room");
            assert_eq!(bytes.len() as u64, length);
            assert!(
                bytes
                    .chunks(64)
                    .all(|part| part.iter().any(|&byte| byte != 0))
            );
            let passed = handle.now().expect("the time") - start;
            assert_eq!(passed.as_micros(), slices - 1, "{stream:?}");
        }
    }
}
