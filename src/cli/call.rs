//! `wippy call`: calls a function, once or many times, and prints its results as JSON.

use std::cell::Cell;
use std::io::Write;
use std::rc::Rc;
use std::time::Duration;

use wippy_dispatcher::{Dispatcher, Instant};

use super::arguments::{Call, Options};
use super::exit_status::{FAILED, USAGE};
use super::output::{Output, report_lost};
use super::reported::{ReportedDiagnostics, asked_for};
use super::target::{Target, prepare};
use super::{code, report, status};
use crate::Runtime;
use crate::host::stdio::OutputLost;
use crate::module::ModuleError;
use crate::registry::Loaded;
use crate::runtime::CallError;
use crate::select::{Either, select};

pub(super) fn main(options: &Options, call: &Call, load: impl FnOnce() -> Loaded) -> u8 {
    let json = options.json;
    let (loaded, target) = match prepare(&call.entry, &call.arguments, &call.grants, options, load)
    {
        Ok((loaded, target)) => (loaded, Rc::new(target)),
        Err(text) => {
            report::message(&text, json);
            return USAGE;
        }
    };
    let asked_for = asked_for(loaded.registry.resolve(&target.entry));
    let mut reported = match ReportedDiagnostics::of_project(&loaded, asked_for, json) {
        Ok(reported) => reported,
        Err(code) => return code,
    };
    let outcome = with_dispatcher(call, |dispatcher| {
        let runtime = Runtime::on(
            dispatcher.handle(),
            code::program(options, &loaded.settings, loaded.registry),
        )
        .map_err(Failure::Module)?;
        let _answering = status::answer(dispatcher, &runtime)?;
        dispatcher.block_on(async {
            reported.of_modules(&runtime).await?;
            many(dispatcher, &runtime, call, &target).await
        })?
    });
    match outcome {
        Ok(()) => 0,
        Err(Failure::Output(lost)) => report_lost(&lost, json),
        Err(Failure::Call(error)) => {
            report::call_error(&error, reported.has_reported(&error.entry), json);
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
    let (times, outcome) = match select(output.until_lost(), ended).await {
        Either::Left(lost) => return Err(lost.into()),
        Either::Right(ended) => ended?,
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
