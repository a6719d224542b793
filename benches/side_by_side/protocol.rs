//! What the driver and its workers say to each other: a JSON line each way. The peer includes this
//! file too.

use std::io::{self, BufRead, Write};

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Calls of one function.
#[derive(Serialize, Deserialize, Debug)]
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
    /// How many times, each in a fresh instance.
    #[serde(default = "once")]
    pub calls: u32,
}

fn once() -> u32 {
    1
}

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

/// A worker: answers requests until its input ends.
///
/// # Errors
/// When a stream breaks.
pub fn serve(mut answer: impl FnMut(&Request) -> Result<Answer, String>) -> io::Result<()> {
    let mut output = io::stdout().lock();
    for line in io::stdin().lock().lines() {
        let answered = serde_json::from_str(&line?)
            .map_err(|error| format!("no request: {error}"))
            .and_then(|request| answer(&request));
        let reply = match answered {
            Ok(answer) => Reply::Done(answer),
            Err(error) => Reply::Failed { error },
        };
        serde_json::to_writer(&mut output, &reply)?;
        output.write_all(b"\n")?;
        output.flush()?;
    }
    Ok(())
}
