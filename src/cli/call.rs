//! `wippy call`: calls a function, once or many times, and prints its results as JSON.

use std::cell::Cell;
use std::fs::File;
use std::io::{Read, Write};
use std::rc::Rc;
use std::time::Duration;

use serde_json::Value;
use wippy_dispatcher::{Dispatcher, Instant};

use super::arguments::{Call, Options};
use super::{FAILED, USAGE, report, report_diagnostics, report_modules};
use crate::Runtime;
use crate::function::values::parse_json;
use crate::function::{Arguments, CallError};
use crate::module::ModuleError;
use crate::registry::Loaded;

pub(super) fn main(options: &Options, call: &Call, loaded: Loaded) -> u8 {
    let json = options.json;
    if let Err(code) = report_diagnostics(&loaded, json) {
        return code;
    }
    let target = match Target::parse(call) {
        Ok(target) => Rc::new(target),
        Err(text) => {
            report::message(&text, json);
            return USAGE;
        }
    };
    let outcome = with_dispatcher(call, |dispatcher| {
        let runtime =
            Runtime::new(dispatcher.handle(), loaded.registry).map_err(Failure::Module)?;
        dispatcher.block_on(async {
            report_modules(&runtime, json).await?;
            many(dispatcher, &runtime, call, &target).await
        })?
    });
    match outcome {
        Ok(()) => 0,
        Err(Failure::Call(error)) => {
            report::call_error(&error, json);
            match report::is_usage(&error) {
                true => USAGE,
                false => FAILED,
            }
        }
        Err(Failure::Module(error)) => {
            report::message(&error.to_string(), json);
            FAILED
        }
        Err(Failure::Dispatcher(error)) => {
            report::message(&error.to_string(), json);
            FAILED
        }
    }
}

enum Failure {
    Call(CallError),
    Module(ModuleError),
    Dispatcher(wippy_dispatcher::Error),
}

impl From<wippy_dispatcher::Error> for Failure {
    fn from(error: wippy_dispatcher::Error) -> Failure {
        Failure::Dispatcher(error)
    }
}

fn with_dispatcher(
    call: &Call,
    work: impl FnOnce(&Dispatcher) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let dispatcher = match call.simulate {
        Some(seed) => Dispatcher::simulated(seed)?,
        None => Dispatcher::new()?,
    };
    let outcome = work(&dispatcher);
    if let Some(trace) = dispatcher.trace() {
        let mut stderr = std::io::stderr();
        let _ = writeln!(
            stderr,
            "trace: {} records, hash {:016x}",
            trace.length(),
            trace.hash()
        );
    }
    outcome
}

/// What is called with what.
struct Target {
    entry: String,
    given: Given,
}

enum Given {
    Json(Vec<Value>),
    Wave(String),
}

impl Target {
    /// `entry` with JSON arguments, or `entry(…)` with WAVE text in the parentheses.
    fn parse(call: &Call) -> Result<Target, String> {
        let wave = call.entry.split_once('(');
        if let Some((entry, text)) =
            wave.and_then(|(entry, rest)| Some((entry, rest.strip_suffix(')')?)))
        {
            if !call.arguments.is_empty() {
                return Err(
                    "arguments stand in parentheses or behind the entry, not in both places"
                        .to_owned(),
                );
            }
            return Ok(Target {
                entry: entry.to_owned(),
                given: Given::Wave(text.to_owned()),
            });
        }
        if let [source] = call.arguments.as_slice()
            && let Some(text) = read_arguments(source)
        {
            return Ok(Target {
                entry: call.entry.clone(),
                given: Given::Json(array(&text?, source)?),
            });
        }
        let parse = |(index, text): (usize, &String)| {
            parse_json(text).map_err(|error| {
                format!("argument {index} is not JSON: {error} (a string is written '\"text\"')")
            })
        };
        let given = call
            .arguments
            .iter()
            .enumerate()
            .map(parse)
            .collect::<Result<_, _>>()?;
        Ok(Target {
            entry: call.entry.clone(),
            given: Given::Json(given),
        })
    }

    fn arguments(&self) -> Arguments<'_> {
        match &self.given {
            Given::Json(values) => Arguments::Json(values),
            Given::Wave(text) => Arguments::Wave(text),
        }
    }
}

/// The most text of arguments that is read from standard input or a file, in bytes.
const MAX_ARGUMENTS: u64 = 64 << 20;

/// The text of the arguments that `-` (standard input) or `@FILE` stands for; neither begins JSON.
fn read_arguments(source: &str) -> Option<Result<String, String>> {
    let text = match source.strip_prefix('@') {
        Some(path) => File::open(path).and_then(read_text),
        None if source == "-" => read_text(std::io::stdin()),
        None => return None,
    };
    Some(text.map_err(|error| format!("cannot read the arguments from {source}: {error}")))
}

fn read_text(from: impl Read) -> std::io::Result<String> {
    let mut text = String::new();
    from.take(MAX_ARGUMENTS + 1).read_to_string(&mut text)?;
    match text.len() as u64 > MAX_ARGUMENTS {
        true => Err(std::io::Error::other(format!(
            "longer than {MAX_ARGUMENTS} bytes"
        ))),
        false => Ok(text),
    }
}

fn array(text: &str, source: &str) -> Result<Vec<Value>, String> {
    match parse_json(text) {
        Ok(Value::Array(values)) => Ok(values),
        Ok(_) => Err(format!(
            "the arguments from {source} are not a JSON array, such as [1, \"text\"]"
        )),
        Err(error) => Err(format!("the arguments from {source} are not JSON: {error}")),
    }
}

/// Keeps `concurrent` calls in flight until `repeat` of them have ended. Each result is printed
/// when it is there; the first failure is the outcome, after the others have ended too.
async fn many(
    dispatcher: &Dispatcher,
    runtime: &Runtime,
    call: &Call,
    target: &Rc<Target>,
) -> Result<(), Failure> {
    let handle = dispatcher.handle();
    let begun = handle.now()?;
    let started = Rc::new(Cell::new(0));
    let mut lanes = Vec::new();
    for _ in 0..call.concurrent.clamp(1, call.repeat.max(1)) {
        let (runtime, handle, started) = (runtime.clone(), handle.clone(), started.clone());
        let (target, repeat) = (target.clone(), call.repeat);
        lanes.push(dispatcher.spawn(async move {
            let mut times = Vec::new();
            let mut failure = None;
            while started.get() < repeat {
                started.set(started.get() + 1);
                let start = handle.now()?;
                match runtime.call(&target.entry, target.arguments()).await {
                    Ok(value) => print(&value),
                    Err(error) => {
                        failure.get_or_insert(Failure::Call(error));
                    }
                }
                times.push(handle.now()? - start);
            }
            Ok::<_, Failure>((times, failure))
        })?);
    }
    let mut times = Vec::new();
    let mut outcome = Ok(());
    for lane in lanes {
        match lane
            .await
            .unwrap_or(Err(wippy_dispatcher::Error::Closed.into()))
        {
            Ok((lane, failure)) => {
                times.extend(lane);
                outcome = outcome.and(failure.map_or(Ok(()), Err));
            }
            Err(failure) => outcome = outcome.and(Err(failure)),
        }
    }
    if call.repeat > 1 {
        summary(times, begun, handle.now()?);
    }
    outcome
}

fn print(value: &Value) {
    // A reader that went away is no failure of the call.
    let _ = writeln!(std::io::stdout(), "{value}");
}

fn summary(mut times: Vec<Duration>, begun: Instant, ended: Instant) {
    times.sort_unstable();
    let at = |percent: usize| {
        times
            .get(times.len().saturating_sub(1) * percent / 100)
            .copied()
            .unwrap_or_default()
    };
    let _ = writeln!(
        std::io::stderr(),
        "{} calls in {:?}: p50 {:?}, p99 {:?}, max {:?}",
        times.len(),
        ended - begun,
        at(50),
        at(99),
        at(100)
    );
}
