//! The calls that a call is part of.

use std::sync::Arc;

use crate::id::Id;

/// Calls are nested too deep.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("calls are nested more than {MAX_DEPTH} deep")]
pub(super) struct TooDeep;

/// How deep calls may be nested: a guest that calls an entry is one level.
pub(super) const MAX_DEPTH: usize = 32;

/// The entries whose calls wait for this one, the innermost first. Clones share it.
#[derive(Clone, Debug, Default)]
pub(super) struct CallChain(Option<Arc<Link>>);

#[derive(Debug)]
struct Link {
    entry: Id,
    depth: usize,
    callers: CallChain,
}

impl CallChain {
    /// Whether no guest has called.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// How many calls it has.
    fn depth(&self) -> usize {
        self.0.as_ref().map_or(0, |link| link.depth)
    }

    /// The chain of the calls that `entry` makes.
    ///
    /// # Errors
    /// `TooDeep`.
    pub(super) fn with(&self, entry: &Id) -> Result<CallChain, TooDeep> {
        let depth = self.depth() + 1;
        if depth > MAX_DEPTH {
            return Err(TooDeep);
        }
        Ok(CallChain(Some(Arc::new(Link {
            entry: entry.clone(),
            depth,
            callers: self.clone(),
        }))))
    }

    /// How many of the calls are of `entry`.
    pub(super) fn count(&self, entry: &Id) -> usize {
        let links = std::iter::successors(self.0.as_ref(), |link| link.callers.0.as_ref());
        links.filter(|link| link.entry == *entry).count()
    }
}
