//! What guests can write, and the one way in which the host opens a project's paths beside it.
//!
//! A guest that may write a directory can put anything there between two starts of the program, and
//! while it runs: a file, a symbolic link, another directory of the same name. So the host follows
//! every path that it opens for itself step by step ([`Walk`]) and refuses the first name that it
//! would have to look up in a directory that a guest may write ([`PathGuard`]). Directories are
//! compared by device and inode, never by their names. What no guest can write, no guest can swap
//! between this check and the opening.

mod error;
mod guard;
mod location;
mod walk;

pub use error::PathError;
pub use guard::{Base, PathGuard, WritableDir};
pub use location::{FileId, Location};
pub use walk::Walk;

pub(crate) use guard::{cannot_be_read, normalize, read_bounded, too_large};
