use std::time::Duration;

use wippy_dispatcher::{Dispatcher, Simulation};

use super::*;
use crate::delivery::PendingDeliveries;
use crate::host::State;
use crate::host::state::tests::state;

/// What a test sees of a destination.
#[derive(Clone)]
struct Seen(Arc<Mutex<Log>>);

struct Log {
    bytes: Vec<u8>,
    /// How many bytes it still takes at once.
    room: usize,
    fails: Option<Errno>,
    events: Vec<&'static str>,
    more: Event,
}

impl Seen {
    fn new(dispatcher: &Dispatcher, room: usize) -> Seen {
        Seen(Arc::new(Mutex::new(Log {
            bytes: Vec::new(),
            room,
            fails: None,
            events: Vec::new(),
            more: Event::new(&dispatcher.handle()).expect("an event"),
        })))
    }

    fn lock(&self) -> MutexGuard<'_, Log> {
        self.0.lock().expect("no panic")
    }

    fn make_room(&self, room: usize) {
        let mut log = self.lock();
        log.room += room;
        log.more.set();
    }

    fn fail(&self, errno: Errno) {
        let mut log = self.lock();
        log.fails = Some(errno);
        log.more.set();
    }
}

impl Destination for Seen {
    fn try_write(&mut self, bytes: &[u8]) -> Result<usize, Error> {
        let mut log = self.lock();
        if let Some(errno) = log.fails {
            return Err(errno.into());
        }
        let taken = log.room.min(bytes.len());
        if taken == 0 {
            log.more.clear();
            return Err(Errno::AGAIN.into());
        }
        log.room -= taken;
        log.bytes.extend_from_slice(&bytes[..taken]);
        Ok(taken)
    }

    fn blocked(
        &mut self,
        _bytes: &mut Unwritten,
        room: &mut WaitSet,
    ) -> Result<Option<Job>, Error> {
        room.add_event(&self.lock().more, 0)?;
        Ok(None)
    }

    fn finish(&mut self) -> Result<(), Error> {
        self.lock().events.push("finished");
        Ok(())
    }

    fn abandon(&mut self) {
        self.lock().events.push("abandoned");
    }
}

struct World {
    dispatcher: Dispatcher,
    seen: Seen,
    deliveries: PendingDeliveries,
    queue: Arc<WriteQueue<Seen>>,
}

impl World {
    fn new(room: usize, bound: usize) -> World {
        let dispatcher = Dispatcher::simulated(1).expect("a dispatcher");
        let handle = dispatcher.handle();
        let seen = Seen::new(&dispatcher, room);
        let deliveries = PendingDeliveries::new(&handle);
        let owner = Owner {
            deliveries: deliveries.tracker().clone(),
            bytes: Quota::new(bound),
        };
        let queue = Arc::new(WriteQueue::to(&handle, seen.clone(), Some(owner)));
        World {
            dispatcher,
            seen,
            deliveries,
            queue,
        }
    }

    fn turn(&self) {
        while self
            .dispatcher
            .turn(Some(Duration::ZERO))
            .expect("a turn")
            .ran
            > 0
        {}
    }

    fn text(&self) -> String {
        String::from_utf8(self.seen.lock().bytes.clone()).expect("text")
    }
}

#[test]
fn what_is_taken_at_once_needs_no_task() {
    let world = World::new(100, 0);
    world.queue.write(b"abc").expect("room");
    assert_eq!((world.text().as_str(), world.queue.kept()), ("abc", 0));
    assert_eq!(world.queue.check_write().expect("open"), PERMIT as u64);
    assert_eq!(world.deliveries.open(), 0);
    assert!(world.queue.drained.get().is_none());
}

#[test]
fn parts_are_kept_in_order_and_the_end_comes_behind_them() {
    let world = World::new(2, 1 << 20);
    let World { queue, seen, .. } = &world;
    for part in ["abc", "", "de", "fghij"] {
        queue.write(part.as_bytes()).expect("permitted");
    }
    assert_eq!(queue.check_write().expect("open"), 0);
    assert!(!queue.is_ready());
    assert_eq!((queue.kept(), world.deliveries.open()), (8, 1));
    // It ends behind what is kept, takes nothing more, and nobody waits.
    queue.finish().expect("open");
    assert!(matches!(queue.write(b"late"), Err(StreamError::Closed)));
    for (room, text) in [(0, "ab"), (2, "abcd"), (5, "abcdefghi")] {
        seen.make_room(room);
        world.turn();
        assert_eq!(world.text(), text);
        assert!(seen.lock().events.is_empty());
    }
    seen.make_room(9);
    world.turn();
    assert_eq!(world.text(), "abcdefghij");
    assert_eq!(seen.lock().events, ["finished"]);
    assert_eq!((queue.kept(), world.deliveries.open()), (0, 0));
}

#[test]
fn a_flush_is_over_when_all_of_it_is_written() {
    let world = World::new(0, 1 << 20);
    let World { queue, seen, .. } = &world;
    queue.write(b"abc").expect("permitted");
    queue.write(b"def").expect("permitted");
    let handle = world.dispatcher.handle();
    let (own, seen) = (queue.clone(), seen.clone());
    let flushed = world.dispatcher.spawn(async move { own.delivered().await });
    let flushed = flushed.expect("a task");
    world
        .dispatcher
        .block_on(async {
            for _ in 0..5 {
                seen.make_room(1);
                handle.sleep(Duration::from_secs(1)).await.expect("a clock");
                assert!(!flushed.is_finished());
            }
            seen.make_room(1);
            flushed.await.expect("not cancelled").expect("delivered");
        })
        .expect("no deadlock");
    assert_eq!(world.text(), "abcdef");
    assert_eq!(queue.check_write().expect("open"), PERMIT as u64);
}

#[test]
fn a_failure_is_reported_once() {
    let world = World::new(0, 1 << 20);
    let World { queue, seen, .. } = &world;
    queue.write(b"abc").expect("permitted");
    world.turn();
    seen.fail(Errno::IO);
    world.turn();
    assert!(queue.is_ready());
    let failed = world.dispatcher.block_on(queue.delivered());
    assert!(matches!(failed, Ok(Err(StreamError::Failed(_)))));
    assert!(matches!(queue.check_write(), Err(StreamError::Closed)));
    assert!(matches!(queue.write(b"x"), Err(StreamError::Closed)));
    assert_eq!((queue.kept(), world.deliveries.open()), (0, 0));
}

#[test]
fn what_is_kept_counts_against_its_call_until_it_is_written() {
    let world = World::new(0, TASK_BYTES + 10);
    let World { queue, seen, .. } = &world;
    queue.write(b"0123456").expect("within the bound");
    queue.write(b"789").expect("within the bound");
    let other = Seen::new(&world.dispatcher, 0);
    let owner = queue.owner.clone();
    let other = Arc::new(WriteQueue::to(&world.dispatcher.handle(), other, owner));
    let refused = other.write(b"x").expect_err("beyond the bound");
    assert!(matches!(refused, StreamError::Failed(error) if error.code() == Some(12)));
    assert!(matches!(other.write(b"x"), Err(StreamError::Closed)));
    // What was accepted before is still written.
    seen.make_room(100);
    world.turn();
    assert_eq!(world.text(), "0123456789");
    queue.write(&[b'x'; 91]).expect("as much as is left");
    world.turn();
    let bytes = &queue.owner.as_ref().expect("a call").bytes;
    assert!(bytes.try_acquire(TASK_BYTES + 10).is_none());
    seen.make_room(1);
    world.turn();
    assert!(bytes.try_acquire(TASK_BYTES + 10).is_some());
}

#[test]
fn what_no_task_can_write_is_not_kept() {
    let simulation = Simulation::new(1);
    let builder = Dispatcher::builder().max_tasks(1).simulation(simulation);
    let dispatcher = builder.build().expect("a dispatcher");
    let handle = dispatcher.handle();
    let never = handle.spawn(std::future::pending::<()>());
    let seen = Seen::new(&dispatcher, 2);
    let bytes = Quota::new(1 << 20);
    let deliveries = PendingDeliveries::new(&handle);
    let owner = Owner {
        deliveries: deliveries.tracker().clone(),
        bytes: bytes.clone(),
    };
    let queue = Arc::new(WriteQueue::to(&handle, seen.clone(), Some(owner)));
    let refused = queue.write(b"abc").expect_err("no task");
    assert!(matches!(refused, StreamError::Failed(_)), "{refused:?}");
    assert_eq!((queue.kept(), deliveries.open()), (0, 0));
    assert!(bytes.try_acquire(1 << 20).is_some());
    // Nothing comes behind a gap.
    seen.make_room(100);
    assert!(matches!(queue.write(b"d"), Err(StreamError::Closed)));
    assert_eq!(seen.lock().bytes, b"ab");
    drop(never);
}

/// A call with a stream to a destination.
fn call(dispatcher: &Dispatcher, seen: &Seen) -> (State, Arc<WriteQueue<Seen>>) {
    let mut call = state(dispatcher);
    let owner = call.call.owner(Quota::new(1 << 20));
    let queue = WriteQueue::to(&dispatcher.handle(), seen.clone(), Some(owner));
    (call, Arc::new(queue))
}

#[test]
fn the_end_of_a_call_waits_for_what_was_accepted_and_not_for_ever() {
    let dispatcher = Dispatcher::simulated(1).expect("a dispatcher");
    let handle = dispatcher.handle();
    for (after, expected) in [(Some(3), 3), (None, 10)] {
        let seen = Seen::new(&dispatcher, 1);
        let (mut call, queue) = call(&dispatcher, &seen);
        queue.write(b"abc").expect("permitted");
        drop(queue);
        let waited = dispatcher.block_on(async {
            let begun = handle.now().expect("a clock");
            if let Some(seconds) = after {
                let (handle, seen) = (handle.clone(), seen.clone());
                let reader = handle.clone().spawn(async move {
                    let pause = handle.sleep(Duration::from_secs(seconds));
                    pause.await.expect("a clock");
                    seen.make_room(2);
                });
                reader.expect("a task").detach();
            }
            let outstanding = call.end().expect("something is not delivered");
            outstanding.delivered(None).await;
            handle.now().expect("a clock") - begun
        });
        let waited = waited.expect("no deadlock");
        assert_eq!(waited.as_secs(), expected);
        while dispatcher.turn(Some(Duration::ZERO)).expect("a turn").ran > 0 {}
        let log = seen.lock();
        match after {
            Some(_) => assert_eq!((log.bytes.as_slice(), log.events.len()), (&b"abc"[..], 0)),
            None => assert_eq!(log.events, ["abandoned"]),
        }
    }
}

#[test]
fn a_call_with_nothing_outstanding_ends_at_once() {
    let dispatcher = Dispatcher::simulated(1).expect("a dispatcher");
    let seen = Seen::new(&dispatcher, 100);
    let (mut call, queue) = call(&dispatcher, &seen);
    queue.write(b"abc").expect("room");
    assert!(call.end().is_none());
}

#[test]
fn a_call_that_is_dropped_gives_up_what_is_not_delivered() {
    let dispatcher = Dispatcher::simulated(1).expect("a dispatcher");
    let seen = Seen::new(&dispatcher, 0);
    let (call, queue) = call(&dispatcher, &seen);
    queue.write(b"abc").expect("permitted");
    while dispatcher.turn(Some(Duration::ZERO)).expect("a turn").ran > 0 {}
    drop(call);
    while dispatcher.turn(Some(Duration::ZERO)).expect("a turn").ran > 0 {}
    assert_eq!(seen.lock().events, ["abandoned"]);
    assert_eq!(queue.kept(), 0);
}

#[test]
fn a_dispatcher_that_ends_gives_up_what_is_not_delivered() {
    let dispatcher = Dispatcher::simulated(1).expect("a dispatcher");
    let seen = Seen::new(&dispatcher, 0);
    let (_call, queue) = call(&dispatcher, &seen);
    queue.write(b"abc").expect("permitted");
    while dispatcher.turn(Some(Duration::ZERO)).expect("a turn").ran > 0 {}
    drop(dispatcher);
    assert_eq!(seen.lock().events, ["abandoned"]);
}
