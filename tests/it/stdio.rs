//! Standard input: whatever it is, a guest reads it byte for byte, and nobody waits but that guest.

#[path = "stdio_inherited.rs"]
mod inherited;
#[path = "stdio_race.rs"]
mod race;

use std::fs::File;
use std::io::{Read, Write, pipe};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::thread;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{CWD, FileType, Mode, mknodat};
use serde_json::json;
use wippy::Arguments;
use wippy::Runtime;
use wippy::Status;
use wippy::stdio::{Input, Output as Device, Stdio};
use wippy::stdio::{InputSource, Sink};
use wippy_dispatcher::{Dispatcher, Task};

use crate::support::{Project, live};

/// The ways of copying that `cat` knows.
const WAYS: [&str; 4] = ["--blocking", "--poll", "--splice", "--blocking-splice"];

/// The commands that read, write and look at standard streams, and a function that sleeps.
pub fn project() -> Project {
    let mut project = Project::new();
    for guest in ["cat", "chatter", "stream-errors", "terminals", "exits"] {
        project.command(guest, guest, "[wasi:cli, wasi:io]", &[]);
    }
    let imports = "[wasi:cli, wasi:io, wasi:clocks]";
    project.command("stdin-race", "stdin-race", imports, &[]);
    project.function("sleep", "sleeper", "sleep-series", imports, &[]);
    project
}

/// Starts a command as a task of its own.
pub fn start(
    dispatcher: &Dispatcher,
    runtime: &Runtime,
    stdio: Stdio,
    words: &[&str],
) -> Task<Status> {
    let runtime = runtime.clone();
    let words: Vec<String> = words.iter().map(|&word| word.to_owned()).collect();
    let task = dispatcher.spawn(async move {
        let (command, arguments) = words.split_first().expect("a command");
        runtime
            .run(command, stdio, arguments)
            .await
            .expect("a status")
    });
    task.expect("a task")
}

/// Runs a command to its end.
pub fn run(dispatcher: &Dispatcher, runtime: &Runtime, stdio: Stdio, words: &[&str]) -> u8 {
    let task = start(dispatcher, runtime, stdio, words);
    dispatcher
        .block_on(task)
        .expect("no deadlock")
        .expect("not cancelled")
        .code
}

/// Three descriptors as standard streams.
pub fn streams(
    dispatcher: &Dispatcher,
    stdin: Option<OwnedFd>,
    stdout: Option<OwnedFd>,
    stderr: Option<OwnedFd>,
) -> Stdio {
    Stdio::of_descriptors(&dispatcher.handle(), stdin, stdout, stderr).expect("streams")
}

/// Turns the dispatcher until something has come true.
pub fn turn_until(dispatcher: &Dispatcher, come_true: impl Fn() -> bool) {
    while !come_true() {
        dispatcher.turn(None).expect("a turn");
    }
}

/// Whether a read would give something now.
pub fn is_readable(fd: impl AsFd) -> bool {
    let mut set = [PollFd::new(&fd, PollFlags::IN)];
    poll(&mut set, Some(&Timespec::default())).expect("poll") > 0
}

/// Reads to the end on a thread of its own.
pub fn reading(mut from: impl Read + Send + 'static) -> thread::JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        from.read_to_end(&mut bytes).expect("bytes");
        bytes
    })
}

/// The sleeping function, on the same dispatcher.
pub fn sleep(dispatcher: &Dispatcher, runtime: &Runtime) {
    let arguments = [json!([1000])];
    let slept = dispatcher.block_on(runtime.call("sleep", Arguments::Json(&arguments)));
    slept.expect("no deadlock").expect("a nap");
}

fn pattern(length: usize) -> Vec<u8> {
    (0..length).map(|at| (at % 251) as u8).collect()
}

/// Writes on a thread of its own and closes.
fn writing(mut to: impl Write + Send + 'static, bytes: &[u8]) {
    let bytes = bytes.to_vec();
    thread::spawn(move || to.write_all(&bytes).expect("a reader"));
}

fn file_of(bytes: &[u8]) -> OwnedFd {
    let mut file = tempfile::NamedTempFile::new().expect("a file");
    file.write_all(bytes).expect("room");
    File::open(file.path()).expect("a file").into()
}

/// A pipe with a name in the filesystem, whose two ends wait for each other to be opened.
fn fifo_of(bytes: &[u8]) -> OwnedFd {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("fifo");
    mknodat(CWD, &path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).expect("a pipe");
    let (bytes, name) = (bytes.to_vec(), path.clone());
    let writer = thread::spawn(move || File::options().write(true).open(name).expect("a pipe"));
    let reader = File::open(path).expect("a pipe");
    writing(writer.join().expect("the other end"), &bytes);
    reader.into()
}

/// Sources by name, each with `bytes` in it.
fn source(name: &str, bytes: &[u8]) -> OwnedFd {
    match name {
        "pipe" => {
            let (reader, writer) = pipe().expect("a pipe");
            writing(writer, bytes);
            reader.into()
        }
        "socket" => {
            let (reader, writer) = UnixStream::pair().expect("sockets");
            writing(writer, bytes);
            reader.into()
        }
        "fifo" => fifo_of(bytes),
        _ => file_of(bytes),
    }
}

#[test]
fn every_source_is_copied_byte_for_byte_in_every_way() {
    let dispatcher = live();
    let runtime = project().load(&dispatcher);
    let bytes = pattern((1 << 20) + 1);
    for name in ["pipe", "fifo", "socket", "file"] {
        for way in WAYS {
            let (reader, writer) = pipe().expect("a pipe");
            let copied = reading(reader);
            let stdio = streams(
                &dispatcher,
                Some(source(name, &bytes)),
                Some(writer.into()),
                None,
            );
            assert_eq!(
                run(&dispatcher, &runtime, stdio, &["cat", way]),
                0,
                "{name} {way}"
            );
            let copied = copied.join().expect("a reader");
            assert!(copied == bytes, "{name} {way}: {} bytes", copied.len());
        }
    }
}

#[test]
fn sources_without_a_byte_end_at_once() {
    let dispatcher = live();
    let runtime = project().load(&dispatcher);
    for name in ["/dev/null", "file", "pipe", "fifo", "socket", "closed"] {
        for way in WAYS {
            let stdin = match name {
                "/dev/null" => Some(File::open(name).expect("a device").into()),
                "closed" => None,
                _ => Some(source(name, b"")),
            };
            let (reader, writer) = pipe().expect("a pipe");
            let copied = reading(reader);
            let stdio = streams(&dispatcher, stdin, Some(writer.into()), None);
            assert_eq!(
                run(&dispatcher, &runtime, stdio, &["cat", way]),
                0,
                "{name} {way}"
            );
            assert!(copied.join().expect("a reader").is_empty(), "{name} {way}");
        }
    }
}

#[test]
fn a_file_is_read_from_where_it_stands() {
    let dispatcher = live();
    let runtime = project().load(&dispatcher);
    let mut file = File::from(file_of(b"head and tail"));
    file.read_exact(&mut [0; 9]).expect("nine bytes");
    let (reader, writer) = pipe().expect("a pipe");
    let stdio = streams(&dispatcher, Some(file.into()), Some(writer.into()), None);
    assert_eq!(run(&dispatcher, &runtime, stdio, &["cat"]), 0);
    assert_eq!(reading(reader).join().expect("a reader"), b"tail");
}

#[test]
fn a_directory_is_an_error_that_says_so() {
    let dispatcher = live();
    let runtime = project().load(&dispatcher);
    let directory = tempfile::tempdir().expect("a directory");
    let stdin = File::open(directory.path()).expect("a directory").into();
    let (reader, writer) = pipe().expect("a pipe");
    let stdio = streams(&dispatcher, Some(stdin), None, Some(writer.into()));
    assert_eq!(
        run(&dispatcher, &runtime, stdio, &["stream-errors", "stdin"]),
        0
    );
    let said = reading(reader).join().expect("a reader");
    let said = String::from_utf8(said).expect("text");
    assert!(
        said.starts_with("stdin: failed: Is a directory") && said.ends_with(", then closed\n"),
        "{said}"
    );
}

#[test]
fn the_end_of_input_stays() {
    let dispatcher = live();
    let runtime = project().load(&dispatcher);
    let (reader, writer) = pipe().expect("a pipe");
    let stdio = streams(
        &dispatcher,
        Some(source("pipe", b"some")),
        None,
        Some(writer.into()),
    );
    assert_eq!(
        run(&dispatcher, &runtime, stdio, &["stream-errors", "stdin"]),
        0
    );
    assert_eq!(
        reading(reader).join().expect("a reader"),
        b"stdin: closed, then closed\n"
    );
}

#[test]
fn two_guests_share_one_input_and_each_byte_goes_to_one_of_them() {
    let dispatcher = live();
    let runtime = project().load(&dispatcher);
    let (reader, mut writer) = pipe().expect("a pipe");
    let shared = Input::new(&dispatcher.handle(), reader.into()).expect("an input");
    let shared = InputSource::Device(shared.into());
    let mut copies = Vec::new();
    let mut tasks = Vec::new();
    for way in ["--poll", "--blocking"] {
        let (reader, writer) = pipe().expect("a pipe");
        copies.push(reading(reader));
        let stdout = Device::new(&dispatcher.handle(), Some(writer.into())).expect("an output");
        let stderr = Device::new(&dispatcher.handle(), None).expect("an output");
        let stdio = Stdio::new(
            shared.clone(),
            Sink::Device(stdout.into()),
            Sink::Device(stderr.into()),
        );
        tasks.push(start(&dispatcher, &runtime, stdio, &["cat", way]));
    }
    // In small pieces, so that both have something to do.
    let bytes = pattern(256 << 10);
    let sent = bytes.clone();
    thread::spawn(move || {
        sent.chunks(1000)
            .for_each(|piece| writer.write_all(piece).expect("a reader"))
    });
    for task in tasks {
        let status = dispatcher
            .block_on(task)
            .expect("no deadlock")
            .expect("not cancelled");
        assert_eq!(status.code, 0);
    }
    let copies: Vec<u8> = copies
        .into_iter()
        .flat_map(|copy| copy.join().expect("a reader"))
        .collect();
    assert_eq!(copies.len(), bytes.len());
    let count = |all: &[u8]| {
        let mut counts = [0; 256];
        all.iter().for_each(|&byte| counts[usize::from(byte)] += 1);
        counts
    };
    assert_eq!(count(&copies), count(&bytes));
}

#[test]
fn a_guest_that_waits_for_input_holds_nobody_up() {
    for way in ["--blocking", "--poll", "--blocking-splice"] {
        let dispatcher = live();
        let runtime = project().load(&dispatcher);
        let (stdin, mut feed) = pipe().expect("a pipe");
        let (mut echo, stdout) = pipe().expect("a pipe");
        let stdio = streams(&dispatcher, Some(stdin.into()), Some(stdout.into()), None);
        let cat = start(&dispatcher, &runtime, stdio, &["cat", way]);
        // Its first byte says that it runs.
        feed.write_all(b"a").expect("a reader");
        turn_until(&dispatcher, || is_readable(&echo));
        sleep(&dispatcher, &runtime);
        assert!(!cat.is_finished(), "{way}");
        feed.write_all(b"b").expect("a reader");
        drop(feed);
        let status = dispatcher
            .block_on(cat)
            .expect("no deadlock")
            .expect("not cancelled");
        assert_eq!(status.code, 0, "{way}");
        let mut copied = String::new();
        echo.read_to_string(&mut copied).expect("text");
        assert_eq!(copied, "ab", "{way}");
    }
}
