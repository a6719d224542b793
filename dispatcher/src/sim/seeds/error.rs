//! Why a sweep over seeds cannot begin.

use std::io;
use std::path::PathBuf;

/// Why a sweep over seeds cannot begin.
///
/// ```
/// use wippy_dispatcher::sim::Seeds;
///
/// let error = "10..".parse::<Seeds>().unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "\"10..\" names no seeds: write a number such as 17, or a range such as 0..100"
/// );
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SweepError {
    /// A text is neither a seed nor a range of seeds with at least one.
    #[error("{0:?} names no seeds: write a number such as 17, or a range such as 0..100")]
    Seeds(String),
    /// A variable of the environment is not what it should be.
    #[error("{variable}={value:?}: {should}")]
    Variable {
        /// Its name.
        variable: &'static str,
        /// Its value.
        value: String,
        /// What it should be.
        should: &'static str,
    },
    /// A line of the file of failing seeds does not begin with a seed.
    #[error("{}:{line}: a line begins with a seed, such as 17, or with a # for a comment", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
    },
    /// The file of failing seeds has more than 65,536 seeds or 16 MiB.
    #[error("{} has more than 65,536 seeds or 16 MiB: take those out that pass", .0.display())]
    FileTooLarge(PathBuf),
    /// The file of failing seeds cannot be read.
    #[error("cannot read the failing seeds of {}: {error}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why not.
        error: io::Error,
    },
}
