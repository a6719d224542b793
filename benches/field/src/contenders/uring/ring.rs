//! The ring.

use std::io;

use io_uring::{IoUring, squeue};

use crate::error::Fallible;

/// Entries that are submitted together at most.
const ENTRIES: u32 = 1024;
/// Completions that the ring holds: of all timers of a row, and of their removals.
const COMPLETIONS: u32 = 32_768;

pub struct Ring(IoUring);

impl Ring {
    /// `is_tuned`: one thread submits, and completions are made only where they are waited for.
    pub fn new(is_tuned: bool) -> Fallible<Ring> {
        let mut builder = IoUring::builder();
        builder.setup_cqsize(COMPLETIONS);
        if is_tuned {
            builder.setup_single_issuer().setup_defer_taskrun();
        }
        let ring = builder
            .build(ENTRIES)
            .map_err(|error| format!("io_uring: {error}"))?;
        Ok(Ring(ring))
    }

    /// Takes an operation, and submits those before it where there is no room.
    ///
    /// # Safety
    /// What the operation refers to is valid until it has ended.
    pub unsafe fn push(&mut self, entry: squeue::Entry) -> Fallible<()> {
        // SAFETY: the caller's.
        while unsafe { self.0.submission().push(&entry) }.is_err() {
            self.submit()?;
        }
        Ok(())
    }

    /// Submits what was taken.
    pub fn submit(&mut self) -> Fallible<()> {
        self.0.submit()?;
        Ok(())
    }

    /// Submits what was taken and waits for a completion.
    pub fn wait(&mut self) -> Fallible<()> {
        match self.0.submit_and_wait(1) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(()),
            done => Ok(done.map(drop)?),
        }
    }

    /// A completion that is there: its number and its result.
    pub fn next(&mut self) -> Option<(u64, i32)> {
        let entry = self.0.completion().next()?;
        Some((entry.user_data(), entry.result()))
    }
}
