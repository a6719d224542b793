//! Cancelling tasks in every state, by everybody who can, and the dispatcher's own end.

mod ending;

use std::cell::RefCell;
use std::future::{Future, pending, poll_fn};
use std::os::fd::OwnedFd;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc;
use std::task::{Context, Poll, Waker};
use std::thread::{self, ThreadId};
use std::time::Duration;

use wippy_dispatcher::{
    Cancelled, Dispatcher, Error, Event, Handle, Instant, Interest, Source, Task, WaitSet,
};

const HOUR: Duration = Duration::from_secs(3600);

/// Counts what was dropped on the thread that made it, and what elsewhere.
#[derive(Clone, Default)]
struct Tally(Arc<(AtomicUsize, AtomicUsize)>);

impl Tally {
    fn guard(&self) -> Guard {
        Guard {
            home: thread::current().id(),
            tally: self.clone(),
        }
    }

    /// How many were dropped at home; none may have been dropped elsewhere.
    fn dropped(&self) -> usize {
        assert_eq!(
            self.0.1.load(Ordering::SeqCst),
            0,
            "dropped on a foreign thread"
        );
        self.0.0.load(Ordering::SeqCst)
    }
}

struct Guard {
    home: ThreadId,
    tally: Tally,
}

impl Drop for Guard {
    fn drop(&mut self) {
        let at_home = self.home == thread::current().id();
        let counter = if at_home {
            &self.tally.0.0
        } else {
            &self.tally.0.1
        };
        counter.fetch_add(1, Ordering::SeqCst);
    }
}

/// What a task is doing when it is cancelled.
#[derive(Clone, Copy, PartialEq, Debug)]
enum State {
    NeverPolled,
    Sleeping,
    OnSource,
    OnSignal,
    OnJob,
    OnWaitSet,
    Woken,
    Finished,
}

const STATES: [State; 8] = [
    State::NeverPolled,
    State::Sleeping,
    State::OnSource,
    State::OnSignal,
    State::OnJob,
    State::OnWaitSet,
    State::Woken,
    State::Finished,
];

/// A dispatcher with one task in one state. Dropping the rest lets a stuck job go.
struct Scene {
    dispatcher: Dispatcher,
    task: Task<()>,
    tally: Tally,
    rest: Rest,
}

struct Rest {
    _event: Event,
    _writer: OwnedFd,
    _stuck: mpsc::Sender<()>,
}

fn scene(state: State) -> Scene {
    let dispatcher = Dispatcher::new().expect("dispatcher");
    let tally = Tally::default();
    let event = Event::new(&dispatcher.handle()).expect("event");
    let (reader, writer) = rustix::pipe::pipe().expect("pipe");
    let (stuck, release) = mpsc::channel();
    let future = occupy(
        dispatcher.handle(),
        state,
        tally.guard(),
        event.clone(),
        reader,
        release,
    );
    let task = dispatcher.spawn(future).expect("spawn");
    if state != State::NeverPolled {
        dispatcher.turn(Some(Duration::ZERO)).expect("turn");
    }
    if state == State::Woken {
        event.set();
    }
    assert_eq!(task.is_finished(), state == State::Finished, "{state:?}");
    let rest = Rest {
        _event: event,
        _writer: writer,
        _stuck: stuck,
    };
    Scene {
        dispatcher,
        task,
        tally,
        rest,
    }
}

async fn occupy(
    handle: Handle,
    state: State,
    _guard: Guard,
    event: Event,
    reader: OwnedFd,
    release: mpsc::Receiver<()>,
) {
    match state {
        State::NeverPolled | State::Finished => {}
        State::Sleeping => handle.sleep(HOUR).await.expect("sleep"),
        State::OnSource => {
            let source =
                Source::with_interest(&handle, reader, Interest::Readable).expect("source");
            source.ready(Interest::Readable).await.expect("ready");
        }
        State::OnSignal | State::Woken => event.wait().await.expect("wait"),
        State::OnJob => {
            let ended = handle.unblock(move || release.recv().is_err()).await;
            assert!(ended.expect("job"));
        }
        State::OnWaitSet => {
            let mut set = WaitSet::new(&handle).expect("set");
            set.add_deadline(handle.now().expect("now") + HOUR, 0)
                .expect("deadline");
            set.add_event(&event, 1).expect("event");
            set.wait().await.expect("wait");
        }
    }
}

#[test]
fn dropping_a_task_drops_its_future_at_the_next_turn() {
    for state in STATES {
        let scene = scene(state);
        drop(scene.task);
        scene.dispatcher.turn(Some(Duration::ZERO)).expect("turn");
        assert_eq!(scene.tally.dropped(), 1, "{state:?}");
        assert_eq!(scene.dispatcher.next_deadline(), None, "{state:?}");
    }
}

#[test]
fn cancel_waits_for_the_end_of_the_future() {
    for state in STATES {
        let scene = scene(state);
        let output = scene
            .dispatcher
            .block_on(scene.task.cancel())
            .expect("block_on");
        assert_eq!(output.is_some(), state == State::Finished, "{state:?}");
        assert_eq!(scene.tally.dropped(), 1, "{state:?}");
        assert_eq!(scene.dispatcher.next_deadline(), None, "{state:?}");
    }
}

#[test]
fn another_task_may_drop_it() {
    for state in STATES {
        let Scene {
            dispatcher,
            task,
            tally,
            rest,
        } = scene(state);
        let other = dispatcher.spawn(async move { drop(task) }).expect("spawn");
        dispatcher
            .block_on(other)
            .expect("block_on")
            .expect("not cancelled");
        dispatcher.turn(Some(Duration::ZERO)).expect("turn");
        assert_eq!(tally.dropped(), 1, "{state:?}");
        assert_eq!(dispatcher.next_deadline(), None, "{state:?}");
        drop(rest);
    }
}

#[test]
fn another_thread_may_drop_it_and_the_future_ends_at_home() {
    for state in STATES {
        let scene = scene(state);
        let task = scene.task;
        thread::spawn(move || drop(task)).join().expect("thread");
        scene.dispatcher.turn(Some(Duration::ZERO)).expect("turn");
        assert_eq!(scene.tally.dropped(), 1, "{state:?}");
        assert_eq!(scene.dispatcher.next_deadline(), None, "{state:?}");
    }
}

#[test]
fn a_task_may_drop_itself_within_its_own_poll() {
    let dispatcher = Dispatcher::new().expect("dispatcher");
    let handle = dispatcher.handle();
    let tally = Tally::default();
    let own: Rc<RefCell<Option<Task<()>>>> = Rc::default();
    let (guard, theirs) = (tally.guard(), own.clone());
    let task = dispatcher
        .spawn(async move {
            let _guard = guard;
            let sleep = handle.sleep(HOUR);
            drop(theirs.borrow_mut().take());
            sleep.await.expect("never reached");
        })
        .expect("spawn");
    own.replace(Some(task));
    dispatcher.turn(Some(Duration::ZERO)).expect("turn");
    assert_eq!(tally.dropped(), 1);
    assert_eq!(dispatcher.next_deadline(), None);
}

#[test]
fn sleeps_dropped_unfired_leave_no_timer() {
    let dispatcher = Dispatcher::new().expect("dispatcher");
    let handle = dispatcher.handle();
    let mut context = Context::from_waker(Waker::noop());
    let mut sleeps: Vec<_> = (1..=1000)
        .map(|second| handle.sleep(HOUR + Duration::from_secs(second)))
        .collect();
    assert_eq!(dispatcher.next_deadline(), None);
    for sleep in &mut sleeps {
        assert!(Pin::new(sleep).poll(&mut context).is_pending());
    }
    let first: Instant = sleeps[0].deadline();
    assert_eq!(dispatcher.next_deadline(), Some(first));
    drop(sleeps.swap_remove(0));
    let least = sleeps.iter().map(|sleep| sleep.deadline()).min();
    assert_eq!(dispatcher.next_deadline(), least);
    let elsewhere = sleeps.split_off(500);
    drop(sleeps);
    thread::spawn(move || drop(elsewhere))
        .join()
        .expect("thread");
    dispatcher.turn(Some(Duration::ZERO)).expect("turn");
    assert_eq!(dispatcher.next_deadline(), None);
}

#[test]
fn waits_dropped_on_a_foreign_thread_are_forgotten() {
    struct Counting(AtomicUsize);
    impl std::task::Wake for Counting {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }
    let dispatcher = Dispatcher::new().expect("dispatcher");
    let event = Event::new(&dispatcher.handle()).expect("event");
    let counting = Arc::new(Counting(AtomicUsize::new(0)));
    let theirs = event.clone();
    let mut wait: Pin<Box<dyn Future<Output = ()> + Send>> =
        Box::pin(async move { theirs.wait().await.expect("wait") });
    let waker = Waker::from(counting.clone());
    assert!(
        wait.as_mut()
            .poll(&mut Context::from_waker(&waker))
            .is_pending()
    );
    drop(waker);
    thread::spawn(move || drop(wait)).join().expect("thread");
    dispatcher.turn(Some(Duration::ZERO)).expect("turn");
    assert_eq!(
        Arc::strong_count(&counting),
        1,
        "the dispatcher still holds the waker"
    );
    event.set();
    assert_eq!(counting.0.load(Ordering::SeqCst), 0);
}
