//! Who may use what where: wrong threads, closed dispatchers, nested runs, panicking tasks.

mod running;

use std::future::{Future, pending};
use std::io;
use std::marker::PhantomData;
use std::os::fd::OwnedFd;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;
use std::time::Duration;

use wippy_dispatcher::{
    Cancelled, Dispatcher, Error, Event, Handle, Instant, Interest, Job, Remote, RngStream, Sleep,
    Source, Task, WaitSet, YieldNow,
};

const HOUR: Duration = Duration::from_secs(3600);

/// Answers at compile time whether a type is `Send` and `Sync`: an inherent constant, where its
/// bound holds, goes before the trait's.
struct Probe<T>(PhantomData<T>);

trait Otherwise {
    const SEND: bool = false;
    const SYNC: bool = false;
}

impl<T> Otherwise for Probe<T> {}

struct SyncProbe<T>(PhantomData<T>);

impl<T> Otherwise for SyncProbe<T> {}

impl<T: Send> Probe<T> {
    const SEND: bool = true;
}

impl<T: Sync> SyncProbe<T> {
    const SYNC: bool = true;
}

macro_rules! assert_send_sync {
    ($($type:ty: $send:literal $sync:literal,)*) => {
        $(const _: () = assert!(Probe::<$type>::SEND == $send && SyncProbe::<$type>::SYNC == $sync);)*
    };
}

assert_send_sync! {
    Dispatcher: false false,
    Handle: true true,
    Remote: true true,
    Event: true true,
    Sleep: true true,
    YieldNow: true true,
    WaitSet: true true,
    Source<OwnedFd>: true true,
    Task<u8>: true true,
    Error: true true,
}

// The results of jobs move, they are not shared.
const _: () = assert!(Probe::<Job<u8>>::SEND);

const fn assert_clone<T: Clone>() {}
const _: () = assert_clone::<Handle>();
const _: () = assert_clone::<Remote>();
const _: () = assert_clone::<Event>();

fn poll_once<F: Future>(future: F) -> Option<F::Output> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => Some(output),
        Poll::Pending => None,
    }
}

/// One of each, made on the dispatcher's thread.
struct Kit {
    handle: Handle,
    event: Event,
    other_event: Event,
    source: Source<OwnedFd>,
    spare: OwnedFd,
    sleep: Sleep,
    armed: Sleep,
    yielding: YieldNow,
    set: WaitSet,
}

fn kit(handle: Handle) -> Kit {
    let (reader, spare) = rustix::pipe::pipe().expect("pipe");
    let mut armed = handle.sleep(HOUR);
    assert!(poll_once(&mut armed).is_none());
    let event = Event::new(&handle).expect("event");
    event.set();
    Kit {
        event,
        other_event: Event::new(&handle).expect("event"),
        source: Source::new(&handle, reader).expect("source"),
        spare,
        sleep: handle.sleep(Duration::ZERO),
        armed,
        yielding: handle.yield_now(),
        set: WaitSet::new(&handle).expect("set"),
        handle,
    }
}

/// Uses every method; all of them have to answer `expected`, or do nothing where they have no
/// answer to give.
fn all_refuse(kit: Kit, expected: fn(&Error) -> bool) {
    fn refused<T>(outcome: Result<T, Error>, expected: fn(&Error) -> bool, what: &str) {
        match outcome {
            Ok(_) => panic!("{what} is allowed"),
            Err(error) => assert!(expected(&error), "{what}: {error:?}"),
        }
    }
    fn refuses<T>(
        future: impl Future<Output = Result<T, Error>>,
        expected: fn(&Error) -> bool,
        what: &str,
    ) {
        refused(
            poll_once(future).unwrap_or_else(|| panic!("{what} waits")),
            expected,
            what,
        );
    }
    let Kit {
        handle,
        event,
        other_event,
        source,
        spare,
        sleep,
        armed,
        yielding,
        mut set,
    } = kit;

    refused(handle.now(), expected, "now");
    refused(handle.wall_time(), expected, "wall_time");
    refused(handle.resolution(), expected, "resolution");
    refused(handle.wall_resolution(), expected, "wall_resolution");
    refused(handle.is_simulated(), expected, "is_simulated");
    refused(handle.spawn(async {}), expected, "spawn");
    refused(handle.poll_driver(), expected, "poll_driver");
    refused(
        handle.fill_random(RngStream::Secure, &mut [0; 4]),
        expected,
        "fill_random",
    );
    refuses(handle.sleep(Duration::ZERO), expected, "sleep");
    refuses(
        handle.sleep_until(Instant::from_nanos(0)),
        expected,
        "sleep_until",
    );
    refuses(handle.yield_now(), expected, "yield_now");
    refuses(handle.unblock(|| ()), expected, "unblock");

    refuses(sleep, expected, "a sleep");
    refuses(armed, expected, "an armed sleep");
    refuses(yielding, expected, "a yield");

    refused(Event::new(&handle), expected, "Event::new");
    refuses(event.wait(), expected, "Event::wait");
    assert!(!event.is_set());
    event.clear();
    other_event.set();

    refused(Source::new(&handle, &spare), expected, "Source::new");
    let one_way = Source::with_interest(&handle, &spare, Interest::Writable);
    refused(one_way, expected, "Source::with_interest");
    refuses(source.ready(Interest::Writable), expected, "Source::ready");
    let would_block = |_: &OwnedFd| Err::<(), _>(io::ErrorKind::WouldBlock.into());
    let attempted =
        poll_once(source.attempt(Interest::Writable, would_block)).expect("attempt waits");
    refused(attempted, expected, "Source::attempt");
    assert!(!source.is_ready(Interest::Writable));
    assert!(!source.is_closed(Interest::Writable));
    source.clear(Interest::Writable);

    refused(WaitSet::new(&handle), expected, "WaitSet::new");
    refused(
        set.add_deadline(Instant::from_nanos(0), 1),
        expected,
        "add_deadline",
    );
    refused(set.add_event(&event, 2), expected, "add_event");
    refused(
        set.add_source(&source, Interest::Readable, 3),
        expected,
        "add_source",
    );
    refuses(set.wait(), expected, "WaitSet::wait");
    refused(set.take_fired(&mut Vec::new()), expected, "take_fired");
    set.clear();
    drop(source.into_inner());
}

#[test]
fn a_wrong_thread_is_a_named_error_in_every_method() {
    let dispatcher = Dispatcher::new().expect("dispatcher");
    let handle = dispatcher.handle();
    let kit = kit(handle.clone());
    let (still_there, other) = (kit.event.clone(), kit.other_event.clone());
    let used = thread::spawn(move || all_refuse(kit, |error| matches!(error, Error::WrongThread)));
    used.join().expect("no panic");
    assert!(
        still_there.is_set(),
        "a clear on a wrong thread does nothing"
    );
    dispatcher.turn(Some(Duration::ZERO)).expect("turn");
    assert!(other.is_set(), "a set does");
    assert_eq!(
        dispatcher.next_deadline(),
        None,
        "what was dropped there is forgotten"
    );
}

#[test]
fn the_dispatchers_end_is_a_named_error_in_every_method() {
    for end_of in [Dispatcher::new, || {
        Dispatcher::builder().spin(Duration::from_micros(5)).build()
    }] {
        let dispatcher = end_of().expect("dispatcher");
        let kit = kit(dispatcher.handle());
        drop(dispatcher);
        all_refuse(kit, |error| matches!(error, Error::Closed));
    }
}

#[test]
fn what_was_made_on_a_wrong_thread_says_so_at_home() {
    let dispatcher = Dispatcher::new().expect("dispatcher");
    let handle = dispatcher.handle();
    let made = thread::spawn(move || {
        (
            handle.sleep(Duration::ZERO),
            handle.unblock(|| ()),
            handle.yield_now(),
        )
    });
    let (sleep, job, yielding) = made.join().expect("thread");
    let slept = poll_once(sleep).expect("it can never complete, so it must not wait");
    assert!(matches!(slept, Err(Error::WrongThread)));
    assert!(matches!(poll_once(job), Some(Err(Error::WrongThread))));
    // A yield reads no clock when it is made: where it is awaited is what counts.
    dispatcher
        .block_on(yielding)
        .expect("block_on")
        .expect("yield");
}

#[test]
fn a_job_may_be_awaited_on_any_thread() {
    let dispatcher = Dispatcher::new().expect("dispatcher");
    let job = dispatcher.handle().unblock(|| 5);
    let awaiting = thread::spawn(move || Dispatcher::new().expect("dispatcher").block_on(job));
    let outcome = awaiting.join().expect("thread").expect("block_on");
    assert_eq!(outcome.expect("job"), 5);
}

#[test]
fn a_remote_outlives_its_dispatcher() {
    let dispatcher = Dispatcher::builder()
        .max_tasks(1)
        .build()
        .expect("dispatcher");
    let remote = dispatcher.handle().remote();
    drop(dispatcher);
    for _ in 0..3 {
        let refused = remote.spawn(|_| pending());
        assert!(matches!(refused, Err(Error::Closed)), "{refused:?}");
        remote.wake();
    }
}

#[test]
fn remote_spawns_have_a_bound() {
    let dispatcher = Dispatcher::builder()
        .max_tasks(2)
        .build()
        .expect("dispatcher");
    let remote = dispatcher.remote();
    for _ in 0..2 {
        let spawning = remote.clone();
        thread::spawn(move || {
            for _ in 0..2 {
                spawning.spawn(|_| async {}).expect("room");
            }
            assert!(matches!(
                spawning.spawn(|_| async {}),
                Err(Error::TooManyJobs(2))
            ));
        })
        .join()
        .expect("thread");
        assert_eq!(dispatcher.turn(Some(Duration::ZERO)).expect("turn").ran, 2);
    }
}

/// Wakers of other executors may own futures, and futures of ours in them: whatever is dropped
/// with a waker may come back to the dispatcher.
#[test]
fn dropping_a_foreign_waker_may_use_the_dispatcher() {
    struct Owning(#[allow(dead_code)] Mutex<Box<dyn Send>>);
    impl Wake for Owning {
        fn wake(self: Arc<Self>) {}
    }
    fn poll_with<F: Future>(future: Pin<&mut F>, waker: &Waker) {
        assert!(future.poll(&mut Context::from_waker(waker)).is_pending());
    }
    let dispatcher = Dispatcher::new().expect("dispatcher");
    let handle = dispatcher.handle();
    // A sleep, an event and a set that are dropped with the waker they are given to.
    let owning = || {
        let mut sleep = handle.sleep(HOUR);
        assert!(poll_once(&mut sleep).is_none());
        let event = Event::new(&handle).expect("event");
        let mut set = WaitSet::new(&handle).expect("set");
        set.add_event(&event, 1).expect("event");
        Waker::from(Arc::new(Owning(Mutex::new(Box::new((sleep, event, set))))))
    };
    let event = Event::new(&handle).expect("event");
    let mut set = WaitSet::new(&handle).expect("set");
    set.add_event(&event, 1).expect("event");
    let mut sleep = pin!(handle.sleep(2 * HOUR));
    let mut wait = pin!(event.wait());
    poll_with(sleep.as_mut(), &owning());
    poll_with(sleep.as_mut(), Waker::noop());
    poll_with(wait.as_mut(), &owning());
    poll_with(wait.as_mut(), Waker::noop());
    poll_with(pin!(set.wait()), &owning());
    poll_with(pin!(set.wait()), Waker::noop());
    poll_with(pin!(set.wait()), &owning());
    set.clear();
    assert_eq!(dispatcher.next_deadline(), Some(sleep.deadline()));
}
