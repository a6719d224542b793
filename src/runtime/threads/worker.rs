//! One thread with a dispatcher of its own, and what runs calls there.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
use wippy_dispatcher::{Dispatcher, Error, Handle, Local, Remote};

use super::load::Load;
use crate::oneshot::{Receiver, Sender, oneshot};
use crate::select::{Either, select};

/// How many calls may wait for a thread that is starting.
const MAX_STARTING: usize = 65_536;

/// What a thread is for.
pub(in crate::runtime) enum Placement {
    /// Any calls; its number among the threads of the program, of which the first is the caller's own,
    /// and whether it stays on one processor.
    Shared { number: usize, pin: bool },
    /// The calls of an entry with a `worker_class`; its number among those of the entry.
    Own { entry: String, number: u32 },
}

/// A thread that runs calls with its own `R`, once it is needed.
pub(in crate::runtime) struct Worker<R> {
    placement: Placement,
    load: Load,
    state: Mutex<State<R>>,
}

/// Makes what runs the calls of a thread.
pub(super) type Start<R> = dyn Fn(Handle, Load) -> Result<R, Error> + Send + Sync;

/// What a thread is to run.
type Job<R> = Box<dyn FnOnce(R) -> Pin<Box<dyn Future<Output = ()>>> + Send>;

enum State<R> {
    /// It was not needed yet, or could not be started.
    Absent,
    /// It is starting, and takes these when it has started.
    Starting(Starting<R>),
    Running(Running<R>),
}

/// A thread that has not begun to serve.
struct Starting<R> {
    /// Tells it from threads that were started before it and end late.
    thread: Arc<()>,
    jobs: Vec<Job<R>>,
}

/// How other threads reach it.
struct Running<R> {
    thread: Arc<()>,
    remote: Remote,
    own: Local<R>,
    /// The thread ends when this is dropped.
    _alive: Receiver<()>,
}

impl<R: Clone + 'static> Worker<R> {
    /// Nothing runs yet.
    pub(super) fn new(placement: Placement) -> Worker<R> {
        Worker {
            placement,
            load: Load::default(),
            state: Mutex::new(State::Absent),
        }
    }

    /// Whether its thread takes calls now.
    pub(super) fn is_running(&self) -> bool {
        matches!(&*self.lock(), State::Running(_))
    }

    /// Runs a job on the thread, started if need be. Dropping this ends the job at the thread's next
    /// turn.
    ///
    /// # Errors
    /// `Io` when the thread cannot be started, `TooManyJobs`, `Closed` when its dispatcher has ended.
    pub(super) async fn run<F, Fut>(
        self: &Arc<Self>,
        start: &Arc<Start<R>>,
        job: F,
    ) -> Result<Fut::Output, Error>
    where
        F: FnOnce(R) -> Fut + Send + 'static,
        Fut: Future + 'static,
        Fut::Output: Send + 'static,
    {
        let (sender, receiver) = oneshot();
        let job: Job<R> = Box::new(move |own| {
            let running = job(own);
            Box::pin(async move {
                if let Either::Right(output) = select(sender.closed(), running).await {
                    sender.send(output);
                }
            })
        });
        self.submit(start, job)?;
        receiver.await.map_err(|_| Error::Closed)
    }

    fn submit(self: &Arc<Self>, start: &Arc<Start<R>>, job: Job<R>) -> Result<(), Error> {
        let mut state = self.lock();
        match &mut *state {
            State::Absent => {
                let thread = Arc::new(());
                self.start(start.clone(), thread.clone())?;
                let jobs = vec![job];
                *state = State::Starting(Starting { thread, jobs });
                Ok(())
            }
            State::Starting(starting) if starting.jobs.len() >= MAX_STARTING => {
                Err(Error::TooManyJobs(MAX_STARTING))
            }
            State::Starting(starting) => {
                starting.jobs.push(job);
                Ok(())
            }
            State::Running(running) => {
                let own = running.own.clone();
                let spawned = running.remote.spawn(move |_| async move {
                    if let Ok(own) = own.get() {
                        job((*own).clone()).await;
                    }
                });
                if let Err(Error::Closed) = spawned {
                    *state = State::Absent;
                }
                spawned
            }
        }
    }

    fn start(self: &Arc<Self>, start: Arc<Start<R>>, thread: Arc<()>) -> Result<(), Error> {
        let worker = self.clone();
        let name = match &self.placement {
            Placement::Shared { number, .. } => format!("wippy-{number}"),
            Placement::Own { entry, number } => format!("wippy-{number}-{entry}"),
        };
        let builder = std::thread::Builder::new().name(name);
        builder.spawn(move || worker.main(&*start, &thread))?;
        Ok(())
    }

    /// The thread's whole life.
    fn main(self: Arc<Self>, start: &Start<R>, thread: &Arc<()>) {
        if let Placement::Shared { number, pin: true } = self.placement {
            pin(number);
        }
        let (stop, alive) = oneshot();
        if let Err(error) = self.serve(start, thread, alive, &stop) {
            tracing::error!("a thread for calls ends: {error}");
        }
        let mut state = self.lock();
        if state.is_of(thread) {
            let ended = std::mem::replace(&mut *state, State::Absent);
            drop(state);
            // Whoever waits for what it has not run learns that by the drop of the jobs.
            drop(ended);
        }
    }

    fn serve(
        &self,
        start: &Start<R>,
        thread: &Arc<()>,
        alive: Receiver<()>,
        stop: &Sender<()>,
    ) -> Result<(), Error> {
        let dispatcher = Dispatcher::new()?;
        let handle = dispatcher.handle();
        let own = start(handle.clone(), self.load.clone())?;
        let running = Running {
            thread: thread.clone(),
            remote: handle.remote(),
            own: Local::new(&handle, own.clone())?,
            _alive: alive,
        };
        let mut state = self.lock();
        if !state.is_of(thread) {
            // Stopped meanwhile.
            return Ok(());
        }
        let before = std::mem::replace(&mut *state, State::Running(running));
        drop(state);
        if let State::Starting(starting) = before {
            for job in starting.jobs {
                dispatcher.spawn(job(own.clone()))?.detach();
            }
        }
        drop(own);
        dispatcher.block_on(stop.closed())
    }
}

impl<R> State<R> {
    /// Whether it is that of this thread, and not of one before or after it.
    fn is_of(&self, thread: &Arc<()>) -> bool {
        match self {
            State::Absent => false,
            State::Starting(starting) => Arc::ptr_eq(&starting.thread, thread),
            State::Running(running) => Arc::ptr_eq(&running.thread, thread),
        }
    }
}

impl<R> Worker<R> {
    /// The calls that it has.
    pub(super) fn load(&self) -> &Load {
        &self.load
    }

    /// Has the thread end.
    pub(super) fn stop(&self) {
        let state = std::mem::replace(&mut *self.lock(), State::Absent);
        drop(state);
    }

    fn lock(&self) -> MutexGuard<'_, State<R>> {
        // Nothing but this file's own code runs under it.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Has the calling thread run on one processor of those that the process may use, by turns.
fn pin(number: usize) {
    let Ok(allowed) = sched_getaffinity(None) else {
        return;
    };
    let processors: Vec<usize> = (0..CpuSet::MAX_CPU)
        .filter(|&cpu| allowed.is_set(cpu))
        .collect();
    let Some(&processor) = number
        .checked_rem(processors.len())
        .and_then(|index| processors.get(index))
    else {
        return;
    };
    let mut one = CpuSet::new();
    one.set(processor);
    if let Err(error) = sched_setaffinity(None, &one) {
        tracing::warn!("a thread for calls is not bound to processor {processor}: {error}");
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn a_thread_that_ends_late_takes_nothing_from_its_successor() {
        let starts = Arc::new(AtomicUsize::new(0));
        let (release, held) = mpsc::channel::<()>();
        let held = Mutex::new(held);
        let counted = starts.clone();
        let start: Arc<Start<usize>> = Arc::new(move |_, _| {
            let number = counted.fetch_add(1, Ordering::SeqCst);
            if number == 0 {
                held.lock().expect("one thread").recv().ok();
                return Err(Error::Closed);
            }
            Ok(number)
        });
        let worker: Arc<Worker<usize>> = Arc::new(Worker::new(Placement::Shared {
            number: 1,
            pin: false,
        }));
        let dispatcher = Dispatcher::new().expect("a dispatcher");
        let number = |worker: &Arc<Worker<usize>>, start: &Arc<Start<usize>>| {
            let (worker, start) = (worker.clone(), start.clone());
            let run = async move { worker.run(&start, |number| async move { number }).await };
            dispatcher.block_on(run).expect("the dispatcher runs")
        };

        worker
            .submit(&start, Box::new(|_| Box::pin(async {})))
            .expect("a thread");
        while starts.load(Ordering::SeqCst) == 0 {
            std::thread::yield_now();
        }
        worker.stop();
        assert_eq!(number(&worker, &start).ok(), Some(1));
        release.send(()).expect("the first thread waits");
        // The test's own, and the second thread's.
        while Arc::strong_count(&worker) > 2 {
            std::thread::yield_now();
        }
        assert!(worker.is_running());
        assert_eq!(number(&worker, &start).ok(), Some(1));
        worker.stop();
    }
}
