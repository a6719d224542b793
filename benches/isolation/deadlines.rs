//! How long after their deadline calls end that would never end by themselves.

use std::time::Instant;

use serde_json::{Value, json};
use wippy::{Arguments, CallErrorKind, ProgramOptions, Runtime};
use wippy_dispatcher::Dispatcher;

use crate::project::Entries;
use crate::{Fallible, median, milliseconds};

const LIMITS: &str = ", limits: {max_execution_ms: 50}";
const HOUR: u64 = 3_600_000_000;

const SPIN: &str = r#"(module (func (export "f") (loop $on br $on)))"#;
const FILL: &str = r#"(module (memory 16) (func (export "f") (loop $on
    (memory.fill (i32.const 0) (i32.const 1) (i32.const 1048576)) br $on)))"#;
const GIGABYTE: &str = r#"(module (memory 16384) (func (export "f") (loop $on
    (memory.fill (i32.const 0) (i32.const 1) (i32.const 1073741824)) br $on)))"#;
const START: &str =
    r#"(module (func $start (loop $on br $on)) (start $start) (func (export "f")))"#;
/// Calls the function `full`, whose pool has one place.
const WAITS: &str = r#"(component
    (import "wippy:runtime/funcs@0.1.0" (instance $funcs
        (export "call-string" (func (param "target" string) (param "input" string)
            (result (result string (error string)))))))
    (core module $libc
        (memory (export "memory") 1)
        (data (i32.const 64) "full[[1]]")
        (func (export "realloc") (param i32 i32 i32 i32) (result i32) i32.const 1024))
    (core instance $libc (instantiate $libc))
    (core func $call (canon lower (func $funcs "call-string")
        (memory (core memory $libc "memory")) (realloc (core func $libc "realloc"))))
    (core module $m
        (import "" "call" (func $call (param i32 i32 i32 i32 i32)))
        (func (export "f")
            (call $call (i32.const 64) (i32.const 4) (i32.const 68) (i32.const 5) (i32.const 16))))
    (core instance $m (instantiate $m (with "" (instance (export "call" (func $call))))))
    (func (export "f") (canon lift (core func $m "f"))))"#;

pub fn measure(rounds: usize) -> Fallible<()> {
    let entries = Entries::new()
        .text("spin", SPIN, LIMITS)
        .text("fill", FILL, LIMITS)
        .text(
            "gigabyte",
            GIGABYTE,
            ", limits: {max_execution_ms: 50, max_memory_bytes: 2000000000}",
        )
        .text("start", START, LIMITS)
        .text("waits", WAITS, LIMITS)
        .guest("sleeps", "sleeper", "sleeper#sleep-series", LIMITS)?
        .guest("clock", "calendar", "calendar#wall-now", LIMITS)?
        .guest("now", "spinner", "spinner#spin-now", LIMITS)?
        .guest(
            "random",
            "dice",
            "dice#random-bytes",
            ", limits: {max_execution_ms: 50, max_memory_bytes: 2000000000}",
        )?
        .guest(
            "full",
            "sleeper",
            "sleeper#sleep-series",
            ", pool: {type: inline}",
        )?;
    let dispatcher = Dispatcher::new()?;
    let program = entries.program(ProgramOptions::new())?;
    let runtime = Runtime::on(dispatcher.handle(), program)?;
    let cases = [
        ("a loop", "spin", json!([])),
        ("a loop in the start function", "start", json!([])),
        ("a loop over `memory.fill` of 1 MiB", "fill", json!([])),
        ("a loop over `memory.fill` of 1 GiB", "gigabyte", json!([])),
        ("a sleep of an hour", "sleeps", json!([[HOUR]])),
        ("`now` for ever", "now", json!([HOUR])),
        ("1 GiB of `get-random-bytes`", "random", json!([1 << 30])),
        ("`funcs` for a full pool", "waits", json!([])),
    ];
    println!("| the guest is in | ends after, ms | at most, ms |\n|---|--:|--:|");
    dispatcher.block_on(async {
        runtime.prepare("full").await?;
        let holder = runtime.clone();
        let holding = dispatcher.spawn(async move {
            let hour = [json!([HOUR])];
            holder.call("full", Arguments::Json(&hour)).await.map(drop)
        })?;
        for (what, name, arguments) in &cases {
            runtime.prepare(name).await?;
            let mut took = Vec::new();
            for _ in 0..rounds.min(5) {
                took.push(one(&runtime, name, arguments).await?);
            }
            let most = took.iter().max().copied().unwrap_or_default();
            let middle = median(&mut took);
            println!(
                "| {what} | {:.1} | {:.1} |",
                milliseconds(middle),
                milliseconds(most)
            );
        }
        holding.cancel().await;
        Ok(())
    })?
}

async fn one(runtime: &Runtime, name: &str, arguments: &Value) -> Fallible<std::time::Duration> {
    let arguments = arguments.as_array().ok_or("no list")?;
    let begun = Instant::now();
    let ended = runtime.call(name, Arguments::Json(arguments)).await;
    let took = begun.elapsed();
    match ended {
        Err(error) if matches!(error.kind, CallErrorKind::DeadlineExceeded) => Ok(took),
        ended => Err(format!("{name}: {ended:?}").into()),
    }
}
