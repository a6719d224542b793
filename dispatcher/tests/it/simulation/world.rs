//! A small world that makes records of every kind, and a sink that keeps what is written.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use wippy_dispatcher::net::{TcpListener, TcpStream, UdpSocket, resolve};
use wippy_dispatcher::sim::{Fault, Link, Log};
use wippy_dispatcher::{Dispatcher, Error, Event, Handle, RngStream, Simulation, WaitSet};

const MILLI: Duration = Duration::from_millis(1);

/// Keeps what is written, and fails once it has so many bytes. Clones share the bytes.
#[derive(Clone)]
pub struct Sink {
    bytes: Arc<Mutex<Vec<u8>>>,
    bound: usize,
}

impl Sink {
    pub fn new() -> Sink {
        Sink::with_bound(usize::MAX)
    }

    pub fn with_bound(bound: usize) -> Sink {
        Sink {
            bytes: Arc::default(),
            bound,
        }
    }

    pub fn bytes(&self) -> Vec<u8> {
        self.bytes.lock().expect("nobody panics").clone()
    }

    pub fn log(&self) -> Log {
        Log::read(&self.bytes()[..]).expect("a log")
    }
}

impl Write for Sink {
    fn write(&mut self, new: &[u8]) -> io::Result<usize> {
        let mut bytes = self.bytes.lock().expect("nobody panics");
        let room = self.bound - bytes.len();
        if room == 0 && !new.is_empty() {
            return Err(io::Error::other("the disk is full"));
        }
        let taken = new.len().min(room);
        bytes.extend(&new[..taken]);
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Settings of the world: two hosts that crash, pause and lose packets.
pub fn settings(seed: u64) -> Simulation {
    let link = Link::new().jitter(3 * MILLI).loss(0.05).duplication(0.1);
    Simulation::new(seed)
        .host("server", [])
        .host("client", [])
        .default_link(link)
        .short_io(0.3)
        .spurious_readiness(0.2)
        .at(60 * MILLI, Fault::Pause("client".to_owned()))
        .at(70 * MILLI, Fault::Resume("client".to_owned()))
        .at(
            300 * MILLI,
            Fault::Crash("server".to_owned(), Default::default()),
        )
        .at(320 * MILLI, Fault::Restart("server".to_owned()))
}

/// Runs the world for a while.
pub fn run(settings: Simulation) -> Result<Dispatcher, Error> {
    let dispatcher = Dispatcher::builder().simulation(settings).build()?;
    let server = dispatcher.host("server")?;
    server.boot(|handle| async move {
        // A server that cannot go on leaves its clients alone.
        let _ = serve(handle).await;
    })?;
    for number in 0..3 {
        let handle = dispatcher.host("client")?.handle();
        let client = async move {
            loop {
                let _ = ask(&handle, number).await;
                if handle.sleep(20 * MILLI).await.is_err() {
                    break;
                }
            }
        };
        dispatcher.host("client")?.spawn(client)?.detach();
    }
    let handle = dispatcher.handle();
    dispatcher.spawn(wait_for_two(handle.clone()))?.detach();
    dispatcher.block_on(handle.sleep(500 * MILLI))??;
    Ok(dispatcher)
}

async fn serve(handle: Handle) -> Result<(), Error> {
    let listener = TcpListener::bind(&handle, ([0, 0, 0, 0], 7).into())?;
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

async fn ask(handle: &Handle, number: u8) -> Result<(), Error> {
    let mut random = [0; 5];
    handle.fill_random(RngStream::Secure, &mut random)?;
    handle.yield_now().await?;
    let random = handle.unblock(move || random).await?;
    let Ok(addresses) = resolve(handle, "server").await else {
        return Ok(());
    };
    let socket = UdpSocket::bound(handle, ([0, 0, 0, 0], 0).into())?;
    let _ = socket.try_send(&[number], Some((addresses[0], 9).into()));
    let stream = TcpStream::connect(handle, (addresses[0], 7).into()).await?;
    stream.write_all(&random).await?;
    let mut missing = random.len();
    while missing > 0 {
        match stream.read(&mut [0; 8][..missing]).await? {
            0 => break,
            read => missing -= read,
        }
    }
    Ok(())
}

/// Waits in one set for a deadline and for an event that another task sets.
async fn wait_for_two(handle: Handle) {
    let event = Event::new(&handle).expect("room");
    let mut set = WaitSet::new(&handle).expect("room");
    for _ in 0..10 {
        let soon = handle.now().expect("own thread") + 5 * MILLI;
        set.add_deadline(soon, 4).expect("room");
        set.add_event(&event, 9).expect("room");
        let (sleeper, sets) = (handle.clone(), event.clone());
        let setting = async move {
            sleeper.sleep(5 * MILLI).await.expect("timer");
            sets.set();
        };
        handle.spawn(setting).expect("room").detach();
        set.wait().await.expect("own thread");
        set.take_fired(&mut Vec::new()).expect("own thread");
        set.clear();
        event.clear();
    }
}
