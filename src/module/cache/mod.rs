//! Compiled code that is kept on disk: a file for each component and engine, in one directory that only
//! its owner may write.
//!
//! A process writes a file under a name of its own and then renames it, so that others see it as a whole or
//! not at all. Its last bytes hold the SHA-256 of all others; nothing is loaded before that was
//! compared. Whatever is wrong with the directory or a file, the code is compiled as if there were none.

mod code_cache;
mod contents;
mod directory;
mod error;
mod file;
mod key;
mod machine_code;
mod store;

pub use code_cache::CodeCache;
pub use contents::CacheContents;
pub use error::CacheError;
pub(crate) use store::{CodeStore, MountedDir};
