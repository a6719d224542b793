//! Whoever waits learns of compilations that take long.

use std::fmt;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use wippy_dispatcher::Handle;

use crate::id::Id;
use crate::select::{Either, select};

/// How long a compilation may take before it is called slow.
const SLOW: Duration = Duration::from_millis(300);

/// A compilation that takes longer than 300 ms, of the module of an entry.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SlowCompile<'a> {
    /// It has taken so long, and goes on.
    Continues(&'a Id),
    /// It has ended, or nobody waits for it any more.
    Ended(&'a Id),
}

/// Somebody who is told of them.
#[derive(Clone)]
pub(crate) struct SlowCompiles(Arc<Observer>);

type Observer = dyn Fn(SlowCompile<'_>) + Send + Sync;

impl SlowCompiles {
    pub(crate) fn new(observer: impl Fn(SlowCompile<'_>) + Send + Sync + 'static) -> SlowCompiles {
        SlowCompiles(Arc::new(observer))
    }

    /// Waits for a job that sets `is_compiling` when it begins to compile.
    pub(super) async fn watch<F: Future>(
        &self,
        handle: &Handle,
        entry: &Id,
        is_compiling: &AtomicBool,
        job: F,
    ) -> F::Output {
        let mut job = pin!(job);
        while !is_compiling.load(Ordering::Relaxed) {
            // Without a timer it is not told of.
            match select(job.as_mut(), handle.sleep(SLOW)).await {
                Either::Left(output) => return output,
                Either::Right(Ok(())) => {}
                Either::Right(Err(_)) => return job.await,
            }
        }
        let _slow = Slow::new(self, entry);
        job.await
    }
}

impl fmt::Debug for SlowCompiles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SlowCompiles").finish_non_exhaustive()
    }
}

/// One that is slow: it has ended when this is dropped, also where its waiter is.
struct Slow<'a> {
    observer: &'a Observer,
    entry: &'a Id,
}

impl<'a> Slow<'a> {
    fn new(slow: &'a SlowCompiles, entry: &'a Id) -> Slow<'a> {
        (slow.0)(SlowCompile::Continues(entry));
        let observer = &*slow.0;
        Slow { observer, entry }
    }
}

impl Drop for Slow<'_> {
    fn drop(&mut self) {
        (self.observer)(SlowCompile::Ended(self.entry));
    }
}
