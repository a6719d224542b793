//! WebAssembly components as entries of a project, on a dispatcher of their own.
//!
//! A project's YAML names modules by hash and says which host functions each may use
//! ([`registry`]); a module is compiled once and linked from that list alone ([`module`]); every
//! call runs in a fresh instance ([`function`]), and whatever a guest waits for, it waits for in
//! one single-threaded dispatcher ([`host`]). [`Runtime`] ties these together; the command line is
//! a thin layer over it ([`cli`]). A module without a project is a [`Standalone`].

// Output goes through `cli::output` and `cli::report`: these macros panic where it cannot be written.
#![deny(clippy::print_stdout, clippy::print_stderr)]

mod adding;
mod byte_channel;
pub mod check;
pub mod cli;
mod delivery;
pub mod env;
mod file_replacement;
pub mod fs;
pub mod function;
pub mod host;
pub mod http;
mod mistake;
pub mod module;
pub mod network;
mod once;
mod one_line;
pub mod process;
mod quota;
mod race;
pub mod registry;
mod rehash;
mod runtime;
mod standalone;
mod template;
pub mod trust;
mod watch;

pub use adding::{AddError, Addition, addition};
pub use rehash::{HashChange, hash_changes, write_hashes};
pub use runtime::{Runtime, origin};
pub use standalone::{Directory, GrantError, Standalone};
pub use template::{NewProjectError, new_project};
pub use watch::Watcher;
