//! What a typed call of a live instance costs, against the engine's own in the same process, by turns.
// A benchmark is what the real clock and the standard output are for.
#![allow(clippy::disallowed_methods)]

mod engine_alone;
#[path = "../fresh/statistics.rs"]
mod statistics;

use std::error::Error;
use std::time::{Duration, Instant};

use wippy::{CallOptions, Entry, Func, Program, Runtime};
use wippy_dispatcher::Dispatcher;

use engine_alone::EngineAlone;
use statistics::Times;

/// What may fail in any way.
pub type Fallible<T> = Result<T, Box<dyn Error>>;

/// It adds two numbers.
pub const GUEST: &str = r#"(component
    (core module $m (func (export "add") (param i32 i32) (result i32)
        (i32.add (local.get 0) (local.get 1))))
    (core instance $i (instantiate $m))
    (func (export "add") (param "a" s32) (param "b" s32) (result s32)
        (canon lift (core func $i "add"))))"#;

/// Calls that are timed together: one alone takes about as long as reading the clock.
const BATCH: u32 = 100;
/// Batches of each kind in a round.
const BATCHES: usize = 20;

/// How much longer than the engine's own a call may take: this part of it, or so long.
const PART: f64 = 1.3;
const NANOSECONDS: f64 = 60.0;

type Add = Func<(i32, i32), (i32,)>;

fn main() -> Fallible<()> {
    let quick = std::env::args().any(|word| word == "--quick");
    let rounds = if quick { 1 } else { 200 };
    let mut engine = EngineAlone::new(GUEST)?;
    let program = Program::builder().entry(Entry::function("bench:add").bytes(GUEST));
    let dispatcher = Dispatcher::new()?;
    let runtime = Runtime::on(dispatcher.handle(), program.build()?)?;
    let [mut engine_async, mut engine_sync] = [Times::default(), Times::default()];
    let [mut call, mut timed, mut now, mut now_timed] = <[Times; 4]>::default();
    dispatcher.block_on(async {
        engine.instantiate().await?;
        let add = add(&runtime, CallOptions::new()).await?;
        let timeout = CallOptions::new().timeout(Duration::from_secs(60));
        let add_timed = self::add(&runtime, timeout).await?;
        for round in 0..=rounds {
            for _ in 0..BATCHES {
                let begun = Instant::now();
                for _ in 0..BATCH {
                    engine.call().await?;
                }
                engine_async.add(round, begun.elapsed() / BATCH);
                time(&mut call, round, async || Ok(add.call((2, 3)).await?)).await?;
                time(&mut timed, round, async || {
                    Ok(add_timed.call((2, 3)).await?)
                })
                .await?;
                let begun = Instant::now();
                for _ in 0..BATCH {
                    engine.call_sync()?;
                }
                engine_sync.add(round, begun.elapsed() / BATCH);
                time(&mut now, round, async || Ok(add.call_now((2, 3))?)).await?;
                time(&mut now_timed, round, async || {
                    Ok(add_timed.call_now((2, 3))?)
                })
                .await?;
            }
        }
        Ok::<_, Box<dyn Error>>(())
    })??;
    println!("a call that adds two numbers, median / p99 of batches of {BATCH}, in µs a call");
    compare("call_async of the engine", &engine_async, &engine_async);
    compare("Func::call", &call, &engine_async);
    compare("Func::call, with a deadline", &timed, &engine_async);
    compare("call of the engine", &engine_sync, &engine_sync);
    compare("Func::call_now", &now, &engine_sync);
    compare("Func::call_now, with a deadline", &now_timed, &engine_sync);
    Ok(())
}

async fn add(runtime: &Runtime, options: CallOptions) -> Fallible<Add> {
    let instance = runtime.with(options).instance("bench:add").await?;
    Ok(instance.func("add")?)
}

/// Times a batch.
async fn time(
    times: &mut Times,
    round: usize,
    call: impl AsyncFn() -> Fallible<(i32,)>,
) -> Fallible<()> {
    let begun = Instant::now();
    for _ in 0..BATCH {
        if call().await? != (5,) {
            return Err("it adds wrongly".into());
        }
    }
    times.add(round, begun.elapsed() / BATCH);
    Ok(())
}

fn compare(name: &str, times: &Times, engine: &Times) {
    let (ours, engine) = (times.median(), engine.median());
    let ratio = ours / engine;
    let more = (ours - engine) * 1e3;
    let met = match ratio <= PART || more <= NANOSECONDS {
        true => "met",
        false => "missed",
    };
    println!("  {name:32} {times}  {ratio:.2} of the engine's, {more:+.0} ns: {met}");
}
