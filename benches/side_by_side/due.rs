//! A thread that says when calls are due, at a rate that does not depend on them. The peer includes this file too.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};
use std::thread;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

use crate::clock;

/// How long before a call is due the thread stops sleeping and looks at the clock only.
const LOOK: u64 = 200_000;

/// Calls that are due.
#[derive(Clone)]
pub struct Due(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    /// When each of them was.
    due: VecDeque<u64>,
    /// Those that come after them.
    left: u32,
    waiting: Option<Waker>,
    /// The thread's processor time at its last call, in nanoseconds.
    processor: u64,
}

impl Due {
    /// The thread, for so many calls.
    pub fn start(per_second: u32, calls: u32) -> Due {
        let due = Due(Arc::new(Mutex::new(State {
            left: calls,
            ..State::default()
        })));
        let theirs = due.clone();
        let interval = 1_000_000_000 / u64::from(per_second.max(1));
        thread::spawn(move || {
            let begun = clock::now() + LOOK;
            for number in 0..calls {
                theirs.say(begun + interval * u64::from(number));
            }
        });
        due
    }

    fn say(&self, at: u64) {
        let before = at.saturating_sub(clock::now());
        if before > LOOK {
            thread::sleep(Duration::from_nanos(before - LOOK));
        }
        while clock::now() < at {
            std::hint::spin_loop();
        }
        let mut state = self.state();
        state.due.push_back(at);
        state.left -= 1;
        let processor = clock_gettime(ClockId::ThreadCPUTime);
        state.processor = processor.tv_sec as u64 * 1_000_000_000 + processor.tv_nsec as u64;
        let waiting = state.waiting.take();
        drop(state);
        if let Some(waker) = waiting {
            waker.wake();
        }
    }

    /// When the next call was due, which is as soon as it is; none after the last.
    pub async fn next(&self) -> Option<u64> {
        poll_fn(|context| {
            let mut state = self.state();
            match (state.due.pop_front(), state.left) {
                (Some(at), _) => Poll::Ready(Some(at)),
                (None, 0) => Poll::Ready(None),
                (None, _) => {
                    state.waiting = Some(context.waker().clone());
                    Poll::Pending
                }
            }
        })
        .await
    }

    /// The thread's own processor time, which is nobody's that is measured.
    pub fn processor(&self) -> u64 {
        self.state().processor
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
