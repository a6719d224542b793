//! The readiness of descriptors: edges underneath, levels for the user.

mod registration;

use std::cell::RefCell;
use std::fs::File;
use std::future::Future;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Wake, Waker};
use std::thread;
use std::time::Duration;

use rustix::fs::{OFlags, fcntl_getfl};
use rustix::io::Errno;
use rustix::pipe::{PipeFlags, pipe_with};

use wippy_dispatcher::{Dispatcher, Error, Handle, Interest, Source};

fn pipe() -> (OwnedFd, OwnedFd) {
    pipe_with(PipeFlags::NONBLOCK | PipeFlags::CLOEXEC).expect("pipe")
}

fn pair() -> (UnixStream, UnixStream) {
    let (a, b) = UnixStream::pair().expect("socketpair");
    a.set_nonblocking(true).expect("flags");
    b.set_nonblocking(true).expect("flags");
    (a, b)
}

fn read(fd: &OwnedFd, buffer: &mut [u8]) -> io::Result<usize> {
    Ok(rustix::io::read(fd, buffer)?)
}

fn turn(dispatcher: &Dispatcher) {
    dispatcher.turn(Some(Duration::ZERO)).expect("turn");
}

#[test]
fn a_pipe_is_readable_when_there_is_something_to_read() {
    let dispatcher = Dispatcher::new().expect("dispatcher");
    let (reader, writer) = pipe();
    let source =
        Source::with_interest(&dispatcher.handle(), reader, Interest::Readable).expect("source");
    turn(&dispatcher);
    assert!(!source.is_ready(Interest::Readable));
    let writing = thread::spawn(move || {
        rustix::io::write(&writer, b"ab").expect("write");
        writer
    });
    dispatcher
        .block_on(source.ready(Interest::Readable))
        .expect("block_on")
        .expect("ready");
    assert!(source.is_ready(Interest::Readable));
    assert!(!source.is_closed(Interest::Readable));
    let mut buffer = [0; 8];
    assert_eq!(read(source.get(), &mut buffer).expect("read"), 2);
    writing.join().expect("thread");
}

#[test]
fn readiness_stays_until_it_is_cleared() {
    let dispatcher = Dispatcher::new().expect("dispatcher");
    let (reader, writer) = pipe();
    let source = Source::new(&dispatcher.handle(), reader).expect("source");
    rustix::io::write(&writer, b"a").expect("write");
    for _ in 0..3 {
        dispatcher
            .block_on(source.ready(Interest::Readable))
            .expect("block_on")
            .expect("ready");
    }
    assert_eq!(read(source.get(), &mut [0; 8]).expect("read"), 1);
    turn(&dispatcher);
    assert!(
        source.is_ready(Interest::Readable),
        "only its owner knows that it is empty"
    );
    source.clear(Interest::Readable);
    turn(&dispatcher);
    assert!(!source.is_ready(Interest::Readable));
    rustix::io::write(&writer, b"b").expect("write");
    turn(&dispatcher);
    assert!(source.is_ready(Interest::Readable), "a new edge");
}

/// Both directions of a socket pair through many empty and full buffers.
#[test]
fn attempt_carries_a_megabyte_through_would_block() {
    const LENGTH: usize = 1 << 20;
    let dispatcher = Dispatcher::new().expect("dispatcher");
    let handle = dispatcher.handle();
    let (a, b) = pair();
    let sending = Source::new(&handle, a).expect("source");
    let receiving = Source::new(&handle, b).expect("source");
    let sender = dispatcher.spawn(async move {
        let bytes: Vec<u8> = (0..LENGTH).map(|index| (index % 251) as u8).collect();
        let (mut sent, mut blocked) = (0, 0);
        while sent < LENGTH {
            let write = |mut socket: &UnixStream| {
                let written = socket.write(&bytes[sent..]);
                blocked += usize::from(written.is_err());
                written
            };
            sent += sending
                .attempt(Interest::Writable, write)
                .await
                .expect("write");
        }
        blocked
    });
    let receiver = async {
        let mut buffer = vec![0; 10_000];
        let (mut received, mut blocked) = (0, 0);
        loop {
            let read = |mut socket: &UnixStream| {
                let read = socket.read(&mut buffer);
                blocked += usize::from(read.is_err());
                read
            };
            let count = receiving
                .attempt(Interest::Readable, read)
                .await
                .expect("read");
            if count == 0 {
                return (received, blocked);
            }
            for &byte in &buffer[..count] {
                assert_eq!(byte, (received % 251) as u8);
                received += 1;
            }
        }
    };
    let (received, read_blocked) = dispatcher.block_on(receiver).expect("block_on");
    let sent = dispatcher
        .block_on(sender.expect("spawn"))
        .expect("block_on");
    let write_blocked = sent.expect("not cancelled");
    assert_eq!(received, LENGTH);
    assert!(
        read_blocked > 0 && write_blocked > 0,
        "the buffers were never empty or full"
    );
}

#[test]
fn an_interrupted_operation_is_tried_again_at_once() {
    let dispatcher = Dispatcher::new().expect("dispatcher");
    let (reader, _writer) = pipe();
    let source = Source::new(&dispatcher.handle(), reader).expect("source");
    let mut tries = 0;
    let outcome = dispatcher.block_on(source.attempt(Interest::Readable, |_| {
        tries += 1;
        if tries < 3 {
            Err(Errno::INTR.into())
        } else {
            Ok(tries)
        }
    }));
    assert_eq!(outcome.expect("block_on").expect("third try"), 3);
    let refused = dispatcher.block_on(source.attempt(Interest::Readable, |_| -> io::Result<()> {
        Err(Errno::IO.into())
    }));
    let error = refused
        .expect("block_on")
        .expect_err("any other error ends it");
    assert_eq!(error.raw_os_error(), Some(Errno::IO.raw_os_error()));
}

#[test]
fn all_waiters_of_one_direction_wake() {
    let dispatcher = Dispatcher::new().expect("dispatcher");
    let (a, mut b) = pair();
    let source = Rc::new(
        Source::with_interest(&dispatcher.handle(), a, Interest::Readable).expect("source"),
    );
    let woken = Rc::new(RefCell::new(Vec::new()));
    let tasks: Vec<_> = (0..10)
        .map(|number| {
            let (source, woken) = (source.clone(), woken.clone());
            let waiting = async move {
                source.ready(Interest::Readable).await.expect("ready");
                woken.borrow_mut().push(number);
            };
            dispatcher.spawn(waiting).expect("spawn")
        })
        .collect();
    turn(&dispatcher);
    assert!(woken.borrow().is_empty());
    b.write_all(b"a").expect("write");
    turn(&dispatcher);
    assert_eq!(*woken.borrow(), (0..10).collect::<Vec<_>>());
    assert!(tasks.iter().all(|task| task.is_finished()));
}

#[test]
fn directions_are_apart() {
    let dispatcher = Dispatcher::new().expect("dispatcher");
    let (a, mut b) = pair();
    let source = Source::new(&dispatcher.handle(), a).expect("source");
    turn(&dispatcher);
    assert!(
        source.is_ready(Interest::Writable),
        "an idle socket has room"
    );
    assert!(!source.is_ready(Interest::Readable));
    source.clear(Interest::Writable);
    b.write_all(b"a").expect("write");
    turn(&dispatcher);
    assert!(source.is_ready(Interest::Readable));
    source.clear(Interest::Readable);
    assert!(!source.is_ready(Interest::Readable));
}

#[test]
fn the_end_of_a_pipe_wakes_and_stays() {
    let dispatcher = Dispatcher::new().expect("dispatcher");
    let (reader, writer) = pipe();
    let source =
        Source::with_interest(&dispatcher.handle(), reader, Interest::Readable).expect("source");
    let closing = thread::spawn(move || drop(writer));
    // The kernel's word first: a read could see the end before any event tells of it.
    dispatcher
        .block_on(source.ready(Interest::Readable))
        .expect("block_on")
        .expect("ready");
    let end = source.attempt(Interest::Readable, |fd| read(fd, &mut [0; 8]));
    assert_eq!(
        dispatcher.block_on(end).expect("block_on").expect("read"),
        0
    );
    assert!(source.is_closed(Interest::Readable));
    closing.join().expect("thread");
}

#[test]
fn a_pipe_without_a_reader_wakes_its_writer() {
    let dispatcher = Dispatcher::new().expect("dispatcher");
    let (reader, writer) = pipe();
    let source =
        Source::with_interest(&dispatcher.handle(), writer, Interest::Writable).expect("source");
    let fill = |fd: &OwnedFd| -> io::Result<usize> { Ok(rustix::io::write(fd, &[0; 4096])?) };
    while fill(source.get()).is_ok() {}
    turn(&dispatcher);
    source.clear(Interest::Writable);
    let closing = thread::spawn(move || drop(reader));
    dispatcher
        .block_on(source.ready(Interest::Writable))
        .expect("block_on")
        .expect("ready");
    // Rust's runtime ignores SIGPIPE, so the write answers.
    let broken = dispatcher
        .block_on(source.attempt(Interest::Writable, fill))
        .expect("block_on");
    assert_eq!(broken.expect_err("EPIPE").kind(), io::ErrorKind::BrokenPipe);
    assert!(source.is_closed(Interest::Writable));
    closing.join().expect("thread");
}

#[test]
fn a_half_shut_socket_is_closed_in_one_direction() {
    let dispatcher = Dispatcher::new().expect("dispatcher");
    let (a, mut b) = pair();
    let source = Source::new(&dispatcher.handle(), a).expect("source");
    b.write_all(b"last").expect("write");
    b.shutdown(std::net::Shutdown::Write).expect("shutdown");
    dispatcher
        .block_on(source.ready(Interest::Readable))
        .expect("block_on")
        .expect("ready");
    assert!(source.is_closed(Interest::Readable));
    assert!(!source.is_closed(Interest::Writable));
    let mut text = String::new();
    let mut socket = source.get();
    socket
        .read_to_string(&mut text)
        .expect("what was sent before, then the end");
    assert_eq!(text, "last");
    drop(b);
    turn(&dispatcher);
    assert!(source.is_closed(Interest::Writable));
}

#[test]
fn spurious_readiness_is_tolerated() {
    let dispatcher = Dispatcher::new().expect("dispatcher");
    let handle = dispatcher.handle();
    let (reader, writer) = pipe();
    let twin = reader.try_clone().expect("dup");
    let first = Source::with_interest(&handle, reader, Interest::Readable).expect("source");
    let second = Source::with_interest(&handle, twin, Interest::Readable).expect("source");
    rustix::io::write(&writer, b"a").expect("write");
    turn(&dispatcher);
    assert!(first.is_ready(Interest::Readable) && second.is_ready(Interest::Readable));
    assert_eq!(read(first.get(), &mut [0; 8]).expect("read"), 1);
    // The second one is ready and empty.
    let task = dispatcher.spawn(async move {
        let mut tries = 0;
        let count = second.attempt(Interest::Readable, |fd| {
            tries += 1;
            read(fd, &mut [0; 8])
        });
        (count.await.expect("read"), tries)
    });
    let task = task.expect("spawn");
    turn(&dispatcher);
    assert!(!task.is_finished());
    rustix::io::write(&writer, b"bc").expect("write");
    let (count, tries) = dispatcher
        .block_on(task)
        .expect("block_on")
        .expect("not cancelled");
    assert_eq!(count, 2);
    assert!(tries >= 2);
}
