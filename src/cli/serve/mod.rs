//! `wippy serve`: answers HTTP requests with a component, until a signal.

pub(super) mod arguments;

use std::time::Duration;

use signal_hook::consts::{SIGINT, SIGTERM};
use wippy_dispatcher::{Dispatcher, Error, Event, Handle};

use super::arguments::Options;
use super::exit_status::{FAILED, USAGE};
use super::services::on_signal;
use super::{code, file, report, status};
use crate::Runtime;
use crate::http::server::{HttpServer, ServerLimits};
use crate::io_reason::io_reason;
use crate::registry::{Loaded, PoolType};
use crate::runtime::ComponentHandler;
use crate::select::{Either, select};
use arguments::Serve;

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
    if options.threads.is_some_and(|threads| threads > 1) {
        return Err("--threads: 'wippy serve' works on one thread".to_owned());
    }
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
    Ok((id, file::load(entry)?))
}

fn run(options: &Options, serve: &Serve, id: &str, loaded: Loaded) -> Result<u8, ServeError> {
    let dispatcher = Dispatcher::new()?;
    let handle = dispatcher.handle();
    let stop = Event::new(&handle)?;
    let signals = Signals {
        terminated: on_signal(&dispatcher, SIGTERM, &stop)?,
        interrupted: on_signal(&dispatcher, SIGINT, &stop)?,
    };
    let program = code::program(options, &loaded.settings, loaded.registry);
    let runtime = Runtime::on(handle.clone(), program);
    let runtime = runtime.map_err(|error| ServeError::Text(error.to_string()))?;
    let _answering = status::answer(&dispatcher, &runtime)?;
    dispatcher.block_on(async {
        let handler = runtime.http_handler(id).await.map_err(|error| {
            report::call_error(&error, false, options.json);
            ServeError::Reported(match report::is_usage(&error) {
                true => USAGE,
                false => FAILED,
            })
        })?;
        let handler = handler.max_wait(serve.max_wait);
        let bound = HttpServer::bind(
            &handle,
            [serve.addr],
            ServerLimits::default(),
            handler.clone(),
        );
        let server = bound.map_err(|error| match error {
            Error::Io(error) => {
                let (address, reason) = (serve.addr, io_reason(&error, "address"));
                ServeError::Text(format!("--addr {address}: {reason}"))
            }
            error => error.into(),
        })?;
        for address in server.addresses() {
            report::listening(&format!("http://{address}"), options.json);
        }
        stop.wait().await?;
        let within = serve.stop_timeout;
        match select(signals.second(), end(&handle, server, &handler, within)).await {
            Either::Left(number) => Ok(SIGNALLED.saturating_add(number)),
            Either::Right(ended) => ended.map(|()| 0),
        }
    })?
}

/// Ends the server, and waits for what its guests do behind their answers, for this long together.
async fn end(
    handle: &Handle,
    server: HttpServer,
    handler: &ComponentHandler,
    within: Duration,
) -> Result<(), ServeError> {
    let deadline = handle.now()? + within;
    server.stop(within).await?;
    select(handler.ended(), handle.sleep_until(deadline)).await;
    Ok(())
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
