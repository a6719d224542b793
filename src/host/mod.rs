//! The host functions: one file or folder per WASI package, mirroring its WIT.
//!
//! Every function works on a call's [`State`] and waits in its dispatcher only. Nothing here knows
//! where a project's settings come from.

mod budget;
mod call;
pub mod capture;
pub mod cli;
pub mod clocks;
pub mod embedder;
pub mod filesystem;
pub mod funcs;
pub mod http;
pub mod io;
mod limits;
pub mod log;
mod outstanding;
pub mod package;
pub mod packages;
mod panics;
pub mod pipe;
pub mod pollable;
pub(crate) mod preview1;
pub mod random;
mod readiness;
pub mod sockets;
pub mod state;
pub mod stdio;
pub mod table;
mod view;

use std::sync::LazyLock;

pub(crate) use budget::SharedBudget;
pub(crate) use call::{CallMode, DeadlinePassed, EPOCHS};
pub use cli::Exit;
pub use limits::CallLimits;
pub use packages::Packages;
pub use state::{CallSettings, PackageState, State};

/// The host's own packages, in the order of the table in `docs/imports.md`. A new one is a folder
/// of its own and a line here.
pub static PACKAGES: LazyLock<Packages> = LazyLock::new(|| {
    Packages::of(&[
        cli::PACKAGE,
        io::PACKAGE,
        clocks::PACKAGE,
        filesystem::PACKAGE,
        random::PACKAGE,
        sockets::PACKAGE,
        http::PACKAGE,
        funcs::PACKAGE,
    ])
});
