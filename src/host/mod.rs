//! The host functions: one file or folder per WASI package, mirroring its WIT.
//!
//! Every function works on a call's [`State`] and waits in its dispatcher only. Nothing here knows
//! where a project's settings come from.

mod budget;
pub mod cli;
pub mod clocks;
pub mod filesystem;
pub mod http;
pub mod io;
mod lent;
pub mod log;
pub mod pipe;
pub mod pollable;
pub mod random;
mod share;
pub mod sockets;
pub mod state;
pub mod stdio;
pub mod table;

pub(crate) use budget::Carried;
pub(crate) use lent::define as lend_writes;
pub(crate) use state::EPOCHS;
pub use state::{Context, Exit, Limits, State};
