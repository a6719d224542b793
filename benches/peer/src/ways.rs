//! Calls in each way.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde_json::Value;
use wasmtime::component::Val;
use wasmtime::{Error, Result, format_err};

use crate::crowd::{self, Window};
use crate::due::Due;
use crate::guest::{Function, Guest};
use crate::loaded::Loaded;
use crate::protocol::{Answer, BATCH, PAUSE_US, Request, Way};
use crate::set_up::SetUp;
use crate::{clock, cpu, values};

/// Calls a guest as the request says.
///
/// # Errors
/// When a call fails.
pub async fn answer(loaded: Arc<Loaded>, set_up: SetUp, request: &Request) -> Result<Answer> {
    let calls = request.calls;
    let guest = match &*loaded {
        Loaded::Component(guest) => guest,
        Loaded::Core(guest) => {
            let mut times = Times::start();
            for _ in 0..calls {
                let start = Instant::now();
                let called = guest.call(set_up, &request.function, &request.args);
                let (value, instantiated) = called.await?;
                times.add(start, instantiated, value);
            }
            return Ok(times.finish());
        }
    };
    let function = guest.function(&request.function)?;
    let arguments = values::arguments(&function, &request.args)?;
    match request.way {
        Way::Fresh | Way::Printing => {
            let mut times = Times::start();
            for _ in 0..calls {
                let start = Instant::now();
                let (value, instantiated) = called(guest, set_up, &function, &arguments).await?;
                times.add(start, instantiated, value);
            }
            Ok(times.finish())
        }
        Way::Typed => typed(guest, set_up, &function, calls, Duration::ZERO).await,
        // It has no instances that are ready before their calls: these are fresh.
        Way::Spare => {
            let pause = Duration::from_micros(PAUSE_US);
            typed(guest, set_up, &function, calls, pause).await
        }
        Way::Live => live(guest, set_up, &function, calls).await,
        Way::AtOnce { period_us } => {
            at_once(&loaded, set_up, &function, &arguments, calls, period_us).await
        }
        Way::Rate { per_second } => {
            at_rate(&loaded, set_up, &function, &arguments, calls, per_second).await
        }
    }
}

/// The times of calls that are made one after the other.
struct Times {
    answer: Answer,
    computed: u64,
}

impl Times {
    fn start() -> Times {
        Times {
            answer: Answer::default(),
            computed: cpu::now(),
        }
    }

    /// A call that began then, whose instance was there then, has ended.
    fn add(&mut self, start: Instant, instantiated: Instant, value: Option<Value>) {
        self.answer.call_ns.push(nanos(start, Instant::now()));
        self.answer.instantiate_ns.push(nanos(start, instantiated));
        self.answer.value = value.unwrap_or_default();
    }

    fn finish(mut self) -> Answer {
        self.answer.cpu_ns = cpu::now() - self.computed;
        self.answer
    }
}

async fn called(
    guest: &Guest,
    set_up: SetUp,
    function: &Function,
    arguments: &[Val],
) -> Result<(Option<Value>, Instant)> {
    let (value, instantiated) = guest.call(set_up, function, arguments).await?;
    let value = value.map(|value| values::to_json(&value));
    Ok((value.transpose()?, instantiated))
}

async fn typed(
    guest: &Guest,
    set_up: SetUp,
    function: &Function,
    calls: u32,
    pause: Duration,
) -> Result<Answer> {
    let mut times = Times::start();
    for _ in 0..calls {
        if !pause.is_zero() {
            tokio::time::sleep(pause).await;
        }
        let start = Instant::now();
        let mut fresh = guest.typed(set_up, function).await?;
        let instantiated = Instant::now();
        let sum = fresh.call().await?;
        drop(fresh);
        times.add(start, instantiated, Some(sum.into()));
    }
    Ok(times.finish())
}

async fn live(guest: &Guest, set_up: SetUp, function: &Function, calls: u32) -> Result<Answer> {
    let mut kept = guest.typed(set_up, function).await?;
    let mut answer = Answer::default();
    for _ in 0..calls {
        let start = Instant::now();
        for _ in 0..BATCH {
            answer.value = kept.call().await?.into();
        }
        let time = nanos(start, Instant::now());
        answer.call_ns.push(time / u64::from(BATCH));
    }
    Ok(answer)
}

/// A call as a task of its own.
fn spawn(
    loaded: &Arc<Loaded>,
    set_up: SetUp,
    function: &Function,
    arguments: &[Val],
) -> tokio::task::JoinHandle<Result<(Value, u64)>> {
    let (loaded, function, arguments) = (loaded.clone(), function.clone(), arguments.to_vec());
    tokio::spawn(async move {
        let Loaded::Component(guest) = &*loaded else {
            return Err(format_err!("a core module has no such calls"));
        };
        let (value, _) = called(guest, set_up, &function, &arguments).await?;
        Ok((value.unwrap_or_default(), clock::now()))
    })
}

async fn at_once(
    loaded: &Arc<Loaded>,
    set_up: SetUp,
    function: &Function,
    arguments: &[Val],
    calls: u32,
    period_us: u32,
) -> Result<Answer> {
    let window = Arc::new(Mutex::new(Window::default()));
    let begun = Instant::now();
    let mut guests = Vec::with_capacity(calls as usize);
    for start in crowd::starts(calls, period_us) {
        let start = begun + Duration::from_nanos(start);
        tokio::time::sleep_until(start.into()).await;
        let called = spawn(loaded, set_up, function, arguments);
        let window = window.clone();
        guests.push(tokio::spawn(async move {
            let called = called.await.map_err(Error::from).flatten()?;
            window
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .end(called.1);
            Ok::<_, Error>(called.0)
        }));
    }
    tokio::time::sleep(Duration::from_micros(u64::from(period_us) / 2)).await;
    window
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .begin(clock::now());
    let mut late = Vec::new();
    for guest in guests {
        late.extend(crowd::counting(&guest.await??));
    }
    let cost = window
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .cost(calls, period_us, &late);
    let (cpu_ns, sleeps) =
        cost.ok_or_else(|| format_err!("a guest ended before all had started"))?;
    Ok(Answer {
        value: late.into(),
        cpu_ns,
        cpu_of: Some(sleeps),
        ..Answer::default()
    })
}

async fn at_rate(
    loaded: &Arc<Loaded>,
    set_up: SetUp,
    function: &Function,
    arguments: &[Val],
    calls: u32,
    per_second: u32,
) -> Result<Answer> {
    let due = Due::start(per_second, calls);
    let computed = cpu::now();
    let mut running = Vec::with_capacity(calls as usize);
    while let Some(at) = due.next().await {
        running.push((at, spawn(loaded, set_up, function, arguments)));
    }
    let mut answer = Answer::default();
    for (at, call) in running {
        answer.call_ns.push(call.await??.1.saturating_sub(at));
    }
    answer.cpu_ns = (cpu::now() - computed).saturating_sub(due.processor());
    Ok(answer)
}

fn nanos(from: Instant, to: Instant) -> u64 {
    u64::try_from((to - from).as_nanos()).unwrap_or(u64::MAX)
}
