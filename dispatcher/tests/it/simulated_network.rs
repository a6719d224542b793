//! Simulated hosts and the network between them: what takes how long, what goes wrong and what happens
//! then, and that a seed decides all of it.

mod bounds;
mod clocks;
mod crashes;
mod datagrams;
mod determinism;
mod links;
mod names;
mod partitions;
mod pauses;

use std::future::Future;
use std::net::SocketAddr;
use std::time::Duration;

use wippy_dispatcher::net::{TcpListener, TcpStream};
use wippy_dispatcher::sim::{Host, Link};
use wippy_dispatcher::{Dispatcher, Error, Handle, Instant, Simulation};

const MS: Duration = Duration::from_millis(1);

/// Two hosts, `client` and `server`, with nothing that is drawn but what a test asks for.
fn plain(seed: u64) -> Simulation {
    Simulation::new(seed)
        .host("client", [])
        .host("server", [])
        .short_io(0.0)
        .spurious_readiness(0.0)
}

fn build(simulation: Simulation) -> Dispatcher {
    Dispatcher::builder()
        .simulation(simulation)
        .build()
        .expect("simulation")
}

/// A simulation of these two hosts with this link between them.
fn with_link(seed: u64, link: Link) -> Dispatcher {
    build(plain(seed).link("client", "server", link))
}

fn host(dispatcher: &Dispatcher, name: &str) -> Host {
    dispatcher.host(name).expect("a host")
}

/// The first address of a host, with a port.
fn address(dispatcher: &Dispatcher, name: &str, port: u16) -> SocketAddr {
    SocketAddr::new(host(dispatcher, name).addresses()[0], port)
}

fn any(port: u16) -> SocketAddr {
    ([0, 0, 0, 0], port).into()
}

fn now(handle: &Handle) -> Instant {
    handle.now().expect("own thread")
}

/// Runs a future to its end.
fn run<T>(dispatcher: &Dispatcher, future: impl Future<Output = T>) -> T {
    dispatcher.block_on(future).expect("run")
}

fn sleep(dispatcher: &Dispatcher, duration: Duration) {
    run(dispatcher, dispatcher.handle().sleep(duration)).expect("timer");
}

/// An echo server at port 7 of a host, which is there again after a restart.
fn serve_echo(host: &Host) {
    let main = |handle: Handle| async move {
        let listener = TcpListener::bind(&handle, any(7)).expect("a free port");
        while let Ok((stream, _)) = listener.accept().await {
            let echo = async move { echo(&stream).await.unwrap_or_default() };
            handle.spawn(echo).expect("room").detach();
        }
    };
    host.boot(main).expect("room");
}

async fn echo(stream: &TcpStream) -> Result<(), Error> {
    let mut buffer = [0; 4096];
    loop {
        match stream.read(&mut buffer).await? {
            0 => return Ok(()),
            read => stream.write_all(&buffer[..read]).await?,
        }
    }
}

/// Sends some bytes, and waits until as many have come back.
async fn ask(stream: &TcpStream, bytes: &[u8]) -> Result<(), Error> {
    stream.write_all(bytes).await?;
    let mut answer = vec![0; bytes.len()];
    let mut filled = 0;
    while filled < answer.len() {
        match stream.read(&mut answer[filled..]).await? {
            0 => return Err(std::io::Error::from(std::io::ErrorKind::UnexpectedEof).into()),
            read => filled += read,
        }
    }
    assert_eq!(answer, bytes);
    Ok(())
}

/// A connection from the client to the echo server.
fn connect(dispatcher: &Dispatcher) -> Result<TcpStream, Error> {
    let handle = host(dispatcher, "client").handle();
    let server = address(dispatcher, "server", 7);
    run(dispatcher, TcpStream::connect(&handle, server))
}
