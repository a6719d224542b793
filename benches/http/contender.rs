//! A process that answers, as the driver sees it.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use crate::Fallible;
use crate::protocol::{Answer, Reply, Request};

/// Linux counts processor time for programs in these, per second, on every common machine.
const TICKS: f64 = 100.0;

/// A running contender. It ends when its input does.
pub struct Contender {
    /// For a column's head.
    pub label: &'static str,
    child: Child,
    requests: Option<ChildStdin>,
    replies: BufReader<ChildStdout>,
}

impl Contender {
    /// Starts it.
    ///
    /// # Errors
    /// When it does not start.
    pub fn start(label: &'static str, mut command: Command) -> Fallible<Contender> {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("cannot start {:?}: {error}", command.get_program()))?;
        let requests = child.stdin.take();
        let replies = BufReader::new(child.stdout.take().ok_or("a worker without output")?);
        Ok(Contender {
            label,
            child,
            requests,
            replies,
        })
    }

    /// A line that it prints by itself.
    ///
    /// # Errors
    /// When it went away.
    pub fn line(&mut self) -> Fallible<String> {
        let mut line = String::new();
        self.replies.read_line(&mut line)?;
        match line.trim_end() {
            "" => Err(format!("{} went away", self.label).into()),
            line => Ok(line.to_owned()),
        }
    }

    /// Asks and waits for the answer; also how much processor time that took, in seconds.
    ///
    /// # Errors
    /// When it failed or went away.
    pub fn ask(&mut self, request: &Request) -> Fallible<(Answer, f64)> {
        let before = self.processor_time()?;
        let requests = self.requests.as_mut().ok_or("the worker is gone")?;
        serde_json::to_writer(&mut *requests, request)?;
        requests.write_all(b"\n")?;
        requests.flush()?;
        match serde_json::from_str(&self.line()?) {
            Ok(Reply::Done(answer)) => Ok((answer, self.processor_time()? - before)),
            Ok(Reply::Failed { error }) => {
                Err(format!("{}, {}: {error}", self.label, request.function).into())
            }
            Err(_) => Err(format!("{} went away at {}", self.label, request.function).into()),
        }
    }

    /// User and system time of all its threads so far, in seconds.
    fn processor_time(&self) -> Fallible<f64> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        // The program's name stands in brackets and may hold anything.
        let (_, fields) = stat.rsplit_once(')').ok_or("no stat of the worker")?;
        let ticks: u64 = fields
            .split_whitespace()
            .skip(11)
            .take(2)
            .filter_map(|field| field.parse::<u64>().ok())
            .sum();
        Ok(ticks as f64 / TICKS)
    }

    /// Ends one that does not end by itself.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
    }
}

impl Drop for Contender {
    fn drop(&mut self) {
        self.requests.take();
        let _ = self.child.wait();
    }
}
