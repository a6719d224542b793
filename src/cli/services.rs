//! `wippy run` by itself: the project's services, until a signal.

use std::future::pending;
use std::os::unix::net::UnixStream;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::{flag, low_level::pipe};
use wippy_dispatcher::{Dispatcher, Error, Event, Handle, Interest, Source};

use super::arguments::Options;
use super::exit_status::{FAILED, USAGE};
use super::hangup::Hangup;
use super::management::{metrics_of, url};
use super::output::{Output, report_lost};
use super::reported::{ReportedDiagnostics, of_no_entry};
use super::server_options::OperatorArguments;
use super::{code, report, status};
use crate::Runtime;
use crate::host::stdio::OutputLost;
use crate::http::server::{HttpServer, Listener, PassedSockets, Phase, serve_management};
use crate::registry::{Entry, Kind, Loaded};
use crate::runtime::{Ended, Operations, Plan, supervise_with};
use crate::select::{Either, select};

/// How long a probe that is answered may take at the end.
const MANAGEMENT_END: Duration = Duration::from_secs(1);
/// What the shell says of a program that SIGINT ended.
const INTERRUPTED: u8 = 130;

pub(super) fn main(options: &Options, operator: &OperatorArguments, loaded: Loaded) -> u8 {
    let plan = match Plan::new(&loaded.registry) {
        Ok(plan) => plan,
        Err(error) => {
            if let Err(code) = of_no_entry(&loaded, options.json) {
                return code;
            }
            report::message(&error.to_string(), options.json);
            return USAGE;
        }
    };
    let entries = plan.services.iter().map(|entry| entry.id.clone());
    let entries = entries.chain(plan.invalid.iter().cloned());
    // Services that cannot be read would be started too, as far as anybody knows.
    let invalid = loaded.registry.invalid_entries();
    let is_service = |kind: &str| matches!(kind, "process.service" | "http.service");
    let invalid = invalid.filter(|(_, invalid)| is_service(&invalid.kind));
    let entries = entries.chain(invalid.map(|(id, _)| id.clone()));
    let routes = loaded.registry.routes().into_iter();
    let routes = routes.filter(|route| plan.services.iter().any(|it| it.id == route.service));
    let entries = entries.chain(routes.map(|route| route.endpoint));
    let mut reported = match ReportedDiagnostics::of_project(&loaded, entries, options.json) {
        Ok(reported) => reported,
        Err(code) => return code,
    };
    for id in &plan.invalid {
        let text = format!("{id} is not started: its mistakes are listed above");
        report::message(&text, options.json);
    }
    if plan.services.is_empty() {
        let text = "nothing to run: no usable process.service or http.service has \
                    `lifecycle: {auto_start: true}`; 'wippy run list' lists the commands";
        reported.tell_others();
        report::message(text, options.json);
        return USAGE;
    }
    match run(options, operator, plan, loaded, &mut reported) {
        Ok(code) => code,
        Err(error) => {
            report::message(&error.to_string(), options.json);
            FAILED
        }
    }
}

fn run(
    options: &Options,
    operator: &OperatorArguments,
    plan: Plan,
    loaded: Loaded,
    reported: &mut ReportedDiagnostics,
) -> Result<u8, Box<dyn std::error::Error>> {
    let dispatcher = Dispatcher::new()?;
    let handle = dispatcher.handle();
    let output = Output::new(&dispatcher)?;
    let stdio = output.stdio(&handle)?;
    let stop = Event::new(&handle)?;
    let signalled = Event::new(&handle)?;
    let terminated = on_signal(&dispatcher, SIGTERM, &signalled)?;
    let interrupted = on_signal(&dispatcher, SIGINT, &signalled)?;
    let has_certificates =
        |entry: &Arc<Entry>| matches!(&entry.kind, Kind::HttpService(it) if it.tls.is_some());
    let hangup = plan.services.iter().any(has_certificates);
    let hangup = hangup.then(|| Hangup::new(&dispatcher)).transpose()?;
    let operations = Operations::new(operator.log(), operator.proxies(), operator.limits());
    let runtime = Runtime::on(
        handle.clone(),
        code::program(options, &loaded.settings, loaded.registry),
    )?;
    let _answering = status::answer(&dispatcher, &runtime)?;
    let invalid = !plan.invalid.is_empty();
    let managing = manage(&handle, operator, &operations, &runtime, options.json)?;
    let ended = dispatcher.block_on(async {
        reported.of_modules(&runtime).await?;
        let supervising = supervise_with(&runtime, plan, stdio, &stop, &operations);
        let mut supervising = pin!(supervising);
        let reloading = async {
            match &hangup {
                Some(hangup) => loop {
                    if hangup.next().await.is_err() {
                        pending::<()>().await;
                    }
                    operations.reload(&handle).await;
                },
                None => pending().await,
            }
        };
        let draining = async {
            signalled.wait().await?;
            operations.health().set(Phase::Draining);
            handle.sleep(operator.drain_delay).await
        };
        let stopping = select(output.until_reader_gone(), select(draining, reloading));
        let ended = match select(supervising.as_mut(), stopping).await {
            Either::Left(ended) => ended,
            Either::Right(why) => {
                if let Either::Right(Either::Left(drained)) = why {
                    drained?;
                }
                operations.health().set(Phase::Draining);
                stop.set();
                supervising.await
            }
        };
        if let Some(managing) = managing {
            managing.stop(MANAGEMENT_END).await?;
        }
        ended
    })??;
    let lost = output.check().err();
    if let Some(OutputLost::ReaderGone) = &lost {
        return Ok(report_lost(&OutputLost::ReaderGone, options.json));
    }
    let failed = ended.iter().any(|(_, end)| matches!(end, Ended::Failed(_)));
    let code = match (interrupted.is_set(), terminated.is_set()) {
        (true, _) => INTERRUPTED,
        (false, true) => 0,
        (false, false) if failed || invalid => FAILED,
        (false, false) => 0,
    };
    Ok(match lost.map(|lost| report_lost(&lost, options.json)) {
        Some(failed) if code == 0 => failed,
        _ => code,
    })
}

/// Answers probes and asks for metrics, where that is wanted.
fn manage(
    handle: &Handle,
    operator: &OperatorArguments,
    operations: &Operations,
    runtime: &Runtime,
    json: bool,
) -> Result<Option<HttpServer>, Box<dyn std::error::Error>> {
    let Some(address) = &operator.admin else {
        return Ok(None);
    };
    let listeners = Listener::bind(handle, address, &mut PassedSockets::of_environment())?;
    let (of_services, of_runtime) = (operations.clone(), metrics_of(runtime));
    let metrics = move || of_services.metrics() + &of_runtime();
    let server = serve_management(handle, listeners, operations.health().clone(), metrics)?;
    for address in server.listen_addresses() {
        report::managed(&url("http", address), json);
    }
    Ok(Some(server))
}

/// Sets `stop` and the returned event when the process receives signal `number` for the first time.
/// The second time the signal's default action ends the process.
pub(super) fn on_signal(
    dispatcher: &Dispatcher,
    number: i32,
    stop: &Event,
) -> Result<Event, Error> {
    let handle = dispatcher.handle();
    let again = Arc::new(AtomicBool::new(false));
    flag::register_conditional_default(number, again.clone())?;
    flag::register(number, again)?;
    let (read, write) = UnixStream::pair()?;
    read.set_nonblocking(true)?;
    pipe::register(number, write)?;
    let received = Event::new(&handle)?;
    let source = Source::new(&handle, read)?;
    let (stop, event) = (stop.clone(), received.clone());
    let waiting = async move {
        if source.ready(Interest::Readable).await.is_ok() {
            event.set();
            stop.set();
        }
    };
    dispatcher.spawn(waiting)?.detach();
    Ok(received)
}
