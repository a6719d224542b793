//! Where a log goes, in settings that may be cloned.

use std::fmt;
use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

use super::LogError;

/// The clones of the settings have the same one, and the first dispatcher that is made takes it.
#[derive(Clone)]
pub(crate) struct LogSink(Arc<Mutex<Option<Box<dyn Write + Send>>>>);

impl LogSink {
    pub(super) fn new(sink: impl Write + Send + 'static) -> LogSink {
        LogSink(Arc::new(Mutex::new(Some(Box::new(sink)))))
    }

    /// # Errors
    /// `Taken`.
    pub(crate) fn take(&self) -> Result<Box<dyn Write + Send>, LogError> {
        let mut sink = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        sink.take().ok_or(LogError::Taken)
    }
}

impl fmt::Debug for LogSink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LogSink").finish_non_exhaustive()
    }
}
