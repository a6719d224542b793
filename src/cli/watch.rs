//! `--watch`: a command in a process of its own, begun anew whenever its project or file changes.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::Duration;

use rustix::process::{Pid, PidfdFlags, Signal as Number, pidfd_open, pidfd_send_signal};
use signal_hook::consts::{SIGINT, SIGTERM};
use wippy_dispatcher::{Dispatcher, Error, Event, Handle, Interest, Source};

use super::arguments::{self, Options};
use super::exit_status::{FAILED, USAGE};
use super::file::STDIN;
use super::report;
use super::run::file_to_run;
use super::services::on_signal;
use super::target::file_of;
use crate::edits::Watcher;
use crate::registry::{Inputs, Loaded};
use crate::select::{Either, select};

const WATCH: &str = "--watch";
/// Changes that come closer together than this are one.
const QUIET: Duration = Duration::from_millis(50);
/// The most changes that are taken for one.
const MAX_TOGETHER: u32 = 40;
/// How often the project is looked at while it changes faster than it is read.
const MAX_LOOKS: u32 = 10;
/// How long a command may take to end after SIGTERM.
const GRACE: Duration = Duration::from_secs(5);

/// Whether a command is to run again and again.
pub(super) fn is_wanted(command: &arguments::Command) -> bool {
    match command {
        arguments::Command::Call(call) => call.watch,
        arguments::Command::Run(run) => run.watch,
        arguments::Command::Check(check) => check.watch,
        _ => false,
    }
}

pub(super) fn main(options: &Options, load: impl Fn() -> Loaded) -> u8 {
    let outcome = match files(&options.command) {
        Ok(files) => run(options.json, || match &files {
            Files::Project(more) => {
                let mut inputs = load().inputs();
                inputs.files.extend(more.files.iter().cloned());
                inputs
            }
            Files::Alone(inputs) => inputs.clone(),
        }),
        Err(text) => {
            report::message(text, options.json);
            return USAGE;
        }
    };
    outcome.unwrap_or_else(|error| {
        report::message(&format!("{WATCH}: {error}"), options.json);
        FAILED
    })
}

/// What is watched beside, or instead of, the project.
enum Files {
    Project(Inputs),
    Alone(Inputs),
}

fn files(command: &arguments::Command) -> Result<Files, &'static str> {
    let (file, words): (Option<&str>, &[String]) = match command {
        arguments::Command::Call(call) => (file_of(&call.entry), &call.arguments),
        arguments::Command::Run(run) => (file_to_run(run), &[]),
        _ => (None, &[]),
    };
    if file == Some(STDIN) || words.iter().any(|word| word == STDIN) {
        return Err("standard input cannot be read again and again; --watch takes a file");
    }
    let named = words.iter().filter_map(|word| word.strip_prefix('@'));
    let mut inputs = Inputs::default();
    inputs.files.extend(named.chain(file).map(PathBuf::from));
    Ok(match file {
        Some(_) => Files::Alone(inputs),
        None => Files::Project(inputs),
    })
}

fn run(json: bool, inputs: impl Fn() -> Inputs) -> Result<u8, Error> {
    let dispatcher = Dispatcher::new()?;
    let handle = dispatcher.handle();
    let stop = Event::new(&handle)?;
    on_signal(&dispatcher, SIGTERM, &stop)?;
    let interrupted = on_signal(&dispatcher, SIGINT, &stop)?;
    let watching = async {
        loop {
            let watcher = watcher(&handle, &inputs)?;
            let child = Running::start(&handle)?;
            let change = select(stop.wait(), watcher.changed()).await;
            if let Either::Right(Ok(_)) = &change {
                settle(&handle, &watcher).await;
            }
            child.end(&handle).await?;
            match change {
                Either::Left(_) => return Ok::<_, Error>(()),
                Either::Right(path) => {
                    let path = path?;
                    if !json {
                        report::text(&format!("{} changed: again", shown(&path).display()));
                    }
                }
            }
        }
    };
    dispatcher.block_on(watching)??;
    let number = if interrupted.is_set() {
        SIGINT
    } else {
        SIGTERM
    };
    // What the shell says of a program that the signal ended.
    Ok(128 + u8::try_from(number).unwrap_or_default())
}

/// Watches what the project is read from, as it is once the watching has begun: what the command
/// reads afterwards cannot change unseen.
fn watcher(handle: &Handle, inputs: impl Fn() -> Inputs) -> Result<Watcher, Error> {
    let mut seen = inputs();
    let mut looks = 1;
    loop {
        let watcher = Watcher::new(handle, &seen)?;
        let now = inputs();
        looks += 1;
        if now == seen || looks > MAX_LOOKS {
            return Ok(watcher);
        }
        seen = now;
    }
}

/// Waits until nothing has changed for a moment.
async fn settle(handle: &Handle, watcher: &Watcher) {
    for _ in 0..MAX_TOGETHER {
        match select(watcher.changed(), handle.sleep(QUIET)).await {
            Either::Left(Ok(_)) => {}
            Either::Left(Err(_)) | Either::Right(_) => return,
        }
    }
}

/// A path from the working directory where it lies below that.
fn shown(path: &Path) -> &Path {
    let here = std::env::current_dir().and_then(|here| here.canonicalize());
    here.ok()
        .and_then(|here| path.strip_prefix(here).ok())
        .unwrap_or(path)
}

/// The command in a process of its own.
struct Running {
    child: Child,
    ended: Source<std::os::fd::OwnedFd>,
}

impl Running {
    /// Starts this program with the same words, without the one that brought it here.
    fn start(handle: &Handle) -> Result<Running, Error> {
        let mut words: Vec<OsString> = std::env::args_os().skip(1).collect();
        if let Some(at) = words.iter().position(|word| word == WATCH) {
            words.remove(at);
        }
        let child = Command::new(std::env::current_exe()?).args(words).spawn()?;
        let pid = Pid::from_child(&child);
        let fd = pidfd_open(pid, PidfdFlags::empty())?;
        let ended = Source::with_interest(handle, fd, Interest::Readable);
        Ok(Running {
            child,
            ended: ended?,
        })
    }

    /// Sends SIGTERM and waits until the process has ended; after [`GRACE`] it is killed.
    async fn end(mut self, handle: &Handle) -> Result<(), Error> {
        // Fails if it has ended by itself, which is as good.
        let _ = pidfd_send_signal(self.ended.get(), Number::TERM);
        let ended = self.ended.ready(Interest::Readable);
        if let Either::Right(_) = select(ended, handle.sleep(GRACE)).await {
            let _ = pidfd_send_signal(self.ended.get(), Number::KILL);
            let _ = self.ended.ready(Interest::Readable).await;
        }
        // The process has ended, so `wait` does not block.
        self.child.wait()?;
        Ok(())
    }
}
