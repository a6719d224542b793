//! An echo server and its clients, over TCP and over UDP: five guests on one dispatcher and one
//! thread, connected by the system's loopback.

use std::error::Error;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;

use wippy::Runtime;
use wippy::project::{LoadOptions, load};
use wippy::stdio::Stdio;
use wippy::stdio::{InputSource, Sink};
use wippy::stdio::{PipeReader, pipe};
use wippy_dispatcher::net::{TcpListener, UdpSocket};
use wippy_dispatcher::{Dispatcher, Handle, Task};

/// How much a guest may print before it has to wait for us, in bytes.
const PIPE: usize = 4096;

fn main() -> Result<(), Box<dyn Error>> {
    let loaded = load(
        Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/echo")),
        &LoadOptions::default(),
    );
    for diagnostic in &loaded.diagnostics {
        eprintln!("{diagnostic}");
    }
    let dispatcher = Dispatcher::new()?;
    let runtime = Runtime::new(dispatcher.handle(), loaded.registry)?;
    dispatcher.block_on(together(&dispatcher.handle(), &runtime))?
}

async fn together(handle: &Handle, runtime: &Runtime) -> Result<(), Box<dyn Error>> {
    // Ports that are free, so that this runs beside anything.
    let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let tcp = TcpListener::bind(handle, any)?.local_addr()?.port();
    let udp = UdpSocket::bound(handle, any)?.local_addr()?.port();
    let (tcp, udp) = (tcp.to_string(), udp.to_string());
    let mut guests = Vec::new();
    for server in [["tcp-server", &tcp, "2"], ["udp-server", &udp, "3"]] {
        let (task, printed) = start(handle, runtime, &server)?;
        // It says so when it can be reached.
        if let Some(line) = printed.next(PIPE).await? {
            print!("{}", String::from_utf8_lossy(&line));
        }
        guests.push((task, printed));
    }
    for client in [
        &["tcp-client", &tcp, "hello", "again"][..],
        &["tcp-client", &tcp, "me", "too"],
        &["udp-client", &udp, "one", "two", "three"],
    ] {
        guests.push(start(handle, runtime, client)?);
    }
    for (task, printed) in guests {
        task.await??;
        while let Some(text) = printed.next(PIPE).await? {
            print!("{}", String::from_utf8_lossy(&text));
        }
    }
    Ok(())
}

type Guest = Task<Result<(), String>>;

/// Starts the command `echo` with these words.
fn start(
    handle: &Handle,
    runtime: &Runtime,
    words: &[&str],
) -> Result<(Guest, PipeReader), wippy_dispatcher::Error> {
    let (printed, stdout) = pipe(handle, PIPE)?;
    let stdio = Stdio::new(
        InputSource::Empty,
        Sink::Pipe(stdout.clone()),
        Sink::Pipe(stdout),
    );
    let words: Vec<String> = words.iter().map(|&word| word.to_owned()).collect();
    let runtime = runtime.clone();
    let task = handle.spawn(async move {
        let ended = runtime.run("echo", stdio, &words).await;
        ended.map(drop).map_err(|error| error.to_string())
    })?;
    Ok((task, printed))
}
