//! From bytes to something that can be called: hash, decode, compile, link.

mod cache;
mod compile;
mod compiler_threads;
mod core;
mod decode;
mod describe;
mod engine;
#[cfg(test)]
mod fairness;
mod hash;
mod import;
mod imports;
mod instance_pool;
mod link;
mod link_core;
mod load;
mod method;
mod text;

pub use cache::{CacheContents, CacheError, CodeCache};
pub(crate) use cache::{CodeStore, MountedDir};
pub(crate) use compile::{Compiled, Source, compile};
pub(crate) use core::CoreExports;
pub use decode::ComponentInterface;
pub use describe::{Location, describe, fs_entry};
pub(crate) use engine::FUEL_SLICE_COST;
pub use engine::{Engine, MAX_ON_DEMAND, Profile};
pub use hash::{Digest, ExpectedHash};
pub use import::{Import, needed_groups};
pub use imports::{Capabilities, UnknownImport};
pub use instance_pool::{InstancePool, MAX_INSTANCES};
pub use link::link;
pub(crate) use link_core::link_core;
pub use load::{GivenBytes, MODULE_MAX, Module, ModuleKey, Origin, read};
pub use method::{Method, choose_typed, exports, incoming_handler};
pub use text::to_binary;

use std::sync::Arc;

/// Why a module cannot be used. The texts are those of `docs/errors.md`.
///
/// ```
/// use wippy::{ModuleError, to_binary};
///
/// let error = to_binary("(module").unwrap_err();
/// assert!(matches!(error, ModuleError::Invalid(_)));
/// ```
#[derive(Clone, Debug, thiserror::Error)]
pub enum ModuleError {
    /// The hash is not `algorithm:value`.
    #[error("invalid hash format: {0}")]
    HashFormat(String),
    /// Only sha256 is known.
    #[error("unsupported hash algorithm: {0}")]
    HashAlgorithm(String),
    /// The bytes are not the ones that the entry names. Nothing was compiled.
    #[error("hash mismatch: expected {expected}, got {actual}")]
    HashMismatch {
        /// As the entry says, bare hex.
        expected: String,
        /// What the file has.
        actual: String,
    },
    /// The file could not be read within its filesystem entry.
    #[error("cannot read {path}: {reason}")]
    Read {
        /// As the entry says.
        path: String,
        /// What the system or the sandbox said.
        reason: String,
    },
    /// The `wit` lines are wrong, or do not fit the module.
    #[error("{0}")]
    Wit(String),
    /// The WebAssembly engine cannot be made: this concerns every module.
    #[error("the WebAssembly engine cannot start on this machine: {0}")]
    Engine(String),
    /// The bytes are neither a component nor a core module that can be made one.
    #[error("not a usable module: {0}")]
    Invalid(String),
    /// A name in `imports` that is not known.
    #[error(transparent)]
    Import(#[from] UnknownImport),
    /// `method` names no exported function.
    #[error("{0}")]
    Method(String),
    /// The imports cannot be bound.
    #[error("cannot link: {0}")]
    Link(String),
    /// The dispatcher could not do the work.
    #[error(transparent)]
    Dispatcher(Arc<wippy_dispatcher::Error>),
}

impl From<wippy_dispatcher::Error> for ModuleError {
    fn from(error: wippy_dispatcher::Error) -> ModuleError {
        ModuleError::Dispatcher(Arc::new(error))
    }
}
