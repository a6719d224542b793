//! What the driver and its workers say to each other: a JSON line each way. The peer includes this
//! file too.

use std::fs::File;
use std::io::{self, BufRead, Write};
use std::os::fd::AsFd;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Calls of one function.
#[derive(Clone, Serialize, Deserialize, Debug)]
pub struct Request {
    /// The component's file; empty for a loop that is no guest.
    #[serde(default)]
    pub guest: String,
    /// `interface#function` or `function`, as the guest exports it.
    pub function: String,
    /// One value a parameter.
    #[serde(default)]
    pub args: Vec<Value>,
    /// What another guest does meanwhile, again and again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub beside: Option<Box<Request>>,
    /// How many times.
    #[serde(default = "once")]
    pub calls: u32,
    /// In what way.
    #[serde(default)]
    pub way: Way,
}

fn once() -> u32 {
    1
}

/// How calls are made.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default, Debug)]
#[serde(rename_all = "kebab-case")]
pub enum Way {
    /// One after the other, each in a fresh instance; the types of its values are known when it runs only.
    #[default]
    Fresh,
    /// The same; what the guest writes to its standard output is written to the worker's.
    Printing,
    /// The same of a function of two `s32` that gives one, with Rust's types.
    Typed,
    /// The same in an instance that was ready, where the contender has such; there is a pause before each call.
    Spare,
    /// The same in one instance that is kept; a time is the mean of a hundred calls.
    Live,
    /// All at once, each in an instance of its own.
    AtOnce {
        /// Their starts are scattered over so many microseconds, which is also what each of them sleeps for.
        period_us: u32,
    },
    /// Due at a rate, whatever becomes of those before; a time is from when a call was due.
    Rate {
        /// So many a second.
        per_second: u32,
    },
}

/// How many calls of a live instance are timed together: one alone takes about as long as reading the clock.
pub const BATCH: u32 = 100;
/// The pause before a call in an instance that is to be ready.
pub const PAUSE_US: u64 = 300;

/// What came of them.
#[derive(Serialize, Deserialize, Default, Debug)]
pub struct Answer {
    /// The result of the last call.
    pub value: Value,
    /// Wall time of each call in nanoseconds: instance made, function called, instance gone.
    pub call_ns: Vec<u64>,
    /// Processor time of the worker over all calls, in nanoseconds.
    #[serde(default)]
    pub cpu_ns: u64,
    /// Of how many operations that is, where the request does not say it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu_of: Option<f64>,
    /// The part of it that made the instance, where the worker can tell.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub instantiate_ns: Vec<u64>,
}

/// One line from a worker.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
pub enum Reply {
    /// The calls ended.
    Done(Answer),
    /// One did not; the others were not tried.
    Failed {
        /// Why.
        error: String,
    },
}

/// A worker: answers requests until its input ends. What guests write to the worker's standard output goes to `/dev/null`.
///
/// # Errors
/// When a stream breaks.
pub fn serve(mut answer: impl FnMut(&Request) -> Result<Answer, String>) -> io::Result<()> {
    let mut output = File::from(io::stdout().as_fd().try_clone_to_owned()?);
    rustix::stdio::dup2_stdout(File::options().write(true).open("/dev/null")?)?;
    for line in io::stdin().lock().lines() {
        let answered = serde_json::from_str(&line?)
            .map_err(|error| format!("no request: {error}"))
            .and_then(|request| answer(&request));
        let reply = match answered {
            Ok(answer) => Reply::Done(answer),
            Err(error) => Reply::Failed { error },
        };
        let mut line = serde_json::to_vec(&reply)?;
        line.push(b'\n');
        output.write_all(&line)?;
    }
    Ok(())
}
