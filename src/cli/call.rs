//! `wippy call`: calls a function, once or many times, and prints its results as JSON.

use std::cell::Cell;
use std::fs::File;
use std::io::{Read, Write};
use std::rc::Rc;
use std::time::Duration;

use serde_json::Value;
use wippy_dispatcher::{Dispatcher, Instant};

use super::arguments::{Call, Options};
use super::mistakes::{Mistakes, asked_for};
use super::output::{Output, report_lost};
use super::{FAILED, USAGE, report};
use crate::Runtime;
use crate::function::values::parse_json;
use crate::function::{Arguments, CallError};
use crate::host::stdio::OutputLost;
use crate::module::ModuleError;
use crate::race::{First, race};
use crate::registry::Loaded;

pub(super) fn main(options: &Options, call: &Call, loaded: Loaded) -> u8 {
    let json = options.json;
    let target = match Target::parse(call) {
        Ok(target) => Rc::new(target),
        Err(text) => {
            report::message(&text, json);
            return USAGE;
        }
    };
    let asked_for = asked_for(loaded.registry.resolve(&target.entry));
    let mut mistakes = match Mistakes::of_project(&loaded, asked_for, json) {
        Ok(mistakes) => mistakes,
        Err(code) => return code,
    };
    let outcome = with_dispatcher(call, |dispatcher| {
        let runtime =
            Runtime::new(dispatcher.handle(), loaded.registry).map_err(Failure::Module)?;
        dispatcher.block_on(async {
            mistakes.of_modules(&runtime).await?;
            many(dispatcher, &runtime, call, &target).await
        })?
    });
    match outcome {
        Ok(()) => 0,
        Err(Failure::Output(lost)) => report_lost(&lost, json),
        Err(Failure::Call(error)) => {
            report::call_error(&error, &mistakes, json);
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
    Output(OutputLost),
    Dispatcher(wippy_dispatcher::Error),
}

impl From<OutputLost> for Failure {
    fn from(lost: OutputLost) -> Failure {
        Failure::Output(lost)
    }
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
    // Nothing more is said once the reader of the results has gone.
    let gone = matches!(outcome, Err(Failure::Output(OutputLost::ReaderGone)));
    if let Some(trace) = dispatcher.trace().filter(|_| !gone) {
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
        if let Some((entry, rest)) = call.entry.split_once('(') {
            let Some(text) = rest.trim_end().strip_suffix(')') else {
                return Err(format!("{:?} lacks its closing parenthesis", call.entry));
            };
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
/// when it is there; the first failure is the outcome, after the others have ended too. Once a
/// result cannot be printed all of them end at once.
async fn many(
    dispatcher: &Dispatcher,
    runtime: &Runtime,
    call: &Call,
    target: &Rc<Target>,
) -> Result<(), Failure> {
    let handle = dispatcher.handle();
    let output = Rc::new(Output::new(dispatcher)?);
    let begun = handle.now()?;
    let started = Rc::new(Cell::new(0));
    let mut lanes = Vec::new();
    for _ in 0..call.concurrent.clamp(1, call.repeat.max(1)) {
        let (runtime, handle, started) = (runtime.clone(), handle.clone(), started.clone());
        let (target, repeat, output) = (target.clone(), call.repeat, output.clone());
        lanes.push(dispatcher.spawn(async move {
            let mut times = Vec::new();
            let mut failure = None;
            while started.get() < repeat {
                started.set(started.get() + 1);
                let start = handle.now()?;
                match runtime.call(&target.entry, target.arguments()).await {
                    Ok(value) => output.line(&value.to_string()).await?,
                    Err(error) => {
                        failure.get_or_insert(Failure::Call(error));
                    }
                }
                times.push(handle.now()? - start);
            }
            Ok::<_, Failure>((times, failure))
        })?);
    }
    let ended = async {
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
        output.delivered().await?;
        Ok::<_, Failure>((times, outcome))
    };
    let (times, outcome) = match race(output.until_lost(), ended).await {
        First::Left(lost) => return Err(lost.into()),
        First::Right(ended) => ended?,
    };
    if call.repeat > 1 {
        summary(times, begun, handle.now()?);
    }
    outcome
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
