//! Standard input: whatever it is, a guest reads it byte for byte, nobody waits but that guest, and
//! what was inherited stays as it was.

use std::fs::File;
use std::io::{Read, Write, pipe};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::process::{Command, Output, Stdio as Redirect};
use std::thread;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{OFlags, fcntl_getfl};
use serde_json::json;
use wippy::Runtime;
use wippy::function::Arguments;
use wippy::host::io::{Feed, Sink};
use wippy::host::pipe::PipeWriter;
use wippy::host::stdio::{Input, Output as Device, Stdio};
use wippy::process::Status;
use wippy_dispatcher::{Dispatcher, Task};

use crate::support::{Project, live, simulated};

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
pub fn start(dispatcher: &Dispatcher, runtime: &Runtime, stdio: Stdio, words: &[&str]) -> Task<Status> {
    let runtime = runtime.clone();
    let words: Vec<String> = words.iter().map(|&word| word.to_owned()).collect();
    let task = dispatcher.spawn(async move {
        let (command, arguments) = words.split_first().expect("a command");
        runtime.run(command, stdio, arguments).await.expect("a status")
    });
    task.expect("a task")
}

/// Runs a command to its end.
pub fn run(dispatcher: &Dispatcher, runtime: &Runtime, stdio: Stdio, words: &[&str]) -> u8 {
    let task = start(dispatcher, runtime, stdio, words);
    dispatcher.block_on(task).expect("no deadlock").expect("not cancelled").code
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
        _ => file_of(bytes),
    }
}

#[test]
fn every_source_is_copied_byte_for_byte_in_every_way() {
    let dispatcher = live();
    let runtime = project().load(&dispatcher);
    let bytes = pattern((1 << 20) + 1);
    for name in ["pipe", "socket", "file"] {
        for way in WAYS {
            let (reader, writer) = pipe().expect("a pipe");
            let copied = reading(reader);
            let stdio = streams(&dispatcher, Some(source(name, &bytes)), Some(writer.into()), None);
            assert_eq!(run(&dispatcher, &runtime, stdio, &["cat", way]), 0, "{name} {way}");
            let copied = copied.join().expect("a reader");
            assert!(copied == bytes, "{name} {way}: {} bytes", copied.len());
        }
    }
}

#[test]
fn sources_without_a_byte_end_at_once() {
    let dispatcher = live();
    let runtime = project().load(&dispatcher);
    for name in ["/dev/null", "file", "pipe", "socket", "closed"] {
        for way in WAYS {
            let stdin = match name {
                "/dev/null" => Some(File::open(name).expect("a device").into()),
                "closed" => None,
                _ => Some(source(name, b"")),
            };
            let (reader, writer) = pipe().expect("a pipe");
            let copied = reading(reader);
            let stdio = streams(&dispatcher, stdin, Some(writer.into()), None);
            assert_eq!(run(&dispatcher, &runtime, stdio, &["cat", way]), 0, "{name} {way}");
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
    assert_eq!(run(&dispatcher, &runtime, stdio, &["stream-errors", "stdin"]), 0);
    let said = reading(reader).join().expect("a reader");
    let said = String::from_utf8(said).expect("text");
    assert!(said.starts_with("stdin: failed: Is a directory") && said.ends_with(", then closed\n"), "{said}");
}

#[test]
fn the_end_of_input_stays() {
    let dispatcher = live();
    let runtime = project().load(&dispatcher);
    let (reader, writer) = pipe().expect("a pipe");
    let stdio = streams(&dispatcher, Some(source("pipe", b"some")), None, Some(writer.into()));
    assert_eq!(run(&dispatcher, &runtime, stdio, &["stream-errors", "stdin"]), 0);
    assert_eq!(reading(reader).join().expect("a reader"), b"stdin: closed, then closed\n");
}

fn is_blocking(fd: impl AsFd) -> bool {
    !fcntl_getfl(fd).expect("flags").contains(OFlags::NONBLOCK)
}

/// The test keeps a duplicate of each descriptor: the same description, as the shell's would be.
#[test]
fn flags_of_what_was_inherited_stay_as_they_were() {
    let dispatcher = live();
    let runtime = project().load(&dispatcher);
    let (pipe_out, mut pipe_in) = pipe().expect("a pipe");
    let (socket_out, mut socket_in) = UnixStream::pair().expect("sockets");
    let inputs: [(OwnedFd, &mut dyn Write); 2] =
        [(pipe_out.into(), &mut pipe_in), (socket_out.into(), &mut socket_in)];
    for (stdin, feed) in inputs {
        let (echo, stdout) = pipe().expect("a pipe");
        let (_errors, stderr) = UnixStream::pair().expect("sockets");
        let ours = [OwnedFd::from(stdout), stderr.into(), stdin];
        let theirs = ours.each_ref().map(|fd| Some(fd.try_clone().expect("a duplicate")));
        let [stdout, stderr, stdin] = theirs;
        let check = |when: &str| {
            for (index, fd) in ours.iter().enumerate() {
                assert!(is_blocking(fd), "{when}: descriptor {index}");
            }
        };
        check("before");
        let task = start(&dispatcher, &runtime, streams(&dispatcher, stdin, stdout, stderr), &["cat"]);
        check("set up");
        feed.write_all(b"x").expect("a reader");
        turn_until(&dispatcher, || is_readable(&echo));
        check("while it waits for more");
        drop(task);
        check("after");
    }
}

#[test]
fn two_guests_share_one_input_and_each_byte_goes_to_one_of_them() {
    let dispatcher = live();
    let runtime = project().load(&dispatcher);
    let (reader, mut writer) = pipe().expect("a pipe");
    let shared = Input::new(&dispatcher.handle(), reader.into()).expect("an input");
    let shared = Feed::Device(shared.into());
    let mut copies = Vec::new();
    let mut tasks = Vec::new();
    for way in ["--poll", "--blocking"] {
        let (reader, writer) = pipe().expect("a pipe");
        copies.push(reading(reader));
        let stdout = Device::new(&dispatcher.handle(), Some(writer.into())).expect("an output");
        let stderr = Device::new(&dispatcher.handle(), None).expect("an output");
        let stdio = Stdio::new(shared.clone(), Sink::Device(stdout.into()), Sink::Device(stderr.into()));
        tasks.push(start(&dispatcher, &runtime, stdio, &["cat", way]));
    }
    // In small pieces, so that both have something to do.
    let bytes = pattern(256 << 10);
    let sent = bytes.clone();
    thread::spawn(move || sent.chunks(1000).for_each(|piece| writer.write_all(piece).expect("a reader")));
    for task in tasks {
        let status = dispatcher.block_on(task).expect("no deadlock").expect("not cancelled");
        assert_eq!(status.code, 0);
    }
    let copies: Vec<u8> = copies.into_iter().flat_map(|copy| copy.join().expect("a reader")).collect();
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
        let status = dispatcher.block_on(cat).expect("no deadlock").expect("not cancelled");
        assert_eq!(status.code, 0, "{way}");
        let mut copied = String::new();
        echo.read_to_string(&mut copied).expect("text");
        assert_eq!(copied, "ab", "{way}");
    }
}

/// What `stdin-race` prints over a real pipe.
fn race(milliseconds: &str, sent: Option<&[u8]>, stays_open: bool) -> String {
    let dispatcher = live();
    let runtime = project().load(&dispatcher);
    let (stdin, mut feed) = pipe().expect("a pipe");
    let (mut printed, stdout) = pipe().expect("a pipe");
    feed.write_all(sent.unwrap_or_default()).expect("a reader");
    let feed = Some(feed).filter(|_| stays_open);
    let stdio = streams(&dispatcher, Some(stdin.into()), Some(stdout.into()), None);
    assert_eq!(run(&dispatcher, &runtime, stdio, &["stdin-race", milliseconds]), 0);
    drop(feed);
    let mut text = String::new();
    printed.read_to_string(&mut text).expect("text");
    text
}

#[test]
fn a_poll_over_a_timer_and_input_says_which_came_first() {
    const HOUR: &str = "3600000";
    assert_eq!(race("1", None, true), "0 timer\n");
    assert_eq!(race(HOUR, Some(b"hello"), true), "1 stdin: hello\n");
    assert_eq!(race(HOUR, None, false), "1 stdin closed\n");
}

/// The same in virtual time: the input's turn comes so many microseconds after the start of a
/// timer of ten milliseconds.
fn simulated_race(after: Option<u64>, event: impl FnOnce(PipeWriter) -> Option<PipeWriter>) -> (String, Duration) {
    let dispatcher = simulated();
    let handle = dispatcher.handle();
    let runtime = project().load(&dispatcher);
    let make = || wippy::host::pipe::pipe(&handle, 4096).expect("a pipe");
    let ((stdin, feed), (printed, stdout), (_, stderr)) = (make(), make(), make());
    let stdio = Stdio::new(Feed::Pipe(stdin), Sink::Pipe(stdout), Sink::Pipe(stderr));
    dispatcher
        .block_on(async {
            let entry = runtime.registry().command("stdin-race").expect("an entry").clone();
            runtime.prepare(&entry).await.expect("compiled");
            let begun = handle.now().expect("a clock");
            let task = start(&dispatcher, &runtime, stdio, &["stdin-race", "10"]);
            let feed = match after {
                Some(microseconds) => {
                    handle.sleep(Duration::from_micros(microseconds)).await.expect("sleep");
                    event(feed)
                }
                None => Some(feed),
            };
            task.await.expect("not cancelled");
            drop(feed);
            let text = printed.next(4096).await.expect("a pipe").expect("text");
            (String::from_utf8(text).expect("text"), handle.now().expect("a clock") - begun)
        })
        .expect("no deadlock")
}

#[test]
fn in_virtual_time_the_first_of_timer_and_input_ends_the_poll() {
    let write = |feed: PipeWriter| {
        feed.write(b"early").expect("a reader");
        Some(feed)
    };
    let ten = Duration::from_millis(10);
    assert_eq!(simulated_race(None, Some), ("0 timer\n".to_owned(), ten));
    assert_eq!(simulated_race(Some(9_999), write), ("1 stdin: early\n".to_owned(), Duration::from_micros(9_999)));
    assert_eq!(simulated_race(Some(9_999), |_| None).0, "1 stdin closed\n");
    assert_eq!(simulated_race(Some(10_001), |_| None).0, "0 timer\n");
}

/// Runs the program in a shell that redirects its standard streams.
fn with_redirection(redirection: &str, words: &[&str]) -> Output {
    let directory = project().directory();
    Command::new("sh")
        .args(["-c", &format!("exec \"$@\" {redirection}"), "sh", env!("CARGO_BIN_EXE_wippy"), "-C"])
        .arg(directory.path())
        .args(words)
        .stdin(Redirect::null())
        .output()
        .expect("a shell")
}

#[test]
fn the_program_does_without_any_of_its_standard_streams() {
    let cases: [(&str, &[&str], i32); 6] = [
        ("<&-", &["run", "cat"], 0),
        ("<&-", &["run", "stdin-race", "3600000"], 0),
        (">&-", &["run", "terminals"], 0),
        ("2>&-", &["run", "exits", "code", "7"], 7),
        ("2>&-", &["run", "nothing"], 2),
        ("<&- >&- 2>&-", &["run", "cat", "--poll"], 0),
    ];
    for (redirection, words, code) in cases {
        let output = with_redirection(redirection, words);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{redirection} {words:?}: {errors}");
        assert_eq!(errors, "", "{redirection} {words:?}");
    }
    let raced = with_redirection("<&-", &["run", "stdin-race", "3600000"]);
    assert_eq!(String::from_utf8_lossy(&raced.stdout), "1 stdin closed\n");
}

/// The program shares its streams' descriptions with whoever started it: this test.
#[test]
fn the_program_leaves_inherited_flags_alone_while_it_runs() {
    let directory = project().directory();
    let (stdin, mut feed) = pipe().expect("a pipe");
    let (mut echo, stdout) = UnixStream::pair().expect("sockets");
    let (_errors, stderr) = pipe().expect("a pipe");
    let copy = |fd: BorrowedFd<'_>| fd.try_clone_to_owned().expect("a duplicate");
    let ours = [copy(stdin.as_fd()), copy(stdout.as_fd()), copy(stderr.as_fd())];
    let mut child = Command::new(env!("CARGO_BIN_EXE_wippy"))
        .arg("-C")
        .arg(directory.path())
        .args(["run", "cat"])
        .stdin(stdin)
        .stdout(OwnedFd::from(stdout))
        .stderr(stderr)
        .spawn()
        .expect("the program");
    feed.write_all(b"x").expect("a reader");
    echo.read_exact(&mut [0]).expect("an echo");
    assert!(ours.iter().all(is_blocking), "while it waits for more");
    drop(feed);
    assert_eq!(child.wait().expect("a status").code(), Some(0));
    assert!(ours.iter().all(is_blocking), "after it");
}
