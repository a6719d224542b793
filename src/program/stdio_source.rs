//! Where the calls of an entry get their standard streams from.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use wippy_dispatcher::{Error, Handle};

use crate::host::stdio::Stdio;
use crate::id::Id;

type Open = dyn Fn(&Handle) -> Result<Stdio, Error> + Send + Sync;

/// Opens the standard streams of one call. Clones open the same.
#[derive(Clone)]
pub(crate) struct StdioSource(Arc<Open>);

/// Those of a program's entries that have one.
pub(crate) type StdioSources = BTreeMap<Id, StdioSource>;

impl StdioSource {
    pub(super) fn new(
        open: impl Fn(&Handle) -> Result<Stdio, Error> + Send + Sync + 'static,
    ) -> StdioSource {
        StdioSource(Arc::new(open))
    }

    /// The streams of a call on this dispatcher, whose thread calls this.
    ///
    /// # Errors
    /// What the embedder's function fails with.
    pub(crate) fn open(&self, handle: &Handle) -> Result<Stdio, Error> {
        (self.0)(handle)
    }
}

impl fmt::Debug for StdioSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StdioSource").finish_non_exhaustive()
    }
}
