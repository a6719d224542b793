//! Calls in each way.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use wippy::stdio::{Output, Sink, Stdio};
use wippy::{Arguments, CallOptions, Runtime};
use wippy_dispatcher::{Handle, Instant};

use crate::cpu;
use crate::crowd::{self, Window};
use crate::due::Due;
use crate::fallible::Fallible;
use crate::protocol::{Answer, BATCH, PAUSE_US, Request, Way};

/// Calls an entry as the request says.
///
/// # Errors
/// When a call fails.
pub async fn answer(
    runtime: &Runtime,
    handle: &Handle,
    entry: &str,
    request: &Request,
) -> Fallible<Answer> {
    match request.way {
        Way::Fresh => {
            measured(handle, request.calls, async || {
                Ok(runtime.call(entry, Arguments::Json(&request.args)).await?)
            })
            .await
        }
        Way::Printing => {
            let stdout = Sink::Device(Arc::new(Output::inherited(handle)?));
            let stdio = Stdio::discarded().stdout(stdout);
            measured(handle, request.calls, async || {
                let options = CallOptions::new().stdio(stdio.clone());
                let arguments = Arguments::Json(&request.args);
                Ok(runtime.call_with(entry, options, arguments).await?)
            })
            .await
        }
        Way::Typed => measured(handle, request.calls, async || typed(runtime, entry).await).await,
        Way::Spare => spare(runtime, handle, entry, request.calls).await,
        Way::Live => live(runtime, handle, entry, request.calls).await,
        Way::AtOnce { period_us } => at_once(runtime, handle, entry, request, period_us).await,
        Way::Rate { per_second } => at_rate(runtime, handle, entry, request, per_second).await,
    }
}

/// Makes so many calls one after the other.
async fn measured(
    handle: &Handle,
    calls: u32,
    mut call: impl AsyncFnMut() -> Fallible<Value>,
) -> Fallible<Answer> {
    let mut answer = Answer::default();
    let computed = cpu::now();
    for _ in 0..calls {
        let start = handle.now()?;
        answer.value = call().await?;
        answer.call_ns.push(since(handle, start)?);
    }
    answer.cpu_ns = cpu::now() - computed;
    Ok(answer)
}

async fn typed(runtime: &Runtime, entry: &str) -> Fallible<Value> {
    let (sum,): (i32,) = runtime.call_typed(entry, (2i32, 3i32)).await?;
    Ok(sum.into())
}

async fn spare(runtime: &Runtime, handle: &Handle, entry: &str, calls: u32) -> Fallible<Answer> {
    let mut answer = Answer::default();
    for _ in 0..calls {
        handle.sleep(Duration::from_micros(PAUSE_US)).await?;
        let start = handle.now()?;
        answer.value = typed(runtime, entry).await?;
        answer.call_ns.push(since(handle, start)?);
    }
    Ok(answer)
}

async fn live(runtime: &Runtime, handle: &Handle, entry: &str, calls: u32) -> Fallible<Answer> {
    let instance = runtime.instance(entry).await?;
    let add = instance.func::<(i32, i32), (i32,)>("add")?;
    let mut answer = Answer::default();
    for _ in 0..calls {
        let start = handle.now()?;
        for _ in 0..BATCH {
            answer.value = add.call((2, 3)).await?.0.into();
        }
        answer
            .call_ns
            .push(since(handle, start)? / u64::from(BATCH));
    }
    Ok(answer)
}

async fn at_once(
    runtime: &Runtime,
    handle: &Handle,
    entry: &str,
    request: &Request,
    period_us: u32,
) -> Fallible<Answer> {
    let window = Rc::new(RefCell::new(Window::default()));
    let begun = handle.now()?;
    let mut guests = Vec::with_capacity(request.calls as usize);
    for start in crowd::starts(request.calls, period_us) {
        handle
            .sleep_until(begun + Duration::from_nanos(start))
            .await?;
        let (runtime, handle_in, window) = (runtime.clone(), handle.clone(), window.clone());
        let (entry, args) = (entry.to_owned(), request.args.clone());
        guests.push(handle.spawn(async move {
            let value = runtime.call(&entry, Arguments::Json(&args)).await;
            let now = handle_in.now().map_or(0, Instant::as_nanos);
            window.borrow_mut().end(now);
            value.map_err(|error| error.to_string())
        })?);
    }
    handle
        .sleep(Duration::from_micros(u64::from(period_us) / 2))
        .await?;
    window.borrow_mut().begin(handle.now()?.as_nanos());
    let mut late = Vec::new();
    for guest in guests {
        late.extend(crowd::counting(&guest.await??));
    }
    let cost = window.borrow().cost(request.calls, period_us, &late);
    let (cpu_ns, sleeps) = cost.ok_or("a guest ended before all had started")?;
    Ok(Answer {
        value: late.into(),
        cpu_ns,
        cpu_of: Some(sleeps),
        ..Answer::default()
    })
}

async fn at_rate(
    runtime: &Runtime,
    handle: &Handle,
    entry: &str,
    request: &Request,
    per_second: u32,
) -> Fallible<Answer> {
    let due = Due::start(per_second, request.calls);
    let computed = cpu::now();
    let mut calls = Vec::with_capacity(request.calls as usize);
    while let Some(at) = due.next().await {
        let (runtime, handle_in) = (runtime.clone(), handle.clone());
        let (entry, args) = (entry.to_owned(), request.args.clone());
        calls.push(handle.spawn(async move {
            let value = runtime.call(&entry, Arguments::Json(&args)).await;
            value.map_err(|error| error.to_string())?;
            let now = handle_in.now().map_err(|error| error.to_string())?;
            Ok::<u64, String>(now.as_nanos().saturating_sub(at))
        })?);
    }
    let mut answer = Answer::default();
    for call in calls {
        answer.call_ns.push(call.await??);
    }
    answer.cpu_ns = (cpu::now() - computed).saturating_sub(due.processor());
    Ok(answer)
}

fn since(handle: &Handle, start: Instant) -> Fallible<u64> {
    Ok(u64::try_from((handle.now()? - start).as_nanos())?)
}
