//! Output streams of every kind, used through the functions that a guest calls: a permit used in
//! parts, flushes that tell the truth, and what is left at the end.

mod connections;

use std::fs::File;
use std::io::{Read, pipe};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::thread::{self, JoinHandle};

use rustix::pty::{OpenptFlags, ioctl_tiocgptpeer, openpt, unlockpt};
use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};
use wasmtime::component::Resource;
use wippy_dispatcher::Dispatcher;

use super::interfaces::poll::HostPollable;
use super::interfaces::streams::{HostInputStream, HostOutputStream};
use super::{InputSource, OutputStream, PERMIT, Sink, StreamError};
use crate::fs::DeferredClose;
use crate::host::State;
use crate::host::filesystem::interfaces::preopens;
use crate::host::filesystem::interfaces::types::{
    DescriptorFlags, HostDescriptor, OpenFlags, PathFlags,
};
use crate::host::state::tests::{files_view, state};
use crate::host::stdio::Stdio;
use crate::http::{self, ErrorCode};

fn live() -> Dispatcher {
    Dispatcher::new().expect("a dispatcher")
}

/// What a stream has taken, for the reader of each kind.
type Reader<'a> = &'a mut dyn FnMut() -> Vec<u8>;

/// A call with one output stream.
struct Guest<'a> {
    dispatcher: &'a Dispatcher,
    call: State,
    stream: u32,
    expected: Vec<u8>,
}

impl<'a> Guest<'a> {
    fn new(dispatcher: &'a Dispatcher, sink: Sink) -> Guest<'a> {
        let mut call = state(dispatcher);
        let stream = call.call.table.push(OutputStream::new(sink)).expect("room");
        Guest::with(dispatcher, call, stream)
    }

    fn with(dispatcher: &'a Dispatcher, call: State, stream: Resource<OutputStream>) -> Guest<'a> {
        Guest {
            dispatcher,
            call,
            stream: stream.rep(),
            expected: Vec::new(),
        }
    }

    fn stream(&self) -> Resource<OutputStream> {
        Resource::new_borrow(self.stream)
    }

    fn run<T>(&self, what: impl Future<Output = T>) -> T {
        self.dispatcher.block_on(what).expect("no deadlock")
    }

    fn permit(&mut self) -> Result<u64, StreamError> {
        let (stream, dispatcher) = (self.stream(), self.dispatcher);
        dispatcher
            .block_on(self.call.call.check_write(stream))
            .expect("no deadlock")
    }

    /// Waits until there is a permit: what a descriptor has taken may still be in the way.
    fn wait_for_permit(&mut self) -> Result<usize, StreamError> {
        loop {
            match self.permit()? {
                0 => {
                    let stream = self.stream();
                    let ready = HostOutputStream::subscribe(&mut self.call.call, stream)?;
                    let own = || Resource::new_own(ready.rep());
                    let waited = HostPollable::block(&mut self.call.call, own());
                    self.dispatcher.block_on(waited).expect("no deadlock")?;
                    HostPollable::drop(&mut self.call.call, own())?;
                }
                permit => return Ok(usize::try_from(permit).expect("little")),
            }
        }
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), StreamError> {
        let (stream, dispatcher) = (self.stream(), self.dispatcher);
        let written = dispatcher
            .block_on(HostOutputStream::write(
                &mut self.call.call,
                stream,
                bytes.to_vec(),
            ))
            .expect("no deadlock");
        if written.is_ok() {
            self.expected.extend_from_slice(bytes);
        }
        written
    }

    fn zeroes(&mut self, length: usize) -> Result<(), StreamError> {
        let (stream, dispatcher) = (self.stream(), self.dispatcher);
        let written = dispatcher
            .block_on(self.call.call.write_zeroes(stream, length as u64))
            .expect("no deadlock");
        if written.is_ok() {
            self.expected.resize(self.expected.len() + length, 0);
        }
        written
    }

    fn flush(&mut self) -> Result<(), StreamError> {
        let (stream, dispatcher) = (self.stream(), self.dispatcher);
        dispatcher
            .block_on(self.call.call.blocking_flush(stream))
            .expect("no deadlock")
    }

    /// Drops the stream, which never waits.
    fn drop_stream(&mut self) {
        let dropping = HostOutputStream::drop(&mut self.call.call, Resource::new_own(self.stream));
        let mut dropping = std::pin::pin!(dropping);
        let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
        assert!(dropping.as_mut().poll(&mut cx).is_ready());
    }

    /// Ends the call, with what it still delivers.
    fn end(mut self) -> Vec<u8> {
        if let Some(outstanding) = self.call.end() {
            self.run(outstanding.delivered(None));
        }
        self.expected
    }

    /// Uses permits in parts. `read` gives what has arrived since it last gave something; where
    /// `shows` is set, that is all that a flush was waited for.
    fn write_in_parts(&mut self, what: &str, shows: bool, read: Reader<'_>) -> Vec<u8> {
        let mut arrived = Vec::new();
        let mut next = (0..=250u8).cycle();
        let mut bytes = |count: usize| -> Vec<u8> { next.by_ref().take(count).collect() };
        for _ in 0..3 {
            let mut left = self.wait_for_permit().expect(what);
            assert!(left <= PERMIT, "{what}: {left}");
            for part in [1, 1000, 0, 20_000] {
                self.write(&bytes(part)).expect(what);
                left -= part;
            }
            self.zeroes(700).expect(what);
            left -= 700;
            self.write(&bytes(left - 1)).expect(what);
            self.write(&bytes(1)).expect(what);
            let over = self.write(b"x").expect_err("a trap");
            assert!(matches!(over, StreamError::Trap(_)), "{what}: {over:?}");
            let over = self.zeroes(1).expect_err("a trap");
            assert!(matches!(over, StreamError::Trap(_)), "{what}: {over:?}");
            self.flush().expect(what);
            arrived.extend(read());
            if shows {
                assert!(arrived == self.expected, "{what}: {} bytes", arrived.len());
            }
        }
        self.wait_for_permit().expect(what);
        self.write(b"and ").expect(what);
        self.write(b"the end").expect(what);
        self.drop_stream();
        arrived
    }
}

/// Reads to the end on a thread of its own.
fn reading(mut from: impl Read + Send + 'static) -> JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        let mut buffer = vec![0; 5000];
        loop {
            match from.read(&mut buffer) {
                // A terminal whose other end is gone fails.
                Ok(0) | Err(_) => return bytes,
                Ok(read) => bytes.extend_from_slice(&buffer[..read]),
            }
        }
    })
}

fn mounted(dispatcher: &Dispatcher, directory: &Path) -> State {
    crate::host::state::tests::mounted(dispatcher, directory, DeferredClose::new())
}

#[test]
fn a_permit_is_used_in_parts_with_files() {
    let inline = DescriptorFlags::WRITE;
    let ways = [
        ("inline", live(), inline),
        (
            "synced",
            live(),
            inline | DescriptorFlags::FILE_INTEGRITY_SYNC,
        ),
        (
            "data synced",
            live(),
            inline | DescriptorFlags::DATA_INTEGRITY_SYNC,
        ),
        (
            "simulated",
            Dispatcher::simulated(1).expect("a dispatcher"),
            inline,
        ),
    ];
    for (what, dispatcher, flags) in &ways {
        for appends in [false, true] {
            let directory = tempfile::tempdir().expect("a directory");
            let path = directory.path().join("a");
            let mut state = mounted(dispatcher, directory.path());
            let mut call = files_view(&mut state);
            let mut roots = preopens::Host::get_directories(&mut call).expect("mounts");
            let (root, _) = roots.pop().expect("a mount");
            let open = async {
                let opened = call.open_at(
                    root,
                    PathFlags::empty(),
                    "a".to_owned(),
                    OpenFlags::CREATE,
                    *flags,
                );
                let file = opened.await.expect("a file");
                match appends {
                    true => call.append_via_stream(file).await,
                    false => call.write_via_stream(file, 0).await,
                }
            };
            let stream = dispatcher.block_on(open).expect("no deadlock");
            let stream = stream.expect("a stream");
            let mut guest = Guest::with(dispatcher, state, stream);
            let mut seen = 0;
            let mut read = || {
                let bytes = std::fs::read(&path).expect("a file");
                let new = bytes[seen..].to_vec();
                seen = bytes.len();
                new
            };
            guest.write_in_parts(what, true, &mut read);
            let expected = guest.end();
            let bytes = std::fs::read(&path).expect("a file");
            assert!(bytes == expected, "{what}: {} bytes", bytes.len());
        }
    }
}

#[test]
fn a_file_that_is_ready_has_something_to_read() {
    for dispatcher in [live(), Dispatcher::simulated(1).expect("a dispatcher")] {
        let directory = tempfile::tempdir().expect("a directory");
        std::fs::write(directory.path().join("a"), "frameframe").expect("a file");
        let mut state = mounted(&dispatcher, directory.path());
        let mut call = files_view(&mut state);
        let mut roots = preopens::Host::get_directories(&mut call).expect("mounts");
        let (root, _) = roots.pop().expect("a mount");
        let ran = dispatcher.block_on(async {
            let (path, flags) = ("a".to_owned(), DescriptorFlags::READ);
            let opened = call.open_at(root, PathFlags::empty(), path, OpenFlags::empty(), flags);
            let file = opened.await.expect("a file");
            let stream = call.read_via_stream(file, 0).await.expect("a stream");
            let again = || Resource::new_own(stream.rep());
            let pollable = HostInputStream::subscribe(call.call, again()).expect("room");
            for _ in 0..2 {
                let ready = call.block(Resource::new_own(pollable.rep()));
                ready.await.expect("a file");
                let read = HostInputStream::read(call.call, again(), 5).await;
                assert_eq!(read.expect("bytes"), b"frame");
            }
            let ready = call.block(Resource::new_own(pollable.rep()));
            ready.await.expect("a file");
            let read = HostInputStream::read(call.call, again(), 5).await;
            assert!(matches!(read, Err(StreamError::Closed)));
        });
        ran.expect("no deadlock");
    }
}

#[test]
fn a_permit_is_used_in_parts_with_descriptors() {
    let check = |what: &str, written: OwnedFd, reader: JoinHandle<Vec<u8>>| {
        let dispatcher = live();
        let stdio = Stdio::of_descriptors(&dispatcher.handle(), None, Some(written), None);
        let stdio = stdio.expect("descriptors");
        let mut guest = Guest::new(&dispatcher, stdio.stdout.clone());
        guest.call.cli.stdio = stdio;
        guest.write_in_parts(what, false, &mut Vec::new);
        let expected = guest.end();
        drop(dispatcher);
        let bytes = reader.join().expect("a reader");
        assert!(bytes == expected, "{what}: {} bytes", bytes.len());
    };
    let (from, to) = pipe().expect("a pipe");
    check("pipe", to.into(), reading(from));
    let (from, to) = UnixStream::pair().expect("sockets");
    check("socket", to.into(), reading(from));
    let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
    let screen = openpt(flags).expect("a terminal");
    unlockpt(&screen).expect("a terminal");
    let tty = ioctl_tiocgptpeer(&screen, flags).expect("its other end");
    let mut raw = tcgetattr(&tty).expect("a terminal");
    raw.make_raw();
    tcsetattr(&tty, OptionalActions::Now, &raw).expect("a terminal");
    check("terminal", tty, reading(File::from(screen)));
}

#[test]
fn a_permit_is_used_in_parts_with_a_file_as_standard_output() {
    let dispatcher = live();
    let file = tempfile::NamedTempFile::new().expect("a file");
    let stdout = file.as_file().try_clone().expect("a duplicate").into();
    let stdio = Stdio::of_descriptors(&dispatcher.handle(), None, Some(stdout), None);
    let mut guest = Guest::new(&dispatcher, stdio.expect("descriptors").stdout);
    let mut seen = 0;
    let mut read = || {
        let bytes = std::fs::read(file.path()).expect("a file");
        let new = bytes[seen..].to_vec();
        seen = bytes.len();
        new
    };
    guest.write_in_parts("file", true, &mut read);
    let expected = guest.end();
    assert!(std::fs::read(file.path()).expect("a file") == expected);
}

#[test]
fn a_permit_is_used_in_parts_with_a_pipe_in_memory() {
    let dispatcher = live();
    let (reader, writer) = crate::host::pipe::pipe(&dispatcher.handle(), 30_000).expect("a pipe");
    let mut guest = Guest::new(&dispatcher, Sink::Pipe(writer));
    let mut read = || reader.read(usize::MAX).expect("open");
    let mut bytes = guest.write_in_parts("pipe in memory", true, &mut read);
    let expected = guest.end();
    bytes.extend(reader.read(usize::MAX).expect("the rest"));
    assert!(bytes == expected, "{} bytes", bytes.len());
    assert!(matches!(reader.read(1), Err(StreamError::Closed)));
}

#[test]
fn a_permit_is_used_in_parts_with_a_body() {
    let dispatcher = live();
    let (writer, reader) = http::body(&dispatcher.handle(), PERMIT, None).expect("a body");
    let mut guest = Guest::new(&dispatcher, Sink::Body(writer.sink()));
    let mut read = || {
        let mut all = Vec::new();
        loop {
            match reader.read(usize::MAX).expect("open") {
                bytes if bytes.is_empty() => return all,
                bytes => all.extend(bytes),
            }
        }
    };
    let mut bytes = guest.write_in_parts("body", true, &mut read);
    bytes.extend(read());
    assert!(bytes == guest.end(), "{} bytes", bytes.len());
}

#[test]
fn a_stream_is_closed_after_its_first_error() {
    let dispatcher = live();
    let (writer, _reader) = http::body(&dispatcher.handle(), PERMIT, Some(3)).expect("a body");
    let mut guest = Guest::new(&dispatcher, Sink::Body(writer.sink()));
    guest.permit().expect("open");
    guest.write(b"abc").expect("declared");
    let long = guest.write(b"d").expect_err("more than is declared");
    let code = ErrorCode::HttpRequestBodySize(Some(4));
    assert!(matches!(long, StreamError::Failed(error) if error.http() == Some(&code)));
    let closed = |result: Result<(), StreamError>| matches!(result, Err(StreamError::Closed));
    assert!(closed(guest.permit().map(drop)));
    assert!(closed(guest.write(b"")));
    assert!(closed(guest.zeroes(0)));
    assert!(closed(guest.flush()));
    let (stream, now) = (guest.stream(), guest.stream());
    let flushed = dispatcher.block_on(guest.call.call.flush(stream));
    assert!(closed(flushed.expect("no deadlock")));
    let input = super::InputStream::new(InputSource::Empty);
    let input = guest.call.call.table.push(input).expect("room");
    let spliced = dispatcher.block_on(guest.call.call.splice(now, input, 1));
    assert!(closed(spliced.expect("no deadlock").map(drop)));
}

/// Many streams of one output each use their permit for zeroes while nobody reads.
#[test]
fn zeroes_do_not_go_past_the_bound_of_an_output_that_is_shared() {
    const BOUND: usize = 2 << 20;
    let dispatcher = live();
    let (from, to) = pipe().expect("a pipe");
    let stdio = Stdio::of_descriptors(&dispatcher.handle(), None, Some(to.into()), None);
    let sink = stdio.expect("descriptors").stdout;
    let (_reader, writer) = crate::host::pipe::pipe(&dispatcher.handle(), PERMIT).expect("a pipe");
    for sink in [sink, Sink::Pipe(writer)] {
        let mut guest = Guest::new(&dispatcher, sink.clone());
        let mut streams = Vec::new();
        for _ in 0..64 {
            let stream = OutputStream::new(sink.clone());
            let stream = guest.call.call.table.push(stream).expect("room");
            guest.stream = stream.rep();
            assert_eq!(guest.permit().expect("open"), PERMIT as u64);
            streams.push(stream.rep());
        }
        let call = &mut guest.call;
        let mut writing = std::pin::pin!(async {
            for stream in streams {
                let stream = Resource::new_borrow(stream);
                call.call
                    .write_zeroes(stream, PERMIT as u64)
                    .await
                    .expect("open");
            }
        });
        let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
        assert!(writing.as_mut().poll(&mut cx).is_pending());
        let kept = match &sink {
            Sink::Device(device) => device.kept(),
            Sink::Pipe(pipe) => pipe.excess(),
            _ => 0,
        };
        assert!((1..BOUND).contains(&kept), "{kept}");
    }
    drop(from);
}
