//! What a host starts each time that it boots.

use std::rc::Rc;
use std::sync::Arc;

use serde_json::Value;
use wippy_dispatcher::{Error, Handle};

use super::call::Call;
use super::journal::{Journal, Running};
use super::outcome::AttemptEnd;
use super::settings::{NativeFuture, Settings};
use crate::host::capture::{Capture, OutputKind};
use crate::host::pipe::pipe;
use crate::host::stdio::{InputSource, Sink, Stdio};
use crate::runtime::{Arguments, CallError, CallErrorKind, CallOptions, Runtime};

/// A native task of one run.
pub(super) type OwnNative = Rc<dyn Fn(Handle) -> NativeFuture>;

/// What a host of one run starts when it boots.
pub(super) struct Host {
    /// Its place among the hosts.
    pub(super) place: usize,
    pub(super) settings: Arc<Settings>,
    pub(super) journal: Rc<Journal>,
    pub(super) natives: Vec<OwnNative>,
    /// Its calls' places among all.
    pub(super) calls: Vec<usize>,
    /// Whether it has booted before.
    pub(super) has_booted: std::cell::Cell<bool>,
}

impl Host {
    /// Starts the host's native tasks, its servers, and then its calls.
    ///
    /// # Errors
    /// `TooManyTasks`; `Io` with what the engine says.
    pub(super) fn boot(&self, handle: &Handle) -> Result<(), Error> {
        let is_again = self.has_booted.replace(true);
        for native in &self.natives {
            let running = self.journal.begin_native();
            let main = native(handle.clone());
            let task = async move {
                main.await;
                drop(running);
            };
            handle.spawn(task)?.detach();
        }
        let mut servers = self.settings.servers_of(self.place).peekable();
        if self.calls.is_empty() && servers.peek().is_none() {
            return Ok(());
        }
        let runtime = Runtime::on(handle.clone(), self.settings.program.clone());
        let runtime = runtime.map_err(|error| Error::from(std::io::Error::other(error)))?;
        let trusts = self.settings.trusts.iter();
        for (_, issuers) in trusts.filter(|(place, _)| *place == self.place) {
            runtime.trust_simulated(issuers.clone());
        }
        self.journal.begin_life(self.place, runtime.live_calls());
        for server in servers {
            let task = server.clone().serve(runtime.clone());
            handle.spawn_named(server.entry(), task)?.detach();
        }
        for &number in &self.calls {
            let Some((_, call)) = self.settings.calls.get(number) else {
                continue;
            };
            if is_again && !call.restarts {
                continue;
            }
            let capture = Capture::new(handle, self.settings.max_output);
            let running = self.journal.begin(number, capture.clone());
            let task = make(runtime.clone(), call.clone(), capture, running);
            handle.spawn_named(call.label(), task)?.detach();
        }
        Ok(())
    }
}

/// Makes a call, and notes what becomes of it.
async fn make(runtime: Runtime, call: Call, capture: Capture, running: Running) {
    let handle = runtime.handle();
    running.set_task();
    if !call.start.is_zero() {
        // Without a timer it begins at once, and fails at the end of the dispatcher.
        let _ = handle.sleep(call.start).await;
        running.set_began();
    }
    let end = match result(&runtime, &call, &capture).await {
        Ok(end) => end,
        Err(error) => AttemptEnd::Failed(error.to_string()),
    };
    running.end(end);
}

async fn result(
    runtime: &Runtime,
    call: &Call,
    capture: &Capture,
) -> Result<AttemptEnd, CallError> {
    let entry = runtime.registry().resolve(&call.entry);
    let is_process = entry.is_ok_and(|entry| entry.process().is_some());
    let options = options(runtime.handle(), call, capture);
    let options = options.map_err(|error| CallErrorKind::Dispatcher(error).of(&call.entry))?;
    Ok(match is_process {
        true => {
            let status = runtime.execute_with(&call.entry, options, &call.args, &call.input);
            AttemptEnd::Exited(status.await?)
        }
        false => AttemptEnd::Returned(returned(runtime, call, options).await?),
    })
}

async fn returned(
    runtime: &Runtime,
    call: &Call,
    options: CallOptions,
) -> Result<Value, CallError> {
    let arguments = Arguments::Json(&call.input);
    let options = options.args(call.args.iter().cloned());
    runtime.call_with(&call.entry, options, arguments).await
}

/// The options of a call, with its standard streams.
///
/// # Errors
/// `TooManySources`.
fn options(handle: &Handle, call: &Call, capture: &Capture) -> Result<CallOptions, Error> {
    let stdin = match call.stdin.as_slice() {
        [] => InputSource::Empty,
        bytes => {
            let (reader, writer) = pipe(handle, bytes.len())?;
            // The reader is there.
            let _ = writer.write(bytes);
            InputSource::Pipe(reader)
        }
    };
    let stdio = Stdio::new(
        stdin,
        Sink::Capture(capture.stream(OutputKind::Stdout)),
        Sink::Capture(capture.stream(OutputKind::Stderr)),
    );
    let mut options = CallOptions::new().stdio(stdio);
    for (name, value) in &call.env {
        options = options.env(name, value);
    }
    if let Some(timeout) = call.timeout {
        options = options.timeout(timeout);
    }
    Ok(options)
}
