//! What a name lookup can fail with.

use crate::Error;

/// Why a name has no addresses.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ResolveError {
    /// It is no host name: empty, too long, or with characters that no host name has.
    #[error("not a host name: {0:?}")]
    Invalid(String),
    /// The resolver knows no such name, or no address for it.
    #[error("no address for {0}")]
    NotFound(String),
    /// The resolver cannot answer now; it may later.
    #[error("the resolver does not answer: {0}")]
    Temporary(String),
    /// The resolver cannot answer, and will not later either.
    #[error("the resolver failed: {0}")]
    Permanent(String),
    /// An error of the dispatcher itself: `LaneFull`, in a simulation
    /// `TooManyTimers`, `WrongThread`, `Closed`.
    #[error(transparent)]
    Dispatcher(#[from] Error),
}
