//! Clients of an echo server, all on one thread, which never sleeps: what is measured is the server.

use std::collections::VecDeque;
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::fd::OwnedFd;
use std::thread::{self, JoinHandle};

use rustix::event::epoll::{self, CreateFlags, Event, EventData, EventFlags};
use rustix::time::Timespec;
use wippy_report::Round;

use crate::clock;
use crate::core;
use crate::error::Fallible;
use crate::load::Load;
use crate::meter::{HelperTime, Meter};
use crate::trial::Trial;

/// Bytes of a message.
const MESSAGE: usize = 64;
/// The most bytes that are taken at once.
const TAKEN: usize = 4096;

const CLOSED: &str = "the server has closed a connection";

/// The thread of the clients.
#[derive(Debug)]
pub struct Clients(JoinHandle<Fallible<Round>>);

/// The processor time of the thread that asks.
#[derive(Debug)]
struct ThisThread;

impl HelperTime for ThisThread {
    fn processor(&self) -> u64 {
        clock::processor_of_thread()
    }
}

impl Clients {
    /// Clients that connect to a server and measure it until the trial's time is over; then they close their connections.
    pub fn start(server: SocketAddr, load: Load, trial: &Trial) -> Clients {
        let trial = trial.clone();
        Clients(thread::spawn(move || {
            core::stay(&trial.cores, core::HELPER)?;
            let mut connections = Vec::with_capacity(load.connections);
            for _ in 0..load.connections {
                connections.push(Connection::to(server)?);
            }
            let ready = Ready::of(&connections)?;
            let meter = Meter::beside(trial.budget, Box::new(ThisThread));
            let measured = match load.rate {
                None => in_turn(&mut connections, ready, meter),
                Some(rate) => at_rate(&mut connections, ready, meter, rate),
            };
            let round = measured?;
            drain(&mut connections, &trial)?;
            Ok(round)
        }))
    }

    /// What they measured.
    ///
    /// # Errors
    /// Theirs: no connection, or one that ended.
    pub fn join(self) -> Fallible<Round> {
        self.0
            .join()
            .map_err(|_| "the thread of the clients has panicked")?
    }
}

/// Each connection sends its next message when the last one has come back.
fn in_turn(connections: &mut [Connection], mut ready: Ready, mut meter: Meter) -> Fallible<Round> {
    for connection in &mut *connections {
        connection.send(clock::now())?;
    }
    while meter.goes_on() {
        for &at in ready.look()? {
            if let Some(connection) = connections.get_mut(at)
                && connection.take(&mut meter)? > 0
            {
                connection.send(clock::now())?;
            }
        }
    }
    Ok(meter.finish())
}

/// Messages are sent at their times, on one connection after the other. A message whose time has passed counts from its time and
/// not from when it could be sent, so that a server that stands still is late for all of them.
fn at_rate(
    connections: &mut [Connection],
    mut ready: Ready,
    mut meter: Meter,
    rate: u64,
) -> Fallible<Round> {
    let interval = 1_000_000_000 / rate.max(1);
    let mut due = clock::now();
    let mut turns = (0..connections.len()).cycle();
    while meter.goes_on() {
        // However long this thread had no processor, no more is sent than belongs to the time that is measured.
        while due <= clock::now().min(meter.until()) {
            if let Some(connection) = turns.next().and_then(|at| connections.get_mut(at)) {
                connection.send(due)?;
            }
            due += interval;
        }
        for &at in ready.look()? {
            if let Some(connection) = connections.get_mut(at) {
                connection.take(&mut meter)?;
                connection.flush()?;
            }
        }
    }
    Ok(meter.finish())
}

/// Takes what is still on its way, and sends nothing more: with bytes that nobody takes a close is a reset for the server. All
/// connections at once, because a server may stand still for one of them.
fn drain(connections: &mut [Connection], trial: &Trial) -> Fallible<()> {
    let mut ignored = Meter::start(trial.budget);
    while connections
        .iter()
        .any(|connection| connection.missing() > 0)
    {
        for connection in &mut *connections {
            connection.take(&mut ignored)?;
        }
        core::spin(&trial.cores);
    }
    Ok(())
}

struct Connection {
    stream: TcpStream,
    /// When the messages on their way were to be sent.
    on_their_way: VecDeque<u64>,
    /// Bytes that the system has not taken yet.
    unsent: usize,
    /// Bytes of the next message that have come back.
    taken: usize,
}

impl Connection {
    fn to(server: SocketAddr) -> Fallible<Connection> {
        let stream = TcpStream::connect(server)?;
        stream.set_nodelay(true)?;
        stream.set_nonblocking(true)?;
        Ok(Connection {
            stream,
            on_their_way: VecDeque::new(),
            unsent: 0,
            taken: 0,
        })
    }

    /// Bytes that the system has taken and that have not come back.
    fn missing(&self) -> usize {
        (self.on_their_way.len() * MESSAGE).saturating_sub(self.unsent + self.taken)
    }

    fn send(&mut self, due: u64) -> Fallible<()> {
        self.on_their_way.push_back(due);
        self.unsent += MESSAGE;
        self.flush()
    }

    fn flush(&mut self) -> Fallible<()> {
        const BYTES: [u8; TAKEN] = [7; TAKEN];
        while self.unsent > 0 {
            let bytes = BYTES.get(..self.unsent.min(TAKEN)).unwrap_or(&BYTES);
            match self.stream.write(bytes) {
                Ok(written) => self.unsent -= written,
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// Takes what has come back and records each message that is whole; says how many.
    fn take(&mut self, meter: &mut Meter) -> Fallible<usize> {
        let mut buffer = [0; TAKEN];
        match self.stream.read(&mut buffer) {
            Ok(0) => return Err(CLOSED.into()),
            Ok(read) => self.taken += read,
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(0),
            Err(error) => return Err(error.into()),
        }
        let now = clock::now();
        let whole = self.taken / MESSAGE;
        self.taken %= MESSAGE;
        for _ in 0..whole {
            let due = self
                .on_their_way
                .pop_front()
                .ok_or("more has come back than was sent")?;
            meter.record(now.saturating_sub(due));
        }
        Ok(whole)
    }
}

/// Which connections may have something to take.
enum Ready {
    /// The only one is always asked.
    One,
    Many {
        epoll: OwnedFd,
        events: Vec<Event>,
        numbers: Vec<usize>,
    },
}

impl Ready {
    fn of(connections: &[Connection]) -> Fallible<Ready> {
        if connections.len() == 1 {
            return Ok(Ready::One);
        }
        let epoll = epoll::create(CreateFlags::CLOEXEC)?;
        for (number, connection) in connections.iter().enumerate() {
            let data = EventData::new_u64(number as u64);
            epoll::add(&epoll, &connection.stream, data, EventFlags::IN)?;
        }
        Ok(Ready::Many {
            epoll,
            events: Vec::with_capacity(connections.len()),
            numbers: Vec::with_capacity(connections.len()),
        })
    }

    /// Those that are, without waiting.
    fn look(&mut self) -> Fallible<&[usize]> {
        let Ready::Many {
            epoll,
            events,
            numbers,
        } = self
        else {
            return Ok(&[0]);
        };
        events.clear();
        let at_once = Timespec {
            tv_sec: 0,
            tv_nsec: 0,
        };
        epoll::wait(
            &*epoll,
            rustix::buffer::spare_capacity(events),
            Some(&at_once),
        )?;
        numbers.clear();
        numbers.extend(events.iter().map(|event| event.data.u64() as usize));
        Ok(numbers)
    }
}
