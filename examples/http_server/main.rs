//! The HTTP server of the library by itself, with a handler in Rust. `.ci/http-peers`
//! runs other people's clients against it.
//!
//! ```text
//! cargo run --example http_server -- --addr 127.0.0.1:8080 --admin-addr 127.0.0.1:9090 --access-log text
//! ```

use std::error::Error as StdError;
use std::io::Write;
use std::os::unix::net::UnixStream;
use std::time::Duration;

use clap::Parser;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::low_level::pipe;
use wippy::cli::server_options::ServerArguments;
use wippy::internals::http_server::{
    BodyReader, BodyWriter, Failure, Fields, IncomingRequest, PassedSockets, Response, ServerGroup,
    body,
};
use wippy_dispatcher::{Dispatcher, Error, Handle, Interest, Source, WaitSet};

#[derive(Parser)]
struct Options {
    #[command(flatten)]
    server: ServerArguments,
    /// Serve on so many threads
    #[arg(long, default_value_t = 1)]
    threads: usize,
}

fn main() -> Result<(), Box<dyn StdError>> {
    let options = Options::parse();
    let server = options.server.options(options.threads)?;
    let dispatcher = Dispatcher::new()?;
    let handle = dispatcher.handle();
    dispatcher.block_on(run(&handle, server))?
}

async fn run(
    handle: &Handle,
    options: wippy::internals::http_server::ServerOptions,
) -> Result<(), Box<dyn StdError>> {
    let (stops, reloads) = (
        signals(handle, &[SIGTERM, SIGINT])?,
        signals(handle, &[SIGHUP])?,
    );
    let mut passed = PassedSockets::of_environment();
    let make = |handle: &Handle| {
        let handle = handle.clone();
        Ok(move |request| answer(handle.clone(), request))
    };
    let group = ServerGroup::start(handle, options, &mut passed, String::new, make).await?;
    let mut out = std::io::stdout();
    for address in group.addresses() {
        writeln!(out, "listening on {address}")?;
    }
    for address in group.admin_addresses() {
        writeln!(out, "admin on {address}")?;
    }
    out.flush()?;
    let mut set = WaitSet::new(handle)?;
    while !stops.is_ready(Interest::Readable) {
        if reloads.is_ready(Interest::Readable) {
            drain(&reloads);
            // It is logged, and what was used before is used on.
            let _ = group.reload().await;
        }
        set.clear();
        set.add_source(&stops, Interest::Readable, 0)?;
        set.add_source(&reloads, Interest::Readable, 0)?;
        set.wait().await?;
    }
    let counts = group.stop().await?;
    writeln!(
        out,
        "{} requests, {} answered",
        counts.requests, counts.answered
    )?;
    Ok(())
}

/// Readable once one of these signals has come.
fn signals(handle: &Handle, numbers: &[i32]) -> Result<Source<UnixStream>, Box<dyn StdError>> {
    let (reader, writer) = UnixStream::pair()?;
    reader.set_nonblocking(true)?;
    for number in numbers {
        pipe::register(*number, writer.try_clone()?)?;
    }
    Ok(Source::new(handle, reader)?)
}

fn drain(source: &Source<UnixStream>) {
    let mut buffer = [0; 64];
    while matches!(std::io::Read::read(&mut source.get(), &mut buffer), Ok(1..)) {}
    source.clear(Interest::Readable);
}

/// Answers as the guest `http-server` of the tests does: `/hello`, `/wait/MILLISECONDS`, `/echo` with what comes, while it
/// comes, and `/count` with how much that was. `/hint` sends early hints first.
async fn answer(handle: Handle, request: IncomingRequest) -> Result<Response, Failure> {
    let path = request.target.path.clone();
    match path.as_str() {
        "/hello" => whole(&handle, "hello\n"),
        "/hint" => {
            let mut fields = Fields::new();
            let added = fields.append("link", b"</style.css>; rel=preload");
            added.map_err(|_| Failure::INTERNAL)?;
            // A client that does not take it gets the answer all the same.
            let _ = request.informational.send(103, fields);
            whole(&handle, "hello\n")
        }
        "/echo" => {
            let (writer, reader) = body(&handle, KEPT, None).map_err(|_| Failure::new(503))?;
            let own = handle.clone();
            let echoing = handle.spawn(async move {
                // One that fails cuts the response, so that its client sees that it is not whole.
                let _ = echo(&own, request.body, writer).await;
            });
            echoing.map_err(|_| Failure::new(503))?.detach();
            Ok(ok(reader))
        }
        "/count" => {
            let counted = count(&request.body).await;
            let counted = counted.map_err(|_| Failure::INTERNAL)?;
            whole(&handle, &format!("{counted}\n"))
        }
        path => {
            let time = path.strip_prefix("/wait/").and_then(|it| it.parse().ok());
            let Some(time) = time.map(Duration::from_millis) else {
                return Err(Failure::new(404));
            };
            let slept = handle.sleep(time).await;
            slept.map_err(|_| Failure::INTERNAL)?;
            whole(&handle, "waited\n")
        }
    }
}

/// How much of a body is kept between its ends.
const KEPT: usize = 64 * 1024;

fn ok(body: BodyReader) -> Response {
    Response {
        status: 200,
        fields: Fields::new(),
        body: Some(body),
    }
}

/// 200 with this text.
fn whole(handle: &Handle, text: &str) -> Result<Response, Failure> {
    let (writer, reader) = body(handle, KEPT, None).map_err(|_| Failure::new(503))?;
    writer
        .write(text.as_bytes().to_vec())
        .map_err(|_| Failure::INTERNAL)?;
    writer.finish(None).map_err(|_| Failure::INTERNAL)?;
    Ok(ok(reader))
}

/// How many bytes come until the end, whatever that is.
async fn count(from: &BodyReader) -> Result<usize, Error> {
    let mut count = 0;
    loop {
        match from.read(KEPT) {
            Ok(read) if read.is_empty() => from.readable().wait().await?,
            Ok(read) => count += read.len(),
            Err(_) => return Ok(count),
        }
    }
}

async fn echo(handle: &Handle, from: BodyReader, to: BodyWriter) -> Result<(), Error> {
    let mut set = WaitSet::new(handle)?;
    let mut bytes = Vec::new();
    loop {
        while !bytes.is_empty() {
            let Ok(room) = to.room() else { return Ok(()) };
            if room == 0 {
                set.clear();
                to.register(&mut set, 0)?;
                set.wait().await?;
                continue;
            }
            let rest = bytes.split_off(room.min(bytes.len()));
            if to.write(std::mem::replace(&mut bytes, rest)).is_err() {
                return Ok(());
            }
        }
        match from.read(KEPT) {
            Ok(read) if read.is_empty() => from.readable().wait().await?,
            Ok(read) => bytes = read,
            Err(_) => break,
        }
    }
    match from.end() {
        Some(Ok(trailers)) => {
            // Nobody reads it any more where this fails.
            let _ = to.finish(trailers);
        }
        Some(Err(code)) => to.fail(code),
        None => {}
    }
    Ok(())
}
