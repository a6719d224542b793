//! The server of this project over a pool that keeps no instances ready.

use std::io::Write;

use wippy::http_server::{HttpServer, ServerLimits};
use wippy::{Entry, Program, Runtime};
use wippy_dispatcher::{Dispatcher, Event};

use crate::contender::COMPONENT;
use crate::fallible::Fallible;

/// Serves until the process is ended.
///
/// # Errors
/// When the component cannot be served.
pub fn serve() -> Fallible<()> {
    let entry = Entry::function("bench:hello")
        .file(COMPONENT)
        .import("wasi:io")
        .import("wasi:http/types");
    let dispatcher = Dispatcher::new()?;
    let handle = dispatcher.handle();
    let runtime = Runtime::on(handle.clone(), Program::builder().entry(entry).build()?)?;
    dispatcher.block_on(async {
        let handler = runtime.http_handler("bench:hello").await?;
        let any_port = ([127, 0, 0, 1], 0).into();
        let server = HttpServer::bind(&handle, [any_port], ServerLimits::default(), handler)?;
        for address in server.addresses() {
            println!("{address}");
        }
        std::io::stdout().flush()?;
        Event::new(&handle)?.wait().await?;
        Ok(())
    })?
}
