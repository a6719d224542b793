//! `wasi:random`: the dispatcher's entropy.

use wasmtime::Result;
use wippy_dispatcher::Stream;

use super::State;

/// The generated interfaces.
#[allow(missing_docs)]
pub mod bindings {
    wasmtime::component::bindgen!({
        path: "wit",
        world: "wippy:host/random",
        imports: { default: trappable },
    });
}

pub use bindings::wasi::random as interfaces;

use interfaces::{insecure, insecure_seed, random};

impl random::Host for State {
    fn get_random_bytes(&mut self, length: u64) -> Result<Vec<u8>> {
        self.random_bytes(Stream::Secure, length)
    }

    fn get_random_u64(&mut self) -> Result<u64> {
        self.random_u64(Stream::Secure)
    }
}

impl insecure::Host for State {
    fn get_insecure_random_bytes(&mut self, length: u64) -> Result<Vec<u8>> {
        self.random_bytes(Stream::Insecure, length)
    }

    fn get_insecure_random_u64(&mut self) -> Result<u64> {
        self.random_u64(Stream::Insecure)
    }
}

impl insecure_seed::Host for State {
    fn insecure_seed(&mut self) -> Result<(u64, u64)> {
        Ok((
            self.random_u64(Stream::Insecure)?,
            self.random_u64(Stream::Insecure)?,
        ))
    }
}

impl State {
    /// All that was asked for, or a failed call: a short answer would be taken for a whole one.
    fn random_bytes(&mut self, stream: Stream, length: u64) -> Result<Vec<u8>> {
        let length = self.check_length(length, "a list of random bytes")?;
        let mut bytes = vec![0; length];
        self.handle.fill_random(stream, &mut bytes)?;
        Ok(bytes)
    }

    fn random_u64(&mut self, stream: Stream) -> Result<u64> {
        let mut bytes = [0; 8];
        self.handle.fill_random(stream, &mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }
}
