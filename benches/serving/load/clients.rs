//! All connections of a load, and when they send.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use rustix::event::{Timespec, epoll};

use super::client::Client;
use crate::fallible::Fallible;

/// Connections at once.
const CLIENTS: usize = 64;
/// Failures that are worth going on after.
const ERRORS_MAX: u64 = 1000;
/// How long answers are waited for when a load is over.
const PATIENCE: Duration = Duration::from_secs(5);

/// When requests are sent.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Load {
    /// Each connection's next request when the answer to the last is there.
    Kept,
    /// The same over a connection for each request.
    Short,
    /// So many a second, whatever is answered. Each counts from when it is due, also where all connections are busy then.
    Rate(f64),
}

/// What came of a load.
pub struct Outcome {
    /// From when a request was sent, or due, to the end of its answer, in nanoseconds.
    pub latencies: Histogram<u64>,
    /// Requests that were answered.
    pub answered: u64,
    /// Requests that were not.
    pub errors: u64,
    /// The first of them.
    pub error: Option<String>,
    /// How long it took.
    pub took: Duration,
}

/// Loads a server for so long, and waits for what is on its way.
///
/// # Errors
/// When too many requests fail, or answers do not come.
pub fn run(address: SocketAddr, load: Load, span: Duration) -> Fallible<Outcome> {
    let mut clients = Clients::new(address, load)?;
    match load {
        Load::Kept | Load::Short => clients.closed(span)?,
        Load::Rate(rate) => clients.open(span, rate)?,
    }
    Ok(clients.outcome)
}

struct Clients {
    epoll: OwnedFd,
    clients: Vec<Client>,
    outcome: Outcome,
    begun: Instant,
    /// How many wait for an answer.
    busy: usize,
    /// Which connections have just become free.
    free: VecDeque<usize>,
}

impl Clients {
    fn new(address: SocketAddr, load: Load) -> Fallible<Clients> {
        let client = |number| Client::new(number as u64, address, load == Load::Short);
        Ok(Clients {
            epoll: epoll::create(epoll::CreateFlags::CLOEXEC)?,
            clients: (0..CLIENTS).map(client).collect(),
            outcome: Outcome {
                latencies: Histogram::new(3)?,
                answered: 0,
                errors: 0,
                error: None,
                took: Duration::ZERO,
            },
            begun: Instant::now(),
            busy: 0,
            free: (0..CLIENTS).collect(),
        })
    }

    /// Sends as fast as answers come.
    fn closed(&mut self, span: Duration) -> Fallible<()> {
        self.begun = Instant::now();
        loop {
            let now = Instant::now();
            let is_over = now - self.begun >= span;
            if is_over && self.busy == 0 {
                break;
            }
            while !is_over && let Some(at) = self.free.pop_front() {
                self.send(at, Instant::now())?;
            }
            self.receive(Some(PATIENCE))?;
        }
        self.outcome.took = self.begun.elapsed();
        Ok(())
    }

    /// Sends at a rate. It looks and does not sleep, so that nothing is sent late by it.
    fn open(&mut self, span: Duration, rate: f64) -> Fallible<()> {
        // Connections are made before anything counts.
        self.closed(Duration::from_millis(1))?;
        self.outcome.latencies.reset();
        self.outcome.answered = 0;
        self.begun = Instant::now();
        let total = (span.as_secs_f64() * rate) as u64;
        let due = |number: u64| Duration::from_secs_f64(number as f64 / rate);
        let mut next = 0;
        while next < total || self.busy > 0 {
            while next < total && due(next) <= self.begun.elapsed() {
                let Some(at) = self.free.pop_front() else {
                    break;
                };
                self.send(at, self.begun + due(next))?;
                next += 1;
            }
            self.receive(Some(Duration::ZERO))?;
            if self.begun.elapsed() > span * 2 + PATIENCE {
                return Err(format!(
                    "the server does not keep up with {rate:.0} requests a second"
                )
                .into());
            }
        }
        self.outcome.took = self.begun.elapsed();
        Ok(())
    }

    fn send(&mut self, at: usize, since: Instant) -> Fallible<()> {
        let Some(client) = self.clients.get_mut(at) else {
            return Ok(());
        };
        match client.send(&self.epoll, since) {
            Ok(()) => {
                self.busy += 1;
                Ok(())
            }
            Err(error) => self.failed(at, &*error),
        }
    }

    /// Takes the answers that are there; waits for one at most so long.
    fn receive(&mut self, patience: Option<Duration>) -> Fallible<()> {
        let timeout = patience.map(|time| Timespec {
            tv_sec: time.as_secs() as i64,
            tv_nsec: time.subsec_nanos().into(),
        });
        let empty = epoll::Event {
            flags: epoll::EventFlags::empty(),
            data: epoll::EventData::new_u64(0),
        };
        let mut events = [empty; CLIENTS];
        let count = epoll::wait(&self.epoll, &mut events, timeout.as_ref())?;
        if count == 0 && patience != Some(Duration::ZERO) {
            return Err("the server has stopped answering".into());
        }
        for event in events.iter().take(count) {
            let at = event.data.u64() as usize;
            let Some(client) = self.clients.get_mut(at) else {
                continue;
            };
            match client.receive() {
                Ok(None) => {}
                Ok(Some(since)) => {
                    let nanos = u64::try_from(since.elapsed().as_nanos()).unwrap_or(u64::MAX);
                    self.outcome.latencies.record(nanos)?;
                    self.outcome.answered += 1;
                    self.busy -= 1;
                    self.free.push_back(at);
                }
                Err(error) => {
                    self.busy -= 1;
                    self.failed(at, &*error)?;
                }
            }
        }
        Ok(())
    }

    fn failed(&mut self, at: usize, error: &dyn std::error::Error) -> Fallible<()> {
        self.outcome.errors += 1;
        let text = || error.to_string();
        self.outcome.error.get_or_insert_with(text);
        if self.outcome.errors > ERRORS_MAX {
            return Err(format!(
                "{} requests have failed, the last with: {error}",
                self.outcome.errors
            )
            .into());
        }
        if let Some(client) = self.clients.get_mut(at) {
            client.reset();
        }
        self.free.push_back(at);
        Ok(())
    }
}
