//! The log of requests: lines in memory, and whoever writes them away.

use std::fmt;
use std::io::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use wippy_dispatcher::{Handle, Lane};

use super::access_line::LogFormat;

/// How much is kept that is not written yet, in bytes. Lines beyond it are dropped and counted.
const KEPT_MAX: usize = 1024 * 1024;

/// A log of requests, with one line for each. Lines are kept in memory and written on a thread for jobs that block, so
/// that a destination which stands still stops no server. Clones are the same log, for any thread.
///
/// ```
/// use wippy::internals::http_server::{AccessLog, LogFormat};
///
/// let log = AccessLog::new(LogFormat::Json, Vec::new());
/// assert_eq!((log.dropped(), log.failed()), (0, 0));
/// ```
#[derive(Clone)]
pub struct AccessLog(Arc<Shared>);

struct Shared {
    format: LogFormat,
    kept: Mutex<Kept>,
    destination: Mutex<Box<dyn Write + Send>>,
    dropped: AtomicU64,
    failed: AtomicU64,
}

#[derive(Default)]
struct Kept {
    lines: Vec<u8>,
    /// How many there are.
    count: u64,
    /// Somebody writes them, and looks for more before it ends.
    is_written: bool,
}

impl AccessLog {
    /// A log that is written to this destination, whole lines at a time.
    pub fn new(format: LogFormat, destination: impl Write + Send + 'static) -> AccessLog {
        AccessLog(Arc::new(Shared {
            format,
            kept: Mutex::default(),
            destination: Mutex::new(Box::new(destination)),
            dropped: AtomicU64::new(0),
            failed: AtomicU64::new(0),
        }))
    }

    /// Lines that were dropped: the destination takes less than there is.
    pub fn dropped(&self) -> u64 {
        self.0.dropped.load(Ordering::Relaxed)
    }

    /// Lines that the destination has failed to take.
    pub fn failed(&self) -> u64 {
        self.0.failed.load(Ordering::Relaxed)
    }

    /// Waits until all lines so far are written.
    pub async fn flush(&self, handle: &Handle) {
        let shared = self.0.clone();
        // A job that cannot run leaves the lines to the next.
        let _ = handle.unblock(move || shared.write()).await;
    }

    /// For the servers of one dispatcher.
    pub(super) fn on(&self, handle: &Handle) -> LogWriter {
        LogWriter {
            log: self.clone(),
            handle: handle.clone(),
            lane: handle.lane(1, 1),
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes all lines, also those that come meanwhile.
    fn write(&self) {
        let destination = &self.destination;
        // One that has panicked is tried again: the log goes on with the next lines.
        let mut destination = destination.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let (lines, count) = {
                let mut kept = self.lock();
                (
                    std::mem::take(&mut kept.lines),
                    std::mem::take(&mut kept.count),
                )
            };
            if lines.is_empty() {
                return;
            }
            let written = destination.write_all(&lines);
            if written.and_then(|()| destination.flush()).is_err() {
                self.failed.fetch_add(count, Ordering::Relaxed);
            }
        }
    }
}

/// What the servers of one dispatcher log with.
pub(super) struct LogWriter {
    log: AccessLog,
    handle: Handle,
    lane: Lane,
}

/// A job that writes lines. Where it ends before its time, because it cannot run or panics, the next line begins another.
struct Writing {
    shared: Arc<Shared>,
    is_done: bool,
}

impl Writing {
    fn run(mut self) {
        while !self.is_done {
            self.shared.write();
            let mut kept = self.shared.lock();
            if kept.lines.is_empty() {
                // Under the lock: whoever adds a line from now on has it written.
                kept.is_written = false;
                self.is_done = true;
            }
        }
    }
}

impl Drop for Writing {
    fn drop(&mut self) {
        if !self.is_done {
            self.shared.lock().is_written = false;
        }
    }
}

impl LogWriter {
    pub(super) fn format(&self) -> LogFormat {
        self.log.0.format
    }

    /// Adds what `append` adds to the lines: one line.
    pub(super) fn add(&self, append: impl FnOnce(&mut Vec<u8>)) {
        let shared = &self.log.0;
        {
            let mut kept = shared.lock();
            if kept.lines.len() >= KEPT_MAX {
                shared.dropped.fetch_add(1, Ordering::Relaxed);
                return;
            }
            append(&mut kept.lines);
            kept.count += 1;
            if std::mem::replace(&mut kept.is_written, true) {
                return;
            }
        }
        let writing = Writing {
            shared: shared.clone(),
            is_done: false,
        };
        let job = self.lane.unblock(move || writing.run());
        let awaiting = self.handle.spawn(async move {
            // A job that panics or cannot run has dropped its guard, and the next line tries again.
            let _ = job.await;
        });
        if let Ok(awaiting) = awaiting {
            awaiting.detach();
        }
    }
}

impl fmt::Debug for AccessLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessLog")
            .field("format", &self.0.format)
            .field("dropped", &self.dropped())
            .field("failed", &self.failed())
            .finish_non_exhaustive()
    }
}
