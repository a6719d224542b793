//! A server that runs as a process of its own.

use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::path::Path;
use std::process::Child;
use std::time::Duration;

use crate::contender::Name;
use crate::core;
use crate::fallible::Fallible;

/// Ticks a second of the times in `/proc`: what Linux tells programs, whatever its own clock does.
const TICKS: u64 = 100;

/// A running server. It ends when this is dropped.
pub struct Server {
    child: Child,
    address: SocketAddr,
    /// What it says later is not read, and does not fail either.
    _said: Box<dyn Read>,
}

impl Server {
    /// Starts it: on a core of its own if it has one thread, else on all.
    ///
    /// # Errors
    /// When it does not say where it listens.
    pub fn start(name: Name, peer: &Path) -> Fallible<Server> {
        // A process has the cores of the thread that started it.
        match name.has_one_thread() {
            true => core::stay(0)?,
            false => core::roam()?,
        }
        let mut command = name.command(peer)?;
        let spawned = command.spawn();
        core::stay(1)?;
        let mut child = spawned
            .map_err(|error| format!("cannot start {:?}: {error}", command.get_program()))?;
        let said: Box<dyn Read> = match (child.stderr.take(), child.stdout.take()) {
            (Some(errors), _) => Box::new(errors),
            (None, Some(output)) => Box::new(output),
            (None, None) => return Err("a server without output".into()),
        };
        let mut said = BufReader::new(said);
        let mut line = String::new();
        said.read_line(&mut line)?;
        let address = line.trim().rsplit([' ', '/']).next().unwrap_or_default();
        match address.parse() {
            Ok(address) => Ok(Server {
                child,
                address,
                _said: Box::new(said),
            }),
            Err(_) => {
                let _ = child.kill();
                child.wait()?;
                Err(format!("{} says {line:?} in place of its address", name.label()).into())
            }
        }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its processor time so far, over all its threads; the system counts it in ticks of 10 ms.
    ///
    /// # Errors
    /// When it is gone.
    pub fn processor(&self) -> Fallible<Duration> {
        let text = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        // The second field is the program's name in brackets, and may hold anything.
        let (_, rest) = text.rsplit_once(')').ok_or("a process without a name")?;
        let ticks = |field: usize| -> Fallible<u64> {
            let word = rest
                .split_whitespace()
                .nth(field)
                .ok_or("a process without times")?;
            Ok(word.parse()?)
        };
        let ticks = ticks(11)? + ticks(12)?;
        Ok(Duration::from_millis(ticks * (1000 / TICKS)))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
