//! A thread that wakes a loop, and the moment at which it did. The peer includes this file too.

use std::future::poll_fn;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Poll, Waker};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::clock;

/// Rung once a trial.
pub struct Bell {
    /// When, zero while it has not rung.
    rung: AtomicU64,
    /// For loops that run futures: who waits.
    waiting: Mutex<Option<Waker>>,
    awaited: Sender<()>,
}

/// Long enough for the loop to be parked when it is woken.
const PARKED: Duration = Duration::from_micros(100);

/// A bell, and the thread that rings it a while after each `awaited`.
pub fn start(wake: impl Fn(&Bell) + Send + 'static, trials: u32) -> (Arc<Bell>, JoinHandle<()>) {
    let (awaited, trial) = mpsc::channel();
    let bell = Arc::new(Bell {
        rung: AtomicU64::new(0),
        waiting: Mutex::new(None),
        awaited,
    });
    let theirs = bell.clone();
    let ringer = thread::spawn(move || {
        for () in trial.iter().take(trials as usize) {
            thread::sleep(PARKED);
            theirs.rung.store(clock::now(), Ordering::Release);
            wake(&theirs);
        }
    });
    (bell, ringer)
}

impl Bell {
    /// Before a wait: the bell may ring.
    pub fn awaited(&self) {
        self.rung.store(0, Ordering::Release);
        // It fails when the thread is gone, which joining it tells.
        let _ = self.awaited.send(());
    }

    /// How long ago it rang, if it has.
    pub fn heard(&self) -> Option<u64> {
        self.rung().map(|at| clock::now() - at)
    }

    /// When it rang, if it has.
    fn rung(&self) -> Option<u64> {
        match self.rung.load(Ordering::Acquire) {
            0 => None,
            at => Some(at),
        }
    }

    /// Has it rung once, and says when that was.
    pub async fn ring(&self) -> u64 {
        let mut is_listening = false;
        poll_fn(|context| {
            if is_listening && let Some(at) = self.rung() {
                return Poll::Ready(at);
            }
            self.listen(context.waker());
            if !std::mem::replace(&mut is_listening, true) {
                self.awaited();
            }
            Poll::Pending
        })
        .await
    }

    /// Leaves a waker for [`Bell::wake`].
    pub fn listen(&self, waker: &Waker) {
        *self.waiting.lock().unwrap_or_else(PoisonError::into_inner) = Some(waker.clone());
    }

    /// Wakes who left a waker.
    pub fn wake(&self) {
        let waiting = self
            .waiting
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(waker) = waiting {
            waker.wake();
        }
    }
}
