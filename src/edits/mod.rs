//! Changes to a project's files: a new project, a new entry, new hashes; and waiting for changes.

mod addition;
mod file_replacement;
mod rehash;
mod template;
mod watch;

pub use addition::{AddError, Addition, addition};
pub use rehash::{HashChange, WriteHashError, hash_changes, write_hashes};
pub use template::{NewProjectError, new_project};
pub use watch::Watcher;
