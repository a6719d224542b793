//! A request that a component answers, over a connection that is kept.

use std::path::Path;
use std::time::Duration;

use wippy::http_server::{HttpServer, ServerLimits};
use wippy::{Entry, Program, ProgramOptions, Runtime};
use wippy_dispatcher::Dispatcher;
use wippy_dispatcher::net::TcpStream;

use super::Fallible;
use super::region::row;

const COUNT: u32 = 200;
const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: counts.test\r\nAccept: */*\r\n\r\n";
/// How the component's answer ends: with a length where the guest was not interrupted between its head and its end.
const ENDS: [&[u8]; 2] = [b"\r\n\r\nhello\n", b"hello\n\r\n0\r\n\r\n"];

/// Counts it. The client is on the same dispatcher, and counts too: a write, a read, and a wait.
///
/// # Errors
/// When the component cannot be served, or answers otherwise.
pub fn run() -> Fallible<()> {
    let guests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/guests/components");
    let entry = Entry::function("serving:hello")
        .file(guests.join("http-hello.wasm"))
        .import("wasi:io")
        .import("wasi:http/types");
    // A guest that is interrupted between its head and its end costs another write.
    let options = ProgramOptions::new().preemption_tick(Duration::from_secs(3600));
    let program = Program::builder().options(options).entry(entry).build()?;
    // How often it looks before it parks would depend on the time.
    let dispatcher = Dispatcher::builder().spin(Duration::ZERO).build()?;
    let handle = dispatcher.handle();
    let runtime = Runtime::on(handle.clone(), program)?;
    let (_server, client) = dispatcher.block_on(async {
        let handler = runtime.http_handler("serving:hello").await?;
        let any_port = ([127, 0, 0, 1], 0).into();
        let server = HttpServer::bind(&handle, [any_port], ServerLimits::default(), handler)?;
        let address = server.addresses().first().copied().ok_or("no address")?;
        Ok::<_, Box<dyn std::error::Error>>((server, TcpStream::connect(&handle, address).await?))
    })??;
    row("serving: a request", COUNT, |count| {
        dispatcher.block_on(async {
            for _ in 0..count {
                ask(&client).await?;
            }
            Ok(())
        })?
    })
}

async fn ask(client: &TcpStream) -> Fallible<()> {
    client.write_all(REQUEST).await?;
    let (mut buffer, mut filled) = ([0; 1024], 0);
    loop {
        let room = buffer.get_mut(filled..).unwrap_or_default();
        let read = client.read(room).await?;
        filled += read;
        let arrived = buffer.get(..filled).unwrap_or_default();
        match ENDS.iter().any(|end| arrived.ends_with(end)) {
            true if arrived.starts_with(b"HTTP/1.1 200 ") => return Ok(()),
            false if read > 0 => {}
            _ => return Err(String::from_utf8_lossy(arrived).into()),
        }
    }
}
