//! WASI preview 1 for core modules: `wasi_snapshot_preview1` and `wasi_unstable`.
//!
//! The functions do what those of 0.2 do, through the same operations and the same table of resources.
//! What they add is numbers for descriptors, positions in files, and structures in the guest's memory,
//! to which bytes go directly.

mod access;
mod buffers;
mod clock;
mod errno;
mod functions;
mod guest;
mod layout;
mod lookup;
mod opened;
mod path;
mod poll;
mod program;
mod random;
mod readdir;
mod sock;
mod state;
mod times;
mod transfer;
mod version;

pub(crate) use access::Access;
#[cfg(test)]
pub(crate) use functions::FUNCTIONS;
pub(crate) use functions::Function;
pub(crate) use state::Preview1State;
pub(crate) use version::Version;
