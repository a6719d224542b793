//! How fast simulations are: decisions a second, what an event costs with few hosts and with many, and
//! seeds a second. Prints; nothing fails by it. `cargo bench -p wippy-dispatcher --bench simulation`.

// What is measured runs on a dispatcher; the clock around it is the system's.
#![allow(clippy::disallowed_methods)]

use std::fs::File;
use std::time::{Duration, Instant};

use wippy_dispatcher::net::{TcpListener, TcpStream, UdpSocket};
use wippy_dispatcher::sim::{Log, Picker};
use wippy_dispatcher::{Dispatcher, Error, Handle, Simulation};

type Fallible<T> = Result<T, Error>;

fn main() -> Fallible<()> {
    let is_quick = std::env::args().any(|argument| argument == "--quick");
    let rounds = if is_quick { 1 } else { 5 };
    println!("{:<44} {:>12} {:>14}", "", "decisions", "a second");
    report("50 hosts, each pings the others", rounds, || {
        pings(50, 200_000)
    })?;
    report("500 hosts, each pings the others", rounds, || {
        pings(500, 200_000)
    })?;
    report("50 connections, an echo each time", rounds, || {
        echoes(50, 50_000)
    })?;
    report("1,000 seeds of one echo", rounds, || seeds(1_000))?;
    report("50 hosts, with a log that is not kept", rounds, || {
        pings_of(with_hosts(50).log(std::io::sink()), 50, 200_000)
    })?;
    let log = log_of_pings(50, 200_000)?;
    report("50 hosts, replayed from a log", rounds, || {
        pings_of(with_hosts(50).replay(log.clone()), 50, 200_000)
    })?;
    report("500 hosts, changes of priorities", rounds, || {
        let picker = Picker::PriorityChange { depth: 3 };
        pings_of(with_hosts(500).picker(picker), 500, 200_000)
    })?;
    Ok(())
}

/// Runs something some times, and prints the fastest.
fn report(name: &str, rounds: u32, run: impl Fn() -> Fallible<u64>) -> Fallible<()> {
    let mut best: Option<(Duration, u64)> = None;
    for _ in 0..rounds {
        let start = Instant::now();
        let decisions = run()?;
        let took = start.elapsed();
        if best.is_none_or(|(least, _)| took < least) {
            best = Some((took, decisions));
        }
    }
    if let Some((took, decisions)) = best {
        let rate = decisions as f64 / took.as_secs_f64();
        println!("{name:<44} {decisions:>12} {rate:>14.0}");
    }
    Ok(())
}

fn simulation(settings: Simulation) -> Fallible<Dispatcher> {
    let builder = Dispatcher::builder().simulation(settings.trace_capacity(0));
    builder.build()
}

fn decisions(dispatcher: &Dispatcher) -> u64 {
    dispatcher.trace().map_or(0, |trace| trace.length())
}

/// Hosts that send datagrams to each other in turn and answer them, until so many decisions were made.
fn pings(hosts: usize, until: u64) -> Fallible<u64> {
    pings_of(with_hosts(hosts), hosts, until)
}

fn names(hosts: usize) -> Vec<String> {
    (0..hosts).map(|number| format!("host-{number}")).collect()
}

fn with_hosts(hosts: usize) -> Simulation {
    let names = names(hosts);
    let settings = Simulation::new(1);
    names
        .iter()
        .fold(settings, |settings, name| settings.host(name, []))
}

/// The log of these, in memory.
fn log_of_pings(hosts: usize, until: u64) -> Fallible<Log> {
    let path = std::env::temp_dir().join(format!("wippy-bench-{}.log", std::process::id()));
    let file = File::create(&path)?;
    pings_of(with_hosts(hosts).log(file), hosts, until)?;
    let log = Log::read(File::open(&path)?)?;
    std::fs::remove_file(&path)?;
    Ok(log)
}

fn pings_of(settings: Simulation, hosts: usize, until: u64) -> Fallible<u64> {
    let names = names(hosts);
    let dispatcher = simulation(settings)?;
    let mut addresses = Vec::new();
    for name in &names {
        addresses.push(dispatcher.host(name)?.addresses()[0]);
    }
    for (number, name) in names.iter().enumerate() {
        let handle = dispatcher.host(name)?.handle();
        let mut peers = addresses.clone();
        peers.rotate_left(number);
        let socket = UdpSocket::bound(&handle, ([0, 0, 0, 0], 9).into())?;
        handle.spawn(ping(socket, peers))?.detach();
    }
    while decisions(&dispatcher) < until {
        dispatcher.turn(None)?;
    }
    Ok(decisions(&dispatcher))
}

/// Sends to each peer in turn, and answers what comes.
async fn ping(socket: UdpSocket, peers: Vec<std::net::IpAddr>) -> Fallible<()> {
    let mut buffer = [0; 16];
    for peer in peers.iter().skip(1).cycle() {
        socket.send(b"ping", Some((*peer, 9).into())).await?;
        loop {
            let (length, from) = socket.recv(&mut buffer).await?;
            match &buffer[..length] {
                b"ping" => socket.send(b"answer", Some(from)).await?,
                _ => break,
            };
        }
    }
    Ok(())
}

async fn serve(handle: Handle, listener: TcpListener) -> Fallible<()> {
    loop {
        let (stream, _) = listener.accept().await?;
        let echo = async move {
            let mut buffer = [0; 64];
            while let Ok(read @ 1..) = stream.read(&mut buffer).await {
                if stream.write_all(&buffer[..read]).await.is_err() {
                    break;
                }
            }
        };
        handle.spawn(echo)?.detach();
    }
}

async fn ask(stream: &TcpStream) -> Fallible<()> {
    stream.write_all(b"ping").await?;
    let mut missing = 4;
    while missing > 0 {
        missing -= stream.read(&mut [0; 4][..missing]).await?;
    }
    Ok(())
}

/// Connections over which something goes there and back.
fn echoes(connections: usize, rounds: usize) -> Fallible<u64> {
    let dispatcher = simulation(Simulation::new(1).host("server", []).host("client", []))?;
    let server = dispatcher.host("server")?;
    let listener = TcpListener::bind(&server.handle(), ([0, 0, 0, 0], 7).into())?;
    server.spawn(serve(server.handle(), listener))?.detach();
    let to = (server.addresses()[0], 7).into();
    let mut clients = Vec::new();
    for _ in 0..connections {
        let handle = dispatcher.host("client")?.handle();
        let inner = handle.clone();
        clients.push(handle.spawn(async move {
            let stream = TcpStream::connect(&inner, to).await?;
            for _ in 0..rounds / connections {
                ask(&stream).await?;
            }
            Ok::<(), Error>(())
        })?);
    }
    for client in clients {
        dispatcher.block_on(client)?.map_err(|_| Error::Closed)??;
    }
    Ok(decisions(&dispatcher))
}

/// A simulation of its own for each seed.
fn seeds(count: u64) -> Fallible<u64> {
    let mut total = 0;
    for seed in 0..count {
        let dispatcher = simulation(Simulation::new(seed).host("server", []))?;
        let server = dispatcher.host("server")?;
        let listener = TcpListener::bind(&server.handle(), ([0, 0, 0, 0], 7).into())?;
        server.spawn(serve(server.handle(), listener))?.detach();
        let to = (server.addresses()[0], 7).into();
        let handle = dispatcher.handle();
        dispatcher.block_on(async {
            let stream = TcpStream::connect(&handle, to).await?;
            ask(&stream).await
        })??;
        total += decisions(&dispatcher);
    }
    Ok(total)
}
