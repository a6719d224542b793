//! `wippy serve`: answers HTTP requests with a component, until a signal.

pub(super) mod arguments;

use std::future::pending;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::time::Duration;

use signal_hook::consts::{SIGINT, SIGTERM};
use wippy_dispatcher::{Dispatcher, Error, Event, Handle, Local};

use super::arguments::Options;
use super::exit_status::{FAILED, USAGE};
use super::hangup::Hangup;
use super::management::{metrics_of, url};
use super::services::on_signal;
use super::{code, file, report, status};
use crate::http::server::{HandlerError, PassedSockets, ServerGroup, ServerOptions, StartError};
use crate::module::MAX_INSTANCES;
use crate::registry::{Loaded, PoolType, Settings};
use crate::runtime::{EntryHandler, MAX_SPARES};
use crate::select::{Either, select};
use crate::{Program, ProgramOptions, Runtime};
use arguments::Serve;

/// Where it listens where nothing is said.
const DEFAULT_ADDRESS: SocketAddr = SocketAddr::V4(SocketAddrV4::new(Ipv4Addr::LOCALHOST, 8080));
/// The function that answers requests.
const METHOD: &str = "wasi:http/incoming-handler";
/// What it needs beside what every file may use.
const IMPORT: &str = "wasi:http/types";
/// What the shell says of a program that a signal ended, less the signal's number.
const SIGNALLED: u8 = 128;

/// Why it does not serve.
enum ServeError {
    /// Something that was reported.
    Reported(u8),
    Text(String),
    Dispatcher(Error),
}

impl From<Error> for ServeError {
    fn from(error: Error) -> ServeError {
        ServeError::Dispatcher(error)
    }
}

pub(super) fn main(options: &Options, serve: &Serve) -> u8 {
    let (id, loaded) = match load(options, serve) {
        Ok(loaded) => loaded,
        Err(text) => {
            report::message(&text, options.json);
            return USAGE;
        }
    };
    if let Err(code) = report::project(&loaded, options.json) {
        return code;
    }
    match run(options, serve, &id, loaded) {
        Ok(code) | Err(ServeError::Reported(code)) => code,
        Err(ServeError::Text(text)) => {
            report::message(&text, options.json);
            FAILED
        }
        Err(ServeError::Dispatcher(error)) => {
            report::message(&error.to_string(), options.json);
            FAILED
        }
    }
}

/// The file as an entry, and its ID.
fn load(options: &Options, serve: &Serve) -> Result<(String, Loaded), String> {
    let word = &serve.file;
    if !file::is_file(word) {
        return Err(format!(
            "'wippy serve' takes a file, such as ./{word}.wasm; 'wippy run' starts a project's services"
        ));
    }
    let entry = file::function(word, &serve.grants)?
        .method(METHOD)
        .import(IMPORT)
        .pool(PoolType::Static, serve.max_instances);
    let id = entry.id().to_owned();
    Ok((id, file::load(entry, options)?))
}

fn run(options: &Options, serve: &Serve, id: &str, loaded: Loaded) -> Result<u8, ServeError> {
    let dispatcher = Dispatcher::new()?;
    let handle = dispatcher.handle();
    let stop = Event::new(&handle)?;
    let signals = Signals {
        terminated: on_signal(&dispatcher, SIGTERM, &stop)?,
        interrupted: on_signal(&dispatcher, SIGINT, &stop)?,
    };
    let server = server_options(options, serve)?;
    let hangup = server.tls.as_ref().map(|_| Hangup::new(&dispatcher));
    let hangup = hangup.transpose()?;
    let settings = program_options(options, serve, &loaded.settings);
    let program = Program::with_options(loaded.registry, settings);
    let runtime = Runtime::on(handle.clone(), program.clone());
    let runtime = runtime.map_err(|error| ServeError::Text(error.to_string()))?;
    let _answering = status::answer(&dispatcher, &runtime)?;
    dispatcher.block_on(async {
        // Once for all threads, and before anybody may connect.
        runtime.http_handler(id).await.map_err(|error| {
            report::call_error(&error, false, options.json);
            ServeError::Reported(match report::is_usage(&error) {
                true => USAGE,
                false => FAILED,
            })
        })?;
        let metrics = metrics_of(&runtime);
        let make = handlers(&handle, runtime, program, id, serve.max_wait)?;
        let mut passed = PassedSockets::of_environment();
        let starting = ServerGroup::start(&handle, server, &mut passed, metrics, make);
        let group = starting.await.map_err(not_started)?;
        let scheme = if hangup.is_some() { "https" } else { "http" };
        for address in group.addresses() {
            report::listening(&url(scheme, address), options.json);
        }
        for address in group.admin_addresses() {
            report::managed(&url("http", address), options.json);
        }
        let reloading = async {
            match &hangup {
                Some(hangup) => reload(hangup, &group).await,
                None => pending().await,
            }
        };
        let (Either::Left(waited) | Either::Right(waited)) = select(stop.wait(), reloading).await;
        waited?;
        match select(signals.second(), group.stop()).await {
            Either::Left(number) => Ok(SIGNALLED.saturating_add(number)),
            Either::Right(stopped) => {
                stopped?;
                Ok(0)
            }
        }
    })?
}

/// How its program runs. It has places for no more instances than it can use, because each keeps the
/// more memory for the next instance the fewer there are.
fn program_options(options: &Options, serve: &Serve, settings: &Settings) -> ProgramOptions {
    let program = code::program_options(options, settings, code::cache(options));
    match settings.wasm().max_instances {
        Some(_) => program,
        None => {
            let threads = options.threads.unwrap_or(1);
            // Beside those that answer: those of each thread that are ready, and those that have ended.
            let others = threads.saturating_mul(2 * MAX_SPARES);
            program.max_instances(
                serve
                    .max_instances
                    .saturating_add(others)
                    .min(MAX_INSTANCES),
            )
        }
    }
}

/// What is said about the server, with the address where none is said.
fn server_options(options: &Options, serve: &Serve) -> Result<ServerOptions, ServeError> {
    let threads = options.threads.unwrap_or(1) as usize;
    let server = serve.server.options(threads);
    let mut server = server.map_err(|error| ServeError::Text(error.to_string()))?;
    if server.addresses.is_empty() {
        server.addresses.push(DEFAULT_ADDRESS.into());
    }
    Ok(server)
}

/// Makes a handler on each thread, over a runtime of its own.
fn handlers(
    handle: &Handle,
    runtime: Runtime,
    program: Program,
    id: &str,
    max_wait: Duration,
) -> Result<impl Fn(&Handle) -> Result<EntryHandler, HandlerError> + use<>, Error> {
    let (first, id) = (Local::new(handle, runtime)?, id.to_owned());
    Ok(move |handle: &Handle| {
        let runtime = match first.get() {
            Ok(runtime) => (*runtime).clone(),
            Err(_) => Runtime::on(handle.clone(), program.clone())?,
        };
        Ok(runtime.entry_handler(&id, max_wait)?)
    })
}

fn not_started(error: StartError) -> ServeError {
    match error {
        StartError::Dispatcher(error) => error.into(),
        error => ServeError::Text(error.to_string()),
    }
}

/// Reads the certificate again at each signal. What is wrong with it is logged.
async fn reload(hangup: &Hangup, group: &ServerGroup) -> Result<(), Error> {
    loop {
        hangup.next().await?;
        let _ = group.reload().await;
    }
}

/// The signals that stop it. A second one of the same kind ends the process by itself.
struct Signals {
    terminated: Event,
    interrupted: Event,
}

impl Signals {
    /// Waits for the other signal than the one that came; its number.
    async fn second(&self) -> u8 {
        let (other, number) = match self.terminated.is_set() {
            true => (&self.interrupted, SIGINT),
            false => (&self.terminated, SIGTERM),
        };
        // It fails at the dispatcher's end.
        let _ = other.wait().await;
        u8::try_from(number).unwrap_or_default()
    }
}
