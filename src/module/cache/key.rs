//! The name of compiled code.

use std::fmt;
use std::hash::{Hash, Hasher};

use sha2::{Digest as _, Sha256};

use crate::module::{Digest, Engine};

/// The form of the files, and what of this program decides whether code fits beside the engine's settings.
const FORMAT: &str = concat!("wippy code 1, ", env!("CARGO_PKG_VERSION"));

/// Which code it is: of which component, for which engine and settings, by which release. The same key
/// means the same code.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Key(Digest);

impl Key {
    /// The code that `compiler`, one of the two of `engine`, makes of a component with this hash.
    pub(super) fn new(engine: &Engine, compiler: &wasmtime::Engine, component: Digest) -> Key {
        let mut hasher = Sha256Hasher(Sha256::new());
        FORMAT.hash(&mut hasher);
        component.bytes().hash(&mut hasher);
        // The engine's own release, its settings, and the features of the processor.
        compiler.precompile_compatibility_hash().hash(&mut hasher);
        // The engine checks with the code that it fits the pool, not with the settings.
        engine.allocates_from_pool(compiler).hash(&mut hasher);
        Key(Digest::from(<[u8; 32]>::from(hasher.0.finalize())))
    }

    pub(super) fn bytes(&self) -> &[u8; 32] {
        self.0.bytes()
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Hashes with SHA-256: that of the standard library is not the same in every release.
struct Sha256Hasher(Sha256);

impl Hasher for Sha256Hasher {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn finish(&self) -> u64 {
        let [a, b, c, d, e, f, g, h, ..] = <[u8; 32]>::from(self.0.clone().finalize());
        u64::from_le_bytes([a, b, c, d, e, f, g, h])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::module::Profile;

    #[test]
    fn a_key_is_of_one_component_and_one_engine() {
        let live = Engine::new(Profile::Live).expect("an engine");
        let again = Engine::new(Profile::Live).expect("an engine");
        let simulated = Engine::new(Profile::Simulated).expect("an engine");
        let key = |engine: &Engine, text: &[u8]| Key::new(engine, engine.inner(), Digest::of(text));
        assert_eq!(key(&live, b"a"), key(&again, b"a"));
        assert_ne!(key(&live, b"a"), key(&live, b"b"));
        assert_ne!(key(&live, b"a"), key(&simulated, b"a"));
        let on_demand = live.on_demand().expect("an engine");
        assert_ne!(
            key(&live, b"a"),
            Key::new(&live, on_demand, Digest::of(b"a"))
        );
    }
}
