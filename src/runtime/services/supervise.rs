//! Services: processes and HTTP servers that are started with the project and kept running.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use wippy_dispatcher::{Error, Event, Task};

use super::super::Runtime;
use super::super::error::{CallError, CallErrorKind};
use super::super::serving::{Operations, ServiceTimes, serve};
use super::plan::Plan;
use super::restart::Pauses;
use crate::host::stdio::Stdio;
use crate::one_line::OneLine;
use crate::registry::{Entry, Id, Kind, ProcessService, with_article};
use crate::select::{Either, select};

/// How long a start may take where `start_timeout` is not written.
const START_TIMEOUT: Duration = Duration::from_secs(10);
/// How long what was written may take to be delivered where `stop_timeout` is not written.
const STOP_TIMEOUT: Duration = Duration::from_secs(10);

/// How a service ended for good.
///
/// ```
/// use wippy::services::Ended;
///
/// let failed = Ended::Failed("status 3".to_owned());
/// assert_ne!(failed, Ended::Done);
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Ended {
    /// With status 0: its work is done.
    Done,
    /// It failed, and was started often enough.
    Failed(String),
}

/// What the services of a plan have in common.
struct Around<'a> {
    starts: &'a Starts,
    stop: &'a Event,
    operations: &'a Operations,
}

/// A service, and the task that keeps it running.
type Kept = (Arc<Entry>, Task<Result<Ended, Error>>);

/// Who has started, for those that depend on it.
#[derive(Default)]
struct Starts {
    /// Set once a service has started or has failed for good.
    settled: HashMap<Id, Event>,
    /// Those that never did.
    failed: RefCell<HashSet<Id>>,
}

impl Starts {
    fn set(&self, id: &Id) {
        if let Some(settled) = self.settled.get(id) {
            settled.set();
        }
    }

    /// A service has failed for good.
    fn fail(&self, id: &Id) {
        let never = self.settled.get(id).is_some_and(|event| !event.is_set());
        if never {
            self.failed.borrow_mut().insert(id.clone());
            self.set(id);
        }
    }
}

/// Runs the services of a plan until all have ended and what they wrote to `stdio` is delivered, or
/// `stop` is set; then those that still run are stopped: the HTTP servers first, which answer the requests in flight for
/// `stop_timeout` at most, then the processes, the last started first. A service on a terminal host has `stdio`, any
/// other's output becomes log lines. HTTP servers log where they listen.
///
/// ```
/// use wippy::Runtime;
/// use wippy::project::{LoadOptions, from_yaml};
/// use wippy::services::{Ended, Plan, supervise};
/// use wippy::stdio::Stdio;
/// use wippy_dispatcher::Event;
///
/// # let dispatcher = wippy_dispatcher::Dispatcher::new()?;
/// # let dir = tempfile::tempdir()?;
/// # let module = wippy::to_binary(r#"(module (func (export "work")))"#)?;
/// # std::fs::write(dir.path().join("work.wasm"), &module)?;
/// # let hash = wippy::Digest::of(&module);
/// let yaml = format!(r#"
/// version: "1.0"
/// namespace: app
/// entries:
///   - {{name: host, kind: process.host}}
///   - {{name: files, kind: fs.directory, directory: .}}
///   - name: work
///     kind: process.wasm
///     fs: files
///     path: /work.wasm
///     hash: sha256:{hash}
///     method: work
///   - name: worker
///     kind: process.service
///     process: work
///     host: host
///     lifecycle: {{auto_start: true}}
/// "#);
/// let loaded = from_yaml(&yaml, Some(dir.path()), &LoadOptions::default());
/// let plan = Plan::new(&loaded.registry)?;
/// let runtime = Runtime::new(dispatcher.handle(), loaded.registry)?;
/// let stop = Event::new(&dispatcher.handle())?;
/// let services = supervise(&runtime, plan, Stdio::logged("services"), &stop);
/// let ended = dispatcher.block_on(services)??;
/// assert_eq!(ended[0].1, Ended::Done);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// `TooManySources`, `TooManyTasks` and `TooManyTimers` when the dispatcher has no room for the
/// services; `WrongThread` and `Closed`.
pub async fn supervise(
    runtime: &Runtime,
    plan: Plan,
    stdio: Stdio,
    stop: &Event,
) -> Result<Vec<(Id, Ended)>, Error> {
    supervise_with(runtime, plan, stdio, stop, &Operations::default()).await
}

/// The same with what is said about HTTP servers.
///
/// # Errors
/// As [`supervise`].
pub async fn supervise_with(
    runtime: &Runtime,
    plan: Plan,
    stdio: Stdio,
    stop: &Event,
    operations: &Operations,
) -> Result<Vec<(Id, Ended)>, Error> {
    let handle = runtime.handle();
    let is_server = |entry: &&Arc<Entry>| matches!(entry.kind, Kind::HttpService(_));
    operations.expect(plan.services.iter().filter(is_server).count());
    let mut starts = Starts::default();
    for entry in &plan.services {
        starts.settled.insert(entry.id.clone(), Event::new(handle)?);
    }
    let never = plan.invalid.into_iter().chain(plan.not_run);
    starts.failed.borrow_mut().extend(never);
    let starts = Rc::new(starts);
    let mut tasks: Vec<Kept> = Vec::new();
    for entry in plan.services {
        let (runtime, starts, stop) = (runtime.clone(), starts.clone(), stop.clone());
        let operations = operations.clone();
        let (service, stdio) = (entry.clone(), stdio.clone());
        let keeping = async move {
            let around = Around {
                starts: &starts,
                stop: &stop,
                operations: &operations,
            };
            keep(&runtime, &service, stdio, &around).await
        };
        tasks.push((entry, handle.spawn(keeping)?));
    }
    let mut ended = Vec::new();
    let mut running = tasks.into_iter();
    for (entry, mut task) in running.by_ref() {
        match select(&mut task, stop.wait()).await {
            Either::Left(outcome) => {
                ended.push((entry.id.clone(), outcome.unwrap_or(Err(Error::Closed))?));
            }
            Either::Right(stopped) => {
                stopped?;
                let rest: Vec<_> = std::iter::once((entry, task)).chain(running).collect();
                halt(runtime, rest, &stdio, &mut ended).await?;
                break;
            }
        }
    }
    if !stop.is_set() {
        select(stdio.delivered(), stop.wait()).await;
    }
    Ok(ended)
}

/// Stops what still runs: servers in order, guests at once; what these wrote is still delivered.
async fn halt(
    runtime: &Runtime,
    running: Vec<Kept>,
    stdio: &Stdio,
    ended: &mut Vec<(Id, Ended)>,
) -> Result<(), Error> {
    let mut patience = Duration::ZERO;
    let is_server = |(entry, _): &Kept| matches!(entry.kind, Kind::HttpService(_));
    let (servers, running): (Vec<_>, Vec<_>) = running.into_iter().partition(is_server);
    // They have noticed by themselves, and what they still answer may need the others.
    for (entry, task) in servers {
        let outcome = task.await.unwrap_or(Err(Error::Closed))?;
        if outcome != Ended::Done {
            ended.push((entry.id.clone(), outcome));
        }
    }
    for (entry, task) in running.into_iter().rev() {
        match task.cancel().await {
            // It had ended by itself before.
            Some(outcome) => ended.push((entry.id.clone(), outcome?)),
            None => {
                let timeout = entry.lifecycle.stop_timeout.unwrap_or(STOP_TIMEOUT);
                patience = patience.max(timeout);
                tracing::info!(target: "service", "{} stopped", entry.id);
            }
        }
    }
    match select(stdio.delivered(), runtime.handle().sleep(patience)).await {
        Either::Left(()) => Ok(()),
        Either::Right(slept) => slept,
    }
}

/// Starts a service once those it depends on have started, and again each time it fails; a server until `stop` is set.
async fn keep(
    runtime: &Runtime,
    entry: &Arc<Entry>,
    stdio: Stdio,
    around: &Around<'_>,
) -> Result<Ended, Error> {
    let Around { starts, stop, .. } = *around;
    for dependency in &entry.lifecycle.depends_on {
        if let Some(settled) = starts.settled.get(dependency) {
            match until_stop(entry, stop, settled.wait()).await? {
                Some(waited) => waited?,
                None => return Ok(Ended::Done),
            }
        }
        if starts.failed.borrow().contains(dependency) {
            starts.fail(&entry.id);
            let failure = format!("it depends on {dependency}, which did not start");
            tracing::error!(target: "service", "{} does not start: {failure}", entry.id);
            return Ok(Ended::Failed(failure));
        }
    }
    let mut pauses = Pauses::new(&entry.lifecycle);
    loop {
        let begun = runtime.handle().now()?;
        let failure = match run(runtime, entry, &stdio, around).await? {
            None => return Ok(Ended::Done),
            Some(failure) => log_text(&failure),
        };
        let Some(pause) = pauses.after(runtime.handle().now()? - begun) else {
            starts.fail(&entry.id);
            tracing::error!(target: "service", "{} failed for good: {failure}", entry.id);
            return Ok(Ended::Failed(failure));
        };
        tracing::warn!(target: "service", "{} failed, next start in {pause:?}: {failure}", entry.id);
        match until_stop(entry, stop, runtime.handle().sleep(pause)).await? {
            Some(slept) => slept?,
            None => return Ok(Ended::Done),
        }
    }
}

/// The future's output; `None` where the service is a server and `stop` is set before. Processes are cancelled then.
async fn until_stop<F: Future>(
    entry: &Entry,
    stop: &Event,
    future: F,
) -> Result<Option<F::Output>, Error> {
    if !matches!(entry.kind, Kind::HttpService(_)) {
        return Ok(Some(future.await));
    }
    match select(future, stop.wait()).await {
        Either::Left(output) => Ok(Some(output)),
        Either::Right(stopped) => stopped.map(|()| None),
    }
}

/// One run of a service; what failed, if something did.
async fn run(
    runtime: &Runtime,
    entry: &Arc<Entry>,
    stdio: &Stdio,
    around: &Around<'_>,
) -> Result<Option<String>, Error> {
    let Around {
        starts,
        stop,
        operations,
    } = *around;
    match &entry.kind {
        Kind::ProcessService(service) => run_process(runtime, entry, service, stdio, starts).await,
        Kind::HttpService(service) => {
            let times = ServiceTimes {
                start: entry.lifecycle.start_timeout.unwrap_or(START_TIMEOUT),
                end: entry.lifecycle.stop_timeout.unwrap_or(STOP_TIMEOUT),
            };
            let started = || starts.set(&entry.id);
            serve(runtime, entry, service, times, stop, operations, started).await
        }
        Kind::FsDirectory(_)
        | Kind::FunctionWasm(_)
        | Kind::FunctionWat(_)
        | Kind::ProcessWasm(_)
        | Kind::ProcessHost(_)
        | Kind::TerminalHost(_)
        | Kind::EnvVariable(_)
        | Kind::EnvStorage(_)
        | Kind::HttpRouter(_)
        | Kind::HttpEndpoint(_)
        | Kind::Data { .. }
        | Kind::NotRun { .. } => Ok(Some(format!(
            "{} is no service",
            with_article(entry.kind_name())
        ))),
    }
}

/// One run of a service's process; what failed, if something did.
async fn run_process(
    runtime: &Runtime,
    entry: &Arc<Entry>,
    service: &ProcessService,
    stdio: &Stdio,
    starts: &Starts,
) -> Result<Option<String>, Error> {
    let Some(process) = runtime.registry().get(&service.process) else {
        return Ok(Some(format!("{} is not there", service.process)));
    };
    let timeout = entry.lifecycle.start_timeout.unwrap_or(START_TIMEOUT);
    let starting = runtime.function(process);
    match select(starting, runtime.handle().sleep(timeout)).await {
        Either::Left(Ok(_)) => {}
        Either::Left(Err(problem)) => return Ok(Some(problem.to_string())),
        Either::Right(slept) => {
            slept?;
            return Ok(Some(format!(
                "not ready within its start_timeout of {timeout:?}"
            )));
        }
    }
    tracing::info!(target: "service", "{} starts", entry.id);
    starts.set(&entry.id);
    let host = runtime.registry().get(&service.host);
    let on_terminal = host.is_some_and(|host| matches!(host.kind, Kind::TerminalHost(_)));
    let stdio = on_terminal.then(|| stdio.clone());
    let ran = runtime.run_service(process, service, &entry.id, stdio);
    Ok(match ran.await {
        Ok(status) if status.code == 0 => None,
        Ok(status) => Some(match status.error {
            Some(error) => format!("status {}: {error}", status.code),
            None => format!("status {}", status.code),
        }),
        // Whoever owns the streams knows: nothing has failed, and starting again would not help.
        Err(CallError {
            kind: CallErrorKind::Output(_),
            ..
        }) => None,
        Err(error) => Some(error.kind.to_string()),
    })
}

/// What a guest or the runtime said, as one line of the log.
fn log_text(text: &str) -> String {
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    OneLine(&lines.join("; ")).to_string()
}
