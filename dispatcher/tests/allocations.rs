//! In steady state the dispatcher allocates nothing: counted by a global allocator of its own.

#[path = "support/allocator.rs"]
mod allocator;

use std::os::fd::OwnedFd;
use std::thread;
use std::time::Duration;

use rustix::pipe::{PipeFlags, pipe_with};

use allocator::allocations;
use wippy_dispatcher::net::{TcpListener, TcpStream, UdpSocket};
use wippy_dispatcher::{Dispatcher, Event, Handle, Interest, Source, WaitSet};

const WARM_UP: usize = 200;
const ROUNDS: usize = 500;
const HOUR: Duration = Duration::from_secs(3600);
const MOMENT: Duration = Duration::from_micros(20);

#[global_allocator]
static COUNTING: allocator::Counting = allocator::Counting;

/// Runs `round` in a task and gives the number of allocations of the rounds after the warm-up.
fn steady_state(dispatcher: &Dispatcher, mut round: impl AsyncFnMut(usize) + 'static) -> usize {
    let task = dispatcher.spawn(async move {
        for number in 0..WARM_UP {
            round(number).await;
        }
        let before = allocations();
        for number in 0..ROUNDS {
            round(number).await;
        }
        allocations() - before
    });
    let task = task.expect("spawn");
    dispatcher
        .block_on(task)
        .expect("block_on")
        .expect("not cancelled")
}

/// A task that answers each `request` with a `reply`.
fn answer(dispatcher: &Dispatcher, request: &Event, reply: &Event) {
    let (request, reply) = (request.clone(), reply.clone());
    let answering = async move {
        loop {
            request.wait().await.expect("wait");
            request.clear();
            reply.set();
        }
    };
    dispatcher.spawn(answering).expect("spawn").detach();
}

fn dispatcher() -> (Dispatcher, Handle) {
    let dispatcher = Dispatcher::new().expect("dispatcher");
    let handle = dispatcher.handle();
    (dispatcher, handle)
}

#[test]
fn the_counter_counts() {
    let (dispatcher, _) = dispatcher();
    let boxed = steady_state(&dispatcher, async |number| {
        drop(std::hint::black_box(Box::new(number)))
    });
    assert_eq!(boxed, ROUNDS);
}

#[test]
fn a_sleep() {
    let (dispatcher, handle) = dispatcher();
    let made = steady_state(&dispatcher, async move |_| {
        handle.sleep(MOMENT).await.expect("sleep")
    });
    assert_eq!(made, 0);
}

#[test]
fn a_yield() {
    let (dispatcher, handle) = dispatcher();
    let made = steady_state(&dispatcher, async move |_| {
        handle.yield_now().await.expect("yield")
    });
    assert_eq!(made, 0);
}

#[test]
fn an_event_that_another_task_sets() {
    let (dispatcher, handle) = dispatcher();
    let request = Event::new(&handle).expect("event");
    let reply = Event::new(&handle).expect("event");
    answer(&dispatcher, &request, &reply);
    let made = steady_state(&dispatcher, async move |_| {
        request.set();
        reply.wait().await.expect("wait");
        reply.clear();
    });
    assert_eq!(made, 0);
}

#[test]
fn a_wait_for_three_timers_and_an_event() {
    let (dispatcher, handle) = dispatcher();
    let request = Event::new(&handle).expect("event");
    let reply = Event::new(&handle).expect("event");
    answer(&dispatcher, &request, &reply);
    let mut set = WaitSet::new(&handle).expect("set");
    let mut tags = Vec::with_capacity(4);
    let made = steady_state(&dispatcher, async move |number| {
        let now = handle.now().expect("now");
        let by_timer = number % 2 == 0;
        let first = if by_timer { MOMENT } else { HOUR };
        for (tag, wait) in [first, HOUR, 2 * HOUR].into_iter().enumerate() {
            set.add_deadline(now + wait, tag as u32).expect("deadline");
        }
        set.add_event(&reply, 3).expect("event");
        if !by_timer {
            request.set();
        }
        set.wait().await.expect("wait");
        tags.clear();
        set.take_fired(&mut tags).expect("take_fired");
        assert_eq!(tags, [if by_timer { 0 } else { 3 }]);
        set.clear();
        reply.clear();
    });
    assert_eq!(made, 0);
}

#[test]
fn a_wait_for_a_pipe() {
    let (dispatcher, handle) = dispatcher();
    let (reader, writer) = pipe_with(PipeFlags::NONBLOCK | PipeFlags::CLOEXEC).expect("pipe");
    let source = Source::with_interest(&handle, reader, Interest::Readable).expect("source");
    let mut set = WaitSet::new(&handle).expect("set");
    let mut tags = Vec::with_capacity(4);
    let made = steady_state(&dispatcher, async move |_| {
        set.add_source(&source, Interest::Readable, 9)
            .expect("source");
        rustix::io::write(&writer, b"a").expect("write");
        set.wait().await.expect("wait");
        tags.clear();
        set.take_fired(&mut tags).expect("take_fired");
        assert_eq!(tags, [9]);
        set.clear();
        let read = |fd: &OwnedFd| Ok(rustix::io::read(fd, &mut [0; 8])?);
        assert_eq!(
            source
                .attempt(Interest::Readable, read)
                .await
                .expect("read"),
            1
        );
        source.clear(Interest::Readable);
    });
    assert_eq!(made, 0);
}

#[test]
fn a_source_that_has_to_wait() {
    let (dispatcher, handle) = dispatcher();
    let (reader, writer) = pipe_with(PipeFlags::NONBLOCK | PipeFlags::CLOEXEC).expect("pipe");
    let source = Source::with_interest(&handle, reader, Interest::Readable).expect("source");
    let made = steady_state(&dispatcher, async move |_| {
        let mut tries = 0;
        let read = source.attempt(Interest::Readable, |fd| {
            tries += 1;
            let read = rustix::io::read(fd, &mut [0; 8]);
            // Written after the look, so that the kernel has to tell of it.
            if tries == 1 {
                rustix::io::write(&writer, b"a")?;
            }
            Ok(read?)
        });
        assert_eq!(read.await.expect("read"), 1);
        assert!(tries > 1);
    });
    assert_eq!(made, 0);
}

#[test]
fn bytes_over_a_connection() {
    let (dispatcher, handle) = dispatcher();
    let listener = TcpListener::bind(&handle, ([127, 0, 0, 1], 0).into()).expect("a port");
    let address = listener.local_addr().expect("bound");
    let both = async {
        (
            TcpStream::connect(&handle, address).await,
            listener.accept().await,
        )
    };
    let (client, accepted) = dispatcher.block_on(both).expect("block_on");
    let (client, (server, _)) = (client.expect("connected"), accepted.expect("accepted"));
    let made = steady_state(&dispatcher, async move |_| {
        let mut buffer = [0; 8];
        client.write_all(b"ping").await.expect("room");
        assert_eq!(server.read(&mut buffer).await.expect("open"), 4);
        server.write_all(b"pong").await.expect("room");
        assert_eq!(client.read(&mut buffer).await.expect("open"), 4);
    });
    assert_eq!(made, 0);
}

#[test]
fn a_datagram_there_and_back() {
    let (dispatcher, handle) = dispatcher();
    let bound = || UdpSocket::bound(&handle, ([127, 0, 0, 1], 0).into()).expect("a port");
    let (one, other) = (bound(), bound());
    let to = other.local_addr().expect("bound");
    let made = steady_state(&dispatcher, async move |_| {
        let mut buffer = [0; 8];
        one.send(b"ping", Some(to)).await.expect("room");
        let (length, sender) = other.recv(&mut buffer).await.expect("open");
        other
            .send(&buffer[..length], Some(sender))
            .await
            .expect("room");
        assert_eq!(one.recv(&mut buffer).await.expect("open").0, 4);
    });
    assert_eq!(made, 0);
}

/// However often it is set before the dispatcher looks, it is one message.
#[test]
fn an_event_set_again_and_again_on_another_thread_is_one_message() {
    let (dispatcher, handle) = dispatcher();
    let event = Event::new(&handle).expect("event");
    for _ in 0..3 {
        let theirs = event.clone();
        let made = thread::spawn(move || {
            theirs.set();
            let before = allocations();
            for _ in 0..10_000 {
                theirs.set();
            }
            allocations() - before
        });
        assert_eq!(made.join().expect("thread"), 0);
        assert!(!event.is_set(), "it takes effect at the next turn");
        dispatcher.turn(Some(Duration::ZERO)).expect("turn");
        assert!(event.is_set());
        event.clear();
        dispatcher.turn(Some(Duration::ZERO)).expect("turn");
        assert!(!event.is_set(), "a second message");
    }
}
